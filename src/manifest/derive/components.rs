//! The components of a manifest: the packages that a distribution was made from.

use std::collections::BTreeSet;

use super::Derivation;
use crate::inspect::Role;
use crate::manifest::ComponentRecord;
use crate::manifest::layout::{library_path, license_path};

impl Derivation<'_> {
    pub(super) fn components(&mut self) -> Vec<ComponentRecord> {
        let mut records = Vec::new();
        for component in &self.description.components {
            let owner = format!("the component `{}`", component.name);
            let mut license_paths = Vec::new();
            let mut libraries = Vec::new();
            if component.linked {
                for license in &component.licenses {
                    match license_path(license) {
                        Ok(path) => {
                            self.require(&owner, &path, None);
                            license_paths.push(path);
                        }
                        Err(error) => self.problems.push(error.into()),
                    }
                }
                for library in &component.libraries {
                    match library_path(library) {
                        Ok(path) => {
                            self.require(&owner, &path, Some(Role::StaticLibrary));
                            libraries.push(path);
                        }
                        Err(error) => self.problems.push(error.into()),
                    }
                }
            }
            records.push(ComponentRecord {
                name: component.name.clone(),
                version: component.version.clone(),
                summary: component.summary.clone(),
                homepage: component.homepage.clone(),
                url: component.url.clone(),
                archive: component.archive,
                tree: component.tree,
                patches: component.patches.clone(),
                recipe: component.recipe,
                licenses: component
                    .licenses
                    .iter()
                    .map(|license| license.spdx.clone())
                    .collect::<BTreeSet<_>>()
                    .into_iter()
                    .collect(),
                license_paths,
                libraries,
                linked: component.linked,
                cpe: component.cpe.clone(),
                purl: component.purl.clone(),
            });
        }
        records
    }
}

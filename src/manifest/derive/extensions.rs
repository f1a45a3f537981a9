//! The extension modules of a manifest: what each is made of, brings in and takes.

use std::collections::{BTreeMap, BTreeSet};

use super::Derivation;
use crate::inspect::Role;
use crate::manifest::layout::license_path;
use crate::manifest::{BuildInfo, Disagreement, Extension, ExtensionRecord, Link, LinkFact, calls};
use crate::model::TreePath;
use crate::plan::{CPYTHON, Linkage, Module};

impl Derivation<'_> {
    pub(super) fn extensions(&mut self) -> BTreeMap<String, Vec<Extension>> {
        let mut extensions = BTreeMap::new();
        for name in self.description.modules.keys() {
            if !self.facts.build.extensions.contains_key(name) {
                let name = name.clone();
                self.problems.push(Disagreement::Unknown {
                    name,
                    known: "the recipes",
                });
            }
        }
        for (name, built) in &self.facts.build.extensions {
            let Some(module) = self.description.modules.get(name) else {
                let name = name.clone();
                self.problems.push(Disagreement::Unknown {
                    name,
                    known: "the build",
                });
                continue;
            };
            if module.linkage != built.linkage {
                self.problems.push(Disagreement::Linkage {
                    name: name.clone(),
                    observed: built.linkage,
                    described: module.linkage,
                });
            }
            if built.linkage == Linkage::Absent {
                continue;
            }
            let owner = format!("the extension module `{name}`");
            for object in &built.objects {
                self.claim_object(&owner, object);
            }
            if let Some(library) = &built.shared_lib {
                self.require(&owner, library, None);
            }
            let links = self.links(&owner, &built.links, Some(module));
            let (licenses, license_paths) = self.module_licenses(module);
            let extension = Extension {
                in_core: built.in_core,
                init_fn: built.init_fn.clone().unwrap_or_else(|| "NULL".to_owned()),
                license_public_domain: licenses
                    .as_ref()
                    .map(|licenses| licenses.iter().all(|license| is_public_domain(license))),
                licenses,
                license_paths,
                links,
                objs: built.objects.clone(),
                required: module.required,
                static_lib: None,
                shared_lib: built.shared_lib.clone(),
                variant: "default".to_owned(),
            };
            extensions.insert(name.clone(), vec![extension]);
        }
        extensions
    }

    /// SPDX identifiers of what a module brings in, and where their texts are.
    fn module_licenses(&mut self, module: &Module) -> (Option<Vec<String>>, Option<Vec<TreePath>>) {
        if module.licenses.is_empty() {
            return (None, None);
        }
        // Foreign code that CPython carries in its own sources is licensed in CPython's own texts.
        let homes = if module.needs.is_empty() {
            &[CPYTHON.to_owned()][..]
        } else {
            &module.needs
        };
        let mut paths = Vec::new();
        for component in &self.description.components {
            if homes.contains(&component.name) {
                for license in &component.licenses {
                    match license_path(license) {
                        Ok(path) => paths.push(path),
                        Err(error) => self.problems.push(error.into()),
                    }
                }
            }
        }
        (Some(module.licenses.clone()), Some(paths))
    }

    pub(super) fn links(&mut self, owner: &str, links: &[LinkFact], module: Option<&Module>) -> Vec<Link> {
        let mut described = Vec::new();
        for link in links {
            match (&link.path, link.system) {
                (Some(path), false) => {
                    self.claimed
                        .entry(path.clone())
                        .or_insert_with(|| owner.to_owned());
                    self.require(owner, path, Some(Role::StaticLibrary));
                    if let (Some(package), Some(module)) = (&link.package, module)
                        && !module.needs.contains(package)
                    {
                        self.problems.push(Disagreement::Needs {
                            owner: owner.to_owned(),
                            library: link.name.clone(),
                            package: package.clone(),
                        });
                    }
                }
                (None, true) => {}
                _ => self.problems.push(Disagreement::Origin {
                    owner: owner.to_owned(),
                    library: link.name.clone(),
                }),
            }
            described.push(Link {
                name: link.name.clone(),
                path_static: link.path.clone(),
                path_dynamic: None,
                framework: link.framework.then_some(true),
                system: (link.system && !link.framework).then_some(true),
            });
        }
        described
    }

    pub(super) fn extension_records(&self, build: &BuildInfo) -> BTreeMap<String, ExtensionRecord> {
        let mut users = BTreeMap::<&TreePath, BTreeSet<&str>>::new();
        for (name, variants) in &build.extensions {
            for path in variants
                .iter()
                .flat_map(|variant| &variant.links)
                .filter_map(|link| link.path_static.as_ref())
            {
                users.entry(path).or_default().insert(name);
            }
        }
        let calls = calls(build, self.inventory);
        let size = |path: &TreePath| -> u64 {
            let files = self.inventory.files.get(path);
            files.map_or(0, |facts| {
                facts.content.codes().map(|(_, code)| code.loaded()).sum()
            })
        };
        let record = |(name, module): (&String, &Module)| {
            let variants = build.extensions.get(name).map(Vec::as_slice).unwrap_or_default();
            let alone = users
                .iter()
                .filter(|(_, users)| users.len() == 1 && users.contains(name.as_str()));
            let record = ExtensionRecord {
                linkage: module.linkage,
                needs: module.needs.clone(),
                calls: calls
                    .get(name)
                    .map(|called| called.keys().cloned().collect())
                    .unwrap_or_default(),
                imports: module.imports.clone(),
                test: module.test,
                why: module.why.clone(),
                size: variants.iter().flat_map(|variant| &variant.objs).map(size).sum(),
                library_size: alone.map(|(path, _)| size(path)).sum(),
            };
            (name.clone(), record)
        };
        self.description.modules.iter().map(record).collect()
    }
}

/// Whether an SPDX identifier dedicates to the public domain.
fn is_public_domain(license: &str) -> bool {
    matches!(
        license,
        "blessing" | "CC0-1.0" | "Unlicense" | "LicenseRef-Public-Domain"
    )
}

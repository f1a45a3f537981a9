//! The packages whose code is in an executable, and the extension modules that bring them there.

use std::collections::{BTreeMap, BTreeSet};

use super::tree::Amount;
use super::{Component, Extensions, KeptExtension, Node, Part, PartSize, Role};
use crate::manifest::{ComponentRecord, Extension, Manifest, Selected};
use crate::model::TreePath;
use crate::plan::CPYTHON;

/// What the manifest and the sizes say together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Inside<'a> {
    pub(super) manifest: &'a Manifest,
    pub(super) selected: &'a Selected,
    pub(super) parts: &'a [PartSize],
}

/// Directory of licence texts in a distribution.
const LICENSES: &str = "licenses/";

impl<'a> Inside<'a> {
    fn node(&self, part: Part) -> Option<&'a Node> {
        self.parts
            .iter()
            .find(|size| size.part == part)
            .map(|size| &size.node)
    }

    fn total(&self, part: Part) -> u64 {
        self.node(part).map_or(0, |node| node.size)
    }

    /// The extension modules that are linked; the first variant is the one that is taken.
    fn kept(&self) -> impl Iterator<Item = (&'a str, &'a Extension)> + use<'a> {
        let build = self.manifest.build_info.as_ref();
        let selected = self.selected;
        build
            .into_iter()
            .flat_map(|build| &build.extensions)
            .filter(|(name, _)| selected.kept.contains_key(*name))
            .filter_map(|(name, variants)| Some((name.as_str(), variants.first()?)))
    }

    /// Static library → the extension modules, or other parts, that link it.
    fn users(&self) -> BTreeMap<&'a TreePath, BTreeSet<&'a str>> {
        let mut users = BTreeMap::<_, BTreeSet<_>>::new();
        for (name, extension) in self.kept() {
            for path in extension
                .links
                .iter()
                .filter_map(|link| link.path_static.as_ref())
            {
                users.entry(path).or_default().insert(name);
            }
        }
        let core = self
            .manifest
            .build_info
            .iter()
            .flat_map(|build| &build.core.links);
        for path in core.filter_map(|link| link.path_static.as_ref()) {
            users.entry(path).or_default().insert(CORE);
        }
        let launcher = self.manifest.pbs.interpreter.launcher.as_ref();
        let code = self.node(Part::Launcher).and_then(|node| node.child("code"));
        if let (Some(launcher), Some(code)) = (launcher, code)
            && code.child(launcher.inflate_object.name()).is_some()
        {
            users
                .entry(&launcher.inflate_library)
                .or_default()
                .insert(LAUNCHER);
        }
        users
    }

    /// What of a static library is in the executable.
    fn library(&self, path: &TreePath) -> Amount {
        let libraries = self.node(Part::Libraries);
        let owner = self
            .manifest
            .pbs
            .components
            .iter()
            .find(|component| component.libraries.contains(path));
        let node = libraries.and_then(|node| match owner {
            Some(component) => node.child(&component.name)?.child(path.name()),
            None => node.child(path.name()),
        });
        node.map_or(Amount::default(), |node| Amount {
            size: node.size,
            memory: node.memory,
        })
    }

    /// The extension modules that stayed and went.
    pub(super) fn extensions(&self) -> Extensions {
        let users = self.users();
        let mut kept = BTreeMap::new();
        let sizes = self.node(Part::Extensions);
        let known: BTreeMap<&str, &Extension> = self.kept().collect();
        for (name, why) in &self.selected.kept {
            let extension = known.get(name.as_str());
            let links = extension.iter().flat_map(|extension| &extension.links);
            let libraries: BTreeSet<&TreePath> = links.filter_map(|link| link.path_static.as_ref()).collect();
            let alone = libraries
                .iter()
                .filter(|path| users.get(**path).is_some_and(|users| users.len() == 1));
            let record = self.manifest.pbs.extensions.get(name);
            kept.insert(
                name.clone(),
                KeptExtension {
                    why: why.to_string(),
                    size: sizes
                        .and_then(|node| node.child(name))
                        .map_or(0, |node| node.size),
                    library_size: alone.map(|path| self.library(path).size).sum(),
                    components: record.map(|record| record.needs.clone()).unwrap_or_default(),
                    licenses: extension
                        .and_then(|extension| extension.licenses.clone())
                        .unwrap_or_default(),
                },
            );
        }
        let dropped = self.selected.dropped.iter();
        Extensions {
            kept,
            dropped: dropped
                .map(|(name, why)| (name.clone(), why.to_string()))
                .collect(),
        }
    }

    /// The packages whose code is in the executable.
    pub(super) fn components(&self) -> Vec<Component> {
        let users = self.users();
        let records = self.manifest.pbs.components.iter();
        let known = records.filter_map(|record| {
            let role = self.role(record)?;
            let used_by = record
                .libraries
                .iter()
                .filter_map(|path| users.get(path))
                .flatten();
            let used_by: BTreeSet<&str> = used_by.copied().collect();
            let mut component = Component {
                name: record.name.clone(),
                version: record.version.clone(),
                role,
                summary: record.summary.clone(),
                homepage: record.homepage.clone(),
                size: self.size(record, role),
                used_by: used_by.into_iter().map(str::to_owned).collect(),
                licenses: record.licenses.clone(),
                license_paths: record
                    .license_paths
                    .iter()
                    .map(|path| path.as_str().to_owned())
                    .collect(),
                url: record.url.clone(),
                archive: record.archive,
                patches: record.patches.keys().cloned().collect(),
                cpe: record.cpe.clone(),
                purl: record.purl.clone(),
            };
            match role {
                Role::Interpreter => component.licenses.extend(self.foreign(&record.licenses)),
                Role::StartFiles => component.license_paths = self.unclaimed_texts(),
                Role::Library | Role::Launcher => {}
            }
            Some(component)
        });
        known.chain(self.launcher()).collect()
    }

    /// Our own part of a single-file executable.
    fn launcher(&self) -> Option<Component> {
        let code = self.node(Part::Launcher)?.child("code")?;
        Some(Component {
            name: "pbs-launcher".to_owned(),
            version: self.manifest.pbs.tag.clone(),
            role: Role::Launcher,
            summary: "what starts the interpreter and imports from the executable".to_owned(),
            homepage: env!("CARGO_PKG_REPOSITORY").to_owned(),
            size: code.size,
            used_by: Vec::new(),
            licenses: vec![env!("CARGO_PKG_LICENSE").to_owned()],
            license_paths: Vec::new(),
            url: None,
            archive: None,
            patches: Vec::new(),
            cpe: None,
            purl: None,
        })
    }

    /// What a component is in the executable for, if it is.
    fn role(&self, record: &ComponentRecord) -> Option<Role> {
        if record.name == CPYTHON {
            return Some(Role::Interpreter);
        }
        if record.linked {
            let mut amounts = record.libraries.iter().map(|path| self.library(path));
            return amounts
                .any(|amount| amount != Amount::default())
                .then_some(Role::Library);
        }
        // What was only used to build leaves nothing, but for start files, and those have a licence.
        let starts = self.node(Part::StartFiles).is_some() && !record.licenses.is_empty();
        starts.then_some(Role::StartFiles)
    }

    fn size(&self, record: &ComponentRecord, role: Role) -> u64 {
        match role {
            Role::Interpreter => [Part::Interpreter, Part::Extensions, Part::StandardLibrary]
                .into_iter()
                .map(|part| self.total(part))
                .sum(),
            Role::Library => record.libraries.iter().map(|path| self.library(path).size).sum(),
            Role::StartFiles => self.total(Part::StartFiles),
            Role::Launcher => 0,
        }
    }

    /// Licences of foreign code in CPython's own sources that extension modules bring in.
    fn foreign(&self, known: &[String]) -> Vec<String> {
        let records = &self.manifest.pbs.extensions;
        let own = self.kept().filter(|(name, _)| {
            let record = records.get(*name);
            record.is_some_and(|record| record.needs.is_empty())
        });
        let licenses = own.flat_map(|(_, extension)| extension.licenses.iter().flatten());
        let licenses: BTreeSet<&String> = licenses.filter(|license| !known.contains(license)).collect();
        licenses.into_iter().cloned().collect()
    }

    /// Texts of licences that are of no component which is linked.
    fn unclaimed_texts(&self) -> Vec<String> {
        let components = &self.manifest.pbs.components;
        let claimed: BTreeSet<&TreePath> = components
            .iter()
            .flat_map(|record| &record.license_paths)
            .collect();
        self.manifest
            .pbs
            .files
            .keys()
            .filter(|path| path.as_str().starts_with(LICENSES) && !claimed.contains(path))
            .map(|path| path.as_str().to_owned())
            .collect()
    }
}

/// Users of libraries that are no extension modules.
const CORE: &str = "(interpreter)";
const LAUNCHER: &str = "(launcher)";

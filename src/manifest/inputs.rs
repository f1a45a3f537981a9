//! What a distribution was made from, held against what the recipes say now.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use super::{Component, ComponentRecord, Description, Manifest};
use crate::model::Pin;
use crate::plan::{Flavor, Linkage, Module};

/// What the directory is called that was given in the place of the sysroot.
pub const GIVEN_SYSROOT: &str = "given sysroot";

/// An input of a build that is not what it was.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct MovedInput {
    /// Which one: `version of zlib`.
    pub input: String,
    /// What the distribution was made from; nothing where it had none.
    pub there: Option<String>,
    /// What the recipes have; nothing where they have none.
    pub here: Option<String>,
}

impl fmt::Display for MovedInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: &'_ Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
        let (there, here) = (shown(&self.there), shown(&self.here));
        write!(f, "{}: {there} there, {here} here", self.input)
    }
}

/// The inputs, known before anything is built, in which a distribution and the recipes differ.
#[must_use]
pub fn moved_inputs(manifest: &Manifest, description: &Description) -> Vec<MovedInput> {
    let mut moved = Moved(Vec::new());
    let pbs = &manifest.pbs;
    moved.text(
        "version of CPython",
        &manifest.python_version,
        &description.python,
    );
    moved.text("target", &manifest.target_triple, &description.target);
    moved.text("options", &manifest.build_options, &description.options);
    moved.text(
        "features of the C library",
        &manifest.crt_features.join(", "),
        &description.crt_features.join(", "),
    );
    let sdk = description.apple_sdk.as_ref();
    for (input, there, here) in [
        (
            "Apple's SDK",
            &manifest.apple_sdk_canonical_name,
            sdk.map(|sdk| sdk.name.clone()),
        ),
        (
            "platform of Apple's SDK",
            &manifest.apple_sdk_platform,
            sdk.map(|sdk| sdk.platform.clone()),
        ),
        (
            "version of Apple's SDK",
            &manifest.apple_sdk_version,
            sdk.map(|sdk| sdk.version.to_string()),
        ),
        (
            "oldest release of Apple's system",
            &manifest.apple_sdk_deployment_target,
            sdk.map(|sdk| sdk.deployment_target.to_string()),
        ),
    ] {
        moved.push(input.to_owned(), there.clone(), here);
    }
    moved.text(
        "platform tag",
        &manifest.python_platform_tag,
        &description.platform_tag,
    );
    moved.text("operating system", &pbs.os.as_str(), &description.os.as_str());
    moved.text("epoch", &pbs.epoch, &description.epoch);
    moved.text("release tag", &pbs.tag, &description.tag);
    moved.push(
        "profile".to_owned(),
        pbs.profile.as_ref().map(|profile| shown(profile.archive)),
        description.profile.as_ref().map(|profile| shown(profile.archive)),
    );
    moved.push(
        GIVEN_SYSROOT.to_owned(),
        pbs.sysroot.as_ref().map(ToString::to_string),
        description.sysroot.as_ref().map(ToString::to_string),
    );
    moved.components(&pbs.components, &description.components);
    let (there, here) = (&pbs.worker, &description.worker);
    moved.text("worker root's folder", &there.image, &here.image);
    moved.text("worker root's lock", &there.lock, &here.lock);
    moved.text("worker root", &there.root, &here.root);
    moved.map("package of the worker root", &there.toolchain, &here.toolchain);
    moved.extensions(manifest, &description.modules);
    moved.0
}

struct Moved(Vec<MovedInput>);

impl Moved {
    fn push(&mut self, input: String, there: Option<String>, here: Option<String>) {
        if there != here {
            self.0.push(MovedInput { input, there, here });
        }
    }

    fn text(&mut self, input: &str, there: &impl ToString, here: &impl ToString) {
        self.push(input.to_owned(), Some(there.to_string()), Some(here.to_string()));
    }

    fn map(
        &mut self,
        what: &str,
        there: &BTreeMap<String, impl ToString>,
        here: &BTreeMap<String, impl ToString>,
    ) {
        let names: BTreeSet<&String> = there.keys().chain(here.keys()).collect();
        for name in names {
            let value_there = there.get(name).map(ToString::to_string);
            let value_here = here.get(name).map(ToString::to_string);
            self.push(format!("{what} `{name}`"), value_there, value_here);
        }
    }

    fn components(&mut self, there: &[ComponentRecord], here: &[Component]) {
        for record in there {
            match here.iter().find(|component| component.name == record.name) {
                Some(component) => self.component(record, component),
                None => self.push(
                    format!("package `{}`", record.name),
                    Some(record.version.clone()),
                    None,
                ),
            }
        }
        for component in here {
            if !there.iter().any(|record| record.name == component.name) {
                let version = Some(component.version.clone());
                self.push(format!("package `{}`", component.name), None, version);
            }
        }
    }

    fn component(&mut self, there: &ComponentRecord, here: &Component) {
        let name = &here.name;
        if there.version != here.version {
            // All the rest follows from it.
            return self.text(&format!("version of `{name}`"), &there.version, &here.version);
        }
        self.push(
            format!("source of `{name}`"),
            there.archive.map(|pin| pin.to_string()),
            here.archive.map(|pin| pin.to_string()),
        );
        self.push(
            format!("files of the source of `{name}`"),
            there.tree.map(|tree| tree.to_string()),
            here.tree.map(|tree| tree.to_string()),
        );
        self.map(&format!("patch of `{name}`:"), &there.patches, &here.patches);
        self.push(
            format!("recipe of `{name}` (scripts or flags)"),
            Some(there.recipe.to_string()),
            Some(here.recipe.to_string()),
        );
        let licenses: BTreeSet<&str> = here
            .licenses
            .iter()
            .map(|license| license.spdx.as_str())
            .collect();
        let licenses: Vec<&str> = licenses.into_iter().collect();
        self.text(
            &format!("licences of `{name}`"),
            &there.licenses.join(", "),
            &licenses.join(", "),
        );
        self.text(&format!("summary of `{name}`"), &there.summary, &here.summary);
        self.text(&format!("home page of `{name}`"), &there.homepage, &here.homepage);
        self.text(
            &format!("use of `{name}`"),
            &used(there.linked),
            &used(here.linked),
        );
        for (what, there, here) in [
            ("address", &there.url, &here.url),
            ("CPE name", &there.cpe, &here.cpe),
            ("package URL", &there.purl, &here.purl),
        ] {
            self.push(format!("{what} of `{name}`"), there.clone(), here.clone());
        }
    }

    fn extensions(&mut self, manifest: &Manifest, here: &BTreeMap<String, Module>) {
        let there = &manifest.pbs.extensions;
        // Only full archives tell of what serves CPython's own tests.
        let is_told = |module: &Module| manifest.pbs.flavor == Flavor::Full || !module.test;
        for name in there.keys().filter(|name| !here.contains_key(*name)) {
            self.push(
                format!("extension module `{name}`"),
                Some("known".to_owned()),
                None,
            );
        }
        for (name, module) in here.iter().filter(|(_, module)| is_told(module)) {
            let Some(record) = there.get(name) else {
                self.push(
                    format!("extension module `{name}`"),
                    None,
                    Some("known".to_owned()),
                );
                continue;
            };
            let of = |what: &str| format!("{what} of the extension module `{name}`");
            self.text(&of("linkage"), &linkage(record.linkage), &linkage(module.linkage));
            self.text(&of("needs"), &record.needs.join(", "), &module.needs.join(", "));
            self.text(&of("purpose"), &purpose(record.test), &purpose(module.test));
            self.push(of("reason"), record.why.clone(), module.why.clone());
            let build = manifest.build_info.as_ref();
            let variant = build.and_then(|build| build.extensions.get(name)?.first());
            if let Some(variant) = variant {
                let licenses = variant.licenses.clone().unwrap_or_default().join(", ");
                self.text(&of("licences"), &licenses, &module.licenses.join(", "));
                self.text(&of("need"), &need(variant.required), &need(module.required));
            }
        }
    }
}

/// A profile by what it is known by.
fn shown(archive: Option<Pin>) -> String {
    archive.map_or_else(|| "trained for the build alone".to_owned(), |pin| pin.to_string())
}

const fn used(linked: bool) -> &'static str {
    if linked { "linked in" } else { "only to build" }
}

const fn purpose(test: bool) -> &'static str {
    if test { "tests" } else { "programs" }
}

const fn need(required: bool) -> &'static str {
    if required { "required" } else { "not required" }
}

const fn linkage(linkage: Linkage) -> &'static str {
    match linkage {
        Linkage::Builtin => "builtin",
        Linkage::Shared => "shared",
        Linkage::Absent => "absent",
    }
}

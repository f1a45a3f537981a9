//! The last steps: from CPython's output and the packages to verified archives.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::{Lowering, inputs, step_id, whole};
use crate::manifest::{Component, Description, ProfileIdentity, SysrootRecord, WorkerIdentity};
use crate::model::{DebugInformation, Digest, TreePath};
use crate::plan::key::definition;
use crate::plan::{
    Assemble, CPYTHON, Flavor, Input, Manifest, Pack, Plan, ROOT, SourceIdentity, Step, StepId, StepKind,
    Verify, Weight, recipe_digest,
};
use crate::recipe::{DefaultOptions, Linked, PackageBuild, Profile};

impl Lowering<'_> {
    pub(super) fn distribution(mut self) -> Plan {
        self.assemble();
        self.manifest();
        self.verify();
        let mut wanted = IndexMap::new();
        for flavor in [
            Flavor::Full,
            Flavor::InstallOnly,
            Flavor::InstallOnlyStripped,
            Flavor::DebugInfo,
        ] {
            let debug_information = self.build.target_file.debug_information;
            if (flavor, debug_information) == (Flavor::DebugInfo, DebugInformation::None) {
                continue;
            }
            let (name, id) = self.pack(flavor);
            wanted.insert(name.to_owned(), id);
        }
        Plan {
            steps: self.steps,
            wanted,
        }
    }

    fn assemble(&mut self) {
        let mut assemble = Assemble {
            libraries: BTreeMap::new(),
            licenses: BTreeMap::new(),
        };
        let mut wiring = BTreeMap::from([(CPYTHON.to_owned(), whole(self.output(CPYTHON)))]);
        for (name, package) in &self.build.packages {
            if package.linked == Linked::Yes && !package.libraries.is_empty() {
                assemble.libraries.insert(name.clone(), package.libraries.clone());
                wiring.insert(name.clone(), whole(self.output(name)));
            }
            if !package.licenses.is_empty() && package.source.is_some() {
                assemble.licenses.insert(name.clone(), package.licenses.clone());
                wiring.insert(format!("source-{name}"), whole(self.source(name)));
            }
        }
        let step = Step {
            kind: StepKind::Assemble(assemble),
            inputs: wiring,
            after: Vec::new(),
            why: "lays out build, install and licenses of the distribution".to_owned(),
            hint: None,
            weight: Weight::One,
        };
        self.add(dist("assemble"), step);
    }

    fn manifest(&mut self) {
        let manifest = Manifest {
            description: Box::new(self.describe()),
        };
        let step = Step {
            kind: StepKind::Manifest(manifest),
            inputs: inputs([
                ("distribution", whole(dist("assemble"))),
                (CPYTHON, whole(self.output(CPYTHON))),
            ]),
            after: Vec::new(),
            why: "writes PYTHON.json from what was built".to_owned(),
            hint: None,
            weight: Weight::One,
        };
        self.add(dist("manifest"), step);
    }

    fn verify(&mut self) {
        let target = &self.build.target_file;
        let step = Step {
            kind: StepKind::Verify(Verify {
                limits: target.limits.clone(),
            }),
            inputs: inputs([
                ("distribution", whole(dist("manifest"))),
                (ROOT, whole(self.root.clone())),
            ]),
            after: Vec::new(),
            why: "proves that the distribution keeps what it promises".to_owned(),
            hint: Some("`pbs verify` says the same of an archive, and explains each rule".to_owned()),
            weight: Weight::All,
        };
        self.add(dist("verify"), step);
    }

    fn pack(&mut self, flavor: Flavor) -> (&'static str, StepId) {
        let build = self.build;
        let name = flavor.as_str();
        let extension = match flavor {
            Flavor::Full | Flavor::DebugInfo => "tar.zst",
            Flavor::InstallOnly | Flavor::InstallOnlyStripped => "tar.gz",
        };
        // The field's names: a full archive always says its options, the others only if they must.
        let options = match (flavor, build.default_options) {
            (Flavor::Full | Flavor::DebugInfo, _) | (_, DefaultOptions::No) => format!("{}-", build.options),
            (_, DefaultOptions::Yes) => String::new(),
        };
        let stem = format!("cpython-{}+{}-{}", build.python, build.tag, build.target);
        let mut wiring = inputs([("distribution", whole(dist("manifest")))]);
        let beside = match flavor {
            Flavor::Full | Flavor::InstallOnly => None,
            // Where binaries have no symbols, there is nothing to replace.
            Flavor::InstallOnlyStripped => match build.target_file.debug_information {
                DebugInformation::Detached => Some("stripped"),
                DebugInformation::Beside | DebugInformation::None => None,
            },
            Flavor::DebugInfo => Some("debug"),
        };
        if let Some(beside) = beside {
            wiring.insert(beside.to_owned(), part(self.output(CPYTHON), beside));
        }
        let pack = Pack {
            file: format!("{stem}-{options}{name}.{extension}"),
            flavor,
            epoch: build.epoch,
        };
        let step = Step {
            kind: StepKind::Pack(pack),
            inputs: wiring,
            after: vec![dist("verify")],
            why: format!("packs the `{name}` archive"),
            hint: None,
            weight: Weight::All,
        };
        let id = dist(&format!("pack-{name}"));
        self.add(id.clone(), step);
        (name, id)
    }
}

impl Lowering<'_> {
    /// The manifest's part that is known beforehand.
    fn describe(&self) -> Description {
        let build = self.build;
        let recipe = |name: &str| recipe_digest(name, self.steps.iter());
        let mut components: Vec<Component> = build
            .packages
            .iter()
            .map(|(name, package)| component(name, package, recipe(name)))
            .collect();
        components.sort_by_key(|component| (component.name != CPYTHON, component.name.clone()));
        let target = &build.target_file;
        Description {
            python: build.python.clone(),
            target: build.target.clone(),
            os: target.os,
            object_format: target.object_format,
            options: build.options.clone(),
            crt_features: target
                .crt_features
                .iter()
                .map(|feature| feature.0.clone())
                .collect(),
            apple_sdk: target.apple_sdk.clone(),
            platform_tag: target.platform_tag.0.clone(),
            tag: build.tag.clone(),
            epoch: build.epoch,
            modules: build.modules.clone(),
            components,
            sysroot: build.given.as_ref().map(|given| SysrootRecord {
                layout: given.layout.clone(),
                tree: given.tree,
                terms: SysrootRecord::TERMS.to_owned(),
            }),
            worker: WorkerIdentity {
                image: build.root.image.clone(),
                lock: build.lock,
                root: definition(&self.steps[&self.root], &BTreeMap::new()),
                toolchain: build.worker_toolchain.clone(),
            },
            profile: build.profile.as_ref().map(|profile| ProfileIdentity {
                archive: match profile {
                    Profile::Recorded(recorded) => Some(recorded.source.archive),
                    Profile::Trained => None,
                },
            }),
        }
    }
}

fn component(name: &str, package: &PackageBuild, recipe: Digest) -> Component {
    let source = package.source.as_ref();
    let tree = source.and_then(|source| match &source.identity {
        SourceIdentity::Tree { digest, .. } => Some(*digest),
        SourceIdentity::Archive { .. } => None,
    });
    let patches = package.patches.iter();
    Component {
        name: name.to_owned(),
        version: package.version.clone(),
        summary: package.summary.clone(),
        homepage: package.homepage.clone(),
        url: source.map(|source| source.url.clone()),
        archive: source.map(|source| source.archive),
        tree,
        patches: patches
            .map(|patch| (patch.name.clone(), Digest::of(patch.text.as_bytes())))
            .collect(),
        recipe,
        licenses: package.licenses.clone(),
        libraries: package.libraries.clone(),
        linked: package.linked == Linked::Yes,
        cpe: package.cpe.clone(),
        purl: package.purl.clone(),
    }
}

fn dist(step: &str) -> StepId {
    step_id("dist", step)
}

fn part(from: StepId, subtree: &str) -> Input {
    Input {
        from,
        subtree: TreePath::parse(subtree).expect("a relative path"),
    }
}

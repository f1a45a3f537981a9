//! A build lowered to a plan: what is fetched, patched, run, assembled, verified and packed.
//!
//! It names steps and wires them; it knows no host path and asks nobody anything.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::{
    Assemble, CPYTHON, Fetch, Flavor, Input, Manifest, Pack, Patch, Plan, ROOT, Run, Setup, Step, StepId,
    StepKind, Verify, Weight,
};
use crate::manifest::{Component, Description, WorkerIdentity};
use crate::model::{Digest, GuestPath, TreePath};
use crate::recipe::{Build, DefaultOptions, Linked, PackageBuild, StepBuild};

/// Why a build cannot be planned.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LowerError {
    /// Two parties set a variable of a step.
    #[error("`{variable}` of step `{step}` is set by {first} and by {second}")]
    EnvClash {
        /// The step.
        step: StepId,
        /// The variable.
        variable: String,
        /// Who set it first.
        first: &'static str,
        /// Who set it too.
        second: &'static str,
    },
    /// Two inputs of a step would stand at one place.
    #[error("step `{step}` has two inputs `{role}`")]
    InputClash {
        /// The step.
        step: StepId,
        /// The role.
        role: String,
    },
}

impl LowerError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::EnvClash { .. } => "let only one of them set it, or give one another name",
            Self::InputClash { .. } => {
                "a step of `after:` must not have the name of a package in `needs:`, nor `source`, `sysroot`, `toolchain`, `setup`, `recipe` or `root`"
            }
        }
    }
}

/// What every command finds in its environment, whatever it is for.
pub const BASE_ENV: [(&str, &str); 4] = [
    ("HOME", "/work"),
    ("TMPDIR", "/tmp"),
    ("LC_ALL", "C.UTF-8"),
    ("TZ", "UTC"),
];

/// The plan that makes the archives of a build.
pub fn lower(build: &Build) -> Result<Plan, LowerError> {
    let mut lowering = Lowering {
        build,
        root: StepId(format!("{}/root", build.root.image)),
        steps: IndexMap::new(),
    };
    lowering.worker();
    for (name, package) in &build.packages {
        lowering.package(name, package)?;
    }
    Ok(lowering.distribution())
}

struct Lowering<'a> {
    build: &'a Build,
    root: StepId,
    steps: IndexMap<StepId, Step>,
}

impl Lowering<'_> {
    fn add(&mut self, id: StepId, step: Step) {
        self.steps.insert(id, step);
    }

    fn worker(&mut self) {
        let step = Step {
            kind: StepKind::Root(self.build.root.clone()),
            inputs: BTreeMap::new(),
            after: Vec::new(),
            why: "unpacks the worker root that every command runs in".to_owned(),
            hint: Some("`pbs image lock` resolves its packages again".to_owned()),
            weight: Weight::One,
        };
        self.add(self.root.clone(), step);
    }

    fn package(&mut self, name: &str, package: &PackageBuild) -> Result<(), LowerError> {
        if let Some(source) = &package.source {
            let fetch = Fetch {
                name: format!("{name}-{}", package.version),
                identity: source.identity.clone(),
                places: source.places.clone(),
            };
            let step = Step {
                kind: StepKind::Fetch(fetch),
                inputs: BTreeMap::new(),
                after: Vec::new(),
                why: format!("gets the source of {name} {}", package.version),
                hint: Some("`--source-dir DIR` takes sources from a directory".to_owned()),
                weight: Weight::One,
            };
            self.add(step_id(name, "source"), step);
        }
        if !package.patches.is_empty() {
            let patch = Patch {
                patches: package.patches.clone(),
            };
            let step = Step {
                kind: StepKind::Patch(patch),
                inputs: inputs([("source", whole(step_id(name, "source")))]),
                after: Vec::new(),
                why: format!(
                    "applies what {name} {} needs to differ from upstream",
                    package.version
                ),
                hint: Some("a patch that no longer applies is written anew for this version".to_owned()),
                weight: Weight::One,
            };
            self.add(step_id(name, "patched"), step);
        }
        if package.steps.iter().any(|step| step.setup) {
            self.setup(name);
        }
        for step in &package.steps {
            self.run(name, package, step)?;
        }
        Ok(())
    }

    fn setup(&mut self, name: &str) {
        let step = Step {
            kind: StepKind::Setup(Setup {
                modules: self.build.modules.clone(),
            }),
            inputs: inputs([("source", whole(self.source(name)))]),
            after: Vec::new(),
            why: "says which extension modules are built in, from recipes/cpython/extensions.yaml".to_owned(),
            hint: Some("a module that is new or gone upstream gets or loses its entry there".to_owned()),
            weight: Weight::One,
        };
        self.add(step_id(name, "setup"), step);
    }

    /// The step whose output is a package's source as it is built.
    fn source(&self, name: &str) -> StepId {
        let patched = step_id(name, "patched");
        if self.steps.contains_key(&patched) {
            patched
        } else {
            step_id(name, "source")
        }
    }

    /// The step whose output is the package.
    fn output(&self, name: &str) -> StepId {
        let steps = &self.build.packages[name].steps;
        let last = steps.last().expect("checked: a package has steps");
        step_id(name, &last.name)
    }

    fn run(&mut self, name: &str, package: &PackageBuild, step: &StepBuild) -> Result<(), LowerError> {
        let id = step_id(name, &step.name);
        let target = &self.build.target_file;
        let mut wiring = Vec::from([(ROOT.to_owned(), whole(self.root.clone()))]);
        let mut wire = |role: &str, input| wiring.push((role.to_owned(), input));
        if package.source.is_some() {
            wire("source", whole(self.source(name)));
        }
        if !step.bare {
            wire("sysroot", whole(self.output(target.sysroot.as_str())));
            wire("toolchain", whole(self.output(target.toolchain.as_str())));
        }
        if step.setup {
            wire("setup", whole(step_id(name, "setup")));
        }
        for need in &step.needs {
            wire(need, whole(self.output(need)));
        }
        for after in &step.after {
            wire(after, whole(step_id(name, after)));
        }
        let mut inputs = BTreeMap::new();
        for (role, input) in wiring {
            if role == "recipe" || inputs.insert(role.clone(), input).is_some() {
                return Err(LowerError::InputClash { step: id, role });
            }
        }
        let shell = ["/bin/bash", "-eu", "-o", "pipefail"].map(str::to_owned);
        let script = format!("/in/recipe/{}", step.script);
        let run = Run {
            argv: shell.into_iter().chain([script]).collect(),
            env: self.env(&id, name, package, step)?,
            files: step.files.clone(),
            cwd: GuestPath::parse("/work").expect("an absolute path"),
            timeout_minutes: step.timeout_minutes,
        };
        let step = Step {
            kind: StepKind::Run(run),
            inputs,
            after: Vec::new(),
            why: step.why.clone(),
            hint: package.hint.clone(),
            weight: step.weight,
        };
        self.add(id, step);
        Ok(())
    }

    /// The whole environment of a step. Each variable has one party that sets it.
    fn env(
        &self,
        id: &StepId,
        name: &str,
        package: &PackageBuild,
        step: &StepBuild,
    ) -> Result<BTreeMap<String, String>, LowerError> {
        let build = self.build;
        let path = std::iter::once("/in/toolchain/bin").chain(build.path.iter().map(String::as_str));
        let contract = [
            ("PATH", path.collect::<Vec<_>>().join(":")),
            ("OUT", "/out".to_owned()),
            ("SOURCE_DATE_EPOCH", build.epoch.to_string()),
            ("ZERO_AR_DATE", "1".to_owned()),
            ("PYTHONHASHSEED", "0".to_owned()),
            ("TARGET", build.target.to_string()),
            ("VERSION", package.version.clone()),
            // Given by the engine, outside the key; named here so that nobody else sets it.
            ("JOBS", String::new()),
        ];
        let contract = BASE_ENV
            .map(|(variable, value)| (variable, value.to_owned()))
            .into_iter()
            .chain(contract)
            .map(|(variable, value)| (variable.to_owned(), value))
            .collect();
        let target = &build.target_file.env;
        let target = target
            .iter()
            .map(|(variable, value)| (variable.0.clone(), value.value.0.clone()));
        // Dependencies do not see the options: they are built once for all of them.
        let options = if name == CPYTHON {
            build.options_env.clone()
        } else {
            BTreeMap::new()
        };
        let parties: [(&'static str, BTreeMap<String, String>); 5] = [
            ("the step contract", contract),
            ("the target", target.collect()),
            ("the options", options),
            ("the version", package.env.clone()),
            ("the step", step.env.clone()),
        ];
        let mut env = BTreeMap::new();
        let mut set_by: BTreeMap<String, &'static str> = BTreeMap::new();
        for (party, variables) in parties {
            for (variable, value) in variables {
                if let Some(first) = set_by.insert(variable.clone(), party) {
                    return Err(LowerError::EnvClash {
                        step: id.clone(),
                        variable,
                        first,
                        second: party,
                    });
                }
                env.insert(variable, value);
            }
        }
        env.remove("JOBS");
        Ok(env)
    }

    fn distribution(mut self) -> Plan {
        self.assemble();
        self.manifest();
        self.verify();
        let mut wanted = IndexMap::new();
        for flavor in [Flavor::Full, Flavor::InstallOnly, Flavor::InstallOnlyStripped] {
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
            description: describe(self.build),
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
                ("sysroot", whole(self.output(target.sysroot.as_str()))),
                ("toolchain", whole(self.output(target.toolchain.as_str()))),
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
        let name = match flavor {
            Flavor::Full => "full",
            Flavor::InstallOnly => "install_only",
            Flavor::InstallOnlyStripped => "install_only_stripped",
        };
        let extension = match flavor {
            Flavor::Full => "tar.zst",
            Flavor::InstallOnly | Flavor::InstallOnlyStripped => "tar.gz",
        };
        // The field's names: a full archive always says its options, the others only if they must.
        let options = match (flavor, build.default_options) {
            (Flavor::Full, _) | (_, DefaultOptions::No) => format!("{}-", build.options),
            (_, DefaultOptions::Yes) => String::new(),
        };
        let stem = format!("cpython-{}+{}-{}", build.python, build.tag, build.target);
        let mut wiring = inputs([("distribution", whole(dist("manifest")))]);
        if flavor == Flavor::InstallOnlyStripped {
            wiring.insert("stripped".to_owned(), part(self.output(CPYTHON), "stripped"));
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

/// The manifest's part that is known beforehand.
fn describe(build: &Build) -> Description {
    let mut components: Vec<Component> = build
        .packages
        .iter()
        .map(|(name, package)| component(name, package))
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
        platform_tag: target.platform_tag.0.clone(),
        tag: build.tag.clone(),
        epoch: build.epoch,
        modules: build.modules.clone(),
        components,
        worker: WorkerIdentity {
            image: build.root.image.clone(),
            lock: build.lock,
            toolchain: build.worker_toolchain.clone(),
        },
    }
}

fn component(name: &str, package: &PackageBuild) -> Component {
    let source = package.source.as_ref();
    let tree = source.and_then(|source| match &source.identity {
        crate::plan::SourceIdentity::Tree { digest, .. } => Some(*digest),
        crate::plan::SourceIdentity::Archive { .. } => None,
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
        licenses: package.licenses.clone(),
        libraries: package.libraries.clone(),
        linked: package.linked == Linked::Yes,
        cpe: package.cpe.clone(),
        purl: package.purl.clone(),
    }
}

fn step_id(package: &str, step: &str) -> StepId {
    StepId(format!("{package}/{step}"))
}

fn dist(step: &str) -> StepId {
    step_id("dist", step)
}

fn whole(from: StepId) -> Input {
    Input {
        from,
        subtree: TreePath::root(),
    }
}

fn part(from: StepId, subtree: &str) -> Input {
    Input {
        from,
        subtree: TreePath::parse(subtree).expect("a relative path"),
    }
}

fn inputs<const N: usize>(wiring: [(&str, Input); N]) -> BTreeMap<String, Input> {
    wiring
        .into_iter()
        .map(|(role, input)| (role.to_owned(), input))
        .collect()
}

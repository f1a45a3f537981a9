//! A build lowered to a plan: what is fetched, patched, run, assembled, verified and packed.
//!
//! It names steps and wires them; it knows no host path and asks nobody anything.

mod distribution;
mod environment;

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::{
    CPYTHON, Fetch, Given, Input, Patch, Plan, Projects, ROOT, Root, Run, Setup, Step, StepId, StepKind,
    Weight,
};
use crate::model::{GuestPath, TreePath};
use crate::recipe::{Build, Linked, PackageBuild, Profile, Source, StepBuild};

pub use environment::BASE_ENV;

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
                "a step of `after:` must not have the name of a package in `needs:`, nor `source`, `sysroot`, `toolchain`, `setup`, `projects`, `recipe` or `root`"
            }
        }
    }
}

/// The plan that makes the archives of a build.
pub fn lower(build: &Build) -> Result<Plan, LowerError> {
    let mut lowering = Lowering {
        build,
        root: root_id(&build.root),
        steps: IndexMap::new(),
    };
    lowering.roots();
    lowering.given();
    for (name, package) in &build.packages {
        lowering.package(name, package)?;
    }
    Ok(lowering.distribution())
}

/// Where a step sees the profile, the step that gets it, and where the training leaves it.
const PROFILE: &str = "profile";

/// The plan that makes the profile of a build that trains.
pub fn lower_training(build: &Build) -> Result<Plan, LowerError> {
    let mut plan = lower(build)?;
    plan.wanted = trained(build)
        .into_iter()
        .map(|id| (PROFILE.to_owned(), id))
        .collect();
    Ok(plan)
}

/// The step that unpacks the root which tests of a build run in.
#[must_use]
pub fn test_root(build: &Build) -> StepId {
    root_id(build.test_root.as_ref().unwrap_or(&build.root))
}

fn root_id(root: &Root) -> StepId {
    StepId(format!("{}/root", root.image))
}

/// The last step of the training.
fn trained(build: &Build) -> Option<StepId> {
    let last = build.packages[CPYTHON].training.last()?;
    Some(step_id(CPYTHON, &last.name))
}

fn fetch(name: String, source: &Source, why: String, hint: &str) -> Step {
    let fetch = Fetch {
        name,
        identity: source.identity.clone(),
        places: source.places.clone(),
    };
    Step {
        kind: StepKind::Fetch(fetch),
        inputs: BTreeMap::new(),
        after: Vec::new(),
        why,
        hint: Some(hint.to_owned()),
        weight: Weight::One,
    }
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

    fn roots(&mut self) {
        let why = "unpacks the worker root that every command runs in";
        self.unpack(&self.build.root, why);
        if let Some(root) = &self.build.test_root {
            self.unpack(root, "unpacks the root that tests run in");
        }
    }

    fn unpack(&mut self, root: &Root, why: &str) {
        let hint = format!("`pbs image lock {}` resolves its packages again", root.image);
        let step = Step {
            kind: StepKind::Root(root.clone()),
            inputs: BTreeMap::new(),
            after: Vec::new(),
            why: why.to_owned(),
            hint: Some(hint),
            weight: Weight::One,
        };
        self.add(root_id(root), step);
    }

    /// What stands in the place of the sysroot, under the name of the step that would make it: recipes of those who
    /// see it stay what they are, to the digest.
    fn given(&mut self) {
        let Some(given) = &self.build.given else { return };
        let step = Step {
            kind: StepKind::Given(Given { tree: given.tree }),
            inputs: BTreeMap::new(),
            after: Vec::new(),
            why: format!("is the directory that stands in the place of {}", given.package),
            hint: None,
            weight: Weight::One,
        };
        self.add(step_id(&given.package, &given.step), step);
    }

    fn package(&mut self, name: &str, package: &PackageBuild) -> Result<(), LowerError> {
        if let Some(source) = &package.source {
            let step = fetch(
                format!("{name}-{}", package.version),
                source,
                format!("gets the source of {name} {}", package.version),
                "`--source-dir DIR` takes sources from a directory",
            );
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
        if package.steps.iter().any(|step| step.projects) {
            self.projects(name);
        }
        if name == CPYTHON {
            self.profile(package)?;
        }
        for step in &package.steps {
            self.run(name, package, step)?;
        }
        Ok(())
    }

    /// Makes the profile, or gets the recorded one.
    fn profile(&mut self, package: &PackageBuild) -> Result<(), LowerError> {
        match &self.build.profile {
            None => {}
            Some(Profile::Recorded(recorded)) => {
                let step = fetch(
                    format!("{CPYTHON}-{}-profile", package.version),
                    &recorded.source,
                    format!("gets the recorded profile of {CPYTHON} {}", package.version),
                    "`pbs train` records it anew",
                );
                self.add(step_id(CPYTHON, PROFILE), step);
            }
            Some(Profile::Trained) => {
                for step in &package.training {
                    self.run(CPYTHON, package, step)?;
                }
            }
        }
        Ok(())
    }

    /// The profile, where the build has one: the same tree, whether it was recorded or is made.
    fn profile_output(&self) -> Option<Input> {
        match self.build.profile.as_ref()? {
            Profile::Recorded(_) => Some(whole(step_id(CPYTHON, PROFILE))),
            Profile::Trained => Some(Input {
                from: trained(self.build)?,
                subtree: TreePath::parse(PROFILE).expect("a relative path"),
            }),
        }
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

    fn projects(&mut self, name: &str) {
        let linked = self.build.packages.iter();
        let linked = linked.filter(|(_, package)| package.linked == Linked::Yes);
        let rules = self.build.projects.clone();
        let projects = Projects {
            rules: rules.expect("checked: there are rules where a step wants what comes of them"),
            modules: self.build.modules.clone(),
            libraries: linked
                .map(|(name, package)| (name.clone(), package.libraries.clone()))
                .collect(),
        };
        let step = Step {
            kind: StepKind::Projects(Box::new(projects)),
            inputs: inputs([("source", whole(self.source(name)))]),
            after: Vec::new(),
            why: "reads what is compiled, and how, from CPython's own project files".to_owned(),
            hint: Some("recipes/cpython/projects.yaml says which projects are taken".to_owned()),
            weight: Weight::One,
        };
        self.add(step_id(name, "projects"), step);
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
        if let Some(given) = self.build.given.as_ref().filter(|given| given.package == name) {
            return step_id(name, &given.step);
        }
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
        if step.projects {
            wire("projects", whole(step_id(name, "projects")));
        }
        if step.profile
            && let Some(profile) = self.profile_output()
        {
            wire(PROFILE, profile);
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
}

fn step_id(package: &str, step: &str) -> StepId {
    StepId(format!("{package}/{step}"))
}

fn whole(from: StepId) -> Input {
    Input {
        from,
        subtree: TreePath::root(),
    }
}

fn inputs<const N: usize>(wiring: [(&str, Input); N]) -> BTreeMap<String, Input> {
    wiring
        .into_iter()
        .map(|(role, input)| (role.to_owned(), input))
        .collect()
}

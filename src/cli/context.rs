//! What commands share: settings, streams, the store, recipes turned into a plan, an engine.
//!
//! Each command parses, asks here for what it needs, calls one function of a lower layer, prints.

use std::collections::BTreeMap;
use std::future::Future;
use std::io::Write;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use super::args::{From, Global, Running, SandboxName, Which};
use super::fail::CliError;
use super::settings::Settings;
use super::sysroot::take_sysroot;
use crate::engine::{Class, Distribution, Engine, History, LazySandbox, Listener, Reuse, Transfers};
use crate::fetch::{FetchOptions, Fetcher, Network};
use crate::manifest::Manifest;
use crate::model::HostPath;
use crate::plan::{self, Plan, StepId};
use crate::recipe::{Build, GivenSysroot, ProfileChoice, RecipeSet, Request};
use crate::sandbox::{self, Choice};
use crate::store::Store;
use crate::ui::{Failure, Reporter};
use crate::workspace::read_workspace;

/// Everything a command may need.
pub(super) struct Context {
    pub(super) settings: Settings,
    pub(super) global: Global,
    /// Data, and nothing else.
    pub(super) stdout: Box<dyn Write>,
    pub(super) reporter: Arc<dyn Reporter>,
    pub(super) cancel: CancellationToken,
    pub(super) runtime: Runtime,
}

/// A build and its plan.
pub(super) struct Planned {
    pub(super) build: Build,
    pub(super) plan: Arc<Plan>,
}

impl Planned {
    /// Which build this is, among all that a store knows.
    fn scope(&self) -> String {
        let Build {
            python,
            target,
            options,
            ..
        } = &self.build;
        format!("{python} {target} {options}")
    }

    /// The step that a person means.
    pub(super) fn find(&self, name: &str) -> Result<StepId, CliError> {
        self.plan.find(name).cloned().ok_or_else(|| {
            let known = self.plan.steps.keys().map(|id| id.0.as_str());
            let hint = match crate::recipe::nearest(name, known) {
                Some(near) => format!("did you mean `{near}`? `pbs plan` lists all steps"),
                None => "`pbs plan` lists all steps".to_owned(),
            };
            CliError::input(format!("the build has no step `{name}`")).hint(hint)
        })
    }
}

impl Context {
    /// Says something to the person, unless they asked for failures only, and not to a program that
    /// reads standard output.
    pub(super) fn say(&self, text: &str) {
        if self.global.quiet {
            return;
        }
        self.reporter.clear();
        // Nobody is left to be told that standard error is closed.
        let _ = writeln!(std::io::stderr(), "{text}");
    }

    /// The same for those who speak from other threads.
    pub(super) fn notice(&self) -> Arc<dyn Fn(&str) + Send + Sync> {
        let (reporter, is_quiet) = (Arc::clone(&self.reporter), self.global.quiet);
        Arc::new(move |text: &str| {
            if !is_quiet {
                reporter.clear();
                // Nobody is left to be told that standard error is closed.
                let _ = writeln!(std::io::stderr(), "{text}");
            }
        })
    }

    /// Waits for a future.
    pub(super) fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// The time, for what is about the age of things and never about outputs.
    #[expect(
        clippy::disallowed_methods,
        reason = "how old something is, and whether it still holds, are questions of time"
    )]
    pub(super) fn now(&self) -> std::time::SystemTime {
        std::time::SystemTime::now()
    }

    /// Opens the store.
    pub(super) fn store(&self) -> Result<Store, CliError> {
        let path = match (&self.global.store, &self.settings.store, &self.settings.home) {
            (Some(given), _, _) | (None, Some(given), _) => given.clone(),
            (None, None, Some(home)) => home.join(".cache/pbs"),
            (None, None, None) => {
                return Err(CliError::new(
                    Class::Environment,
                    Failure {
                        chain: vec!["there is no home directory to keep the store in".to_owned()],
                        ..Failure::default()
                    },
                )
                .hint("give `--store DIR` or set PBS_STORE"));
            }
        };
        Ok(Store::open(&self.settings.working_dir.join(path))?)
    }

    /// The directory with the recipes.
    pub(super) fn recipes_root(&self) -> Result<Utf8PathBuf, CliError> {
        let has_recipes = |dir: &&Utf8Path| dir.join("recipes").is_dir();
        let here = &self.settings.working_dir;
        if let Some(given) = self.global.recipes.as_ref().or(self.settings.recipes.as_ref()) {
            return Ok(here.join(given));
        }
        let upwards = here.ancestors().find(|dir| has_recipes(dir));
        let built_from = Utf8Path::new(env!("CARGO_MANIFEST_DIR"));
        upwards
            .or_else(|| Some(built_from).filter(has_recipes))
            .map(Utf8Path::to_owned)
            .ok_or_else(|| {
                CliError::input(format!("there are no recipes in `{here}` or above it"))
                    .hint("change to a checkout of pbs, or say where one is with `--recipes DIR`")
            })
    }

    /// All recipes, checked.
    pub(super) fn recipes(&self) -> Result<RecipeSet, CliError> {
        Ok(RecipeSet::load(read_workspace(&self.recipes_root()?)?)?)
    }

    /// What is to be built, and how.
    pub(super) fn plan(&self, which: &Which) -> Result<Planned, CliError> {
        self.plan_with(which, ProfileChoice::Recorded)
    }

    /// The same, with the profile from where it is said.
    pub(super) fn plan_with(&self, which: &Which, profile: ProfileChoice) -> Result<Planned, CliError> {
        let recipes = self.recipes()?;
        let target = match &which.target {
            Some(target) => target.clone(),
            None => default_target(&recipes)?,
        };
        let request = Request {
            python: which.python.clone(),
            options: which.options.clone(),
            pins: pins(&which.pins)?,
            profile,
            sysroot: self.sysroot(&recipes, &target, which.sysroot.as_deref())?,
            target,
        };
        planned(&recipes, &request)
    }

    /// What stands in the place of a target's sysroot, if a directory was given.
    fn sysroot(
        &self,
        recipes: &RecipeSet,
        target: &str,
        dir: Option<&Utf8Path>,
    ) -> Result<Option<GivenSysroot>, CliError> {
        dir.map(|dir| take_sysroot(self, recipes, target, dir))
            .transpose()
    }

    /// What a manifest says that was built, with what is given in the place of the sysroot. A component whose version is recorded but is not the
    /// default any more is pinned.
    pub(super) fn plan_again(
        &self,
        manifest: &Manifest,
        sysroot: Option<&Utf8Path>,
    ) -> Result<Planned, CliError> {
        let recipes = self.recipes()?;
        let target = manifest.target_triple.to_string();
        let mut request = Request {
            python: Some(manifest.python_version.clone()),
            sysroot: self.sysroot(&recipes, &target, sysroot)?,
            target,
            options: Some(manifest.build_options.to_string()),
            pins: BTreeMap::new(),
            profile: match &manifest.pbs.profile {
                Some(profile) if profile.archive.is_none() => ProfileChoice::Trained,
                _ => ProfileChoice::Recorded,
            },
        };
        let now = planned(&recipes, &request)?;
        for component in manifest
            .pbs
            .components
            .iter()
            .filter(|known| known.name != plan::CPYTHON)
        {
            let (name, version) = (&component.name, &component.version);
            let package = now.build.packages.get(name);
            let recorded = recipes.packages.get(name);
            if package.is_some_and(|package| package.version != *version)
                && recorded.is_some_and(|recorded| recorded.versions.contains_key(version))
            {
                request.pins.insert(name.clone(), version.clone());
            }
        }
        if request.pins.is_empty() {
            return Ok(now);
        }
        planned(&recipes, &request)
    }

    /// A distribution from outside.
    pub(super) fn distribution(&self, path: &Utf8Path) -> Result<Distribution, CliError> {
        Ok(Distribution::load(
            &self.store()?,
            &self.settings.working_dir.join(path),
        )?)
    }

    /// The build that a distribution is of, for its target's limits and worker root.
    pub(super) fn plan_of(&self, distribution: &Distribution, path: &Utf8Path) -> Result<Planned, CliError> {
        // A distribution without a manifest is held to the limits of this machine's own target:
        // there is nothing that says otherwise, and the missing manifest is a finding.
        let Ok(manifest) = &distribution.manifest else {
            return self.plan(&Which::default());
        };
        let recipes = self.recipes()?;
        let known = recipes.packages.get(plan::CPYTHON);
        let has_version = known.is_some_and(|known| known.versions.contains_key(&manifest.python_version));
        let which = Which {
            python: has_version.then(|| manifest.python_version.clone()),
            target: Some(manifest.target_triple.to_string()),
            options: Some(manifest.build_options.to_string()),
            ..Which::default()
        };
        self.plan(&which).map_err(|error| {
            error.hint(format!(
                "`{path}` says that it is this build; the recipes here do not know it"
            ))
        })
    }

    /// Everything that is released.
    pub(super) fn all_plans(&self) -> Result<Vec<Planned>, CliError> {
        let recipes = self.recipes()?;
        let released = recipes.released();
        released
            .iter()
            .map(|request| planned(&recipes, request))
            .collect()
    }

    /// Gets sources into `store`.
    pub(super) fn fetcher(
        &self,
        store: Store,
        from: &From,
        transfers: &Transfers,
    ) -> Result<Fetcher, CliError> {
        let here = &self.settings.working_dir;
        let cargo_home = self.settings.cargo_home.clone();
        let cargo_home = cargo_home.or_else(|| Some(self.settings.home.as_ref()?.join(".cargo")));
        let options = FetchOptions {
            network: if from.offline {
                Network::Offline
            } else {
                Network::Allowed
            },
            source_dirs: from
                .source_dir
                .iter()
                .map(|dir| HostPath(here.join(dir)))
                .collect(),
            checkout: Some(HostPath(self.recipes_root()?)),
            cargo_home: cargo_home.map(HostPath),
            progress: Arc::new(transfers.clone()),
            cancelled: self.cancel.clone(),
            ..FetchOptions::default()
        };
        Ok(Fetcher::new(store, options)?)
    }

    /// An engine for a build.
    pub(super) fn engine(
        &self,
        planned: &Planned,
        from: &From,
        running: &Running,
    ) -> Result<Arc<Engine>, CliError> {
        self.engine_that(Reuse::Results, planned, from, running)
    }

    /// An engine that uses this much of what was done before.
    pub(super) fn engine_that(
        &self,
        reuse: Reuse,
        planned: &Planned,
        from: &From,
        running: &Running,
    ) -> Result<Arc<Engine>, CliError> {
        let store = self.store()?;
        let listener: Arc<dyn Listener> = Arc::clone(&self.reporter) as _;
        let transfers = Transfers::new(Arc::clone(&listener));
        Ok(Arc::new(Engine {
            fetcher: self.fetcher(store.clone(), from, &transfers)?,
            transfers,
            sandbox: self.sandbox(running.sandbox),
            cores: running.jobs.unwrap_or(self.settings.cores).get(),
            listener,
            cancel: self.cancel.clone(),
            history: History::new(&store, &planned.scope()),
            reuse,
            store,
        }))
    }

    /// An engine that only looks.
    pub(super) fn looking_engine(&self, planned: &Planned) -> Result<Arc<Engine>, CliError> {
        let from = From {
            offline: true,
            source_dir: Vec::new(),
        };
        let running = Running {
            sandbox: SandboxName::Auto,
            jobs: None,
        };
        self.engine(planned, &from, &running)
    }

    /// The sandbox, once somebody needs it.
    pub(super) fn sandbox(&self, name: SandboxName) -> LazySandbox {
        let settings = self.sandbox_settings();
        let choice = match name {
            SandboxName::Auto => Choice::Auto,
            SandboxName::Native => Choice::Native,
            SandboxName::Docker => Choice::Docker,
        };
        LazySandbox::new(move || {
            let settings = settings.clone();
            Box::pin(async move { sandbox::choose(choice, &settings).await })
        })
    }

    pub(super) fn sandbox_settings(&self) -> sandbox::Settings {
        sandbox::Settings {
            helper: self.settings.program.clone(),
            docker: self.settings.docker_host.clone(),
        }
    }
}

fn planned(recipes: &RecipeSet, request: &Request) -> Result<Planned, CliError> {
    let build = recipes.resolve(request)?;
    let plan = Arc::new(plan::lower(&build)?);
    Ok(Planned { build, plan })
}

/// The target that is a machine like this one.
fn default_target(recipes: &RecipeSet) -> Result<String, CliError> {
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    let os = if os == "macos" { "darwin" } else { os };
    let mut like_this: Vec<_> = recipes
        .targets
        .iter()
        .filter(|(_, file)| file.value.os.as_str() == os && file.value.arch.as_str() == arch)
        .collect();
    // Where both are there, the C library that most machines have.
    like_this.sort_by_key(|(_, file)| file.value.libc);
    like_this.first().map(|(name, _)| (*name).clone()).ok_or_else(|| {
        let known: Vec<&str> = recipes.targets.keys().map(String::as_str).collect();
        let hint = match &known[..] {
            [] => "recipes/targets/ has no file; add one".to_owned(),
            known => format!("choose one with `--target`: {}", known.join(", ")),
        };
        CliError::input(format!(
            "the recipes have no target for a machine like this one ({os}, {arch})"
        ))
        .hint(hint)
    })
}

fn pins(texts: &[String]) -> Result<BTreeMap<String, String>, CliError> {
    let mut pins = BTreeMap::new();
    for text in texts {
        let Some((name, version)) = text
            .split_once('=')
            .filter(|(name, version)| !name.is_empty() && !version.is_empty())
        else {
            return Err(CliError::input(format!("`--pin {text}` is not NAME=VERSION"))
                .hint("such as `--pin openssl=3.5.5`"));
        };
        if pins.insert(name.to_owned(), version.to_owned()).is_some() {
            return Err(CliError::input(format!("`{name}` is pinned twice")).hint("keep one of the two"));
        }
    }
    Ok(pins)
}

//! All project files of a source, held against the recipes: which are taken, and for what.

use std::collections::{BTreeMap, BTreeSet};

use super::describe::Describer;
use super::error::ProjectError;
use super::evaluate::{Evaluator, Project};
use super::place::Place;
use super::project::{Description, FrozenModule, ModuleBuild, Product, ProjectBuild};
use super::rules::{Makes, ProjectRules};
use super::source::Sources;
use super::table::{self, NoMarker};
use crate::plan::{Linkage, Module};

/// Why a source's project files are not turned into a build.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SurveyError {
    /// A project file is not understood.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// Project files that the recipes do not know.
    #[error("recipes/cpython/projects.yaml does not say what these project files make: {}", quoted(.0))]
    UnknownProjects(Vec<String>),
    /// No project makes the interpreter, or several do.
    #[error("{} project files make the interpreter's library, and one must", .0.len())]
    Core(Vec<String>),
    /// The source lacks its table of modules.
    #[error("{} is not in the source", Sources::CONFIG)]
    NoTable,
    /// The table of modules has no place for more.
    #[error(transparent)]
    NoMarker(#[from] NoMarker),
    /// The recipes and the source know different modules.
    #[error("recipes/cpython/extensions.yaml and the source know different modules{}", drift(.only_source, .only_recipes))]
    Drift {
        /// Modules that the recipes lack.
        only_source: Vec<String>,
        /// Modules that the source lacks.
        only_recipes: Vec<String>,
    },
    /// Modules of the core that the recipes do not build in.
    #[error("these modules are compiled into the core by PCbuild/pythoncore.vcxproj and must be `builtin`: {}", quoted(.0))]
    NotBuiltin(Vec<String>),
    /// One source is linked into the core twice.
    #[error("{source_file} is compiled by {first} and by {second}, which are linked into one library")]
    Twice {
        /// The source.
        source_file: String,
        /// The first project with it.
        first: String,
        /// The second one.
        second: String,
    },
}

impl SurveyError {
    /// What to do about it.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Project(error) => error.hint(),
            Self::UnknownProjects(_) | Self::Core(_) => {
                "give each an entry in `projects:` of recipes/cpython/projects.yaml"
            }
            Self::NoTable | Self::NoMarker(_) => {
                "compare the source with upstream's; a patch may have damaged it"
            }
            Self::Drift { .. } => {
                "give each new module an entry, below `families: windows:` if only Windows has it; let an entry that only some series have say so with `in: [...]`"
            }
            Self::NotBuiltin(_) => "write `linkage: builtin` in recipes/cpython/extensions.yaml",
            Self::Twice { .. } => {
                "name its directory in `packages:` of recipes/cpython/projects.yaml (`bundled:`), so that the package's library stands for it"
            }
        }
    }
}

fn quoted(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

fn drift(only_source: &[String], only_recipes: &[String]) -> String {
    let mut text = String::new();
    if !only_source.is_empty() {
        text += &format!("; only in the source: {}", quoted(only_source));
    }
    if !only_recipes.is_empty() {
        text += &format!("; only in extensions.yaml: {}", quoted(only_recipes));
    }
    text
}

/// A source's description, and the table of modules that goes with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Survey {
    /// What is compiled and linked.
    pub description: Description,
    /// `config.c` with the modules that are built in.
    pub config: String,
}

/// The name of the table among the files that are made here.
pub(crate) const CONFIG: &str = "config.c";

/// Reads all project files that are taken.
pub fn survey(
    sources: &Sources,
    rules: &ProjectRules,
    modules: &BTreeMap<String, Module>,
) -> Result<Survey, SurveyError> {
    let unknown = sources
        .projects()
        .filter(|name| !rules.projects.contains_key(*name));
    let unknown: Vec<String> = unknown.map(str::to_owned).collect();
    if !unknown.is_empty() {
        return Err(SurveyError::UnknownProjects(unknown));
    }
    let mut surveyor = Surveyor {
        evaluator: Evaluator::new(sources, rules),
        describer: Describer { sources, rules },
        projects: Vec::new(),
        frozen: Vec::new(),
    };
    let config = sources.text(Sources::CONFIG).ok_or(SurveyError::NoTable)?;
    let mut cores = Vec::new();
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let mut evaluated: Vec<(String, Project)> = Vec::new();
    for name in sources.projects() {
        let makes = &rules.projects[name];
        if *makes == Makes::Nothing {
            continue;
        }
        let project = surveyor.evaluator.project(name)?;
        match makes {
            Makes::Core => cores.push(name.to_owned()),
            Makes::Module => {
                found.insert(project.properties.get("TargetName").to_owned(), name.to_owned());
            }
            _ => {}
        }
        evaluated.push((name.to_owned(), project));
    }
    let [core] = &cores[..] else {
        return Err(SurveyError::Core(cores));
    };
    let entries = table::entries(config);
    check(&entries, &found, modules)?;
    for (name, project) in &evaluated {
        let product = match &rules.projects[name] {
            Makes::Core => Product::Core,
            Makes::Program => Product::Program,
            Makes::Library => Product::Library,
            Makes::Frozen => {
                surveyor.frozen.extend(surveyor.describer.frozen(project)?);
                continue;
            }
            Makes::Nothing => continue,
            Makes::Module => match modules[project.properties.get("TargetName")].linkage {
                Linkage::Builtin => Product::Builtin,
                Linkage::Shared => Product::Shared,
                Linkage::Absent => continue,
            },
        };
        let build = surveyor.describer.project(name, project, product)?;
        surveyor.projects.push(build);
    }
    let pyconfig = {
        let (_, project) = evaluated
            .iter()
            .find(|(name, _)| name == core)
            .ok_or_else(|| SurveyError::Core(Vec::new()))?;
        surveyor.describer.pyconfig(project)?
    };
    surveyor.join(core)?;
    let builtin: Vec<(&str, String)> = found
        .keys()
        .filter(|module| modules[*module].linkage == Linkage::Builtin)
        .map(|module| (module.as_str(), init(module)))
        .collect();
    Ok(Survey {
        config: table::with(config, &builtin)?,
        description: Description {
            projects: surveyor.projects,
            frozen: surveyor.frozen,
            pyconfig,
            modules: built(&entries, &found, modules),
        },
    })
}

/// The function that makes a module of a project of its own.
fn init(module: &str) -> String {
    format!("PyInit_{module}")
}

/// The modules that a build has: those of the core's table, and those of projects that are taken.
fn built(
    entries: &[table::Entry<'_>],
    found: &BTreeMap<String, String>,
    modules: &BTreeMap<String, Module>,
) -> Vec<ModuleBuild> {
    let of_core = entries.iter().map(|entry| ModuleBuild {
        module: entry.module.to_owned(),
        project: None,
        init: entry.init.map(str::to_owned),
    });
    let taken = found
        .iter()
        .filter(|(module, _)| modules[*module].linkage != Linkage::Absent);
    let of_projects = taken.map(|(module, project)| ModuleBuild {
        module: module.clone(),
        project: Some(project.clone()),
        init: Some(init(module)),
    });
    let mut built: Vec<ModuleBuild> = of_core.chain(of_projects).collect();
    built.sort_by(|a, b| a.module.cmp(&b.module));
    built
}

fn check(
    entries: &[table::Entry<'_>],
    found: &BTreeMap<String, String>,
    modules: &BTreeMap<String, Module>,
) -> Result<(), SurveyError> {
    let in_core: BTreeSet<&str> = entries.iter().map(|entry| entry.module).collect();
    let in_source: BTreeSet<&str> = in_core
        .iter()
        .copied()
        .chain(found.keys().map(String::as_str))
        .collect();
    let only_source = in_source.iter().filter(|name| !modules.contains_key(**name));
    let only_source: Vec<String> = only_source.map(|name| (*name).to_owned()).collect();
    let only_recipes = modules.keys().filter(|name| !in_source.contains(name.as_str()));
    let only_recipes: Vec<String> = only_recipes.cloned().collect();
    if !only_source.is_empty() || !only_recipes.is_empty() {
        return Err(SurveyError::Drift {
            only_source,
            only_recipes,
        });
    }
    let not_builtin = in_core
        .iter()
        .filter(|name| modules[**name].linkage != Linkage::Builtin);
    let not_builtin: Vec<String> = not_builtin.map(|name| (*name).to_owned()).collect();
    if not_builtin.is_empty() {
        Ok(())
    } else {
        Err(SurveyError::NotBuiltin(not_builtin))
    }
}

struct Surveyor<'a> {
    evaluator: Evaluator<'a>,
    describer: Describer<'a>,
    projects: Vec<ProjectBuild>,
    frozen: Vec<FrozenModule>,
}

impl Surveyor<'_> {
    /// Makes the modules that are built in a part of the core.
    fn join(&mut self, core: &str) -> Result<(), SurveyError> {
        let of_core = |project: &&mut ProjectBuild| project.project == core;
        let Some(main) = self.projects.iter_mut().find(of_core) else {
            return Err(SurveyError::Core(Vec::new()));
        };
        // What holds for every source of the core: macros by which headers know that they are in it.
        let mut common = main
            .units
            .first()
            .map(|unit| unit.defines.clone())
            .unwrap_or_default();
        for unit in &mut main.units {
            common.retain(|define| unit.defines.contains(define));
            if unit.source == Place::Source(Sources::CONFIG.to_owned()) {
                unit.source = Place::Generated(CONFIG.to_owned());
            }
        }
        let mut seen: BTreeMap<Place, String> = BTreeMap::new();
        for project in &mut self.projects {
            let is_builtin = project.makes == Product::Builtin;
            if !is_builtin && project.makes != Product::Core {
                continue;
            }
            for unit in &mut project.units {
                if let Some(first) = seen.insert(unit.source.clone(), project.project.clone()) {
                    return Err(SurveyError::Twice {
                        source_file: unit.source.to_string(),
                        first,
                        second: project.project.clone(),
                    });
                }
                if is_builtin {
                    let missing = common.iter().filter(|define| !unit.defines.contains(define));
                    let missing: Vec<String> = missing.cloned().collect();
                    unit.defines.extend(missing);
                    // Nobody calls the entry of a library that is none any more, and the core has one of its own.
                    unit.defines.push(format!("DllMain={}_DllMain", project.project));
                }
            }
        }
        Ok(())
    }
}

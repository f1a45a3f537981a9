//! An evaluated project as what is compiled and how it is linked.

use std::collections::BTreeSet;

use super::error::{Problem, ProjectError};
use super::evaluate::{DIRECTORY, Item, Project};
use super::expand::list;
use super::options;
use super::place::{self, Place};
use super::project::{
    Entry, FrozenModule, Language, Link, Product, ProjectBuild, Resource, Runtime, Subsystem, Unit,
};
use super::rules::ProjectRules;
use super::scope::Metadata;
use super::sheets;
use super::source::Sources;

/// Turns the projects of one source into descriptions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Describer<'a> {
    pub(crate) sources: &'a Sources,
    pub(crate) rules: &'a ProjectRules,
}

/// Flags that a source is compiled with, whatever it is.
const NO_EXCEPTIONS: &str = "-fno-exceptions";
const NO_STACK_PROTECTOR: &str = "-fno-stack-protector";

impl Describer<'_> {
    /// What is compiled and linked for a project.
    pub(crate) fn project(
        &self,
        name: &str,
        project: &Project,
        makes: Product,
    ) -> Result<ProjectBuild, ProjectError> {
        let mut build = ProjectBuild {
            project: name.to_owned(),
            makes,
            output: output(project),
            units: Vec::new(),
            resources: Vec::new(),
            packages: BTreeSet::new(),
            references: Vec::new(),
            link: self.whole(project, |link| self.link(link))?,
        };
        let own = self.whole(project, |_| sheets::defines(&project.properties))?;
        self.whole(project, |link| {
            for library in list(link.get("AdditionalDependencies")) {
                self.library(library, &mut build)?;
            }
            Ok(())
        })?;
        let mut runtimes = BTreeSet::new();
        for item in &project.items {
            let wrong = |problem| wrong(item, problem);
            match item.kind.as_str() {
                "ClCompile" | "CustomBuild" if is_excluded(&item.metadata).map_err(wrong)? => {}
                "ClCompile" => match self.place(&item.include).map_err(wrong)? {
                    Place::Package(package) => {
                        build.packages.insert(package);
                    }
                    source => {
                        let source = self.there(source).map_err(wrong)?;
                        let unit = self.unit(name, source, item, &own, &mut build.packages);
                        build.units.push(unit.map_err(wrong)?);
                        runtimes.insert(item.metadata.get("RuntimeLibrary"));
                    }
                },
                "CustomBuild" => match self.place(&item.include).map_err(wrong)? {
                    Place::Package(package) => {
                        build.packages.insert(package);
                    }
                    // Its command is for Windows' shell; so far only packages have such sources.
                    _ => {
                        let kind = item.kind.clone();
                        return Err(wrong(Problem::Item { kind }));
                    }
                },
                "ResourceCompile" => {
                    let resource = self.resource(name, item);
                    build.resources.push(resource.map_err(wrong)?);
                }
                "ProjectReference" => build.references.extend(referenced(&item.include)),
                // Headers are found by the compiler, modules to freeze by `frozen`.
                _ => {}
            }
        }
        build.link.runtime = match runtimes.into_iter().collect::<Vec<_>>()[..] {
            [] | ["MultiThreadedDLL"] => Runtime::Dynamic,
            ["MultiThreaded"] => Runtime::Static,
            ref other => {
                let value = other.join("` and `");
                let name = "RuntimeLibrary".to_owned();
                return self.whole(project, |_| Err(Problem::Value { name, value }));
            }
        };
        for package in &build.packages {
            for unit in &mut build.units {
                unit.defines
                    .extend(self.rules.packages[package].defines.iter().cloned());
            }
        }
        Ok(build)
    }

    /// The modules that a project freezes.
    pub(crate) fn frozen(&self, project: &Project) -> Result<Vec<FrozenModule>, ProjectError> {
        let frozen = project.items.iter().filter(|item| {
            matches!(item.kind.as_str(), "None" | "GetPath") && !item.metadata.get("ModName").is_empty()
        });
        let module = |item: &Item| {
            Ok(FrozenModule {
                module: item.metadata.get("ModName").to_owned(),
                source: self.there(self.place(&item.include)?)?,
                header: self.place(item.metadata.get("OutFile"))?,
            })
        };
        frozen
            .map(|item| module(item).map_err(|problem| wrong(item, problem)))
            .collect()
    }

    /// The header that the core has to make of a file of its own.
    pub(crate) fn pyconfig(&self, project: &Project) -> Result<Option<(Place, Place)>, ProjectError> {
        let template = project
            .items
            .iter()
            .find(|item| item.kind == "ClInclude" && item.include.ends_with(r"\pyconfig.h.in"));
        let Some(item) = template else {
            return Ok(None);
        };
        let header = format!("{}pyconfig.h", project.properties.get("GeneratedPyConfigDir"));
        let pair = || Ok((self.there(self.place(&item.include)?)?, self.place(&header)?));
        pair().map(Some).map_err(|problem| wrong(item, problem))
    }

    /// Does something with what holds for all that a project links; errors are those of the file.
    fn whole<T>(
        &self,
        project: &Project,
        work: impl FnOnce(&Metadata) -> Result<T, Problem>,
    ) -> Result<T, ProjectError> {
        let none = Metadata::default();
        let link = project.definitions.get("Link").unwrap_or(&none);
        work(link).map_err(|problem| ProjectError {
            file: project.file.clone(),
            line: 1,
            problem,
        })
    }

    /// A path of a project; copies of what a package has are the package's.
    fn place(&self, path: &str) -> Result<Place, Problem> {
        let path = place::absolute(DIRECTORY, path);
        let place = Place::parse(&path).ok_or(Problem::Place { path })?;
        if let Place::Source(path) = &place {
            for (package, foreign) in &self.rules.packages {
                let within = |directory: &String| {
                    path.strip_prefix(directory.as_str())
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                };
                if foreign.bundled.iter().any(within) {
                    return Ok(Place::Package(package.clone()));
                }
            }
        }
        Ok(place)
    }

    /// The same file, spelled as it is in the source.
    fn there(&self, place: Place) -> Result<Place, Problem> {
        match place {
            Place::Source(path) => match self.sources.spelling(&path) {
                Some(path) => Ok(Place::Source(path.to_owned())),
                None if self.rules.generated.contains(&path) => Ok(Place::Source(path)),
                None => Err(Problem::NoFile { path }),
            },
            other => Ok(other),
        }
    }

    fn include(&self, text: &str) -> Result<Vec<Place>, Problem> {
        let mut include = Vec::new();
        for path in list(text) {
            let place = self.place(path)?;
            if !include.contains(&place) {
                include.push(place);
            }
        }
        Ok(include)
    }

    fn unit(
        &self,
        project: &str,
        source: Place,
        item: &Item,
        own: &[&str],
        packages: &mut BTreeSet<String>,
    ) -> Result<Unit, Problem> {
        let metadata = &item.metadata;
        let value = |name: &str| Problem::Value {
            name: name.to_owned(),
            value: metadata.get(name).to_owned(),
        };
        if !matches!(metadata.get("CompileAs"), "" | "Default") {
            return Err(value("CompileAs"));
        }
        let options = options::compiler(metadata.get("AdditionalOptions"))?;
        let (stem, language) = match (path_of(&source).rsplit_once('.'), &options[..]) {
            (Some((stem, "c")), []) => (stem, Language::C),
            (Some((stem, "cpp")), ["/std:c++20"]) => (stem, Language::Cxx20),
            _ => {
                return Err(Problem::Value {
                    name: "language".to_owned(),
                    value: format!("{} {}", item.include, options.join(" ")),
                });
            }
        };
        let object = format!("obj/{project}/{stem}.obj");
        let mut flags = Vec::new();
        match (metadata.get("ExceptionHandling"), language) {
            ("", Language::Cxx20) => flags.push(NO_EXCEPTIONS),
            ("", Language::C) => {}
            _ => return Err(value("ExceptionHandling")),
        }
        match metadata.get("BufferSecurityCheck") {
            "" | "true" => {}
            "false" => flags.push(NO_STACK_PROTECTOR),
            _ => return Err(value("BufferSecurityCheck")),
        }
        let include = self.include(metadata.get("AdditionalIncludeDirectories"))?;
        packages.extend(include.iter().filter_map(|place| match place {
            Place::Package(package) => Some(package.clone()),
            _ => None,
        }));
        let defines = list(metadata.get("PreprocessorDefinitions")).map(str::to_owned);
        Ok(Unit {
            source,
            object,
            language,
            defines: own
                .iter()
                .map(|define| (*define).to_owned())
                .chain(defines)
                .collect(),
            include,
            flags,
        })
    }

    fn resource(&self, project: &str, item: &Item) -> Result<Resource, Problem> {
        let source = self.there(self.place(&item.include)?)?;
        let path = path_of(&source);
        let stem = path.strip_suffix(".rc").unwrap_or(path);
        let object = format!("obj/{project}/{stem}.res");
        // The resource compiler is given these on a command line, so their quotes are escaped.
        let defines = list(item.metadata.get("PreprocessorDefinitions"));
        Ok(Resource {
            object,
            defines: defines.map(|define| define.replace(r#"\""#, "\"")).collect(),
            include: self.include(item.metadata.get("AdditionalIncludeDirectories"))?,
            culture: item.metadata.get("Culture").to_owned(),
            source,
        })
    }

    /// Adds a library that is linked: a package's, or the system's. Windows does not care for the
    /// case of their names.
    fn library(&self, library: &str, build: &mut ProjectBuild) -> Result<(), Problem> {
        let lower = library.to_lowercase();
        let name = lower.rsplit(['\\', '/']).next().unwrap_or(&lower).to_owned();
        let mut packages = self.rules.packages.iter();
        let package = packages.find(|(_, foreign)| foreign.libraries.contains(&name));
        if let Some((package, _)) = package {
            build.packages.insert(package.clone());
        } else if name != lower {
            return Err(Problem::Value {
                name: "AdditionalDependencies".to_owned(),
                value: library.to_owned(),
            });
        } else if !build.link.libraries.contains(&name) {
            build.link.libraries.push(name);
        }
        Ok(())
    }

    fn link(&self, link: &Metadata) -> Result<Link, Problem> {
        let value = |name: &str| Problem::Value {
            name: name.to_owned(),
            value: link.get(name).to_owned(),
        };
        for name in ["RandomizedBaseAddress", "DataExecutionPrevention"] {
            if link.get(name) != "true" {
                return Err(value(name));
            }
        }
        // No project that is taken has one; what it exports would have to be read.
        if !link.get("ModuleDefinitionFile").is_empty() {
            return Err(value("ModuleDefinitionFile"));
        }
        let stack = link.get("StackReserveSize");
        let exports = options::linker(link.get("AdditionalOptions"))?;
        Ok(Link {
            libraries: Vec::new(),
            subsystem: match link.get("SubSystem") {
                "Console" => Subsystem::Console,
                "Windows" => Subsystem::Windows,
                _ => return Err(value("SubSystem")),
            },
            stack_reserve: match stack {
                "" => None,
                stack => Some(stack.parse().map_err(|_| value("StackReserveSize"))?),
            },
            entry: match link.get("NoEntryPoint") {
                "" | "false" => Entry::Runtime,
                "true" => Entry::None,
                _ => return Err(value("NoEntryPoint")),
            },
            delay_load: list(link.get("DelayLoadDLLs")).map(str::to_owned).collect(),
            exports: exports
                .into_iter()
                .filter_map(|option| option.strip_prefix("/EXPORT:"))
                .map(str::to_owned)
                .collect(),
            runtime: Runtime::Dynamic,
        })
    }
}

fn wrong(item: &Item, problem: Problem) -> ProjectError {
    ProjectError {
        file: item.file.clone(),
        line: item.line,
        problem,
    }
}

/// The file that a project makes.
fn output(project: &Project) -> String {
    let properties = &project.properties;
    format!("{}{}", properties.get("TargetName"), properties.get("TargetExt"))
}

fn path_of(place: &Place) -> &str {
    match place {
        Place::Source(path) | Place::Build(path) | Place::Generated(path) | Place::Package(path) => path,
    }
}

/// The name of a project that another one refers to by its file.
fn referenced(include: &str) -> Option<String> {
    let name = include.rsplit(['\\', '/']).next()?;
    name.strip_suffix(".vcxproj").map(str::to_owned)
}

fn is_excluded(metadata: &Metadata) -> Result<bool, Problem> {
    match metadata.get("ExcludedFromBuild") {
        "" | "false" => Ok(false),
        "true" => Ok(true),
        other => Err(Problem::Value {
            name: "ExcludedFromBuild".to_owned(),
            value: other.to_owned(),
        }),
    }
}

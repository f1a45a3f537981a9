//! A description as files for `make`: a `Makefile`, and response files for compiler and linker.
//!
//! Everything is relative to the root of CPython's source, in which `make` runs: compilers write
//! the names of sources as they are given into what they make, and profiles know functions by them.
//! What is made stands in `build/` there.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::place::Place;
use super::project::{Description, Entry, Language, Product, ProjectBuild, Subsystem};
use super::survey::Survey;

/// Where a step finds what is made here.
const GENERATED: &str = "/in/projects";
/// Where what is made stands in the source.
const BUILD: &str = "build";

/// The files by path: `Makefile`, `config.c`, `projects.json`, `flags/*.rsp`, `link/*.rsp`.
///
/// `libraries` names the static libraries of each package, below its `lib/`.
#[must_use]
pub fn files(survey: &Survey, libraries: &BTreeMap<String, Vec<String>>) -> BTreeMap<String, String> {
    let description = &survey.description;
    let mut writer = Writer {
        files: BTreeMap::new(),
        flags: BTreeMap::new(),
        makefile: HEAD.to_owned(),
    };
    writer.headers(description);
    let mut objects = Vec::new();
    for project in &description.projects {
        objects.extend(writer.compile(project));
    }
    writer.goal("compile", &objects);
    let mut outputs = Vec::new();
    for project in &description.projects {
        if project.makes != Product::Builtin {
            outputs.push(writer.link(project, description, libraries));
        }
    }
    writer.goal("link", &outputs);
    let mut files = writer.files;
    files.insert("Makefile".to_owned(), writer.makefile);
    files.insert(super::survey::CONFIG.to_owned(), survey.config.clone());
    let json = serde_json::to_string_pretty(description);
    let json = json.expect("descriptions are lists, texts and numbers");
    files.insert("projects.json".to_owned(), json + "\n");
    files
}

const HEAD: &str = "\
# Made by pbs from PCbuild/*.vcxproj; projects.json beside it has the same as data.
# Runs in the root of the source. The caller gives: CC, CXX, RC (a command that takes the response file, the source, the
# object and the language's number), LINKER and PYTHON.
HERE := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
.SUFFIXES:
.DELETE_ON_ERROR:
.PHONY: compile link headers
compile:

";

struct Writer {
    files: BTreeMap<String, String>,
    /// Content of a response file → its name: sources with the same flags share one.
    flags: BTreeMap<String, String>,
    makefile: String,
}

impl Writer {
    fn add(&mut self, text: impl AsRef<str>) {
        self.makefile += text.as_ref();
    }

    fn goal(&mut self, goal: &str, prerequisites: &[String]) {
        let mut line = format!("{goal}:");
        for prerequisite in prerequisites {
            line += " \\\n  ";
            line += prerequisite;
        }
        self.add(line + "\n\n");
    }

    /// What must be there before anything is compiled.
    fn headers(&mut self, description: &Description) {
        let mut headers = Vec::new();
        if let Some((template, header)) = &description.pyconfig {
            let (template, header) = (path(template), path(header));
            self.add(format!("{header}: {template}\n\t@mkdir -p $(@D)\n\tcp $< $@\n\n"));
            headers.push(header);
        }
        for frozen in &description.frozen {
            let (source, header) = (path(&frozen.source), path(&frozen.header));
            self.add(format!(
                "{header}: {source}\n\t@mkdir -p $(@D)\n\t$(PYTHON) Programs/_freeze_module.py {} $< $@\n\n",
                frozen.module
            ));
            headers.push(header);
        }
        self.goal("headers", &headers);
    }

    fn compile(&mut self, project: &ProjectBuild) -> Vec<String> {
        let mut objects = Vec::new();
        for unit in &project.units {
            let mut arguments: Vec<String> =
                unit.defines.iter().map(|define| format!("-D{define}")).collect();
            arguments.extend(unit.include.iter().map(|place| format!("-I{}", path(place))));
            arguments.extend(unit.flags.iter().map(|flag| (*flag).to_owned()));
            let (compiler, standard) = match unit.language {
                Language::C => ("CC", None),
                Language::Cxx20 => ("CXX", Some("-std=c++20".to_owned())),
            };
            arguments.extend(standard);
            let flags = self.response(&project.project, &arguments);
            let (source, object) = (path(&unit.source), format!("{BUILD}/{}", unit.object));
            self.add(format!(
                "{object}: {source} | headers\n\t@mkdir -p $(@D)\n\t$({compiler}) @$(HERE)/{flags} -c $< -o $@\n\n"
            ));
            objects.push(object);
        }
        // A part of the core has the core's resources.
        let resources = project
            .resources
            .iter()
            .filter(|_| project.makes != Product::Builtin);
        for resource in resources {
            let mut arguments: Vec<String> = resource
                .defines
                .iter()
                .map(|define| format!("-D{define}"))
                .collect();
            arguments.extend(resource.include.iter().map(|place| format!("-I{}", path(place))));
            let flags = self.response(&project.project, &arguments);
            let (source, object) = (path(&resource.source), format!("{BUILD}/{}", resource.object));
            self.add(format!(
                "{object}: {source}\n\t@mkdir -p $(@D)\n\t$(RC) $(HERE)/{flags} $< $@ {}\n\n",
                resource.culture
            ));
            objects.push(object);
        }
        objects
    }

    /// A response file with these arguments, quoted as clang reads them.
    fn response(&mut self, project: &str, arguments: &[String]) -> String {
        let mut text = String::new();
        for argument in arguments {
            let escaped = argument.replace('\\', r"\\").replace('"', "\\\"");
            let _ = writeln!(text, "\"{escaped}\"");
        }
        if let Some(name) = self.flags.get(&text) {
            return name.clone();
        }
        let of_project = format!("flags/{project}-");
        let known = self.files.keys().filter(|name| name.starts_with(&of_project));
        let name = format!("{of_project}{}.rsp", known.count() + 1);
        self.files.insert(name.clone(), text.clone());
        self.flags.insert(text, name.clone());
        name
    }

    fn link(
        &mut self,
        project: &ProjectBuild,
        description: &Description,
        libraries: &BTreeMap<String, Vec<String>>,
    ) -> String {
        // The core is linked with everything that is built in.
        let parts = description.projects.iter().filter(|part| {
            part.project == project.project
                || (project.makes == Product::Core && part.makes == Product::Builtin)
        });
        let parts: Vec<&ProjectBuild> = parts.collect();
        let objects = parts.iter().flat_map(|part| {
            let objects = part.units.iter().map(|unit| &unit.object);
            let resources = part.resources.iter().filter(|_| part.makes != Product::Builtin);
            objects.chain(resources.map(|resource| &resource.object))
        });
        let objects: Vec<String> = objects.map(|object| format!("{BUILD}/{object}")).collect();
        let mut lines = objects.clone();
        // Any module may use the interpreter's library, whether or not its project says so.
        let uses = |known: &&ProjectBuild| {
            project.references.contains(&known.project)
                || (project.makes == Product::Shared && known.makes == Product::Core)
        };
        let built = description.projects.iter().filter(uses);
        let referenced: Vec<&ProjectBuild> = built.filter(|known| known.makes != Product::Builtin).collect();
        // Headers name the interpreter's library for the linker to find, without a path.
        lines.push(format!("/libpath:{BUILD}"));
        let linked = referenced
            .iter()
            .filter(|known| matches!(known.makes, Product::Core | Product::Library));
        lines.extend(linked.map(|known| format!("{BUILD}/{}", import_library(known))));
        let packages: BTreeSet<&String> = parts.iter().flat_map(|part| &part.packages).collect();
        for package in packages {
            let names = libraries.get(package).map(Vec::as_slice).unwrap_or_default();
            lines.extend(names.iter().map(|name| format!("/in/{package}/lib/{name}")));
        }
        let mut system: Vec<&String> = Vec::new();
        for library in parts.iter().flat_map(|part| &part.link.libraries) {
            if !system.contains(&library) {
                system.push(library);
            }
        }
        lines.extend(system.into_iter().cloned());
        let link = &project.link;
        if project.makes == Product::Program {
            let subsystem = match link.subsystem {
                Subsystem::Console => "console",
                Subsystem::Windows => "windows",
            };
            lines.push(format!("/subsystem:{subsystem}"));
        } else {
            lines.push("/dll".to_owned());
            lines.push(format!("/implib:{BUILD}/{}", import_library(project)));
        }
        if link.entry == Entry::None {
            lines.push("/noentry".to_owned());
        }
        lines.extend(link.stack_reserve.map(|bytes| format!("/stack:{bytes}")));
        lines.extend(
            link.delay_load
                .iter()
                .map(|library| format!("/delayload:{library}")),
        );
        lines.extend(link.exports.iter().map(|export| format!("/export:{export}")));
        let response = format!("link/{}.rsp", project.project);
        self.files.insert(response.clone(), lines.join("\n") + "\n");
        let output = format!("{BUILD}/{}", project.output);
        let mut rule = format!("{output}:");
        for object in &objects {
            rule += " \\\n  ";
            rule += object;
        }
        for known in referenced {
            let _ = write!(rule, " \\\n  {BUILD}/{}", known.output);
        }
        let _ = write!(
            rule,
            "\n\t@mkdir -p $(@D)\n\t$(LINKER) @$(HERE)/{response} /out:$@\n\n"
        );
        self.add(rule);
        output
    }
}

/// The library by which others link a library: `python313.dll` → `python313.lib`.
fn import_library(project: &ProjectBuild) -> String {
    let stem = project
        .output
        .rsplit_once('.')
        .map_or(project.output.as_str(), |(stem, _)| stem);
    format!("{stem}.lib")
}

fn path(place: &Place) -> String {
    match place {
        Place::Source(path) if path.is_empty() => ".".to_owned(),
        Place::Source(path) => path.clone(),
        Place::Build(path) => format!("{BUILD}/{path}"),
        Place::Generated(path) => format!("{GENERATED}/{path}"),
        Place::Package(package) => format!("/in/{package}/include"),
    }
}

//! Project files evaluated: properties and imports first, then what holds for all items of a kind,
//! then the items, as MSBuild does it
//! (<https://learn.microsoft.com/en-us/visualstudio/msbuild/build-process-overview>).
//!
//! Targets are never run. They are known by name, with the reason why that does no harm.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::at::At;
use super::condition;
use super::error::{Problem, ProjectError};
use super::expand::{expand, list};
use super::metadata;
use super::place::{self, Place};
use super::rules::ProjectRules;
use super::scope::{Metadata, Properties, Scope};
use super::sheets;
use super::source::Sources;
use super::xml::{self, Element};

/// An item of a project.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Item {
    /// `ClCompile`, `ResourceCompile`, …
    pub(crate) kind: String,
    /// Its path as it is written, expressions worked out.
    pub(crate) include: String,
    pub(crate) metadata: Metadata,
    /// Where it stands, for errors.
    pub(crate) file: String,
    pub(crate) line: usize,
}

/// A project, evaluated.
#[derive(Clone, Debug)]
pub(crate) struct Project {
    /// Its file, as a path in CPython's source.
    pub(crate) file: String,
    pub(crate) properties: Properties,
    /// What holds for all items of a kind.
    pub(crate) definitions: BTreeMap<String, Metadata>,
    pub(crate) items: Vec<Item>,
}

/// Evaluates the projects of a source; files that several import are read once.
#[derive(Debug)]
pub(crate) struct Evaluator<'a> {
    sources: &'a Sources,
    rules: &'a ProjectRules,
    files: BTreeMap<String, Rc<Element>>,
}

impl<'a> Evaluator<'a> {
    pub(crate) const fn new(sources: &'a Sources, rules: &'a ProjectRules) -> Self {
        Self {
            sources,
            rules,
            files: BTreeMap::new(),
        }
    }

    /// Evaluates `PCbuild/NAME.vcxproj`.
    pub(crate) fn project(&mut self, name: &str) -> Result<Project, ProjectError> {
        let mut properties = Properties::default();
        for (name, value) in &self.rules.properties {
            properties.set_global(name, value.clone());
        }
        let own = [
            ("MSBuildProjectName", name),
            ("VCTargetsPath", place::SHEETS.trim_end_matches('\\')),
            ("UserRootDir", place::USER.trim_end_matches('\\')),
            ("Py_IntDir", place::BUILD),
        ];
        for (name, value) in own {
            properties.set_global(name, value.to_owned());
        }
        for (package, foreign) in &self.rules.packages {
            for property in &foreign.directories {
                properties.set_global(property, format!(r"{}{package}\", place::PACKAGES));
            }
        }
        let file = format!("PCbuild/{name}.vcxproj");
        let mut pass = Pass {
            evaluator: self,
            properties,
            imported: BTreeSet::new(),
            groups: Vec::new(),
            definitions: sheets::definitions(),
            items: Vec::new(),
        };
        pass.file(&file)?;
        let groups = std::mem::take(&mut pass.groups);
        for group in groups
            .iter()
            .filter(|group| group.element.name == "ItemDefinitionGroup")
        {
            pass.definition_group(group)?;
        }
        for group in groups.iter().filter(|group| group.element.name == "ItemGroup") {
            pass.item_group(group)?;
        }
        Ok(Project {
            file,
            properties: pass.properties,
            definitions: pass.definitions,
            items: pass.items,
        })
    }
}

/// A group that is read in a later pass.
struct Group {
    file: String,
    element: Rc<Element>,
}

struct Pass<'e, 'a> {
    evaluator: &'e mut Evaluator<'a>,
    properties: Properties,
    imported: BTreeSet<String>,
    groups: Vec<Group>,
    definitions: BTreeMap<String, Metadata>,
    items: Vec<Item>,
}

/// Every project file stands here.
pub(crate) const DIRECTORY: &str = r"S:\PCbuild\";

impl Pass<'_, '_> {
    fn scope<'s>(&'s self, metadata: Option<&'s Metadata>) -> Scope<'s> {
        Scope {
            properties: &self.properties,
            metadata,
            sources: self.evaluator.sources,
            directory: DIRECTORY,
            project: DIRECTORY,
        }
    }

    /// Properties and imports of a file, in the order in which they stand.
    fn file(&mut self, file: &str) -> Result<(), ProjectError> {
        let root = self.read(file)?;
        let at = At { file };
        if root.name != "Project" {
            return Err(at.element("the file", &root));
        }
        at.attributes(&root, &["DefaultTargets", "ToolsVersion", "TreatAsLocalProperty"])?;
        for name in list(root.attribute("TreatAsLocalProperty").unwrap_or_default()) {
            self.properties.make_local(name);
        }
        for element in &root.children {
            match element.name.as_str() {
                "PropertyGroup" => self.property_group(at, element)?,
                "Import" => self.import(at, element)?,
                "ImportGroup" => {
                    at.attributes(element, &["Label", "Condition"])?;
                    if self.holds(at, element, None)? {
                        for import in &element.children {
                            if import.name != "Import" {
                                return Err(at.element("ImportGroup", import));
                            }
                            self.import(at, import)?;
                        }
                    }
                }
                "ItemGroup" | "ItemDefinitionGroup" => {
                    at.attributes(element, &["Label", "Condition"])?;
                    self.groups.push(Group {
                        file: file.to_owned(),
                        element: Rc::new(element.clone()),
                    });
                }
                "Target" => self.target(at, element, "Name")?,
                "UsingTask" => self.target(at, element, "TaskName")?,
                _ => return Err(at.element("Project", element)),
            }
        }
        Ok(())
    }

    fn read(&mut self, file: &str) -> Result<Rc<Element>, ProjectError> {
        if let Some(root) = self.evaluator.files.get(file) {
            return Ok(Rc::clone(root));
        }
        let text = self.evaluator.sources.text(file).ok_or_else(|| ProjectError {
            file: file.to_owned(),
            line: 1,
            problem: Problem::NoFile {
                path: file.to_owned(),
            },
        })?;
        let root = Rc::new(xml::parse(file, text)?);
        self.evaluator.files.insert(file.to_owned(), Rc::clone(&root));
        Ok(root)
    }

    fn holds(
        &self,
        at: At<'_>,
        element: &Element,
        metadata: Option<&Metadata>,
    ) -> Result<bool, ProjectError> {
        let Some(text) = element.attribute("Condition") else {
            return Ok(true);
        };
        condition::holds(text, &self.scope(metadata)).map_err(|problem| at.wrong(element, problem))
    }

    fn property_group(&mut self, at: At<'_>, group: &Element) -> Result<(), ProjectError> {
        at.attributes(group, &["Label", "Condition"])?;
        if !self.holds(at, group, None)? {
            return Ok(());
        }
        for property in &group.children {
            at.attributes(property, &["Condition"])?;
            at.childless(property)?;
            if self.holds(at, property, None)? {
                let value = expand(&property.text, &self.scope(None));
                let value = value.map_err(|problem| at.wrong(property, problem))?;
                self.properties.set(&property.name, value);
            }
        }
        Ok(())
    }

    fn import(&mut self, at: At<'_>, element: &Element) -> Result<(), ProjectError> {
        at.attributes(element, &["Project", "Condition", "Label"])?;
        at.childless(element)?;
        if !self.holds(at, element, None)? {
            return Ok(());
        }
        let wrong = |problem| at.wrong(element, problem);
        let path = at.required(element, "Project")?;
        let path = expand(path, &self.scope(None)).map_err(wrong)?;
        if sheets::import(&path, &mut self.properties).map_err(wrong)? {
            return Ok(());
        }
        let path = place::absolute(DIRECTORY, &path);
        let Some(Place::Source(file)) = Place::parse(&path) else {
            return Err(wrong(Problem::Place { path }));
        };
        let Some(file) = self.evaluator.sources.spelling(&file).map(str::to_owned) else {
            return Err(wrong(Problem::NoFile { path: file }));
        };
        // MSBuild reads a file once in a project and warns of a second time.
        if self.imported.insert(file.clone()) {
            self.file(&file)?;
        }
        Ok(())
    }

    /// A target or task, known by name and not run.
    fn target(&self, at: At<'_>, element: &Element, name: &'static str) -> Result<(), ProjectError> {
        let name = at.required(element, name)?;
        if self.evaluator.rules.unused_targets.contains(name) {
            Ok(())
        } else {
            let name = name.to_owned();
            Err(at.wrong(element, Problem::Target { name }))
        }
    }

    fn definition_group(&mut self, group: &Group) -> Result<(), ProjectError> {
        let at = At { file: &group.file };
        if !self.holds(at, &group.element, None)? {
            return Ok(());
        }
        for definition in &group.element.children {
            at.attributes(definition, &["Condition"])?;
            let kind = &definition.name;
            if !metadata::is_definable(kind) {
                let kind = kind.clone();
                return Err(at.wrong(definition, Problem::Item { kind }));
            }
            if self.holds(at, definition, None)? {
                let known = self.definitions.get(kind).cloned().unwrap_or_default();
                let changed = self.metadata(at, definition, known)?;
                self.definitions.insert(kind.clone(), changed);
            }
        }
        Ok(())
    }

    fn item_group(&mut self, group: &Group) -> Result<(), ProjectError> {
        let at = At { file: &group.file };
        if !self.holds(at, &group.element, None)? {
            return Ok(());
        }
        for element in &group.element.children {
            let kind = &element.name;
            if self.evaluator.rules.unused_items.contains(kind) {
                continue;
            }
            if !metadata::is_read(kind) {
                let kind = kind.clone();
                return Err(at.wrong(element, Problem::Item { kind }));
            }
            at.attributes(element, &["Include", "Condition"])?;
            if !self.holds(at, element, None)? {
                continue;
            }
            let include = at.required(element, "Include")?;
            let include = expand(include, &self.scope(None)).map_err(|problem| at.wrong(element, problem))?;
            for include in list(&include) {
                if include.contains(['*', '?']) {
                    let problem = Problem::Syntax {
                        text: include.to_owned(),
                        reason: "wildcards are used by targets only, so far".to_owned(),
                    };
                    return Err(at.wrong(element, problem));
                }
                let mut known = self.definitions.get(kind).cloned().unwrap_or_default();
                known.set("FullPath", place::absolute(DIRECTORY, include));
                self.items.push(Item {
                    kind: kind.clone(),
                    include: include.to_owned(),
                    metadata: self.metadata(at, element, known)?,
                    file: group.file.clone(),
                    line: element.line,
                });
            }
        }
        Ok(())
    }

    /// What an element says of items, on top of what is known of them.
    fn metadata(&self, at: At<'_>, of: &Element, mut known: Metadata) -> Result<Metadata, ProjectError> {
        for element in &of.children {
            at.attributes(element, &["Condition"])?;
            at.childless(element)?;
            if metadata::usage(&of.name, &element.name).is_none() {
                let (kind, name) = (of.name.clone(), element.name.clone());
                return Err(at.wrong(element, Problem::Metadata { kind, name }));
            }
            if self.holds(at, element, Some(&known))? {
                let value = expand(&element.text, &self.scope(Some(&known)));
                let value = value.map_err(|problem| at.wrong(element, problem))?;
                known.set(&element.name, value);
            }
        }
        Ok(known)
    }
}

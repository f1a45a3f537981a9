//! Elements held against what is known, and errors that say where they stand.

use super::error::{Problem, ProjectError};
use super::xml::Element;

/// A file, to say where something is wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At<'a> {
    pub(crate) file: &'a str,
}

impl At<'_> {
    pub(crate) fn wrong(self, element: &Element, problem: Problem) -> ProjectError {
        ProjectError {
            file: self.file.to_owned(),
            line: element.line,
            problem,
        }
    }

    pub(crate) fn element(self, parent: &str, element: &Element) -> ProjectError {
        let (parent, name) = (parent.to_owned(), element.name.clone());
        self.wrong(element, Problem::Element { parent, name })
    }

    pub(crate) fn childless(self, element: &Element) -> Result<(), ProjectError> {
        match element.children.first() {
            Some(child) => Err(self.element(&element.name, child)),
            None => Ok(()),
        }
    }

    pub(crate) fn attributes(self, element: &Element, known: &[&str]) -> Result<(), ProjectError> {
        let unknown = element
            .attributes
            .iter()
            .find(|(name, _)| !known.contains(&name.as_str()));
        match unknown {
            None => Ok(()),
            Some((name, _)) => {
                let (element_name, name) = (element.name.clone(), name.clone());
                let problem = Problem::Attribute {
                    element: element_name,
                    name,
                };
                Err(self.wrong(element, problem))
            }
        }
    }

    pub(crate) fn required<'e>(
        self,
        element: &'e Element,
        name: &'static str,
    ) -> Result<&'e str, ProjectError> {
        element.attribute(name).ok_or_else(|| {
            let element_name = element.name.clone();
            self.wrong(
                element,
                Problem::NoAttribute {
                    element: element_name,
                    name,
                },
            )
        })
    }
}

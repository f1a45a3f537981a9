//! Project files as elements with lines. The only place that knows the XML parser.

use roxmltree::{Document, Node};

use super::error::{Problem, ProjectError};

/// An element of a project file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Element {
    /// Its name, without the name space.
    pub(crate) name: String,
    /// Its attributes as they stand.
    pub(crate) attributes: Vec<(String, String)>,
    /// The text directly in it, comments left out.
    pub(crate) text: String,
    /// The elements in it.
    pub(crate) children: Vec<Self>,
    /// The line where it begins, counted from 1.
    pub(crate) line: usize,
}

impl Element {
    /// An attribute's value.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// Reads a project file.
pub(crate) fn parse(file: &str, text: &str) -> Result<Element, ProjectError> {
    // Microsoft's editors begin a file with a byte order mark, which is none of the document's.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let document = Document::parse(text).map_err(|error| ProjectError {
        file: file.to_owned(),
        line: error.pos().row as usize,
        problem: Problem::Xml {
            reason: error.to_string(),
        },
    })?;
    Ok(element(&document, document.root_element()))
}

fn element(document: &Document<'_>, node: Node<'_, '_>) -> Element {
    let texts = node.children().filter(Node::is_text);
    Element {
        name: node.tag_name().name().to_owned(),
        attributes: node
            .attributes()
            .map(|attribute| (attribute.name().to_owned(), attribute.value().to_owned()))
            .collect(),
        text: texts.filter_map(|text| text.text()).collect(),
        children: node
            .children()
            .filter(Node::is_element)
            .map(|child| element(document, child))
            .collect(),
        line: document.text_pos_at(node.range().start).row as usize,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_lines_and_leaves_comments_out() {
        let text =
            "\u{feff}<Project xmlns=\"http://x\">\n  <P Condition=\"a\">\n   b<!-- c -->d</P>\n</Project>";
        let root = parse("f", text).unwrap();
        let [property] = &root.children[..] else {
            panic!("{root:?}")
        };
        assert_eq!((property.line, property.text.trim()), (2, "bd"));
        assert_eq!(property.attribute("Condition"), Some("a"));
        assert!(root.attributes.is_empty());
    }

    #[test]
    fn says_where_it_is_no_xml() {
        let error = parse("PCbuild/x.props", "<Project>\n<a>\n</Project>").unwrap_err();
        assert_eq!((error.file.as_str(), error.line), ("PCbuild/x.props", 3));
    }
}

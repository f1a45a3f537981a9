//! Identifiers in a document.

use std::collections::BTreeSet;

/// Letters, digits, `.` and `-`: what identifiers are made of.
pub(crate) fn identifier(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    text.chars().map(|c| if plain(c) { c } else { '-' }).collect()
}

/// Identifiers that were given.
#[derive(Debug, Default)]
pub(super) struct Identifiers(BTreeSet<String>);

impl Identifiers {
    /// One that was not given yet: `SPDXRef-KIND-NAME`, with a number behind it where that is taken.
    pub(super) fn make(&mut self, kind: &str, name: &str) -> String {
        let wanted = format!("SPDXRef-{kind}-{}", identifier(name));
        let mut id = wanted.clone();
        let mut number = 1;
        while !self.0.insert(id.clone()) {
            number += 1;
            id = format!("{wanted}-{number}");
        }
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_identifier_is_given_twice() {
        let mut given = Identifiers::default();
        assert_eq!(given.make("Project", "the_tool"), "SPDXRef-Project-the-tool");
        assert_eq!(given.make("Project", "the-tool"), "SPDXRef-Project-the-tool-2");
        assert_eq!(given.make("Component", "the-tool"), "SPDXRef-Component-the-tool");
    }
}

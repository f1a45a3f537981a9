//! Sizes as a tree: each node is as large as all that is in it.

use std::collections::BTreeMap;

use serde::Serialize;

/// Something with a size.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Node {
    /// What it is called, unique in what it is in.
    pub name: String,
    /// Bytes of the file.
    pub size: u64,
    /// Bytes of memory that are zero at the start and take no room in the file.
    #[serde(skip_serializing_if = "is_zero")]
    pub memory: u64,
    /// What is in it, the largest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Self>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it like this")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Node {
    /// The child of this name.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }
}

/// A tree that grows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Growing {
    /// What is in it and in none of its children.
    own: Amount,
    children: BTreeMap<String, Self>,
}

/// Bytes of the file, and bytes of memory only.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Amount {
    pub(super) size: u64,
    pub(super) memory: u64,
}

impl Amount {
    /// Bytes of the file.
    pub(super) const fn file(size: u64) -> Self {
        Self { size, memory: 0 }
    }

    /// Bytes of memory only.
    pub(super) const fn zero(memory: u64) -> Self {
        Self { size: 0, memory }
    }
}

/// What a node itself is called where it has children beside what is its own.
const OWN: &str = "(itself)";

impl Growing {
    /// Adds something at a path.
    pub(super) fn add<S: AsRef<str>>(&mut self, path: &[S], amount: Amount) {
        let mut node = self;
        for name in path {
            let name = name.as_ref();
            // No entry() first: most paths are there already, and their names need no copy.
            if !node.children.contains_key(name) {
                node.children.insert(name.to_owned(), Self::default());
            }
            node = node.children.get_mut(name).expect("it was just put there");
        }
        node.own.size += amount.size;
        node.own.memory += amount.memory;
    }

    /// The tree as it is told.
    pub(super) fn node(self, name: String) -> Node {
        let mut children: Vec<Node> = self
            .children
            .into_iter()
            .map(|(name, child)| child.node(name))
            .collect();
        let (size, memory) = (self.own.size, self.own.memory);
        if !children.is_empty() && size + memory > 0 {
            children.push(Node {
                name: OWN.to_owned(),
                size,
                memory,
                children: Vec::new(),
            });
        }
        let (mut size, mut memory) = (size, memory);
        if !children.is_empty() {
            size = children.iter().map(|child| child.size).sum();
            memory = children.iter().map(|child| child.memory).sum();
        }
        children.sort_by(|a, b| (b.size, b.memory, &a.name).cmp(&(a.size, a.memory, &b.name)));
        Node {
            name,
            size,
            memory,
            children,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_sorts() {
        let mut growing = Growing::default();
        growing.add(&["a", "x"], Amount::file(1));
        growing.add(&["a", "y"], Amount::file(5));
        growing.add(&["b"], Amount::file(4));
        growing.add(&["b"], Amount::zero(9));
        growing.add(&["a"], Amount::file(2));
        let root = growing.node("root".to_owned());
        assert_eq!((root.size, root.memory), (12, 9));
        let names: Vec<_> = root.children[0]
            .children
            .iter()
            .map(|child| child.name.as_str())
            .collect();
        assert_eq!(names, ["y", OWN, "x"]);
        assert_eq!(root.child("b").map(|b| (b.size, b.memory)), Some((4, 9)));
        assert_eq!(root.child("c"), None);
    }
}

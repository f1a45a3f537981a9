//! The modules there are.

use std::collections::BTreeMap;

use super::{Scan, SyntaxError};

/// What a module is to imports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// No module stands below it: `json.decoder`.
    Module,
    /// Modules can stand below it: `json`.
    Package,
    /// A module that is run and not imported, so its `__name__` is `__main__`; the name it is known by says in
    /// which package it is.
    Program,
}

/// A module that exists.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Module {
    /// What it is to imports.
    pub kind: Kind,
    /// What it consists of.
    pub code: Code,
}

/// What a module consists of. A namespace package is one whose source says nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Code {
    /// Python source.
    Source(Scan),
    /// Source that cannot be parsed; what it imports is not known.
    Broken(SyntaxError),
    /// Machine code, built in or in a file of its own, and the modules that it is known to import.
    Native(Vec<String>),
}

/// All modules that can be imported, by their absolute names.
pub trait Modules {
    /// The module of this name, where there is one. Asked once for each name.
    fn find(&self, name: &str) -> Option<Module>;

    /// The names of all modules below a package, at any depth.
    fn below(&self, package: &str) -> Vec<String>;
}

impl Modules for BTreeMap<String, Module> {
    fn find(&self, name: &str) -> Option<Module> {
        self.get(name).cloned()
    }

    fn below(&self, package: &str) -> Vec<String> {
        let first = format!("{package}.");
        self.range(first.clone()..)
            .map(|(name, _)| name)
            .take_while(|name| name.starts_with(&first))
            .cloned()
            .collect()
    }
}

//! The modules there are.

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

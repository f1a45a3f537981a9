//! What surrounds a piece of code.

use crate::imports::Certainty;

/// When code runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// When its module is loaded.
    Module,
    /// Later, or never.
    Later,
}

/// What surrounds a piece of code.
#[derive(Clone, Copy)]
pub(super) struct Context {
    pub(super) place: Place,
    /// Whether the code goes on after an `ImportError`.
    pub(super) optional: bool,
}

impl Context {
    /// The same, in a function.
    pub(super) fn later(self) -> Self {
        let place = Place::Later;
        Self { place, ..self }
    }

    /// The same, where a missing module may be caught.
    pub(super) fn optional_if(self, optional: bool) -> Self {
        let optional = self.optional || optional;
        Self { optional, ..self }
    }

    /// How certain an import is there.
    pub(super) fn certainty(self) -> Certainty {
        match (self.place, self.optional) {
            (Place::Module, false) => Certainty::Always,
            (Place::Module, true) => Certainty::Optional,
            (Place::Later, false) => Certainty::Lazy,
            (Place::Later, true) => Certainty::LazyOptional,
        }
    }
}

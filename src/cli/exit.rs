//! Exit codes: classes of failures that scripts can rely on.

use crate::engine::Class;

/// What every `pbs` command answers with.
pub const CODES: &[(u8, &str)] = &[
    (0, "done"),
    (
        1,
        "the input or an artifact is wrong: flags, recipes, patches, verification, tests",
    ),
    (2, "a step failed"),
    (3, "the environment is not able: no sandbox, no network, no space"),
    (101, "a bug in pbs"),
    (130, "interrupted (Ctrl-C or SIGTERM)"),
];

/// The code of a class.
#[must_use]
pub(super) const fn code(class: Class) -> u8 {
    match class {
        Class::Input => 1,
        Class::Step => 2,
        Class::Environment => 3,
        Class::Interrupted => 130,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_a_documented_code() {
        for class in [Class::Input, Class::Step, Class::Environment, Class::Interrupted] {
            assert!(
                CODES.iter().any(|(number, _)| *number == code(class)),
                "{class:?}"
            );
        }
    }
}

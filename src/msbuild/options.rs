//! Options for Microsoft's compiler and linker in the project files, word by word.

use super::error::Problem;
use super::metadata::Use;

/// Beginnings of the compiler's options.
const COMPILER: &[(&str, Use)] = &[
    ("-Wno-", Use::Unused("warnings are for CPython's own developers")),
    (
        "-flto",
        Use::Unused("the build's options decide on link-time optimisation"),
    ),
    (
        "/Zm",
        Use::Unused("memory of Microsoft's compiler for precompiled headers"),
    ),
    ("/std:", Use::Read),
    ("/utf-8", Use::Unused("clang reads and writes UTF-8")),
];

/// Beginnings of the linker's options.
const LINKER: &[(&str, Use)] = &[
    ("/EXPORT:", Use::Read),
    (
        "/OPT:",
        Use::Unused("the target decides how everything is linked"),
    ),
];

/// The options of a compiler's call that are read.
pub(crate) fn compiler(text: &str) -> Result<Vec<&str>, Problem> {
    read("compiler", COMPILER, text)
}

/// The options of a linker's call that are read.
pub(crate) fn linker(text: &str) -> Result<Vec<&str>, Problem> {
    read("linker", LINKER, text)
}

fn read<'t>(tool: &'static str, known: &[(&str, Use)], text: &'t str) -> Result<Vec<&'t str>, Problem> {
    let mut options = Vec::new();
    for option in text.split_whitespace() {
        match known.iter().find(|(start, _)| option.starts_with(start)) {
            Some((_, Use::Read)) => options.push(option),
            Some((_, Use::Unused(_))) => {}
            None => {
                let option = option.to_owned();
                return Err(Problem::Option { tool, option });
            }
        }
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_knows_and_refuses() {
        assert_eq!(
            compiler("/std:c++20 /utf-8  -flto -Wno-unused-label").unwrap(),
            ["/std:c++20"]
        );
        assert!(compiler("/await").is_err());
        assert_eq!(
            linker("/EXPORT:A,PRIVATE /OPT:REF,NOICF ").unwrap(),
            ["/EXPORT:A,PRIVATE"]
        );
        assert!(linker("/STACK:1").is_err());
    }
}

//! The linker's command line, in the words of the target's object format.

use super::{LinkPlan, coff, elf, macho};
use crate::model::{ObjectFormat, TreePath};

/// The files of a link that are not in the distribution, and what is asked of the executable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OwnFiles<'a> {
    /// The executable.
    pub output: &'a str,
    /// The table of built-in modules.
    pub inittab: &'a str,
    /// What a single-file executable embeds.
    pub bundle: Option<&'a str>,
    /// What Windows shows and asks of an executable.
    pub resources: Option<&'a str>,
    /// Whether Windows gives the process a console.
    pub console: Console,
    /// From where the executable has what compilers for Windows count on.
    pub runtime: Runtime,
    /// Whether the names of functions and data are left out. Windows' executables have none.
    pub stripped: bool,
    /// Where the linker writes its map, where one is wanted.
    pub map: Option<&'a str>,
}

/// Whether a process of Windows has a console.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Console {
    /// The one it was started from, or one of its own.
    #[default]
    Given,
    /// None: a program with windows, or without anything to be seen.
    None,
}

/// From where a process of Windows has the functions of the C runtime that compilers count on, such as `memcpy`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Runtime {
    /// From `vcruntime140.dll`, which comes with Microsoft's redistributable package and most programs.
    #[default]
    Redistributed,
    /// From the UCRT, which is part of Windows.
    System,
}

impl Runtime {
    /// The import library of the functions that the UCRT shares with `vcruntime140.dll`.
    pub const SYSTEM_LIBRARY: &str = "ucrt-private.lib";
}

/// The linker's words for an executable; `None` where the plan lacks what the format must be told. `at` puts a path of
/// the distribution where it stands.
#[must_use]
pub fn command(
    format: ObjectFormat,
    plan: &LinkPlan,
    at: impl Fn(&TreePath) -> String,
    files: &OwnFiles<'_>,
) -> Option<Vec<String>> {
    match format {
        ObjectFormat::Elf => Some(elf::render_ld(&elf::elf_args(plan, at, files))),
        ObjectFormat::Coff => Some(coff::words(plan, at, files)),
        ObjectFormat::MachO => {
            let deployment = plan.deployment.as_ref()?;
            Some(macho::words(plan, deployment, at, files))
        }
    }
}

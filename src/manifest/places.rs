//! Where an installation has what people, installers and embedders look for by name, by system.

use crate::model::Os;

/// Names in an installation, relative to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Places {
    /// What stands in its root beside the interpreter, if it is there.
    pub root: &'static [&'static str],
    /// Other names that lead to the interpreter.
    pub aliases: &'static [&'static str],
    /// The interpreter for programs without a console, where that is another one.
    pub windowed: Option<&'static str>,
    /// The directory that extension modules of the standard library stand in.
    pub modules: &'static str,
    /// Whether `sysconfig` reads a module that the build wrote.
    pub sysconfig_data: bool,
    /// Whether a file says by its mode that it is a program.
    pub modes: bool,
}

const UNIX: Places = Places {
    root: &["bin", "include", "lib", "share"],
    aliases: &["bin/python", "bin/python3"],
    windowed: None,
    modules: "lib-dynload",
    sysconfig_data: true,
    modes: true,
};

/// As python.org's installer lays it out; `PC/layout` in CPython's sources lists it.
const WINDOWS: Places = Places {
    root: &[
        "DLLs",
        "Lib",
        "LICENSE.txt",
        "Scripts",
        "include",
        "libs",
        "python.exe",
        "python3.dll",
        "pythonw.exe",
    ],
    aliases: &[],
    windowed: Some("pythonw.exe"),
    modules: "DLLs",
    sysconfig_data: false,
    modes: false,
};

/// The names on a system.
#[must_use]
pub const fn places(os: Os) -> Places {
    match os {
        Os::Linux | Os::Darwin => UNIX,
        Os::Windows => WINDOWS,
    }
}

/// What the file name of the interpreter's library to load begins with, for a series such as `3.13`.
#[must_use]
pub fn library_name(os: Os, series: &str) -> String {
    match os {
        Os::Linux | Os::Darwin => format!("libpython{series}"),
        Os::Windows => format!("python{}.dll", series.replace('.', "")),
    }
}

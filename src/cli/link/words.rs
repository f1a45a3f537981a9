//! The words in which a link is asked for: on the command line and in a file, the same.

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};
use serde::Deserialize;

/// What is asked for; what nobody said is as its help says.
#[derive(Args, Deserialize, Clone, Debug, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(in crate::cli) struct Words {
    /// A full archive, or a directory that one was unpacked to
    #[arg(value_name = "DIST", required_unless_present = "file")]
    pub(super) distribution: Option<Utf8PathBuf>,
    /// The application: a package, or a directory with a `__main__.py`
    #[arg(
        long,
        value_name = "DIR",
        conflicts_with = "script",
        help_heading = "Application"
    )]
    pub(super) app: Option<Utf8PathBuf>,
    /// The application: one file
    #[arg(long, value_name = "FILE", help_heading = "Application")]
    pub(super) script: Option<Utf8PathBuf>,
    /// What runs: a module or a package with `__main__`, of the application or of the standard library, or
    /// MODULE:FUNCTION
    #[arg(
        long,
        value_name = "NAME",
        conflicts_with = "script",
        help_heading = "Application"
    )]
    pub(super) module: Option<String>,
    /// A wheel that the application needs, or a directory of wheels; may be repeated
    #[arg(short, long, value_name = "WHEEL", help_heading = "Application")]
    pub(super) requirement: Vec<Utf8PathBuf>,
    /// What is made of it [default: exe]
    #[arg(long, value_name = "KIND")]
    pub(super) kind: Option<KindWord>,
    /// The file that is written; `python` or `python.exe` if it is an executable, else `libpbs.a` or `pbs.o`, and `pbs.h`
    /// beside it
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<Utf8PathBuf>,
    /// The extension modules to begin with [default: all]
    #[arg(long, value_name = "PRESET", help_heading = "Content")]
    pub(super) preset: Option<Preset>,
    /// Add an extension module to the presets `auto` and `minimal`; may be repeated
    #[arg(long, value_name = "NAME", help_heading = "Content")]
    pub(super) include_extension: Vec<String>,
    /// Leave an extension module out; may be repeated
    #[arg(long, value_name = "NAME", help_heading = "Content")]
    pub(super) exclude_extension: Vec<String>,
    /// Embed a module or package with all that is in it, though nothing seems to import it or it serves tests; may be
    /// repeated
    #[arg(long, value_name = "NAME", help_heading = "Content")]
    pub(super) include_package: Vec<String>,
    /// Leave a package or module of the standard library or of a wheel out, with all that is in it; may be repeated
    #[arg(long, value_name = "NAME", help_heading = "Content")]
    pub(super) exclude_package: Vec<String>,
    /// Where the standard library is [default: embedded]
    #[arg(long, value_name = "WHERE", help_heading = "Content")]
    pub(super) stdlib: Option<Stdlib>,
    /// What is embedded of modules written in Python [default: both]
    #[arg(long, value_name = "WHAT", help_heading = "Content")]
    pub(super) keep: Option<KeepWord>,
    /// Compress what is embedded: a smaller file, slower imports
    #[arg(long, help_heading = "Content")]
    pub(super) compress: bool,
    /// Leave the names of functions and data out, which only debuggers and profilers want
    #[arg(long, help_heading = "Content")]
    pub(super) strip: bool,
    /// Import `site` at the start, for `exit`, `help` and what is installed in directories
    #[arg(long, help_heading = "At run time")]
    pub(super) site: bool,
    /// Honour environment variables such as PYTHONPATH
    #[arg(long, help_heading = "At run time")]
    pub(super) environment: bool,
    /// When an application takes its command line for Python's [default: workers]
    #[arg(long, value_name = "WHEN", help_heading = "At run time")]
    pub(super) as_python: Option<AsPythonWord>,
    /// Level of optimisation: 1 leaves assertions out of the application, 2 docstrings, too [default: 0]
    #[arg(long, value_name = "LEVEL", value_parser = clap::value_parser!(u8).range(0..=2), help_heading = "At run time")]
    pub(super) optimize: Option<u8>,
    /// As Python's own `-X`; may be repeated
    #[serde(rename = "x")]
    #[arg(short = 'X', value_name = "OPTION", help_heading = "At run time")]
    pub(super) x_option: Vec<String>,
    /// As Python's own `-W`; may be repeated
    #[arg(short = 'W', value_name = "FILTER", help_heading = "At run time")]
    pub(super) warning: Vec<String>,
    /// Windows: a program without a console, with windows of its own or nothing to be seen
    #[arg(long, help_heading = "Windows")]
    pub(super) gui: bool,
    /// Windows: needs no vcruntime140.dll; what it has is taken from the C runtime that is part of Windows (ucrtbase.dll)
    #[arg(long, help_heading = "Windows")]
    pub(super) static_crt: bool,
    /// Windows: the picture that is shown for the executable, an `.ico` file
    #[arg(long, value_name = "FILE", help_heading = "Windows")]
    pub(super) icon: Option<Utf8PathBuf>,
    /// Windows: a YAML file with `file-version`, and if wanted `product-version`, `product-name`, `description`,
    /// `company`, `copyright`, `trademarks` and `comments`, which are shown among the executable's details
    #[arg(long, value_name = "FILE", help_heading = "Windows")]
    pub(super) version_info: Option<Utf8PathBuf>,
    /// macOS: the distribution for the other processor; one file is linked that runs on both
    #[arg(long, value_name = "DIST", help_heading = "macOS")]
    pub(super) universal: Option<Utf8PathBuf>,
    /// macOS: the certificate that the executable is signed by, with its key: a PKCS#12 file (`.p12`)
    #[arg(long, value_name = "FILE", help_heading = "macOS")]
    pub(super) sign: Option<Utf8PathBuf>,
    /// macOS: a file with the password of the certificate's, which is empty without this
    #[arg(long, value_name = "FILE", help_heading = "macOS")]
    pub(super) sign_password_file: Option<Utf8PathBuf>,
    /// macOS: what the executable is called in its signature; without this it is the name of the file that is written,
    /// so that another name is other bytes
    #[arg(long, value_name = "NAME", help_heading = "macOS")]
    pub(super) identifier: Option<String>,
    /// The linker: auto, lld, rust-lld, mold, ld, or the path of one [default: auto]
    #[arg(long, value_name = "LINKER")]
    pub(super) linker: Option<String>,
}

/// `--kind`.
#[derive(ValueEnum, Deserialize, Clone, Copy, PartialEq, Eq, Debug, Default)]
#[serde(rename_all = "kebab-case")]
pub(in crate::cli) enum KindWord {
    /// An executable
    #[default]
    Exe,
    /// A static library and a C header, for programs that start Python when they want it
    Staticlib,
    /// The same as one object
    Object,
}

/// `--preset`.
#[derive(ValueEnum, Deserialize, Clone, Copy, PartialEq, Eq, Debug, Default)]
#[serde(rename_all = "kebab-case")]
pub(in crate::cli) enum Preset {
    /// Every extension module that is built in, the whole standard library
    #[default]
    All,
    /// What the application's imports can reach, of both
    Auto,
    /// Only extension modules without which no interpreter works, and what the application's imports can reach of the
    /// standard library
    Minimal,
    /// As `all`, without extension modules that bring in a copyleft licence
    NoCopyleft,
}

/// `--stdlib`.
#[derive(ValueEnum, Deserialize, Clone, Copy, PartialEq, Eq, Debug, Default)]
#[serde(rename_all = "kebab-case")]
pub(in crate::cli) enum Stdlib {
    /// In the executable
    #[default]
    Embedded,
    /// In a directory, as for any interpreter: put the executable into `bin/` of an installation, or set PYTHONHOME
    Files,
}

/// `--keep`.
#[derive(ValueEnum, Deserialize, Clone, Copy, PartialEq, Eq, Debug, Default)]
#[serde(rename_all = "kebab-case")]
pub(in crate::cli) enum KeepWord {
    /// Bytecode to run, source to show in tracebacks
    #[default]
    Both,
    /// Bytecode only
    Bytecode,
    /// Source only, compiled whenever it is imported
    Source,
}

/// `--as-python`.
#[derive(ValueEnum, Deserialize, Clone, Copy, PartialEq, Eq, Debug, Default)]
#[serde(rename_all = "kebab-case")]
pub(in crate::cli) enum AsPythonWord {
    /// Never; multiprocessing can only fork then
    Never,
    /// When a process of multiprocessing starts it
    #[default]
    Workers,
    /// And when its first argument is `-c` or `-m`
    Options,
}

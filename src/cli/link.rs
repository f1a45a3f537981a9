//! `pbs link`: an interpreter with chosen extension modules, without a compiler.

use std::collections::BTreeSet;
use std::io::Write as _;

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};
use serde::Serialize;

use super::args::Format;
use super::context::Context;
use super::fail::CliError;
use super::human::Bytes;
use crate::bundle::Keep;
use crate::link::find_linker;
use crate::manifest::Selection;
use crate::relink::{App, AsPython, Kind, Relinked, Request, SingleFile, linkers, relink};

/// Link an application or an interpreter into one file, with chosen extension modules
///
/// The standard library and the application are imported from memory. Needs a linker and no compiler. Without
/// `--app`, `--script` or `--module` the executable is a Python interpreter.
#[derive(Args, Clone, Debug)]
pub(super) struct Link {
    /// A full archive, or a directory that one was unpacked to
    #[arg(value_name = "DIST")]
    distribution: Utf8PathBuf,
    /// The application: a package, or a directory with a `__main__.py`
    #[arg(
        long,
        value_name = "DIR",
        conflicts_with = "script",
        help_heading = "Application"
    )]
    app: Option<Utf8PathBuf>,
    /// The application: one file
    #[arg(long, value_name = "FILE", help_heading = "Application")]
    script: Option<Utf8PathBuf>,
    /// What runs: a module or a package with `__main__`, of the application or of the standard library, or
    /// MODULE:FUNCTION
    #[arg(
        long,
        value_name = "NAME",
        conflicts_with = "script",
        help_heading = "Application"
    )]
    module: Option<String>,
    /// What is made of it
    #[arg(long, value_name = "KIND", default_value = "exe")]
    kind: KindArg,
    /// The file that is written; `python` if it is an executable, else `libpbs.a` or `pbs.o`, and `pbs.h` beside it
    #[arg(short, long, value_name = "FILE")]
    output: Option<Utf8PathBuf>,
    /// The extension modules to begin with
    #[arg(long, value_name = "PRESET", default_value = "all", help_heading = "Content")]
    preset: Preset,
    /// Add an extension module to the preset `minimal`; may be repeated
    #[arg(
        long,
        value_name = "NAME",
        conflicts_with = "exclude_extension",
        help_heading = "Content"
    )]
    include_extension: Vec<String>,
    /// Leave an extension module of the preset `all` out; may be repeated
    #[arg(long, value_name = "NAME", help_heading = "Content")]
    exclude_extension: Vec<String>,
    /// Embed a package that is left out otherwise: `test`; may be repeated
    #[arg(long, value_name = "NAME", help_heading = "Content")]
    include_package: Vec<String>,
    /// Leave a package or module of the standard library out, with all that is in it; may be repeated
    #[arg(long, value_name = "NAME", help_heading = "Content")]
    exclude_package: Vec<String>,
    /// Where the standard library is
    #[arg(
        long,
        value_name = "WHERE",
        default_value = "embedded",
        help_heading = "Content"
    )]
    stdlib: Stdlib,
    /// What is embedded of modules written in Python
    #[arg(long, value_name = "WHAT", default_value = "both", help_heading = "Content")]
    keep: KeepArg,
    /// Compress what is embedded: a smaller file, slower imports
    #[arg(long, help_heading = "Content")]
    compress: bool,
    /// Leave the names of functions and data out, which only debuggers and profilers want
    #[arg(long, help_heading = "Content")]
    strip: bool,
    /// Import `site` at the start, for `exit`, `help` and what is installed in directories
    #[arg(long, help_heading = "At run time")]
    site: bool,
    /// Honour environment variables such as PYTHONPATH
    #[arg(long, help_heading = "At run time")]
    environment: bool,
    /// When an application takes its command line for Python's
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "workers",
        help_heading = "At run time"
    )]
    as_python: AsPythonArg,
    /// Level of optimisation: 1 leaves assertions out of the application, 2 docstrings, too
    #[arg(long, value_name = "LEVEL", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=2), help_heading = "At run time")]
    optimize: u8,
    /// As Python's own `-X`; may be repeated
    #[arg(short = 'X', value_name = "OPTION", help_heading = "At run time")]
    x_option: Vec<String>,
    /// As Python's own `-W`; may be repeated
    #[arg(short = 'W', value_name = "FILTER", help_heading = "At run time")]
    warning: Vec<String>,
    /// The linker: auto, lld, rust-lld, mold, ld, or the path of one
    #[arg(long, value_name = "LINKER", default_value = "auto")]
    linker: String,
    /// How it is reported what was linked
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

/// `--kind`.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum KindArg {
    /// An executable
    Exe,
    /// A static library and a C header, for programs that start Python when they want it
    Staticlib,
    /// The same as one object
    Object,
}

impl KindArg {
    fn kind(self) -> Kind {
        match self {
            Self::Exe => Kind::Executable,
            Self::Staticlib => Kind::StaticLibrary,
            Self::Object => Kind::Object,
        }
    }
}

/// `--preset`.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum Preset {
    /// Every extension module that is built in
    All,
    /// Only those without which no interpreter works
    Minimal,
}

/// `--stdlib`.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum Stdlib {
    /// In the executable
    Embedded,
    /// In a directory, as for any interpreter: put the executable into `bin/` of an installation, or set PYTHONHOME
    Files,
}

/// `--keep`.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum KeepArg {
    /// Bytecode to run, source to show in tracebacks
    Both,
    /// Bytecode only
    Bytecode,
    /// Source only, compiled whenever it is imported
    Source,
}

/// `--as-python`.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum AsPythonArg {
    /// Never; multiprocessing can only fork then
    Never,
    /// When a process of multiprocessing starts it
    Workers,
    /// And when its first argument is `-c` or `-m`
    Options,
}

/// What was linked, for programs.
#[derive(Serialize)]
struct Outcome<'a> {
    /// Version of this format.
    version: u32,
    executable: &'a str,
    /// What a program needs that links it.
    #[serde(skip_serializing_if = "Option::is_none")]
    embedding: Option<EmbeddingOutcome<'a>>,
    /// In bytes.
    size: u64,
    /// What of it is embedded, in bytes.
    embedded: u64,
    /// How many modules are embedded.
    modules: usize,
    /// How many of them are compiled when they are imported.
    compiled_at_import: usize,
    linker: &'a str,
    /// Extension module → why it is there.
    kept: std::collections::BTreeMap<&'a str, String>,
    /// Extension module → why it is not there.
    dropped: std::collections::BTreeMap<&'a str, String>,
}

/// What a program needs that links it, for programs.
#[derive(Serialize)]
struct EmbeddingOutcome<'a> {
    /// The C header.
    header: &'a str,
    /// What a C compiler that links is told beside the program's own files; the file is named without its directory.
    link: Vec<String>,
    /// Libraries of the system, by name.
    system: &'a [String],
    /// Whether the program may stand at any address; else it is linked with `-no-pie`.
    position_independent: bool,
}

impl Link {
    pub(super) fn run(&self, context: &mut Context) -> Result<(), CliError> {
        let selection = self.selection()?;
        let settings = &context.settings;
        let rustup = settings.rustup_home.clone();
        let rustup = rustup.or_else(|| Some(settings.home.as_ref()?.join(".rustup")));
        let places = linkers(settings.path.as_deref().unwrap_or_default(), rustup.as_deref());
        let working_dir = settings.working_dir.clone();
        let wanted = if self.linker.contains('/') {
            working_dir.join(&self.linker).into_string()
        } else {
            self.linker.clone()
        };
        let linker = find_linker(&wanted, &places, &|path| path.is_file())
            .map_err(crate::relink::RelinkError::from)?;
        let loaded = context.distribution(&self.distribution)?;
        let manifest = loaded.manifest(&self.distribution)?;
        let store = context.store()?;
        let output = working_dir.join(self.output());
        let single = self.single(&working_dir)?;
        let request = Request {
            selection: &selection,
            linker: &linker,
            kind: self.kind.kind(),
            output: &output,
            strip: self.strip,
            single: single.as_ref(),
        };
        let linked = relink(&store, &loaded.digest, manifest, &request)?;
        self.report(context, &linker.name, &linked)
    }

    fn output(&self) -> &camino::Utf8Path {
        let default = self.kind.kind().default_output();
        self.output.as_deref().unwrap_or_else(|| default.into())
    }

    /// What is embedded, if anything is.
    fn single(&self, working_dir: &camino::Utf8Path) -> Result<Option<SingleFile>, CliError> {
        if self.kind != KindArg::Exe {
            let executables = [
                (
                    "--stdlib files",
                    self.stdlib == Stdlib::Files,
                    "leave it out: the library is embedded",
                ),
                ("--strip", self.strip, "leave it out, and strip the program"),
            ];
            if let Some((option, _, hint)) = executables.iter().find(|(_, given, _)| *given) {
                let text = format!("`{option}` is of executables; a program is linked with this one");
                return Err(CliError::input(text).hint(*hint));
            }
        }
        if self.stdlib == Stdlib::Files {
            let embedding = [
                ("--app", self.app.is_some()),
                ("--script", self.script.is_some()),
                ("--module", self.module.is_some()),
                ("--include-package", !self.include_package.is_empty()),
                ("--exclude-package", !self.exclude_package.is_empty()),
                ("--compress", self.compress),
                ("--site", self.site),
                ("--environment", self.environment),
            ];
            return match embedding.iter().find(|(_, given)| *given) {
                None => Ok(None),
                Some((option, _)) => Err(CliError::input(format!(
                    "`{option}` is of what is embedded; with `--stdlib files` nothing is"
                ))
                .hint("leave one of the two out")),
            };
        }
        let app = match (&self.app, &self.script) {
            (Some(directory), _) => Some(App::Directory(working_dir.join(directory))),
            (None, Some(script)) => Some(App::Script(working_dir.join(script))),
            (None, None) => None,
        };
        // An interpreter is used as one: it honours the environment and knows `exit`.
        let interpreter = app.is_none() && self.module.is_none();
        Ok(Some(SingleFile {
            app,
            run: self.module.clone(),
            keep: match self.keep {
                KeepArg::Both => Keep::Both,
                KeepArg::Bytecode => Keep::Bytecode,
                KeepArg::Source => Keep::Source,
            },
            compress: self.compress,
            site: self.site || interpreter,
            environment: self.environment || interpreter,
            as_python: match self.as_python {
                AsPythonArg::Never => AsPython::Never,
                AsPythonArg::Workers => AsPython::Workers,
                AsPythonArg::Options => AsPython::Options,
            },
            optimize: self.optimize,
            exclude: self.exclude_package.iter().cloned().collect(),
            include: self.include_package.iter().cloned().collect(),
            x_options: self.x_option.clone(),
            warnings: self.warning.clone(),
        }))
    }

    fn selection(&self) -> Result<Selection, CliError> {
        let names = |names: &[String]| names.iter().cloned().collect::<BTreeSet<_>>();
        match self.preset {
            Preset::All if !self.include_extension.is_empty() => Err(CliError::input(
                "`--include-extension` adds to the preset `minimal`; `all` has every extension module",
            )
            .hint("add `--preset minimal`, or leave `--include-extension` out")),
            Preset::Minimal if !self.exclude_extension.is_empty() => Err(CliError::input(
                "`--exclude-extension` takes from the preset `all`; `minimal` has nothing that can be left out",
            )
            .hint("leave `--preset minimal` out, or `--exclude-extension`")),
            Preset::All if self.exclude_extension.is_empty() => Ok(Selection::All),
            Preset::All => Ok(Selection::Without(names(&self.exclude_extension))),
            Preset::Minimal if self.include_extension.is_empty() => Ok(Selection::Minimal),
            Preset::Minimal => Ok(Selection::Only(names(&self.include_extension))),
        }
    }

    fn report(&self, context: &mut Context, linker: &str, linked: &Relinked) -> Result<(), CliError> {
        let selected = &linked.selected;
        match self.format {
            Format::Json => {
                let outcome = Outcome {
                    version: 1,
                    executable: self.output().as_str(),
                    embedding: linked.embedding.as_ref().map(|embedding| EmbeddingOutcome {
                        header: embedding.header.as_str(),
                        link: embedding.needs.words(),
                        system: &embedding.needs.system,
                        position_independent: embedding.needs.position_independent,
                    }),
                    size: linked.size,
                    embedded: linked.embedded,
                    modules: linked.modules.0,
                    compiled_at_import: linked.modules.1,
                    linker,
                    kept: selected
                        .kept
                        .iter()
                        .map(|(name, why)| (name.as_str(), why.to_string()))
                        .collect(),
                    dropped: selected
                        .dropped
                        .iter()
                        .map(|(name, why)| (name.as_str(), why.to_string()))
                        .collect(),
                };
                let text = serde_json::to_string_pretty(&outcome).map_err(std::io::Error::from)?;
                writeln!(context.stdout, "{text}")?;
            }
            Format::Text => {
                let mut line = format!(
                    "linked with {linker}: {} of {} extension modules, {}",
                    selected.kept.len(),
                    selected.kept.len() + selected.dropped.len(),
                    Bytes(linked.size)
                );
                if linked.embedded > 0 {
                    line += &format!(
                        ", of which {} embed {} modules",
                        Bytes(linked.embedded),
                        linked.modules.0
                    );
                }
                context.say(&line);
                if linked.modules.1 > 0 {
                    context.say(&format!(
                        "{} modules have no bytecode and are compiled when they are imported",
                        linked.modules.1
                    ));
                }
                if let Some(embedding) = &linked.embedding {
                    context.say(&format!(
                        "link it with: cc main.c {}",
                        embedding.needs.words().join(" ")
                    ));
                    writeln!(context.stdout, "{}", embedding.header)?;
                }
                writeln!(context.stdout, "{}", self.output())?;
            }
        }
        Ok(())
    }
}

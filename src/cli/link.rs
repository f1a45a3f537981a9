//! `pbs link`: an interpreter with chosen extension modules, without a compiler.

mod choice;
mod file;
mod told;
mod words;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use self::file::read_link_file;
use self::words::Words;
use super::args::Format;
use super::context::Context;
use super::fail::CliError;
use super::human::Bytes;
use super::report::ReportArgs;
use crate::engine::Standing;
use crate::link::{Linker, check_linker, find_linker, object_format};
use crate::manifest::Manifest;
use crate::relink::{Ear, Kind, Notice, RelinkError, Request, Side, linkers, relink, relink_universal};

/// Link an application or an interpreter into one file, with chosen extension modules
///
/// The standard library and the application are imported from memory. Needs a linker and no compiler. Without
/// `--app`, `--script` or `--module` the executable is a Python interpreter.
#[derive(Args, Clone, Debug)]
pub(super) struct Link {
    #[command(flatten)]
    words: Words,
    /// Read what is asked for from a YAML file: the same words without dashes, and `distribution`. Paths in it are
    /// relative to it; what is said here as well goes before
    #[arg(short, long, value_name = "FILE")]
    file: Option<Utf8PathBuf>,
    #[command(flatten)]
    report: ReportArgs,
    /// How it is told what was linked
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

fn side(distribution: &Standing) -> Side<'_> {
    Side {
        python: &distribution.python,
        manifest: &distribution.manifest,
    }
}

impl Link {
    pub(super) fn run(&self, context: &mut Context) -> Result<(), CliError> {
        let working_dir = context.settings.working_dir.clone();
        let mut words = self.words.clone();
        if let Some(file) = &self.file {
            words = words.over(read_link_file(&working_dir.join(file))?);
        }
        let words = Self {
            words,
            ..self.clone()
        };
        words.link(context)
    }

    fn link(&self, context: &mut Context) -> Result<(), CliError> {
        let words = &self.words;
        let working_dir = context.settings.working_dir.clone();
        let selection = words.selection()?;
        words.check_kind()?;
        if let Some(option) = self.report.given().filter(|_| words.kind() != Kind::Executable) {
            let text = format!("`{option}` is of executables; a program is linked with this one");
            return Err(CliError::input(text).hint("leave it out"));
        }
        let single = words.single(&working_dir)?;
        let windows = words.windows(&working_dir)?;
        let macos = words.macos(&working_dir)?;
        if let Some(certificate) = &macos.certificate {
            told::say_of_certificate(context, certificate);
        }
        if let Some(option) = self.report.given().filter(|_| words.universal.is_some()) {
            let text = format!(
                "`{option}` is of an executable for one processor, and `--universal` makes one for two"
            );
            return Err(CliError::input(text).hint("link each of them by itself for that"));
        }
        check_linker(&self.wanted_linker(context), &|path| path.is_file()).map_err(RelinkError::from)?;
        let Some(distribution) = &words.distribution else {
            return Err(CliError::input("nothing says which distribution is to be linked")
                .hint("name one before the options, or as `distribution:` in the file"));
        };
        let named = words.output.as_ref().map(|output| working_dir.join(output));
        let reports = self.report.open(&working_dir, named.as_deref())?;
        let store = context.store()?;
        let open = |path: &Utf8Path| {
            let unpacking = |size| context.say(&format!("unpacking `{path}` ({}), once", Bytes(size)));
            Standing::open(&store, &working_dir.join(path), &unpacking)
        };
        let distribution = open(distribution)?;
        let other = words.universal.as_deref().map(open).transpose()?;
        let linker = self.linker(context, &distribution.manifest)?;
        let os = distribution.manifest.pbs.os;
        let output = words
            .output
            .clone()
            .unwrap_or_else(|| words.kind().default_output(os).into());
        let path = working_dir.join(&output);
        let hear = |notice: &Notice| context.say(&told::heard(notice));
        let request = Request {
            selection: &selection,
            linker: &linker,
            output: &path,
            kind: words.kind(),
            strip: words.strip,
            windows: &windows,
            macos: &macos,
            single: single.as_ref(),
            ear: Ear(&hear),
            report: self.report.wanted(),
        };
        let linked = match &other {
            None => relink(&distribution.python, &distribution.manifest, &request)?,
            Some(other) => relink_universal([side(&distribution), side(other)], &request)?,
        };
        self.tell(context, &output, &linker.name, &linked)?;
        reports.write(context, linked.report.as_ref())
    }

    /// The linker that was asked for; a path is absolute.
    fn wanted_linker(&self, context: &Context) -> String {
        let wanted = self.words.linker.as_deref().unwrap_or("auto");
        if wanted.contains('/') {
            context.settings.working_dir.join(wanted).into_string()
        } else {
            wanted.to_owned()
        }
    }

    fn linker(&self, context: &Context, manifest: &Manifest) -> Result<Linker, CliError> {
        let settings = &context.settings;
        let rustup = settings.rustup_home.clone();
        let rustup = rustup.or_else(|| Some(settings.home.as_ref()?.join(".rustup")));
        let places = linkers(settings.path.as_deref().unwrap_or_default(), rustup.as_deref());
        let wanted = self.wanted_linker(context);
        let format = object_format(manifest).map_err(RelinkError::from)?;
        let linker = find_linker(&wanted, format, &places, &|path| path.is_file());
        Ok(linker.map_err(RelinkError::from)?)
    }
}

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
use crate::link::find_linker;
use crate::manifest::Selection;
use crate::relink::{Relinked, linkers, relink};

/// Link an interpreter with chosen extension modules from the objects of a distribution
///
/// Needs a linker and no compiler. The interpreter finds its standard library as any other does: put
/// it into `bin/` of an installation of the same distribution, or set PYTHONHOME.
#[derive(Args, Clone, Debug)]
pub(super) struct Link {
    /// A full archive, or a directory that one was unpacked to
    #[arg(value_name = "DIST")]
    distribution: Utf8PathBuf,
    /// The executable that is written
    #[arg(short, long, value_name = "FILE", default_value = "python")]
    output: Utf8PathBuf,
    /// The extension modules to begin with
    #[arg(long, value_name = "PRESET", default_value = "all")]
    preset: Preset,
    /// Add an extension module to the preset `minimal`; may be repeated
    #[arg(long, value_name = "NAME", conflicts_with = "exclude_extension")]
    include_extension: Vec<String>,
    /// Leave an extension module of the preset `all` out; may be repeated
    #[arg(long, value_name = "NAME")]
    exclude_extension: Vec<String>,
    /// The linker: auto, lld, rust-lld, mold, ld, or the path of one
    #[arg(long, value_name = "LINKER", default_value = "auto")]
    linker: String,
    /// How it is reported what was linked
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

/// `--preset`.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum Preset {
    /// Every extension module that is built in
    All,
    /// Only those without which no interpreter works
    Minimal,
}

/// What was linked, for programs.
#[derive(Serialize)]
struct Outcome<'a> {
    /// Version of this format.
    version: u32,
    executable: &'a str,
    /// In bytes.
    size: u64,
    linker: &'a str,
    /// Extension module → why it is there.
    kept: std::collections::BTreeMap<&'a str, String>,
    /// Extension module → why it is not there.
    dropped: std::collections::BTreeMap<&'a str, String>,
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
        let output = working_dir.join(&self.output);
        let linked = relink(&store, &loaded.digest, manifest, &selection, &linker, &output)?;
        self.report(context, &linker.name, &linked)
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
                    executable: self.output.as_str(),
                    size: linked.size,
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
                context.say(&format!(
                    "linked with {linker}: {} of {} extension modules, {}",
                    selected.kept.len(),
                    selected.kept.len() + selected.dropped.len(),
                    Bytes(linked.size)
                ));
                writeln!(context.stdout, "{}", self.output)?;
            }
        }
        Ok(())
    }
}

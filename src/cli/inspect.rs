//! `pbs inspect`: what is in a distribution.

use std::io::Write as _;

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};

use super::context::Context;
use super::fail::CliError;
use crate::manifest::Summary;

/// Show what is in a distribution: extensions with sizes, libraries, licences
#[derive(Args, Clone, Debug)]
pub(super) struct Inspect {
    /// An archive, or a directory that one was unpacked to
    #[arg(value_name = "DIST")]
    distribution: Utf8PathBuf,
    /// How it is printed
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
}

/// `--format`.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum Format {
    /// For people
    Table,
    /// The summary for programs
    Json,
    /// The whole manifest
    Manifest,
}

impl Inspect {
    pub(super) fn run(&self, context: &mut Context) -> Result<(), CliError> {
        let loaded = context.distribution(&self.distribution)?;
        let manifest = loaded.manifest(&self.distribution)?;
        let json = |error: serde_json::Error| std::io::Error::from(error);
        match self.format {
            Format::Table => write!(context.stdout, "{}", Summary::of(manifest).render())?,
            Format::Json => {
                let text = serde_json::to_string_pretty(&Summary::of(manifest)).map_err(json)?;
                writeln!(context.stdout, "{text}")?;
            }
            Format::Manifest => context.stdout.write_all(&manifest.write())?,
        }
        Ok(())
    }
}

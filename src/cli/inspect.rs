//! `pbs inspect`: what is in a distribution.

use std::io::Write as _;

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};

use super::context::Context;
use super::fail::CliError;
use crate::inspect::{Content, Told};
use crate::manifest::Summary;
use crate::model::on_one_line;

/// Show what is in a distribution: extensions with sizes, libraries, licences; or in a file of machine code
#[derive(Args, Clone, Debug)]
pub(super) struct Inspect {
    /// An archive, a directory that one was unpacked to, or a program, library or object (ELF, PE, COFF, Mach-O)
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
        if let Some(told) = self.code(context)? {
            match self.format {
                Format::Table => write!(context.stdout, "{}", told.render())?,
                Format::Json => writeln!(context.stdout, "{:#}", told.json())?,
                Format::Manifest => {
                    let path = &self.distribution;
                    return Err(CliError::input(format!(
                        "`{path}` is machine code and has no manifest"
                    )));
                }
            }
            return Ok(());
        }
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

    /// What the file says, if it is machine code or a static library.
    fn code(&self, context: &Context) -> Result<Option<Told>, CliError> {
        let path = context.settings.working_dir.join(&self.distribution);
        if !path.is_file() {
            return Ok(None);
        }
        let content = Content::inspect(&fs_err::read(&path)?).map_err(|error| {
            let (path, why) = (&self.distribution, on_one_line(&error));
            CliError::input(format!("`{path}` is damaged: {why}"))
        })?;
        Ok(Told::of(&content))
    }
}

//! `pbs plan`: the steps of a build, without doing any.

use std::io::Write as _;

use clap::Args;

use super::args::{Format, Which};
use super::context::Context;
use super::fail::CliError;
use crate::plan::{self, Digests};

/// Print the steps of a build without doing anything
#[derive(Args, Clone, Debug)]
pub(super) struct Plan {
    #[command(flatten)]
    which: Which,
    /// How it is printed
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

impl Plan {
    pub(super) fn run(&self, context: &mut Context) -> Result<(), CliError> {
        let planned = context.plan(&self.which)?;
        let text = match self.format {
            Format::Text => plan::render_text(&planned.plan, Digests::Short),
            Format::Json => format!("{:#}\n", plan::render_json(&planned.plan)),
        };
        write!(context.stdout, "{text}")?;
        Ok(())
    }
}

//! `pbs ci`: what workflow files ask, so that no list is kept in them.

use std::io::Write as _;

use clap::Subcommand;
use serde_json::json;

use super::context::Context;
use super::fail::CliError;

/// Answers for continuous integration
#[derive(Subcommand, Clone, Debug)]
pub(super) enum Ci {
    /// Print every combination that is released, as JSON
    Matrix,
}

impl Ci {
    pub(super) fn run(&self, context: &mut Context) -> Result<(), CliError> {
        let Self::Matrix = self;
        let recipes = context.recipes()?;
        let include: Vec<_> = recipes
            .released()
            .into_iter()
            .map(|request| {
                json!({"python": request.python, "target": request.target, "options": request.options})
            })
            .collect();
        writeln!(context.stdout, "{}", json!({ "include": include }))?;
        Ok(())
    }
}

//! `pbs targets`: what can be built.

use std::io::Write as _;

use clap::Args;

use super::context::Context;
use super::fail::CliError;
use crate::plan::CPYTHON;

/// List what can be built: targets, versions of CPython, options, versions of dependencies
#[derive(Args, Clone, Debug)]
pub(super) struct Targets {}

impl Targets {
    pub(super) fn run(&self, context: &mut Context) -> Result<(), CliError> {
        let recipes = context.recipes()?;
        let out = &mut context.stdout;
        let defaults = &recipes.release.value.defaults;
        writeln!(out, "targets")?;
        for name in recipes.targets.keys() {
            writeln!(out, "  {name}")?;
        }
        writeln!(out, "options")?;
        for (options, set) in &recipes.options.value.options {
            let mark = if options.0 == defaults.options.0 {
                " (default)"
            } else {
                ""
            };
            writeln!(out, "  {}{mark}: {}", options.0, set.why.0)?;
        }
        for (name, package) in &recipes.packages {
            let versions: Vec<String> = package
                .versions
                .iter()
                .map(|(version, file)| {
                    let default = if name == CPYTHON {
                        *version == defaults.python.0.to_string()
                    } else {
                        file.value.default
                    };
                    let mark = if default { " (default)" } else { "" };
                    format!("{version}{mark}")
                })
                .collect();
            writeln!(out, "{name}: {}", versions.join(", "))?;
        }
        Ok(())
    }
}

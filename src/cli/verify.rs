//! `pbs verify`: every rule on a finished distribution.

use std::io::Write as _;

use camino::Utf8PathBuf;
use clap::Args;

use super::args::{Format, From, Running};
use super::context::Context;
use super::fail::CliError;
use crate::engine::Class;
use crate::ui::Failure;
use crate::verify::{RULES, relink};

/// Hold a distribution to every rule, and link its objects again
#[derive(Args, Clone, Debug)]
pub(super) struct Verify {
    /// An archive, or a directory that one was unpacked to
    #[arg(value_name = "DIST", required_unless_present = "rules")]
    distribution: Option<Utf8PathBuf>,
    /// List the rules and what each one guards
    #[arg(long)]
    rules: bool,
    /// How it is printed
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    #[command(flatten)]
    from: From,
    #[command(flatten)]
    running: Running,
}

impl Verify {
    pub(super) fn run(&self, context: &mut Context) -> Result<(), CliError> {
        let Some(path) = self.distribution.as_ref().filter(|_| !self.rules) else {
            for rule in RULES {
                writeln!(context.stdout, "{}: {}", rule.name, rule.explain)?;
            }
            writeln!(context.stdout, "{}: {}", relink::NAME, relink::EXPLAIN)?;
            return Ok(());
        };
        let loaded = context.distribution(path)?;
        let planned = context.plan_of(&loaded, path)?;
        let engine = context.engine(&planned, &self.from, &self.running)?;
        let archive = loaded.packing.and_then(|packing| packing.facts);
        let report = context.block_on(engine.verify(&planned.plan, loaded.digest, archive))?;
        match self.format {
            Format::Json => {
                let text = serde_json::to_string_pretty(&report).map_err(std::io::Error::from)?;
                writeln!(context.stdout, "{text}")?;
            }
            Format::Text => write!(context.stdout, "{}", report.render())?,
        }
        if report.passed() {
            return Ok(());
        }
        let rules: Vec<&str> = report.broken_rules().into_iter().collect();
        Err(CliError::new(
            Class::Input,
            Failure {
                chain: vec![format!("`{path}` breaks rules: {}", rules.join(", "))],
                ..Failure::default()
            },
        )
        .hint("`pbs verify --rules` says what each rule guards"))
    }
}

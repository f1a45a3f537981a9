//! `pbs verify`: every rule on a finished distribution.

use std::io::Write as _;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use serde::Serialize;

use super::args::{Format, From, Running, publishers};
use super::context::Context;
use super::fail::CliError;
use crate::attest::{Attested, Request, attest};
use crate::engine::Class;
use crate::sign::key_id;
use crate::ui::Failure;
use crate::verify::{RULES, relink};

/// Hold a distribution to every rule, and link its objects again
///
/// With `--evidence` it is held against what its publisher signed instead: nothing is linked or run, and neither
/// recipes nor a network are needed. Every file must be the one that was published, but for what people installed
/// beside, which is told.
#[derive(Args, Clone, Debug)]
pub(super) struct Verify {
    /// An archive, or a directory that one was unpacked to
    #[arg(value_name = "DIST", required_unless_present = "rules")]
    distribution: Option<Utf8PathBuf>,
    /// List the rules and what each one guards
    #[arg(long)]
    rules: bool,
    /// Hold it against what its publisher says of it, and to no rules: a directory that `pbs publish` filled, or
    /// a copy of `index.json`, its signature and `evidence/`
    #[arg(long, value_name = "DIR", conflicts_with = "rules")]
    evidence: Option<Utf8PathBuf>,
    /// The publisher's public key, or a file with it; may be repeated [default: $PBS_FETCH_KEY]
    #[arg(long = "key", value_name = "KEY", requires = "evidence")]
    keys: Vec<String>,
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
        if let Some(evidence) = &self.evidence {
            return self.attest(context, path, evidence);
        }
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

    fn attest(&self, context: &mut Context, path: &Utf8Path, evidence: &Utf8Path) -> Result<(), CliError> {
        let here = context.settings.working_dir.clone();
        let attested = attest(
            &Request {
                distribution: &here.join(path),
                evidence: &here.join(evidence),
                keys: &publishers(&self.keys, &context.settings)?,
            },
            &context.store()?,
        )?;
        match self.format {
            Format::Json => {
                let outcome = Outcome {
                    version: 1,
                    attested: &attested,
                };
                let text = serde_json::to_string_pretty(&outcome).map_err(std::io::Error::from)?;
                writeln!(context.stdout, "{text}")?;
            }
            Format::Text => {
                let Attested {
                    archive,
                    serial,
                    signed_by,
                    report,
                } = &attested;
                let by = key_id(signed_by);
                writeln!(
                    context.stdout,
                    "{}, of index {serial}, signed by {by}",
                    archive.name
                )?;
                write!(context.stdout, "{}", report.render())?;
            }
        }
        if attested.report.passed() {
            return Ok(());
        }
        Err(CliError::input(format!("`{path}` is not what was published")))
    }
}

/// What programs read.
#[derive(Serialize)]
struct Outcome<'a> {
    /// Version of this format.
    version: u32,
    #[serde(flatten)]
    attested: &'a Attested,
}

//! `pbs reproduce`: a distribution made again from what it says of itself, and compared bit by bit.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use serde::Serialize;

use super::args::{From, Running};
use super::context::{Context, Planned};
use super::diff::{Showing, differ};
use super::fail::CliError;
use crate::diff::{CompareInput, Difference, Side, compare};
use crate::engine::{Class, Distribution, Engine, Made, Reuse};
use crate::manifest::{Description, GIVEN_SYSROOT, Manifest, MovedInput, moved_inputs};
use crate::model::{Digest, TreeDigest};
use crate::plan::{Flavor, StepId, StepKind};
use crate::ui::Failure;

/// Build a distribution again from what its manifest records, and compare bit by bit
///
/// Sources and the worker root are known by their digests and may come from the store; every other
/// step is done anew. Where the recipes here would build something else, it says which inputs differ
/// and builds nothing.
#[derive(Args, Clone, Debug)]
pub(super) struct Reproduce {
    /// An archive, or a directory that one was unpacked to
    #[arg(value_name = "DIST")]
    distribution: Utf8PathBuf,
    #[command(flatten)]
    from: From,
    #[command(flatten)]
    running: Running,
    /// The directory that it was built with in the place of the recipes' own sysroot, if it was
    #[arg(long, value_name = "DIR")]
    sysroot: Option<Utf8PathBuf>,
    /// Keep the archive that is built in this directory
    #[arg(long, value_name = "DIR")]
    keep: Option<Utf8PathBuf>,
    #[command(flatten)]
    showing: Showing,
}

/// What came of it, for programs.
#[derive(Serialize)]
struct Outcome<'a> {
    /// Version of this format.
    version: u32,
    verdict: Word,
    distribution: &'a str,
    /// Digest of the archive, or of the tree of a directory.
    digest: Digest,
    /// What differs before anything is built.
    inputs: &'a [MovedInput],
    /// Steps that made another output than is recorded of the same action.
    steps: &'a [OtherStep],
    /// What differs of the distribution.
    difference: Option<&'a Difference>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Word {
    Reproduced,
    InputsDiffer,
    Different,
}

/// A step that is not reproducible.
#[derive(Serialize)]
struct OtherStep {
    step: StepId,
    recorded: TreeDigest,
    now: TreeDigest,
    /// Nothing where the recorded output is gone.
    difference: Option<Difference>,
}

impl Reproduce {
    pub(super) fn run(&self, context: &mut Context) -> Result<(), CliError> {
        let path = &self.distribution;
        if path.extension() == Some("json") {
            return Err(CliError::input(format!(
                "`{path}` is a document, and a distribution is made again from its manifest and compared with it"
            ))
            .hint(
                "name the archive that it is about: one with the manifest has all that is needed (`pbs fetch` gets it)",
            ));
        }
        let given = context.distribution(path)?;
        let manifest = given.manifest(path)?;
        if let Some(unlike) = unlike_sysroot(manifest, self.sysroot.as_deref()) {
            let Unlike { input, hint } = unlike;
            return self.refuse(context, &given, &[input], hint);
        }
        let planned = context.plan_again(manifest, self.sysroot.as_deref()).map_err(|error| {
            error.hint(format!(
                "`{path}` says that it is this build: check out the revision it was made from, or name its recipes with `--recipes DIR`"
            ))
        })?;
        let moved = moved_inputs(manifest, description(&planned)?);
        if !moved.is_empty() {
            let hint = match moved.iter().find(|moved| moved.input == GIVEN_SYSROOT) {
                Some(_) => "give the directory that it was made with, unchanged",
                None => {
                    "check out the revision that it was made from, or name its recipes with `--recipes DIR`"
                }
            };
            return self.refuse(context, &given, &moved, hint);
        }
        let pack = pack_step(&planned, manifest.pbs.flavor)?;
        self.check_keep(context, &planned, &pack)?;
        let engine = context.engine_that(Reuse::Sources, &planned, &self.from, &self.running)?;
        let outputs = context.block_on(engine.conduct(&planned.plan, std::slice::from_ref(&pack)))?;
        // In the order in which they are made: where one is to blame for others, it comes first.
        let steps = planned.plan.steps.keys();
        let steps: Vec<OtherStep> = steps
            .filter_map(|id| other_step(&engine, id, outputs.get(id)?))
            .collect();
        let archive = archive_of(&engine, &outputs[&pack])?;
        if let Some(keep) = &self.keep {
            let out = context.settings.working_dir.join(keep);
            context.block_on(engine.export(&planned.plan, outputs, &out))?;
        }
        let again = Distribution::unpack(&engine.store, Utf8Path::new("the archive built again"), &archive)?;
        let same = match &given.packing {
            Some(packing) => packing.digest == archive,
            None => given.digest == again.digest,
        };
        if same {
            return self.reproduced(context, &given, &steps);
        }
        let difference = differ(
            &engine.store,
            (path.as_str(), &given),
            ("built again", &again),
            &BTreeSet::new(),
        )?;
        self.different(context, &given, &steps, &difference)
    }

    /// Says which inputs differ, and what to do.
    fn refuse(
        &self,
        context: &mut Context,
        given: &Distribution,
        moved: &[MovedInput],
        hint: &str,
    ) -> Result<(), CliError> {
        let path = &self.distribution;
        self.json(context, given, Word::InputsDiffer, moved, &[], None)?;
        let details = moved.iter().map(|input| format!("  {input}")).collect();
        let count = match moved.len() {
            1 => "one input differs".to_owned(),
            count => format!("{count} inputs differ"),
        };
        Err(CliError::new(
            Class::Input,
            Failure {
                chain: vec![format!("the recipes here would not build `{path}`: {count}")],
                details,
                ..Failure::default()
            },
        )
        .hint(hint))
    }

    fn reproduced(
        &self,
        context: &mut Context,
        given: &Distribution,
        steps: &[OtherStep],
    ) -> Result<(), CliError> {
        self.json(context, given, Word::Reproduced, &[], steps, None)?;
        if self.showing.is_json() {
            return Ok(());
        }
        self.tell_steps(context, steps)?;
        let path = &self.distribution;
        match &given.packing {
            Some(packing) => writeln!(
                context.stdout,
                "reproduced, byte by byte: {path} {}",
                packing.digest
            )?,
            None => writeln!(
                context.stdout,
                "reproduced, every file of it: {path} {}",
                given.digest
            )?,
        }
        Ok(())
    }

    fn different(
        &self,
        context: &mut Context,
        given: &Distribution,
        steps: &[OtherStep],
        difference: &Difference,
    ) -> Result<(), CliError> {
        self.json(context, given, Word::Different, &[], steps, Some(difference))?;
        if !self.showing.is_json() {
            self.tell_steps(context, steps)?;
            write!(context.stdout, "{}", difference.render(self.showing.shown()))?;
        }
        let names: Vec<String> = steps.iter().map(|other| format!("`{}`", other.step)).collect();
        let failure = Failure {
            chain: vec![format!("`{}` is not reproduced", self.distribution)],
            details: match names.as_slice() {
                [] => Vec::new(),
                names => vec![format!(
                    "not reproducible: {}, which made another output from the same inputs than is recorded",
                    names.join(", ")
                )],
            },
            ..Failure::default()
        };
        let error = CliError::new(Class::Input, failure);
        Err(match (names.is_empty(), &self.keep) {
            (true, _) => error.hint(
                "the inputs are the same, so some step is not reproducible: another `pbs reproduce` names it if it does not make the same twice",
            ),
            (false, None) => error.hint("`--keep DIR` keeps the archive that was built"),
            (false, Some(_)) => error,
        })
    }

    /// Each step that made something else than before, and what differs of it.
    fn tell_steps(&self, context: &mut Context, steps: &[OtherStep]) -> Result<(), CliError> {
        for OtherStep {
            step,
            recorded,
            now,
            difference,
        } in steps
        {
            writeln!(
                context.stdout,
                "step `{step}` made another output from the same inputs: {recorded} before, {now} now"
            )?;
            match difference {
                Some(difference) => {
                    writeln!(context.stdout, "{}", difference.render(self.showing.shown()))?;
                }
                None => writeln!(
                    context.stdout,
                    "what it made before is not in the store any more\n"
                )?,
            }
        }
        Ok(())
    }

    fn json(
        &self,
        context: &mut Context,
        given: &Distribution,
        verdict: Word,
        inputs: &[MovedInput],
        steps: &[OtherStep],
        difference: Option<&Difference>,
    ) -> Result<(), CliError> {
        if !self.showing.is_json() {
            return Ok(());
        }
        let outcome = Outcome {
            version: 1,
            verdict,
            distribution: self.distribution.as_str(),
            digest: given
                .packing
                .as_ref()
                .map_or(given.digest.0, |packing| packing.digest),
            inputs,
            steps,
            difference,
        };
        let text = serde_json::to_string_pretty(&outcome).map_err(std::io::Error::from)?;
        Ok(writeln!(context.stdout, "{text}")?)
    }

    /// What is built again must not stand where the original does.
    fn check_keep(&self, context: &Context, planned: &Planned, pack: &StepId) -> Result<(), CliError> {
        let (Some(keep), StepKind::Pack(step)) = (&self.keep, &planned.plan.steps[pack].kind) else {
            return Ok(());
        };
        let here = |path: &Utf8Path| context.settings.working_dir.join(path).canonicalize_utf8().ok();
        let target = here(&keep.join(&step.file));
        if target.is_some() && target == here(&self.distribution) {
            return Err(CliError::input(format!(
                "`--keep {keep}` would put what is built in place of `{}`",
                self.distribution
            ))
            .hint("name another directory"));
        }
        Ok(())
    }
}

/// A sysroot that is given where none was, or not given where one was.
struct Unlike {
    input: MovedInput,
    hint: &'static str,
}

fn unlike_sysroot(manifest: &Manifest, given: Option<&Utf8Path>) -> Option<Unlike> {
    let there = manifest.pbs.sysroot.as_ref().map(ToString::to_string);
    let hint = match (&there, given) {
        (Some(_), None) => "give the directory with that digest: `--sysroot DIR`",
        (None, Some(_)) => "leave `--sysroot` out: it was made with the sysroot of the recipes",
        _ => return None,
    };
    let input = MovedInput {
        input: GIVEN_SYSROOT.to_owned(),
        there,
        // What is in it nobody looked at.
        here: given.map(|_| "one that is given".to_owned()),
    };
    Some(Unlike { input, hint })
}

/// What the plan knows of the manifest beforehand.
fn description(planned: &Planned) -> Result<&Description, CliError> {
    let mut kinds = planned.plan.steps.values().map(|step| &step.kind);
    kinds
        .find_map(|kind| match kind {
            StepKind::Manifest(manifest) => Some(&*manifest.description),
            _ => None,
        })
        .ok_or_else(|| CliError::input("the plan describes no distribution"))
}

/// The step that packs this flavour.
fn pack_step(planned: &Planned, flavor: Flavor) -> Result<StepId, CliError> {
    let mut steps = planned.plan.steps.iter();
    steps
        .find(|(_, step)| matches!(&step.kind, StepKind::Pack(pack) if pack.flavor == flavor))
        .map(|(id, _)| id.clone())
        .ok_or_else(|| CliError::input("the plan has no archive of this flavour"))
}

/// The digest of the one file that a step which packs leaves.
fn archive_of(engine: &Arc<Engine>, made: &Made) -> Result<Digest, CliError> {
    let tree = engine.store.tree(&made.record.output)?;
    let mut files = tree.files().map(|(_, digest, _)| *digest);
    files
        .next()
        .ok_or_else(|| CliError::input("the step that packs left no archive"))
}

/// A step that made something else than is recorded, with what differs.
fn other_step(engine: &Arc<Engine>, id: &StepId, made: &Made) -> Option<OtherStep> {
    let recorded = made.before?;
    let now = made.record.output;
    let store = &engine.store;
    let trees = [recorded, now].map(|digest| store.tree(&digest).ok());
    let difference = match &trees {
        [Some(a), Some(b)] => {
            let side = |name, tree| Side {
                name,
                tree,
                packing: None,
            };
            let compared = compare(CompareInput {
                a: side("recorded", a),
                b: side("made anew", b),
                read: &|digest| Ok(store.read_blob(digest)?),
                ignore: &BTreeSet::new(),
            });
            compared.ok()
        }
        _ => None,
    };
    Some(OtherStep {
        step: id.clone(),
        recorded,
        now,
        difference,
    })
}

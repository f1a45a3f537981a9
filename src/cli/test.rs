//! `pbs test`: CPython's own tests on a finished distribution.

use std::io::Write as _;

use camino::Utf8PathBuf;
use clap::Args;

use super::args::{From, Running};
use super::context::{Context, Planned};
use super::fail::CliError;
use crate::engine::{Class, Ending, Expected, Suite, judge_suite};
use crate::plan::test_root;
use crate::recipe::raw::Runner;
use crate::sandbox::Exit;
use crate::ui::Failure;

/// Run CPython's own tests on a distribution
///
/// What is expected to fail stands in the target's recipe, with the reason. A failure that is not
/// expected, and a pass that is not, are both errors.
#[derive(Args, Clone, Debug)]
pub(super) struct Test {
    /// An archive, or a directory that one was unpacked to
    #[arg(value_name = "DIST")]
    distribution: Utf8PathBuf,
    /// Modules of tests, such as `test_os`, and options of `python -m test` behind `--` [default: all]
    #[arg(value_name = "TESTS")]
    tests: Vec<String>,
    /// Where the JUnit file goes
    #[arg(long, value_name = "FILE")]
    junit: Option<Utf8PathBuf>,
    #[command(flatten)]
    from: From,
    #[command(flatten)]
    running: Running,
}

impl Test {
    pub(super) fn run(&self, context: &mut Context) -> Result<(), CliError> {
        let path = &self.distribution;
        let loaded = context.distribution(path)?;
        let manifest = loaded.manifest(path)?;
        let planned = context.plan_of(&loaded, path)?;
        let engine = context.engine(&planned, &self.from, &self.running)?;
        let interpreter = manifest.python_exe.to_string();
        let known = expected(&planned);
        let endless = known.iter().filter(|known| known.hangs);
        let left_out = endless.flat_map(|known| ["--ignore".to_owned(), known.test.clone()]);
        let tests: Vec<String> = self.tests.iter().cloned().chain(left_out).collect();
        let suite = Suite {
            root: &test_root(&planned.build),
            script: starter(&planned)?,
            interpreter: &interpreter,
            tests: &tests,
        };
        let output = context.block_on(engine.run_suite(&planned.plan, loaded.digest, suite))?;
        if let (Some(file), Some(junit)) = (&self.junit, &output.junit) {
            fs_err::write(context.settings.working_dir.join(file), junit)?;
        }
        if output.finished.exit == Exit::Cancelled {
            return Err(crate::engine::EngineError::Interrupted.into());
        }
        let log = String::from_utf8_lossy(&output.log);
        let junit = output.junit.as_deref().map(String::from_utf8_lossy);
        let verdict = judge_suite(&log, junit.as_deref(), &known);
        writeln!(
            context.stdout,
            "{} modules passed, {} failed, {} skipped; {} tests; {} failures as expected",
            verdict.count(Ending::Passed),
            verdict.count(Ending::Failed),
            verdict.count(Ending::Skipped),
            verdict.tests.len(),
            verdict.expected_failures.len()
        )?;
        for (test, why) in &verdict.left_out {
            writeln!(context.stdout, "not run: {test}: {why}")?;
        }
        for (test, why) in &verdict.expected_failures {
            writeln!(context.stdout, "expected failure: {test}: {why}")?;
        }
        if verdict.passed() {
            return Ok(());
        }
        let mut failure = Failure {
            chain: vec![format!("CPython's tests on `{path}` did not go as expected")],
            ..Failure::default()
        };
        for test in &verdict.unexpected_failures {
            failure.details.push(format!("unexpected failure: {test}"));
        }
        for test in &verdict.unexpected_passes {
            failure.details.push(format!("unexpected pass: {test}"));
        }
        if let Some(why) = &verdict.incomplete {
            failure
                .details
                .push(format!("{why} ({:?}); its last lines:", output.finished.exit));
            let lines: Vec<&str> = log.lines().collect();
            let tail = &lines[lines.len().saturating_sub(30)..];
            failure
                .details
                .extend(tail.iter().map(|line| format!("  | {line}")));
        }
        failure
            .details
            .push(format!("the whole log: {}", output.log_path));
        let mut error = CliError::new(Class::Input, failure);
        if !verdict.unexpected_failures.is_empty() {
            error = error.hint("see the log for what the tests printed; what must fail is named, with a reason, in the target's recipe");
        }
        if !verdict.unexpected_passes.is_empty() {
            error = error.hint("take what passes now out of `expected-failures` in the target's recipe");
        }
        Err(error)
    }
}

/// What starts the tests of this build's target: a script for bash.
fn starter(planned: &Planned) -> Result<&'static str, CliError> {
    match planned.build.target_file.run {
        Runner::Native => Ok(include_str!("test/native.sh")),
        Runner::Wine => Ok(include_str!("test/wine.sh")),
        Runner::Qemu | Runner::None => {
            let target = &planned.build.target;
            Err(
                CliError::input(format!("nothing here runs programs for `{target}`"))
                    .hint("run CPython's tests on such a machine: `python -m test`"),
            )
        }
    }
}

/// What the target's file expects of this build.
fn expected(planned: &Planned) -> Vec<Expected> {
    let build = &planned.build;
    build
        .target_file
        .tests
        .expected_failures
        .iter()
        .filter(|known| {
            let fits_options =
                known.options.is_empty() || known.options.iter().any(|options| options.0 == build.options);
            let series = build.python.series;
            let fits_series = known.series.is_empty() || known.series.iter().any(|known| known.0 == series);
            fits_options && fits_series
        })
        .map(|known| Expected {
            test: known.test.0.clone(),
            why: known.why.0.clone(),
            flaky: known.flaky,
            hangs: known.hangs,
        })
        .collect()
}

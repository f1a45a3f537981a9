//! Judges a run of CPython's own tests: what failed and should not have, what passed and should
//! not have. Pure: texts in, a verdict out.

use std::collections::{BTreeMap, BTreeSet};

/// A test, or a module of tests, that is known to fail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expected {
    /// `test_os` or `test.test_os.FileTests.test_closerange`; also without the leading `test.`.
    pub test: String,
    /// Why it fails.
    pub why: String,
    /// Whether it passes now and then: then a pass is no surprise either.
    pub flaky: bool,
    /// Whether it never ends, so that it is not run.
    pub hangs: bool,
}

/// How a module or a single test ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Ending {
    /// It passed.
    Passed,
    /// It does not apply here.
    Skipped,
    /// It failed, crashed or timed out.
    Failed,
}

/// What a run of the tests came to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Verdict {
    /// Modules of tests by how they ended.
    pub modules: BTreeMap<String, Ending>,
    /// Single tests, as far as the JUnit file names them.
    pub tests: BTreeMap<String, Ending>,
    /// What failed and was not expected to.
    pub unexpected_failures: BTreeSet<String>,
    /// What was expected to fail and passed.
    pub unexpected_passes: BTreeSet<String>,
    /// What failed as expected, and why.
    pub expected_failures: BTreeMap<String, String>,
    /// What was not run because it never ends, and why, of the modules that were.
    pub left_out: BTreeMap<String, String>,
    /// Why the run as a whole says nothing, if it does not.
    pub incomplete: Option<String>,
}

impl Verdict {
    /// Whether all is as it should be.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.unexpected_failures.is_empty() && self.unexpected_passes.is_empty() && self.incomplete.is_none()
    }

    /// How many modules ended in this way.
    #[must_use]
    pub fn count(&self, ending: Ending) -> usize {
        self.modules.values().filter(|found| **found == ending).count()
    }
}

/// Judges a run by its log and its JUnit file.
#[must_use]
pub fn judge(log: &str, junit: Option<&str>, expected: &[Expected]) -> Verdict {
    let mut verdict = Verdict {
        modules: modules(log),
        tests: junit.map(cases).unwrap_or_default(),
        ..Verdict::default()
    };
    if verdict.modules.is_empty() {
        verdict.incomplete = Some("the run did not get as far as a single module of tests".to_owned());
    }
    let same = |a: &str, b: &str| a.trim_start_matches("test.") == b.trim_start_matches("test.");
    let excuse = |name: &str| expected.iter().find(|known| same(&known.test, name));
    // `test.test_os.FileTests.test_x` → `test_os`; packages such as `test.test_asyncio.test_y` too.
    let within = |test: &str, module: &str| {
        let (test, module) = (
            test.trim_start_matches("test."),
            module.trim_start_matches("test."),
        );
        test.strip_prefix(module)
            .is_some_and(|rest| rest.starts_with('.'))
    };
    // The JUnit file has no name for a test of which a subtest failed.
    for name in log.lines().filter_map(failed_test) {
        verdict.tests.insert(name.to_owned(), Ending::Failed);
    }
    let failed_tests: Vec<&String> = verdict
        .tests
        .iter()
        .filter(|(_, ending)| **ending == Ending::Failed)
        .map(|(name, _)| name)
        .collect();
    for (module, ending) in &verdict.modules {
        if *ending != Ending::Failed {
            continue;
        }
        if let Some(known) = excuse(module) {
            verdict
                .expected_failures
                .insert(module.clone(), known.why.clone());
            continue;
        }
        let mine: Vec<&&String> = failed_tests.iter().filter(|test| within(test, module)).collect();
        if mine.is_empty() {
            // It crashed, timed out or could not be imported: no single test is to blame.
            verdict.unexpected_failures.insert(module.clone());
        }
        for test in mine {
            match excuse(test) {
                Some(known) => drop(
                    verdict
                        .expected_failures
                        .insert((*test).clone(), known.why.clone()),
                ),
                None => drop(verdict.unexpected_failures.insert((*test).clone())),
            }
        }
    }
    for known in expected.iter().filter(|known| known.hangs) {
        if verdict.modules.keys().any(|module| within(&known.test, module)) {
            verdict.left_out.insert(known.test.clone(), known.why.clone());
        }
    }
    for known in expected.iter().filter(|known| !known.flaky) {
        let all = verdict.tests.iter().chain(&verdict.modules);
        let ran: Vec<Ending> = all
            .filter(|(name, _)| same(name, &known.test))
            .map(|(_, ending)| *ending)
            .collect();
        if ran.contains(&Ending::Passed) && !ran.contains(&Ending::Failed) {
            verdict.unexpected_passes.insert(known.test.clone());
        }
    }
    verdict
}

/// The modules that a log of `python -m test` reports. A module that is run again counts by its
/// last result.
fn modules(log: &str) -> BTreeMap<String, Ending> {
    let reports = log.lines().filter_map(ModuleReport::parse);
    reports
        .map(|report| (report.module.to_owned(), report.ending))
        .collect()
}

/// A line about a module of tests that has ended:
/// `0:00:01 load avg: 1.0 [ 3/40/1] test_x failed (1 failure)`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct ModuleReport<'a> {
    /// How many modules have ended so far.
    pub(super) done: usize,
    /// How many there are in all; a run of failed ones again does not say.
    pub(super) total: Option<usize>,
    /// The module.
    pub(super) module: &'a str,
    /// What the line says of it.
    pub(super) outcome: &'a str,
    /// What that means.
    pub(super) ending: Ending,
}

impl<'a> ModuleReport<'a> {
    /// Reads a line, if it is one of these.
    #[must_use]
    pub(super) fn parse(line: &'a str) -> Option<Self> {
        let (head, rest) = line.split_once("] ")?;
        let mut numbers = head.rsplit('[').next()?.split('/').map(|n| n.trim().parse());
        let done = numbers.next()?.ok()?;
        let total = numbers.next().and_then(Result::ok);
        let (module, outcome) = rest
            .split_once(' ')
            .filter(|(name, _)| name.starts_with("test"))?;
        let ending = match outcome.split_whitespace().next()? {
            "passed" => Ending::Passed,
            // "run no tests" is what a filter leaves of a module.
            "skipped" | "run" => Ending::Skipped,
            "failed" | "crashed" | "timed" | "worker" | "process" | "interrupted" => Ending::Failed,
            _ => return None,
        };
        Some(Self {
            done,
            total,
            module,
            outcome,
            ending,
        })
    }
}

/// The test that a heading of unittest's report is about:
/// `ERROR: test_user (test.test_os.Users.test_user) (user=1)`.
fn failed_test(line: &str) -> Option<&str> {
    let rest = line
        .strip_prefix("FAIL: ")
        .or_else(|| line.strip_prefix("ERROR: "))?;
    let (_, rest) = rest.split_once(" (")?;
    let (name, _) = rest.split_once(')')?;
    let word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    (name.contains('.') && name.chars().all(word)).then_some(name)
}

/// The test cases of a JUnit file as CPython writes it.
fn cases(junit: &str) -> BTreeMap<String, Ending> {
    let mut cases = BTreeMap::new();
    for piece in junit.split("<testcase ").skip(1) {
        let Some((head, body)) = piece.split_once('>') else {
            continue;
        };
        let Some(name) = attribute(head, "name") else {
            continue;
        };
        let body = if head.ends_with('/') {
            ""
        } else {
            body.split("</testcase>").next().unwrap_or_default()
        };
        let ending = if body.contains("<failure") || body.contains("<error") {
            Ending::Failed
        } else if body.contains("<skipped") {
            Ending::Skipped
        } else {
            Ending::Passed
        };
        // A test that is run again counts by its last result.
        cases.insert(name, ending);
    }
    cases
}

fn attribute(head: &str, name: &str) -> Option<String> {
    let (_, rest) = head.split_once(&format!("{name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    let plain = value
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&");
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "\
0:00:00 load avg: 0.50 Run 3 tests in parallel using 2 worker processes
0:00:01 load avg: 0.50 [1/4] test_zlib passed
0:00:02 load avg: 0.50 [2/4/1] test_os failed (1 failure)
0:00:03 load avg: 0.50 [3/4/2] test_ssl worker non-zero exit code (Exit code -11 (SIGSEGV))
0:00:03 load avg: 0.50 [4/4/2] test_winreg skipped
";
    const JUNIT: &str = r#"<testsuites><testsuite><testcase name="test.test_os.A.test_x" status="run"><failure>no &gt; yes</failure></testcase><testcase name="test.test_os.A.test_y" status="run" /><testcase name="test.test_zlib.Z.test_z"/></testsuite></testsuites>"#;

    fn expected(test: &str) -> Expected {
        Expected {
            test: test.to_owned(),
            why: "known".to_owned(),
            flaky: false,
            hangs: false,
        }
    }

    #[test]
    fn blames_tests_and_modules_that_crashed() {
        let verdict = judge(LOG, Some(JUNIT), &[]);
        let failed: Vec<&str> = verdict.unexpected_failures.iter().map(String::as_str).collect();
        assert_eq!(failed, ["test.test_os.A.test_x", "test_ssl"]);
        assert_eq!(
            (verdict.count(Ending::Passed), verdict.count(Ending::Skipped)),
            (1, 1)
        );
        assert!(!verdict.passed());
    }

    #[test]
    fn a_failed_subtest_is_found_in_the_log() {
        let log =
            format!("{LOG}ERROR: test_user (test.test_os.A.test_user) (user=65534)\nFAIL: nothing to see\n");
        let without_x = JUNIT.replace("<failure>no &gt; yes</failure>", "");
        let failed = judge(&log, Some(&without_x), &[]).unexpected_failures;
        assert_eq!(
            failed,
            BTreeSet::from(["test.test_os.A.test_user".to_owned(), "test_ssl".to_owned()])
        );
    }

    #[test]
    fn excuses_what_is_known_and_says_what_is_no_longer() {
        let known = [
            expected("test_os.A.test_x"),
            expected("test_ssl"),
            expected("test_zlib.Z.test_z"),
        ];
        let verdict = judge(LOG, Some(JUNIT), &known);
        assert_eq!(verdict.unexpected_failures, BTreeSet::new());
        assert_eq!(verdict.expected_failures.len(), 2);
        assert_eq!(
            verdict.unexpected_passes,
            BTreeSet::from(["test_zlib.Z.test_z".to_owned()])
        );
        assert!(judge(LOG, Some(JUNIT), &known[..2]).passed());
    }

    #[test]
    fn what_fails_now_and_then_may_pass_and_may_fail() {
        let flaky = |test: &str| Expected {
            flaky: true,
            ..expected(test)
        };
        let verdict = judge(
            LOG,
            Some(JUNIT),
            &[flaky("test_os.A.test_x"), flaky("test_ssl"), flaky("test_zlib")],
        );
        assert!(verdict.passed());
        assert_eq!(verdict.expected_failures.len(), 2);
    }

    #[test]
    fn what_never_ends_is_told_where_its_module_ran() {
        let endless = |test: &str| Expected {
            hangs: true,
            ..expected(test)
        };
        let known = [
            endless("test_zlib.Z.test_stands"),
            endless("test_mmap.M.test_stands"),
        ];
        let left_out = judge(LOG, Some(JUNIT), &known).left_out;
        assert_eq!(left_out.keys().collect::<Vec<_>>(), ["test_zlib.Z.test_stands"]);
    }

    #[test]
    fn a_line_tells_how_far_the_run_is() {
        let reports: Vec<_> = LOG.lines().filter_map(ModuleReport::parse).collect();
        let far: Vec<_> = reports.iter().map(|r| (r.done, r.total, r.module)).collect();
        let of = Some(4);
        assert_eq!(
            far,
            [
                (1, of, "test_zlib"),
                (2, of, "test_os"),
                (3, of, "test_ssl"),
                (4, of, "test_winreg")
            ]
        );
        assert_eq!(reports[1].outcome, "failed (1 failure)");
        let again = ModuleReport::parse("0:01:00 load avg: 1.0 [1/1] test_os passed").unwrap();
        assert_eq!(again.ending, Ending::Passed);
        assert_eq!(
            ModuleReport::parse("0:01:00 load avg: 1.0 running (2): test_os (31.0 sec)"),
            None
        );
        assert_eq!(ModuleReport::parse("[x] test_os passed"), None);
    }

    #[test]
    fn nothing_is_no_success() {
        assert!(!judge("Fatal Python error", None, &[]).passed());
    }
}

//! CPython's own tests of importing, run inside a single-file executable that embeds them.

use std::process::{Command, Stdio};

use pbs::engine::{Ending, Expected, judge_suite};

use crate::support::{built_distribution, requires};

/// What runs them.
const RUNNER: &str = include_str!("../single/run_tests.py");
/// The tests, one a line.
const TESTS: &str = include_str!("../single/cpython-tests");
/// Those that want a process each.
const APART: [&str; 1] = ["test_multiprocessing_spawn"];
/// Those that fail there, as `TEST: WHY`.
const EXPECTED: &str = include_str!("../single/expected-failures");

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

#[test]
fn cpythons_tests_of_importing_pass_in_one_file() {
    let dist = built_distribution();
    requires!("dist", dist.is_some());
    let (dist, place) = (dist.unwrap(), tempfile::tempdir().unwrap());
    let executable = place.path().join("python");
    let linked = Command::new(env!("CARGO_BIN_EXE_pbs"))
        .arg("link")
        .arg(dist.path())
        .arg("--output")
        .arg(&executable)
        .args(["--include-package", "test"])
        .output()
        .unwrap();
    assert!(
        linked.status.success(),
        "{}",
        String::from_utf8_lossy(&linked.stderr)
    );
    // Nothing of the distribution is left that could be read by mistake.
    drop(dist);

    let run = |words: &[&str]| {
        let junit = place.path().join("junit.xml");
        let run = Command::new(&executable)
            .args(["-c", RUNNER, "--timeout", "600", "--junit-xml"])
            .arg(&junit)
            .args(words)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("LC_ALL", "C.UTF-8")
            .env("TMPDIR", place.path())
            .current_dir(place.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let log = String::from_utf8_lossy(&run.stdout) + String::from_utf8_lossy(&run.stderr);
        (log.into_owned(), fs_err::read_to_string(&junit).ok())
    };
    let expected: Vec<Expected> = lines(EXPECTED)
        .map(|line| {
            let (test, why) = line.split_once(": ").expect("`TEST: WHY`");
            Expected {
                test: test.to_owned(),
                why: why.to_owned(),
                flaky: false,
                hangs: false,
            }
        })
        .collect();
    let together: Vec<&str> = lines(TESTS).collect();
    let apart = [&["-j2"], &APART[..]].concat();
    for (words, modules) in [(&together, together.len()), (&apart, APART.len())] {
        let (log, junit) = run(words);
        let here = |known: &&Expected| words.iter().any(|word| known.test.contains(&format!("{word}.")));
        let expected: Vec<Expected> = expected.iter().filter(here).cloned().collect();
        let verdict = judge_suite(&log, junit.as_deref(), &expected);
        assert!(verdict.passed(), "{verdict:#?}\n{log}");
        let ran = verdict.count(Ending::Passed) + verdict.count(Ending::Failed);
        assert!(ran >= modules, "{log}");
    }
}

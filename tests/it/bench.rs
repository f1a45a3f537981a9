//! The benchmark harness (`ci/bench`), by its own tests: statistics, messages, a tiny run of a Python against
//! itself. Nothing here looks at how long anything took.

use std::path::Path;
use std::process::Command;

use crate::support::requires;

#[test]
fn harness() {
    // The harness needs `pidfd_open` of 3.9.
    let new_enough = "import sys; sys.exit(sys.version_info < (3, 9))";
    let python = Command::new("python3").args(["-c", new_enough]).output();
    requires!("python3", python.is_ok_and(|output| output.status.success()));
    let output = Command::new("python3")
        .args(["-B", "-m", "unittest", "discover", "ci/bench.d"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .output()
        .unwrap();
    let shown = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{shown}");
    let ran = shown
        .lines()
        .any(|line| line.starts_with("Ran ") && !line.starts_with("Ran 0 "));
    assert!(ran, "no test was run:\n{shown}");
}

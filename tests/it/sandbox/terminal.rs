//! An interactive command has the driver's terminal, as in `pbs shell`.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use pbs::sandbox::{Exit, Stdin};

use super::bench::Bench;
use crate::support::{self, requires};

const SCRIPT: &str = "/usr/bin/script";

#[tokio::test]
async fn native() {
    if Bench::native().await.is_none() {
        return;
    }
    requires!("script", Path::new(SCRIPT).exists());
    let inside = format!(
        "{} --exact sandbox::terminal::inside --ignored --nocapture",
        std::env::current_exe().unwrap().display()
    );
    let mut terminal = Command::new(SCRIPT)
        .args(["-qec", &inside, "/dev/null"])
        .env("PBS_TEST_VICTIM", "shell")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = terminal.stdin.take().unwrap();
    // Job control works: the shell moves a job between background and foreground.
    input
        .write_all(b"tty; sleep 0.1 & fg; echo sum $((40+2)); exit 5\n")
        .unwrap();
    let mut text = String::new();
    let mut output = terminal.stdout.take().unwrap();
    output.read_to_string(&mut text).unwrap();
    drop(input);
    assert!(text.contains("sum 42"), "{text}");
    assert!(!text.contains("job control turned off"), "{text}");
    assert!(terminal.wait().unwrap().success(), "{text}");
}

#[tokio::test]
#[ignore = "started by another test, in a terminal"]
async fn inside() {
    let (Some(bench), Some(_)) = (Bench::native().await, support::variable("PBS_TEST_VICTIM")) else {
        return;
    };
    let mut call = bench.call(&["sh", "-i"]);
    call.spec.stdin = Stdin::Terminal;
    let (finished, printed) = bench.run(&call).await.unwrap();
    assert_eq!((finished.exit, printed.as_str()), (Exit::Code(5), ""));
}

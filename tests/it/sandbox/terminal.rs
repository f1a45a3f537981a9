//! An interactive command has the driver's terminal, as in `pbs shell`; a command needs none.

use std::io::{Read, Write};
use std::path::Path;
use std::process::Stdio;

use crate::mini::toy::{Ran, TOOLCHAIN, Toy};
use crate::support::requires;

const SCRIPT: &str = "/usr/bin/script";

#[test]
fn a_shell_has_the_terminal() {
    requires!("script", Path::new(SCRIPT).exists());
    let Some(toy) = Toy::new("toy") else { return };
    let words = [env!("CARGO_BIN_EXE_pbs"), "shell", "toolchain/build"];
    let inside = [&words[..], &toy.running()].concat().join(" ");
    let mut terminal = toy.program(&[SCRIPT, "-qec", &inside, "/dev/null"]);
    let mut terminal = terminal.stdin(Stdio::piped()).spawn().unwrap();
    let mut input = terminal.stdin.take().unwrap();
    // Job control works: the shell moves a job between background and foreground.
    input
        .write_all(b"sleep 0.1 & fg; [ -t 0 ] && [ -t 1 ] && echo sum $((40+2)) in $PWD; exit 5\n")
        .unwrap();
    let mut text = String::new();
    let mut output = terminal.stdout.take().unwrap();
    output.read_to_string(&mut text).unwrap();
    drop(input);
    assert!(text.contains("sum 42 in /work"), "{text}");
    assert!(!text.contains("job control turned off"), "{text}");
    // How a person leaves a shell says nothing.
    assert!(terminal.wait().unwrap().success(), "{text}");
}

/// In a script or a pipe a command reads nothing, and what it prints is data.
fn without_terminal(toy: Option<Toy>) {
    let Some(toy) = toy else { return };
    let shell = |command: &[&str]| {
        let words = [&["shell", "toolchain/build"], &toy.running()[..], command].concat();
        Ran::of(toy.pbs(&[], &words).output().unwrap())
    };
    let script = "cat /in/recipe/build.sh; cat; echo \"out is $OUT\"; exit 3";
    let ran = shell(&["--", "bash", "-c", script]);
    ran.check(2);
    let recipe = fs_err::read_to_string(toy.path(TOOLCHAIN)).unwrap();
    assert_eq!(ran.stdout, format!("{recipe}out is /out\n"));
    let ran = shell(&[]);
    ran.check(1);
    assert!(
        ran.stderr.starts_with("error: a shell needs a terminal"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("\nhint: name a command: "), "{}", ran.stderr);
}

#[test]
fn a_command_needs_no_terminal() {
    without_terminal(Toy::new("toy"));
}

#[test]
fn a_command_in_docker_needs_no_terminal() {
    without_terminal(Toy::in_docker("toy"));
}

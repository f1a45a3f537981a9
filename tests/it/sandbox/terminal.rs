//! An interactive command has the driver's terminal, as in `pbs shell`.

use std::io::{Read, Write};
use std::path::Path;
use std::process::Stdio;

use crate::mini::toy::Toy;
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

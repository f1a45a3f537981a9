//! `pbs __sandbox`: enters the namespaces and starts process 1 in them.
//!
//! Single-threaded. It must never touch a file: what is mounted is process 1's affair.

use std::io::{self, Write};
use std::os::fd::{AsFd, IntoRawFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use nix::sched::{CloneFlags, unshare};
use rustix::thread::{CapabilitySet, capabilities, configure_capability_in_ambient_set, set_capabilities};

use super::wire::{Doing, Failure, Part, Report};
use super::{init, limits};
use crate::sandbox::SUBCOMMAND;

/// Enter the namespaces; then the user to be in them.
pub(in crate::sandbox) const ENTER: &str = "enter";
/// Be process 1.
pub(in crate::sandbox) const INIT: &str = "init";

/// The helper's whole life; its standard input is a socket to the driver.
pub(in crate::sandbox) fn enter_main(uid: &str) -> ExitCode {
    match uid.parse().map_or(Ok(ExitCode::from(1)), enter) {
        Ok(code) => code,
        Err(failure) => report(&Report::Failed(failure)),
    }
}

/// The whole life of process 1, which has the same socket.
pub(in crate::sandbox) fn init_main() -> ExitCode {
    match init::main() {
        Ok(Some(done)) => report(&done),
        // The driver is gone or wants an end: nobody listens.
        Ok(None) => ExitCode::SUCCESS,
        Err(failure) => report(&Report::Failed(failure)),
    }
}

fn report(report: &Report) -> ExitCode {
    let sent = control().and_then(|mut control| {
        let mut line = serde_json::to_vec(report)?;
        line.push(b'\n');
        control.write_all(&line)
    });
    match sent {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(3),
    }
}

/// The socket to the driver.
pub(super) fn control() -> io::Result<UnixStream> {
    io::stdin().as_fd().try_clone_to_owned().map(Into::into)
}

fn enter(uid: u32) -> Result<ExitCode, Failure> {
    close_inherited().doing(Part::Rest, || "close inherited files".to_owned())?;
    // Ctrl-C in a shared terminal is for the command alone.
    limits::default_signals().doing(Part::Rest, || "set signals aside".to_owned())?;
    let user = rustix::process::geteuid();
    let group = rustix::process::getegid();
    let flags = CloneFlags::CLONE_NEWUSER
        | CloneFlags::CLONE_NEWPID
        | CloneFlags::CLONE_NEWNET
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWUTS
        | CloneFlags::CLONE_NEWCGROUP;
    unshare(flags).doing(Part::Namespaces, || "make namespaces".to_owned())?;

    // One user and one group: all that an ordinary user may map without help.
    for (file, text) in [
        ("setgroups", "deny".to_owned()),
        ("uid_map", format!("{uid} {} 1", user.as_raw())),
        ("gid_map", format!("{uid} {} 1", group.as_raw())),
    ] {
        let path = format!("/proc/self/{file}");
        fs_err::write(&path, text).doing(Part::Namespaces, || format!("write `{path}`"))?;
    }
    keep_capabilities().doing(Part::Namespaces, || "keep capabilities".to_owned())?;

    // Standard input, output and error are inherited: the socket and the pipe.
    let status = Command::new("/proc/self/exe")
        .arg0("pbs")
        .args([SUBCOMMAND, INIT])
        .status()
        .doing(Part::Namespaces, || "start process 1".to_owned())?;
    Ok(ExitCode::from(
        u8::try_from(status.code().unwrap_or(1)).unwrap_or(1),
    ))
}

/// Whatever the driver's own parent forgot to close.
fn close_inherited() -> io::Result<()> {
    let open = fs_err::read_dir("/proc/self/fd")?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().parse::<i32>().ok()))
        .collect::<io::Result<Vec<_>>>()?;
    for fd in open.into_iter().flatten().filter(|fd| *fd > 2) {
        // One of them was the directory itself and is closed already.
        let _ = nix::unistd::close(fd.into_raw_fd());
    }
    Ok(())
}

/// A program started by an ordinary user loses all capabilities, even in a namespace of its own;
/// ambient ones stay.
fn keep_capabilities() -> rustix::io::Result<()> {
    let mut sets = capabilities(None)?;
    sets.inheritable = sets.permitted;
    set_capabilities(None, sets)?;
    for bit in 0..u64::BITS {
        let one = CapabilitySet::from_bits_retain(1 << bit);
        if sets.permitted.contains(one) {
            configure_capability_in_ambient_set(one, true)?;
        }
    }
    Ok(())
}

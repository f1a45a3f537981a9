//! The driver's terminal, lent to an interactive command and taken back.

use std::fs::File;
use std::io;

use nix::sys::signal::{SigSet, Signal};

/// Opens the terminal of this process, whatever its standard streams are.
pub(super) fn open() -> io::Result<File> {
    let mut options = fs_err::OpenOptions::new();
    let file = options.read(true).write(true).open("/dev/tty")?;
    Ok(file.into_parts().0)
}

/// Makes this process's group the terminal's foreground group again.
///
/// An interactive shell has made its own group that, and cannot give it back to one that it does
/// not see. Who does this from the background is stopped, unless it blocks the signal for that.
pub(super) fn take_back() {
    let stop = SigSet::from(Signal::SIGTTOU);
    if let Ok(terminal) = open()
        && stop.thread_block().is_ok()
    {
        let _ = rustix::termios::tcsetpgrp(&terminal, rustix::process::getpgrp());
        let _ = stop.thread_unblock();
    }
}

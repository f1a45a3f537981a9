//! The hidden half of the program: `pbs __sandbox …`, started by a driver for its sandboxes.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use super::{docker, native};

/// What comes first in the arguments of a process that is a sandbox's helper.
pub const SUBCOMMAND: &str = "__sandbox";

/// The whole program when it was started as `pbs __sandbox …`; `args` is what comes after that.
pub fn sandbox_child_main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    let words: Vec<&str> = args.iter().filter_map(|arg| arg.to_str()).collect();
    match words[..] {
        [native::ENTER, uid] => native::enter_main(uid),
        [native::INIT] => native::init_main(),
        [docker::REAP, address, session] => docker::reaper_main(address, session),
        _ => {
            let _ = writeln!(
                io::stderr(),
                "`pbs {SUBCOMMAND}` is for pbs itself; try `pbs shell`"
            );
            ExitCode::from(1)
        }
    }
}

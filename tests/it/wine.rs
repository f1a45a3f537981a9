//! A Windows of Wine's for one test.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::variable;

/// What `user32.dll` is linked with, and a Windows that is made does not have.
const ZLIB: &str = "/usr/x86_64-w64-mingw32/lib/zlib1.dll";

/// A Windows that goes away with the test.
pub(crate) struct Wine(tempfile::TempDir);

impl Wine {
    /// Whether there is Wine: `pbs image unpack wine target/wine`, or where `PBS_WINE_ROOT` says.
    pub(crate) fn is_there() -> bool {
        let checkout = || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/wine");
        let root = variable("PBS_WINE_ROOT").map_or_else(checkout, PathBuf::from);
        root.join("usr/bin/wine").symlink_metadata().is_ok()
    }

    /// Makes one, which takes some seconds.
    pub(crate) fn new() -> Self {
        let directory = tempfile::Builder::new().prefix("pbs-wine-").tempdir_in("/tmp");
        let wine = Self(directory.unwrap());
        // First: without it the programs that make a Windows fail, and so does that.
        let system = wine.0.path().join("drive_c/windows/system32");
        fs_err::create_dir_all(&system).unwrap();
        wine.done("cp", &[ZLIB, system.to_str().unwrap()]);
        wine.done("wineboot", &["--init"]);
        wine
    }

    fn done(&self, program: &str, arguments: &[&str]) {
        let done = self.command(program).args(arguments).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("ci/wine"));
        command.arg(program).env("WINEPREFIX", self.0.path());
        command
    }

    /// A program of Windows; it sees files below `/tmp` and in this checkout.
    pub(crate) fn program(&self, program: &Path) -> Command {
        let mut command = self.command("wine");
        command.arg(program);
        command
    }

    /// Runs a program of Windows.
    pub(crate) fn run(&self, program: &Path, arguments: &[&str]) -> Output {
        self.program(program).args(arguments).output().unwrap()
    }
}

impl Drop for Wine {
    fn drop(&mut self) {
        // Its processes would write into a directory that is gone.
        drop(self.command("wineserver").arg("--kill").output());
    }
}

//! A Windows of Wine's for one test.

use std::path::Path;
use std::process::{Command, Output};

use crate::support::program;

/// A Windows that goes away with the test.
pub(crate) struct Wine(tempfile::TempDir);

impl Wine {
    /// Whether there is Wine.
    pub(crate) fn is_there() -> bool {
        program("wine").is_some() && program("wineboot").is_some()
    }

    /// Makes one, Windows 10, which takes some seconds.
    pub(crate) fn new() -> Self {
        let wine = Self(tempfile::Builder::new().prefix("pbs-wine-").tempdir().unwrap());
        for words in [&["wineboot", "--init"][..], &["wine", "winecfg", "-v", "win10"]] {
            let done = wine.command(words[0]).args(&words[1..]).output().unwrap();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        }
        wine
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env("WINEPREFIX", self.0.path())
            .env("WINEDEBUG", "-all")
            // Mono and Gecko would be downloaded, and menus of the machine's changed.
            .env("WINEDLLOVERRIDES", "mscoree,mshtml,winemenubuilder.exe=")
            .env("LC_ALL", "C.UTF-8")
            .env_remove("DISPLAY");
        command
    }

    /// A program of Windows.
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

//! The reports that `pbs link` writes: which, where, and that they can be written before anything is linked.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use tempfile::NamedTempFile;

use super::context::Context;
use super::fail::CliError;
use crate::engine::Class;
use crate::report::{Report, render_html, render_json, render_largest, render_spdx};
use crate::ui::Failure;

/// What is told of an executable.
#[derive(Args, Clone, Debug)]
pub(super) struct ReportArgs {
    /// Write what is in the executable: `.html` for people, `.json` for programs, `.spdx.json` as a bill of materials;
    /// may be repeated
    #[arg(long, value_name = "FILE", help_heading = "Report")]
    report: Vec<Utf8PathBuf>,
    /// Show the largest things in the executable
    #[arg(long, help_heading = "Report")]
    sizes: bool,
}

/// So many of the largest things are shown.
const SHOWN: usize = 10;

/// A form of a report: how names of its files end, and what is written.
type Form = (&'static str, fn(&Report) -> String);

/// `.spdx.json` first, as `.json` ends it, too.
const FORMS: [Form; 3] = [
    (".spdx.json", render_spdx),
    (".json", render_json),
    (".html", render_html),
];

/// Files that wait for a report.
pub(super) struct Reports {
    waiting: Vec<Waiting>,
    sizes: bool,
}

/// A file that is written beside its place and appears there when it is complete.
struct Waiting {
    path: Utf8PathBuf,
    file: NamedTempFile,
    render: fn(&Report) -> String,
}

impl ReportArgs {
    /// The option that was given, if any was.
    pub(super) fn given(&self) -> Option<&'static str> {
        match (self.report.is_empty(), self.sizes) {
            (false, _) => Some("--report"),
            (true, true) => Some("--sizes"),
            (true, false) => None,
        }
    }

    /// Whether anything is to be told.
    pub(super) fn wanted(&self) -> bool {
        self.given().is_some()
    }

    /// Makes sure that everything can be written. `output` is the executable, where somebody named it.
    pub(super) fn open(
        &self,
        working_dir: &Utf8Path,
        output: Option<&Utf8Path>,
    ) -> Result<Reports, CliError> {
        let mut waiting: Vec<Waiting> = Vec::new();
        for given in &self.report {
            let form = FORMS.iter().find(|(ending, _)| given.as_str().ends_with(ending));
            let Some((_, render)) = form else {
                return Err(CliError::input(format!(
                    "the name of the report `{given}` does not say what it is"
                ))
                .hint("it ends in `.html`, `.json` or `.spdx.json`"));
            };
            let path = working_dir.join(given);
            if Some(path.as_path()) == output || waiting.iter().any(|other| other.path == path) {
                return Err(
                    CliError::input(format!("two things are to be written to `{given}`"))
                        .hint("give each report a name of its own"),
                );
            }
            let file = beside(&path).map_err(|error| unwritable(given, &error))?;
            waiting.push(Waiting {
                path,
                file,
                render: *render,
            });
        }
        Ok(Reports {
            waiting,
            sizes: self.sizes,
        })
    }
}

/// A file in the directory of another, which must not be one itself.
fn beside(path: &Utf8Path) -> std::io::Result<NamedTempFile> {
    if path.is_dir() {
        return Err(std::io::ErrorKind::IsADirectory.into());
    }
    let folder = path.parent().unwrap_or(path);
    fs_err::create_dir_all(folder)?;
    tempfile::Builder::new()
        .prefix(".pbs-report-")
        // What `umask` leaves of it, as for any file.
        .permissions(std::fs::Permissions::from_mode(0o666))
        .tempfile_in(folder)
}

fn unwritable(path: &Utf8Path, error: &std::io::Error) -> CliError {
    let failure = Failure {
        chain: vec![
            format!("the report `{path}` cannot be written"),
            error.to_string(),
        ],
        ..Failure::default()
    };
    CliError::new(Class::Environment, failure).hint("name another file with `--report FILE`")
}

impl Reports {
    /// Writes all of them, and shows the sizes.
    pub(super) fn write(self, context: &Context, report: Option<&Report>) -> Result<(), CliError> {
        let Some(report) = report else { return Ok(()) };
        for mut waiting in self.waiting {
            let failed = |error: std::io::Error| unwritable(&waiting.path, &error);
            let text = (waiting.render)(report);
            waiting.file.write_all(text.as_bytes()).map_err(failed)?;
            waiting
                .file
                .persist(&waiting.path)
                .map_err(|error| unwritable(&waiting.path, &error.error))?;
        }
        if self.sizes {
            context.say(render_largest(report, SHOWN).trim_end());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(dir: &tempfile::TempDir, reports: &[&str]) -> Result<Reports, String> {
        let dir = Utf8Path::from_path(dir.path()).unwrap();
        let args = ReportArgs {
            report: reports.iter().map(|&name| name.into()).collect(),
            sizes: false,
        };
        args.open(dir, Some(&dir.join("app")))
            .map_err(|error| error.failures[0].chain.join(": "))
    }

    #[test]
    fn what_cannot_be_written_is_told_before() {
        let dir = tempfile::tempdir().unwrap();
        fs_err::create_dir(dir.path().join("a.json")).unwrap();
        fs_err::write(dir.path().join("file"), "").unwrap();
        for (names, expected) in [
            (&["x.txt"][..], "does not say what it is"),
            (&["x"], "does not say what it is"),
            (&["a.json"], "cannot be written: is a directory"),
            (&["file/x.html"], "cannot be written: "),
            (&["x.json", "x.json"], "two things are to be written"),
        ] {
            let error = open(&dir, names).err().unwrap();
            assert!(error.contains(expected), "{names:?}: {error}");
        }
        let reports = open(&dir, &["x.json", "x.spdx.json", "new/x.html"]).unwrap();
        assert_eq!(reports.waiting.len(), 3);
        drop(reports);
        let mut left: Vec<_> = fs_err::read_dir(dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        assert_eq!(left, ["a.json", "file", "new"], "nothing is left behind");
    }
}

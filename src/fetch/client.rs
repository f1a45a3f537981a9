//! Runs the machine's own package clients: a command, its output, a time limit.
//!
//! Owns processes of `fetch` and `image lock`. The environment is inherited on purpose: it says
//! where the machine's registries and proxies are.

use std::io;
use std::process::{ExitStatus, Output};
use std::time::{Duration, Instant};

use camino::Utf8Path;
use tokio_util::sync::CancellationToken;

/// A command to run.
pub(crate) struct Client<'a> {
    pub(crate) program: &'a str,
    pub(crate) args: Vec<String>,
    pub(crate) dir: &'a Utf8Path,
    pub(crate) limit: Duration,
    pub(crate) cancelled: &'a CancellationToken,
}

/// Why a client gave nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// There is no such program.
    #[error("`{program}` is not on this machine")]
    Missing {
        /// Its name.
        program: String,
    },
    /// It could not be run.
    #[error("`{program}` could not be run")]
    Run {
        /// Its name.
        program: String,
        /// Why.
        source: io::Error,
    },
    /// It ended with an error.
    #[error("`{command}` failed ({status}): {said}")]
    Failed {
        /// The command with its subcommand.
        command: String,
        /// How it ended.
        status: ExitStatus,
        /// The last lines it printed, on one.
        said: String,
    },
    /// It took too long.
    #[error("`{program}` took longer than {seconds} s")]
    TimeOut {
        /// Its name.
        program: String,
        /// The limit.
        seconds: u64,
    },
    /// It ended well, but what it should have got is not there.
    #[error("`{program}` did not leave {what}")]
    Nothing {
        /// Its name.
        program: String,
        /// What was looked for.
        what: String,
    },
    /// The driver is stopping.
    #[error("cancelled")]
    Cancelled,
}

/// The last lines of what a program printed, short enough for an error.
fn last_lines(printed: &[u8]) -> String {
    let text = String::from_utf8_lossy(printed);
    let lines: Vec<_> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    match lines.len() {
        0 => "it said nothing".to_owned(),
        count => lines[count.saturating_sub(4)..].join("; "),
    }
}

impl Client<'_> {
    /// Runs it to its end and gives what it printed on stdout.
    pub(crate) fn run(self) -> Result<String, ClientError> {
        let program = self.program.to_owned();
        let output = match self.output() {
            Ok(output) => output?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(ClientError::Missing { program });
            }
            Err(source) => return Err(ClientError::Run { program, source }),
        };
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let subcommand = self.args.iter().find(|arg| !arg.starts_with('-'));
        Err(ClientError::Failed {
            command: subcommand
                .map_or_else(|| program.clone(), |subcommand| format!("{program} {subcommand}")),
            status: output.status,
            said: last_lines(&output.stderr),
        })
    }

    fn output(&self) -> io::Result<Result<Output, ClientError>> {
        tracing::debug!(program = self.program, args = ?self.args, "running a client");
        let handle = duct::cmd(self.program, &self.args)
            .dir(self.dir)
            .stdin_null()
            .stdout_capture()
            .stderr_capture()
            .unchecked()
            .start()?;
        let deadline = Instant::now() + self.limit;
        loop {
            if handle.wait_timeout(Duration::from_millis(100))?.is_some() {
                return handle.into_output().map(Ok);
            }
            let error = if self.cancelled.is_cancelled() {
                ClientError::Cancelled
            } else if Instant::now() >= deadline {
                ClientError::TimeOut {
                    program: self.program.to_owned(),
                    seconds: self.limit.as_secs(),
                }
            } else {
                continue;
            };
            handle.kill()?;
            return Ok(Err(error));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(program: &str, script: &str, limit: Duration) -> Result<String, ClientError> {
        Client {
            program,
            args: vec!["-c".into(), script.into()],
            dir: Utf8Path::new("/"),
            limit,
            cancelled: &CancellationToken::new(),
        }
        .run()
    }

    #[test]
    fn says_what_went_wrong() {
        let minute = Duration::from_secs(60);
        assert_eq!(run("sh", "echo yes", minute).unwrap(), "yes\n");
        let failed = run("sh", "echo no such thing >&2; exit 7", minute).unwrap_err();
        assert!(failed.to_string().contains("7): no such thing"), "{failed}");
        assert!(matches!(
            run("no-such-program-anywhere", "", minute),
            Err(ClientError::Missing { .. })
        ));
        assert!(matches!(
            run("sh", "exec sleep 60", Duration::from_millis(50)),
            Err(ClientError::TimeOut { .. })
        ));
    }
}

//! Runs a command in Linux namespaces: no daemon, no root, nothing to install.
//!
//! The driver has many threads and must not fork into half of itself, so it starts this program
//! again as `pbs __sandbox` ([`enter`]), which is single-threaded. It enters new user, pid,
//! network, ipc, uts and cgroup namespaces, maps the step's user to the driver's, and starts
//! itself once more as process 1 of the new pid namespace ([`init`]), which builds the root
//! ([`mounts`]), brings the loopback up ([`loopback`]), gives up every privilege ([`limits`]),
//! starts the command and waits. Process 1 and the driver talk over a socket ([`wire`]). When
//! the driver's end closes — cancelled, timed out, killed — process 1 ends, and the kernel kills
//! everything else in its pid namespace before it lets go of it.
//!
//! A container crate (hakoniwa) was tried first: it makes mount points in the root tree, which we
//! share read-only between sessions, leaves directories behind when killed, has no process 1
//! and no loopback, and reports errors as text. What is left of such a crate's job is a dozen
//! calls that rustix and nix offer without `unsafe`.
//!
//! What a step can see here and not in a container: `/sys` is absent, the root's top-level
//! directories are mounts of their own, no system call is filtered.
//!
//! It must never write anywhere but in `work` and `out`, and never inherit anything from the
//! driver's environment.

mod enter;
mod hint;
mod init;
mod limits;
mod loopback;
mod mounts;
mod terminal;
mod wire;

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::net::unix::pipe::Receiver;
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

use super::stop::Stop;
use super::{ExecSpec, Finished, OutputSink, Running, SUBCOMMAND, Sandbox, SandboxError, Stdin, Usage};
use crate::model::HostPath;

pub(super) use enter::{ENTER, INIT, enter_main, init_main};

use hint::explain;
use wire::{Job, Report};

/// How long a killed sandbox may take to be gone before its helper is killed as well.
const GRACE: Duration = Duration::from_secs(10);

/// Runs commands in Linux namespaces.
#[derive(Clone, Debug)]
pub struct Native {
    /// The `pbs` program, which is started again as the sandbox's helper.
    pub helper: HostPath,
}

impl Native {
    /// Finds out whether this machine can do it, by making an empty sandbox and leaving it.
    pub async fn probe(&self) -> Result<(), SandboxError> {
        self.run(&Job::probe(), Stop::never(), &Discard).await.map(drop)
    }

    /// Starts the helper, feeds it the job and waits until nothing of it is left.
    async fn run(&self, job: &Job, stop: Stop<'_>, sink: &dyn OutputSink) -> Result<Finished, SandboxError> {
        let started = Instant::now();
        let (mut control, mut output, mut child) =
            self.start(job).map_err(|source| SandboxError::Helper {
                helper: self.helper.clone(),
                source,
            })?;
        let lost = |source| SandboxError::HelperLost { source };

        // The helper reads the job before it writes anything, and reports in one short line.
        let mut line = serde_json::to_vec(job).map_err(|e| lost(e.into()))?;
        line.push(b'\n');
        let sent = control.write_all(&line).await;
        let (mut from_helper, to_helper) = control.into_split();

        let everything = async {
            let mut report = Vec::new();
            let (read, copied, status) = tokio::join!(
                from_helper.read_to_end(&mut report),
                copy(&mut output, sink),
                child.wait(),
            );
            read?;
            copied?;
            status.map(|status| (report, status))
        };
        tokio::pin!(everything);

        let mut stopped = None;
        let ended = tokio::select! {
            ended = &mut everything => ended,
            reason = stop.wait() => {
                stopped = Some(reason);
                // Process 1 reads end of file and ends; the kernel kills the others.
                drop(to_helper);
                match tokio::time::timeout(GRACE, &mut everything).await {
                    Ok(ended) => ended,
                    Err(_) => return Err(SandboxError::WillNotDie { sandbox: "native" }),
                }
            }
        };
        let (report, status) = ended.map_err(lost)?;
        let wall = started.elapsed();

        if let Some(exit) = stopped {
            let usage = Usage {
                wall,
                ..Usage::default()
            };
            return Ok(Finished { exit, usage });
        }
        match serde_json::from_slice(&report) {
            Ok(Report::Finished {
                exit,
                cpu,
                peak_memory,
            }) => Ok(Finished {
                exit: exit.into(),
                usage: Usage {
                    cpu: Some(cpu),
                    wall,
                    peak_memory: Some(peak_memory),
                },
            }),
            Ok(Report::Failed(failure)) => Err(explain(failure)),
            Err(_) => Err(lost(sent.err().unwrap_or_else(|| {
                io::Error::other(format!("the helper ended without a report: {status}"))
            }))),
        }
    }

    fn start(&self, job: &Job) -> io::Result<(UnixStream, Receiver, Child)> {
        let (ours, theirs) = StdUnixStream::pair()?;
        ours.set_nonblocking(true)?;
        let (reader, writer) = io::pipe()?;
        let mut command = Command::new(self.helper.as_path());
        command
            .args([SUBCOMMAND, ENTER, &job.uid.to_string()])
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .kill_on_drop(true);
        if job.is_interactive() {
            // The pipe ends at once: what the command prints goes to the terminal.
            drop(writer);
            let terminal = terminal::open()?;
            command.stdout(terminal.try_clone()?).stderr(terminal);
        } else {
            command
                .stdout(writer.try_clone()?)
                .stderr(writer)
                // A group of its own: Ctrl-C reaches the driver, which ends its sessions in order.
                .process_group(0);
        }
        let child = command.spawn()?;
        Ok((
            UnixStream::from_std(ours)?,
            Receiver::from_owned_fd(reader.into())?,
            child,
        ))
    }
}

impl Sandbox for Native {
    fn name(&self) -> &'static str {
        "native"
    }

    fn exec<'a>(
        &'a self,
        spec: &'a ExecSpec,
        sink: &'a dyn OutputSink,
        cancel: &'a CancellationToken,
    ) -> Running<'a> {
        Box::pin(async move {
            let stop = Stop::new(spec, cancel);
            let ended = self.run(&Job::new(spec), stop, sink).await;
            if spec.stdin == Stdin::Terminal {
                terminal::take_back();
            }
            ended
        })
    }
}

struct Discard;

impl OutputSink for Discard {
    fn write(&self, _: &[u8]) {}
}

async fn copy(from: &mut Receiver, sink: &dyn OutputSink) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match from.read(&mut buffer).await? {
            0 => return Ok(()),
            n => sink.write(&buffer[..n]),
        }
    }
}

//! Process 1 of a sandbox: builds it, starts the command, reaps, reports.
//!
//! When it ends, for whatever reason, the kernel kills every process of the sandbox.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::signal::{Signal, kill};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{DumpableBehavior, WaitOptions, WaitStatus};

use super::wire::{Doing, Failure, Input, Job, Part, RawExit, Report, StepJob};
use super::{enter, limits, loopback, mounts};
use crate::sandbox::limits::HOSTNAME;

/// What a shell reports of a command that is not there.
const NOT_FOUND: i32 = 127;
/// What a shell reports of a command that cannot be run.
const NOT_RUNNABLE: i32 = 126;

/// Does the job. `None` when the driver asked for an end or is gone.
pub(super) fn main() -> Result<Option<Report>, Failure> {
    let rest = |what: &str| {
        let what = what.to_owned();
        move || what
    };
    // The parent has one thread, which lives as long as it does: the signal means its death.
    let kill = rustix::process::Signal::KILL;
    rustix::process::set_parent_process_death_signal(Some(kill))
        .doing(Part::Rest, rest("die with the helper"))?;
    // The command runs as the same user: keep it out of this process.
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .doing(Part::Rest, rest("close process 1 to the others"))?;
    let mut control = enter::control().doing(Part::Rest, rest("find the driver"))?;
    let job = read_job(&control).doing(Part::Rest, rest("read the job"))?;

    mounts::build(job.step.as_ref())?;
    loopback::up().doing(Part::Mounts, rest("bring the loopback up"))?;
    rustix::system::sethostname(HOSTNAME.as_bytes()).doing(Part::Namespaces, rest("set the host name"))?;
    let Some(step) = &job.step else {
        return Ok(Some(finished(RawExit::Code(0))));
    };

    limits::limit().doing(Part::Rest, rest("set limits"))?;
    limits::default_signals().doing(Part::Rest, rest("reset signals"))?;
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
    if step.input == Input::Null {
        rustix::process::setsid().doing(Part::Rest, rest("leave the terminal"))?;
    }
    limits::drop_privileges().doing(Part::Rest, rest("give up privileges"))?;
    rustix::process::chdir(step.cwd.as_str()).doing(Part::Step, || format!("enter `{}`", step.cwd))?;

    let (child_ended, ended) = UnixStream::pair().doing(Part::Rest, rest("make a socket"))?;
    signal_hook::low_level::pipe::register(signal_hook::consts::SIGCHLD, ended)
        .doing(Part::Rest, rest("watch for the command's end"))?;
    match spawn(step) {
        Ok(pid) => wait(&mut control, child_ended, pid).doing(Part::Rest, rest("wait for the command")),
        Err(error) => {
            let name = step.argv.first().map_or("", String::as_str);
            let _ = writeln!(io::stderr(), "pbs: cannot run `{name}`: {error}");
            Ok(Some(finished(RawExit::Code(match error.kind() {
                ErrorKind::NotFound => NOT_FOUND,
                _ => NOT_RUNNABLE,
            }))))
        }
    }
}

fn read_job(control: &UnixStream) -> io::Result<Job> {
    let mut line = String::new();
    BufReader::new(control).read_line(&mut line)?;
    Ok(serde_json::from_str(&line)?)
}

/// Starts the command; the id of its process.
fn spawn(step: &StepJob) -> io::Result<u32> {
    let [name, args @ ..] = &step.argv[..] else {
        return Err(ErrorKind::InvalidInput.into());
    };
    let path = step.env.get("PATH").map_or("", String::as_str);
    let mut command = Command::new(find(name, path).ok_or(ErrorKind::NotFound)?);
    command.arg0(name).args(args).env_clear().envs(&step.env);
    match step.input {
        Input::Null => command.stdin(Stdio::null()).process_group(0),
        // It stays in the terminal's foreground group; a shell makes groups of its own.
        Input::Terminal => command.stdin(io::stdout().as_fd().try_clone_to_owned()?),
    };
    command.spawn().map(|child| child.id())
}

/// Looks a command up as a shell does.
fn find(name: &str, path: &str) -> Option<String> {
    if name.contains('/') {
        return Some(name.to_owned());
    }
    let mut candidates = path.split(':').filter(|dir| !dir.is_empty());
    candidates.find_map(|dir| {
        let candidate = format!("{dir}/{name}");
        let executable = rustix::fs::access(&candidate, rustix::fs::Access::EXEC_OK).is_ok()
            && fs_err::metadata(&candidate).is_ok_and(|m| m.is_file());
        executable.then_some(candidate)
    })
}

/// Reaps until the command has ended, or the driver's end of the socket is closed.
fn wait(control: &mut UnixStream, mut child_ended: UnixStream, command: u32) -> io::Result<Option<Report>> {
    child_ended.set_nonblocking(true)?;
    loop {
        if let Some(status) = reap(command)? {
            // What the command left running goes first, so that its time is counted.
            let _ = kill(nix::unistd::Pid::from_raw(-1), Signal::SIGKILL);
            while !matches!(
                rustix::process::wait(WaitOptions::empty()),
                Err(rustix::io::Errno::CHILD)
            ) {}
            return Ok(Some(finished(exit(status))));
        }
        let mut sources = [
            PollFd::from_borrowed_fd(control.as_fd(), PollFlags::IN),
            PollFd::from_borrowed_fd(child_ended.as_fd(), PollFlags::IN),
        ];
        match poll(&mut sources, None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        // The driver says nothing after the job: whatever is to be read is its end.
        if !sources[0].revents().is_empty() {
            return Ok(None);
        }
        let _ = child_ended.read(&mut [0; 64]);
    }
}

/// Takes every ended process; the command's status if it was among them.
fn reap(command: u32) -> io::Result<Option<WaitStatus>> {
    let mut found = None;
    loop {
        match rustix::process::wait(WaitOptions::NOHANG) {
            Ok(Some((pid, status))) => {
                if u32::try_from(pid.as_raw_nonzero().get()) == Ok(command) {
                    found = Some(status);
                }
            }
            Ok(None) | Err(rustix::io::Errno::CHILD) => return Ok(found),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn exit(status: WaitStatus) -> RawExit {
    match (status.exit_status(), status.terminating_signal()) {
        (_, Some(signal)) => RawExit::Signal(signal),
        (code, None) => RawExit::Code(code.unwrap_or(NOT_RUNNABLE)),
    }
}

/// Everything that ran has been waited for, so this process's children are all there was.
fn finished(exit: RawExit) -> Report {
    let (cpu, peak) = getrusage(UsageWho::RUSAGE_CHILDREN).map_or((0, 0), |usage| {
        let (user, system) = (usage.user_time(), usage.system_time());
        let micros = |time: nix::sys::time::TimeVal| time.tv_sec() * 1_000_000 + time.tv_usec();
        (micros(user) + micros(system), usage.max_rss())
    });
    Report::Finished {
        exit,
        cpu: Duration::from_micros(u64::try_from(cpu).unwrap_or(0)),
        // The kernel counts kibibytes.
        peak_memory: u64::try_from(peak).unwrap_or(0) * 1024,
    }
}

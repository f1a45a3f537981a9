//! Who a container belongs to, and whether that driver still lives.
//!
//! A driver is a process: the machine, its boot, the process's id and its start time. Containers
//! of a driver that is gone are removed by its reaper, a process of its own that outlives it, or
//! by the next driver on the same machine.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, Read};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use bollard::Docker as Api;
use bollard::query_parameters::{ListContainersOptions, RemoveContainerOptions};

use super::{DockerError, connect};
use crate::model::HostPath;
use crate::sandbox::SUBCOMMAND;

/// The label of every container that we make.
pub(super) const LABEL: &str = "pbs.session";
/// `pbs __sandbox reap <address> <session>`: wait for the driver's end, then remove its containers.
pub(in crate::sandbox) const REAP: &str = "reap";

/// One running driver.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Session {
    machine: String,
    boot: String,
    process: u32,
    started: String,
}

impl Session {
    pub(super) fn current() -> Self {
        let process = std::process::id();
        Self {
            machine: machine(),
            boot: boot(),
            process,
            started: start_time(process).unwrap_or_default(),
        }
    }

    fn parse(label: &str) -> Option<Self> {
        let [machine, boot, process, started] = label.split('/').collect::<Vec<_>>().try_into().ok()?;
        Some(Self {
            machine: machine.to_owned(),
            boot: boot.to_owned(),
            process: process.parse().ok()?,
            started: started.to_owned(),
        })
    }

    /// Whether we know for certain that the driver is gone. Of other machines we know nothing.
    fn is_gone(&self) -> bool {
        self.machine == machine()
            && (self.boot != boot() || start_time(self.process).as_ref() != Some(&self.started))
    }
}

impl fmt::Display for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            machine,
            boot,
            process,
            started,
        } = self;
        write!(f, "{machine}/{boot}/{process}/{started}")
    }
}

fn read_word(path: &str) -> Option<String> {
    let text = fs_err::read_to_string(path).ok()?.trim().to_owned();
    (!text.is_empty()).then_some(text)
}

pub(super) fn machine() -> String {
    read_word("/etc/machine-id")
        .or_else(|| read_word("/proc/sys/kernel/hostname"))
        .unwrap_or_default()
}

fn boot() -> String {
    read_word("/proc/sys/kernel/random/boot_id").unwrap_or_default()
}

/// The 22nd field of `stat`; the second, in parentheses, may hold blanks.
fn start_time(process: u32) -> Option<String> {
    let stat = fs_err::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    fields.split(' ').nth(19).map(str::to_owned)
}

/// Removes what drivers of this machine left behind that are gone.
pub(super) async fn reap_leftovers(api: &Api) -> Result<(), DockerError> {
    reap(api, |session| session.is_gone()).await.map(drop)
}

/// Removes the containers of chosen sessions; how many there were.
async fn reap(api: &Api, chosen: impl Fn(&Session) -> bool) -> Result<usize, DockerError> {
    let options = ListContainersOptions {
        all: true,
        filters: Some(HashMap::from([("label".to_owned(), vec![LABEL.to_owned()])])),
        ..ListContainersOptions::default()
    };
    let containers = api
        .list_containers(Some(options))
        .await
        .map_err(|source| DockerError::ListContainers { source })?;
    let mut count = 0;
    for container in containers {
        let label = container.labels.as_ref().and_then(|labels| labels.get(LABEL));
        let session = label.and_then(|label| Session::parse(label));
        if let (Some(id), Some(session)) = (container.id, session)
            && chosen(&session)
        {
            count += 1;
            remove(api, &id).await?;
        }
    }
    Ok(count)
}

/// Kills and removes a container with its volumes; being gone already is fine.
pub(super) async fn remove(api: &Api, container: &str) -> Result<(), DockerError> {
    let options = RemoveContainerOptions {
        v: true,
        force: true,
        link: false,
    };
    match api.remove_container(container, Some(options)).await {
        Ok(())
        // Gone, or somebody else is about to remove it.
        | Err(bollard::errors::Error::DockerResponseServerError { status_code: 404 | 409, .. }) => Ok(()),
        Err(source) => Err(DockerError::RemoveContainer { container: container.to_owned(), source }),
    }
}

/// Starts the process that removes the session's containers should this one be killed.
///
/// It waits for the end of its standard input, which the returned value holds open.
pub(super) fn start_reaper(
    helper: &HostPath,
    address: &str,
    session: &Session,
) -> Result<Child, DockerError> {
    use std::os::unix::process::CommandExt;
    Command::new(helper.as_path())
        .args([SUBCOMMAND, REAP, address, &session.to_string()])
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Ctrl-C is not for it.
        .process_group(0)
        .spawn()
        .map_err(|source| DockerError::StartReaper {
            helper: helper.0.to_string(),
            source,
        })
}

/// The whole life of the reaper.
pub(in crate::sandbox) fn reaper_main(address: &str, session: &str) -> ExitCode {
    let Some(session) = Session::parse(session) else {
        return ExitCode::from(1);
    };
    let mut end = [0; 1];
    while !matches!(io::stdin().read(&mut end), Ok(0) | Err(_)) {}
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime else {
        return ExitCode::from(3);
    };
    runtime.block_on(async {
        let Ok(api) = connect(address).await else {
            return ExitCode::from(3);
        };
        // A container that was being made when the driver died may appear a moment later.
        for _ in 0..3 {
            if reap(&api, |other| *other == session).await.is_err() {
                return ExitCode::from(3);
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        ExitCode::SUCCESS
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_itself_alive_and_others_dead() {
        let current = Session::current();
        assert_eq!(Session::parse(&current.to_string()), Some(current.clone()));
        assert!(!current.is_gone());
        let rebooted = Session {
            boot: "another".to_owned(),
            ..current.clone()
        };
        let reused = Session {
            started: "1".to_owned(),
            ..current.clone()
        };
        let elsewhere = Session {
            machine: "another".to_owned(),
            process: 0,
            ..current
        };
        assert!(rebooted.is_gone() && reused.is_gone() && !elsewhere.is_gone());
        assert_eq!(Session::parse("not ours"), None);
    }
}

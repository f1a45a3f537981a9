//! Runs a command in a container of a Docker or Podman daemon, over its API.
//!
//! One container for each command; the command is what the container runs, so its exit code is
//! the container's. The root is imported as an image, named by its digest, which stays until
//! somebody asks for the images of roots that are gone to be removed ([`image`]); `/work`
//! and `/out` are anonymous volumes, and `/out` is copied out through the API ([`collect`]), so
//! that no file ever belongs to anyone but the driver's user, whoever that is. Containers carry a
//! label that names their driver, and do not outlive it ([`session`]).
//!
//! What a command can see here and not in the native sandbox: `/sys`, `/dev/mqueue`,
//! `/sbin/docker-init`, `/.dockerenv`, the engine's own `/etc/hosts`, `/etc/hostname` and
//! `/etc/resolv.conf`; files in `/in` belong to the driver's user; `HOME` is set even if it is
//! not asked for; groups of pseudo terminals; and whatever the daemon's machine is, if it is
//! another one (kernel, number of processors). Two writes at once to standard output and standard
//! error may come in either order. An exit code of 128 + n is reported as the signal n: the API
//! does not tell them apart.
//!
//! Commands with a terminal (`pbs shell`) are the native sandbox's; here they are refused.
//!
//! It must never pull anything.

mod collect;
mod error;
mod image;
mod session;

use std::collections::HashMap;
use std::process::Child;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bollard::Docker as Api;
use bollard::models::{
    ContainerCreateBody, HostConfig, HostConfigCgroupnsModeEnum, HostConfigLogConfig, Mount, MountType,
    ResourcesUlimits,
};
use bollard::query_parameters::{AttachContainerOptions, WaitContainerOptions};
use futures_util::StreamExt;
use tokio_util::sync::CancellationToken;

use super::limits::{HOSTNAME, OPEN_FILES, OPEN_FILES_MAX, SHM, STACK, TMP};
use super::stop::Stop;
use super::{ExecSpec, Exit, Finished, OutputSink, Running, Sandbox, SandboxError, Stdin, Usage};
use crate::model::HostPath;

pub use error::DockerError;
pub(super) use session::{REAP, reaper_main};

use session::{LABEL, Session};

/// Where daemons listen that nobody told us about.
const SOCKETS: [&str; 2] = ["/var/run/docker.sock", "/run/podman/podman.sock"];
/// How long the daemon may take to begin its answer. An import answers when it is done.
const PATIENCE: Duration = Duration::from_secs(1800);
/// How long to wait for the sign of life of a daemon.
const PROBE_PATIENCE: Duration = Duration::from_secs(10);
/// The exit code of a process that ended by signal n is this much more.
const SIGNALLED: i64 = 128;

/// Runs commands in containers.
#[derive(Clone)]
pub struct Docker {
    api: Api,
    address: String,
    helper: HostPath,
    session: Session,
    /// Removes our containers when we die; its standard input is open while we live.
    reaper: Arc<Mutex<Option<Child>>>,
    /// Held while an image is looked for and imported, so that no two import the same.
    importing: Arc<tokio::sync::Mutex<()>>,
}

impl std::fmt::Debug for Docker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Docker")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Docker {
    /// Connects to the daemon at `address` (what `DOCKER_HOST` holds), or where one usually is,
    /// and removes what earlier drivers left behind.
    ///
    /// `helper` is the `pbs` program, which is started again to watch over our containers.
    pub async fn connect(address: Option<&str>, helper: HostPath) -> Result<Self, SandboxError> {
        let (api, address) = Self::find(address).await?;
        session::reap_leftovers(&api).await?;
        Ok(Self {
            api,
            address,
            helper,
            session: Session::current(),
            reaper: Arc::default(),
            importing: Arc::default(),
        })
    }

    /// Finds out whether there is a daemon that answers.
    pub async fn probe(address: Option<&str>) -> Result<(), SandboxError> {
        Self::find(address).await.map(drop)
    }

    /// Removes the images of roots that no longer stand; how many there were. Where no daemon
    /// answers there is nothing to remove.
    pub async fn forget_images(address: Option<&str>) -> Result<usize, SandboxError> {
        match Self::find(address).await {
            Ok((api, _)) => Ok(image::forget(&api).await?),
            Err(_) => Ok(0),
        }
    }

    async fn find(address: Option<&str>) -> Result<(Api, String), SandboxError> {
        let candidates = match address {
            Some(address) => vec![address.to_owned()],
            None => {
                let user = rustix::process::geteuid().as_raw();
                let own = format!("/run/user/{user}/podman/podman.sock");
                let all = SOCKETS.map(str::to_owned).into_iter().chain([own]);
                all.map(|path| format!("unix://{path}")).collect()
            }
        };
        let mut reasons = Vec::new();
        for address in candidates {
            match connect(&address).await {
                Ok(api) => return Ok((api, address)),
                Err(reason) => reasons.push(format!("`{address}`: {reason}")),
            }
        }
        Err(SandboxError::Unusable {
            sandbox: "docker",
            reason: format!("no container engine answers at {}", reasons.join(", ")),
            hint:
                "start Docker or Podman (`systemctl start docker`, `systemctl --user start podman.socket`), \
                   see that this user may use its socket, or name another with `DOCKER_HOST`"
                    .to_owned(),
        })
    }

    fn watch(&self) -> Result<(), DockerError> {
        let mut reaper = self.reaper.lock().unwrap_or_else(PoisonError::into_inner);
        if reaper.is_none() {
            *reaper = Some(session::start_reaper(&self.helper, &self.address, &self.session)?);
        }
        Ok(())
    }

    async fn create(&self, spec: &ExecSpec, image: String) -> Result<Container, DockerError> {
        let body = body(spec, &image, &self.session);
        let created = self.api.create_container(None, body).await;
        match created {
            Ok(created) => Ok(Container {
                api: self.api.clone(),
                id: Some(created.id),
            }),
            Err(source) => Err(DockerError::CreateContainer { image, source }),
        }
    }

    /// From the image to the exit code.
    async fn run(
        &self,
        spec: &ExecSpec,
        sink: &dyn OutputSink,
        container: &mut Option<Container>,
    ) -> Result<Exit, DockerError> {
        let importing = self.importing.lock().await;
        let image = image::ensure(&self.api, &spec.root, spec.uid).await?;
        drop(importing);
        let container = container.insert(self.create(spec, image).await?);
        let id = container.id();

        let options = AttachContainerOptions {
            stream: true,
            stdout: true,
            stderr: true,
            ..AttachContainerOptions::default()
        };
        let attached = self.api.attach_container(id, Some(options)).await;
        let mut output = attached
            .map_err(|source| DockerError::AttachContainer {
                container: id.to_owned(),
                source,
            })?
            .output;
        self.api
            .start_container(id, None)
            .await
            .map_err(|source| DockerError::StartContainer {
                container: id.to_owned(),
                source,
            })?;
        while let Some(chunk) = output.next().await {
            let chunk = chunk.map_err(|source| DockerError::ReadOutput {
                container: id.to_owned(),
                source,
            })?;
            sink.write(chunk.as_ref());
        }
        self.exit(id).await
    }

    async fn exit(&self, id: &str) -> Result<Exit, DockerError> {
        let options = WaitContainerOptions {
            condition: "not-running".to_owned(),
        };
        let mut waiting = self.api.wait_container(id, Some(options));
        let code = match waiting.next().await {
            Some(Ok(done)) => done.status_code,
            // So bollard reports every code but 0.
            Some(Err(bollard::errors::Error::DockerContainerWaitError { code, .. })) => code,
            Some(Err(source)) => {
                return Err(DockerError::WaitContainer {
                    container: id.to_owned(),
                    source,
                });
            }
            None => {
                let state = self.api.inspect_container(id, None).await;
                let state = state.map_err(|source| DockerError::InspectContainer {
                    container: id.to_owned(),
                    source,
                })?;
                state.state.and_then(|state| state.exit_code).unwrap_or(SIGNALLED)
            }
        };
        let code = i32::try_from(code).unwrap_or(i32::MAX);
        let signal = code - SIGNALLED as i32;
        Ok(if (1..=64).contains(&signal) {
            Exit::Signal(signal)
        } else {
            Exit::Code(code)
        })
    }
}

impl Sandbox for Docker {
    fn name(&self) -> &'static str {
        "docker"
    }

    fn exec<'a>(
        &'a self,
        spec: &'a ExecSpec,
        sink: &'a dyn OutputSink,
        cancel: &'a CancellationToken,
    ) -> Running<'a> {
        Box::pin(async move {
            if spec.stdin == Stdin::Terminal {
                return Err(SandboxError::Unusable {
                    sandbox: "docker",
                    reason: "it does not pass a terminal on".to_owned(),
                    hint: "use `--sandbox native`".to_owned(),
                });
            }
            self.watch()?;
            let started = Instant::now();
            let mut container = None;
            let ended = tokio::select! {
                biased;
                exit = Stop::new(spec, cancel).wait() => Ok(exit),
                ended = self.run(spec, sink, &mut container) => ended,
            };
            let wall = started.elapsed();
            if let (Ok(Exit::Code(_) | Exit::Signal(_)), Some(container)) = (&ended, &container) {
                collect::collect(&self.api, container.id(), &spec.out).await?;
            }
            if let Some(container) = container {
                container.remove().await?;
            }
            let usage = Usage {
                wall,
                ..Usage::default()
            };
            Ok(ended.map(|exit| Finished { exit, usage })?)
        })
    }
}

/// A container that is removed with this value, at the latest.
struct Container {
    api: Api,
    id: Option<String>,
}

impl Container {
    fn id(&self) -> &str {
        self.id.as_deref().unwrap_or_default()
    }

    async fn remove(mut self) -> Result<(), DockerError> {
        let id = self.id.take().unwrap_or_default();
        session::remove(&self.api, &id).await
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        // An error or a dropped future; without a runtime, the reaper will do it.
        if let (Some(id), Ok(runtime)) = (self.id.take(), tokio::runtime::Handle::try_current()) {
            let api = self.api.clone();
            runtime.spawn(async move { session::remove(&api, &id).await });
        }
    }
}

/// Connects and agrees on a version of the API.
async fn connect(address: &str) -> Result<Api, bollard::errors::Error> {
    let api = Api::connect_with_host(address)?.with_timeout(PROBE_PATIENCE);
    Ok(api.negotiate_version().await?.with_timeout(PATIENCE))
}

/// Everything that the command sees, in the API's words.
fn body(spec: &ExecSpec, image: &str, session: &Session) -> ContainerCreateBody {
    // A name without a value takes away what the engine would set.
    let unset = ["HOSTNAME", "PATH"]
        .into_iter()
        .filter(|name| !spec.env.contains_key(*name));
    let env = spec.env.iter().map(|(name, value)| format!("{name}={value}"));
    let limit = |name: &str, soft: u64, hard: Option<u64>| ResourcesUlimits {
        name: Some(name.to_owned()),
        soft: i64::try_from(soft).ok(),
        hard: Some(hard.and_then(|hard| i64::try_from(hard).ok()).unwrap_or(-1)),
    };
    let inputs = spec.mounts.iter().map(|mount| Mount {
        typ: Some(MountType::BIND),
        source: Some(mount.host.0.to_string()),
        target: Some(mount.guest.to_string()),
        read_only: Some(true),
        ..Mount::default()
    });
    let volumes = ["/work", "/out"].map(|target| Mount {
        typ: Some(MountType::VOLUME),
        target: Some(target.to_owned()),
        ..Mount::default()
    });
    let tmp = format!("rw,nosuid,nodev,exec,mode=1777,size={TMP}");
    let host_config = HostConfig {
        network_mode: Some("none".to_owned()),
        readonly_rootfs: Some(true),
        // Reaps, and keeps the command from being process 1.
        init: Some(true),
        mounts: Some(inputs.chain(volumes).collect()),
        tmpfs: Some(HashMap::from([("/tmp".to_owned(), tmp)])),
        shm_size: i64::try_from(SHM).ok(),
        ipc_mode: Some("private".to_owned()),
        cgroupns_mode: Some(HostConfigCgroupnsModeEnum::PRIVATE),
        cap_drop: Some(vec!["ALL".to_owned()]),
        // What the native sandbox has: no new privileges, but every system call and all of /proc.
        security_opt: Some(vec![
            "no-new-privileges".to_owned(),
            "seccomp=unconfined".to_owned(),
        ]),
        masked_paths: Some(Vec::new()),
        readonly_paths: Some(Vec::new()),
        ulimits: Some(vec![
            limit("nofile", OPEN_FILES, Some(OPEN_FILES_MAX)),
            limit("stack", STACK, None),
            limit("core", 0, Some(0)),
        ]),
        // We listen from the start; the daemon need not keep a copy.
        log_config: Some(HostConfigLogConfig {
            typ: Some("none".to_owned()),
            config: None,
        }),
        ..HostConfig::default()
    };
    ContainerCreateBody {
        image: Some(image.to_owned()),
        hostname: Some(HOSTNAME.to_owned()),
        user: Some(format!("{0}:{0}", spec.uid)),
        entrypoint: Some(spec.argv.clone()),
        cmd: Some(Vec::new()),
        env: Some(env.chain(unset.map(str::to_owned)).collect()),
        working_dir: Some(spec.cwd.to_string()),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        labels: Some(HashMap::from([
            (LABEL.to_owned(), session.to_string()),
            ("pbs.step".to_owned(), spec.name.clone()),
        ])),
        host_config: Some(host_config),
        ..ContainerCreateBody::default()
    }
}

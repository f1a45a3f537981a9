//! The whole way: from a question to an interpreter that stands ready.

use std::fmt;
use std::io;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use tokio_util::sync::CancellationToken;

use super::download::Download;
use super::error::ObtainError;
use super::lockfile::Lock;
use super::machine::Machine;
use super::origin::Origin;
use super::place::{Cache, Standing, clear, look, mark_used, settle};
use super::published::Believed;
use super::reach::Reach;
use super::{evidence, gate, published};
use crate::bucket::Given;
use crate::fetch::{HttpLimits, Progress};
use crate::index::{Artifact, Choice, PublicKey, VersionChoice};
use crate::model::{Options, Target, TreePath};
use crate::plan::Flavor;
use crate::registry::Access;
use crate::store::{Store, StoreError, write_whole};

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// Which versions will do.
    pub python: VersionChoice,
    /// Where it will run; a machine like this one, if it is not said.
    pub target: Option<Target>,
    /// How it is built; the fastest ordinary build, if it is not said.
    pub options: Option<Options>,
    /// Which archive.
    pub flavor: Flavor,
    /// Where it is published; what the lock file says, if it is not said.
    pub origin: Option<Origin>,
    /// The publisher's keys, as far as a person knows them.
    pub keys: Vec<PublicKey>,
    /// Where it is unpacked, instead of the cache.
    pub dest: Option<Utf8PathBuf>,
    /// The lock file.
    pub lock: Option<LockUse>,
    /// Where what is published about the archive is kept.
    pub evidence: Option<Utf8PathBuf>,
}

/// How a lock file is used.
#[derive(Clone, Debug)]
pub struct LockUse {
    /// The file.
    pub path: Utf8PathBuf,
    /// The index is asked although the file is there, and the answer replaces what is locked.
    pub update: bool,
}

/// Told things that a person should know, one line each.
pub type Notice = Arc<dyn Fn(&str) + Send + Sync>;

/// What it is done with.
#[derive(Clone)]
pub struct Tools {
    /// Where archives are kept, and beside them interpreters.
    pub store: Store,
    /// Time-outs and retries.
    pub limits: HttpLimits,
    /// Who listens to downloads.
    pub progress: Arc<dyn Progress>,
    /// Who is told the rest.
    pub notice: Notice,
    /// How buckets are reached.
    pub buckets: Given,
    /// Certificate authorities to trust besides the system's, PEM.
    pub authorities: Vec<u8>,
    /// Credentials for registries.
    pub registries: Access,
    /// Ends everything.
    pub cancelled: CancellationToken,
    /// What this machine is.
    pub machine: Machine,
}

impl fmt::Debug for Tools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tools")
            .field("store", &self.store.root())
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// An interpreter that stands ready.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Obtained {
    /// The interpreter.
    pub interpreter: Utf8PathBuf,
    /// The directory that holds `python/`.
    pub directory: Utf8PathBuf,
    /// What it was unpacked from.
    pub artifact: Artifact,
    /// Where that is published.
    pub from: String,
    /// The serial of the index that named it; nothing where a lock file did.
    pub serial: Option<u64>,
    /// Whether something was downloaded.
    pub downloaded: bool,
}

/// Which archive it is to be.
struct Decided {
    artifact: Artifact,
    origin: Origin,
    serial: Option<u64>,
    /// What is to be locked, once it is there.
    to_lock: Option<Choice>,
    /// The index that named it.
    believed: Option<Believed>,
}

/// Gets the newest distribution that fits, or the one that is locked.
///
/// Blocks; must not be called from asynchronous code.
pub fn obtain(request: &Request, tools: &Tools) -> Result<Obtained, ObtainError> {
    let cache = Cache::of(&tools.store);
    let reach = Reach::new(tools);
    let mut decided = decide(request, tools, &cache, &reach)?;
    let place = match &request.dest {
        Some(dest) => dest.clone(),
        None => cache.python(&decided.artifact),
    };
    let is_ours = request.dest.is_none();
    let (interpreter, downloaded) = stand(tools, &cache, &reach, &decided, &place, is_ours)?;
    if let (Some(choice), Some(lock)) = (&decided.to_lock, &request.lock) {
        keep(tools, &cache, &lock.path, choice, &decided)?;
    }
    if let Some(dir) = &request.evidence {
        let believed = match decided.believed.take() {
            Some(believed) => believed,
            // A lock file says which archive it is, and the index what there is to say of it.
            None => published::read(tools, &cache, &reach, &decided.origin, &request.keys)?,
        };
        evidence::keep(tools, &reach, &decided.origin, &believed, &decided.artifact, dir)?;
    }
    Ok(Obtained {
        interpreter: place.join(interpreter.as_str()),
        directory: place,
        artifact: decided.artifact,
        from: decided.origin.to_string(),
        serial: decided.serial,
        downloaded,
    })
}

/// Finds out which archive it is to be.
fn decide(request: &Request, tools: &Tools, cache: &Cache, reach: &Reach) -> Result<Decided, ObtainError> {
    // Also where it is to be written: one that is none is told before anything is done.
    let locked = match &request.lock {
        Some(lock) => read_lock(&lock.path)?.map(|locked| (lock, locked)),
        None => None,
    };
    if let Some((lock, locked)) = locked
        && !lock.update
    {
        let choice = choice(request, &tools.machine, &mut locked.targets())?;
        let found = locked.find(&choice).map_err(|source| ObtainError::NotLocked {
            path: lock.path.clone(),
            source,
        })?;
        let origin = match &request.origin {
            Some(origin) => origin.clone(),
            None => locked_origin(&found.from, &lock.path)?,
        };
        return Ok(Decided {
            artifact: found.artifact(),
            origin,
            serial: None,
            to_lock: None,
            believed: None,
        });
    }
    let origin = request.origin.clone().ok_or(ObtainError::NoOrigin)?;
    let believed = published::read(tools, cache, reach, &origin, &request.keys)?;
    let index = &believed.index;
    let mut targets = index.artifacts.iter().map(|artifact| &artifact.target);
    let choice = choice(request, &tools.machine, &mut targets)?;
    let artifact = index.newest(&choice).map_err(|source| ObtainError::NoMatch {
        from: origin.to_string(),
        source,
    })?;
    Ok(Decided {
        artifact: artifact.clone(),
        origin,
        serial: Some(index.serial),
        to_lock: Some(choice),
        believed: Some(believed),
    })
}

/// What is asked for, for one of these targets.
fn choice(
    request: &Request,
    machine: &Machine,
    offered: &mut dyn Iterator<Item = &Target>,
) -> Result<Choice, ObtainError> {
    let offered: std::collections::BTreeSet<&Target> = offered.collect();
    let of_machine = || machine.target(offered.iter().copied()).cloned();
    let target = request.target.clone().or_else(of_machine);
    Ok(Choice {
        python: request.python.clone(),
        target: target.ok_or_else(|| ObtainError::NoTarget {
            machine: machine.to_string(),
            offered: offered.iter().map(ToString::to_string).collect(),
        })?,
        options: request.options.clone(),
        flavor: request.flavor,
    })
}

fn locked_origin(from: &str, lock: &Utf8Path) -> Result<Origin, ObtainError> {
    Origin::parse(from, lock.parent().unwrap_or(lock)).map_err(|source| ObtainError::LockedOrigin {
        path: lock.to_owned(),
        source,
    })
}

fn read_lock(path: &Utf8Path) -> Result<Option<Lock>, ObtainError> {
    match fs_err::read(path) {
        Ok(bytes) => Lock::read(&bytes).map(Some).map_err(|source| ObtainError::Lock {
            path: path.to_owned(),
            source,
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ObtainError::io("read the lock file", source)),
    }
}

/// Puts the answer into the lock file.
fn keep(
    tools: &Tools,
    cache: &Cache,
    path: &Utf8Path,
    choice: &Choice,
    decided: &Decided,
) -> Result<(), ObtainError> {
    let _lock = gate::enter(&cache.locks(), path.as_str(), &tools.cancelled, &|| ())?;
    let before = read_lock(path)?;
    let mut after = before.clone().unwrap_or_default();
    after.put(choice, &decided.origin.to_string(), &decided.artifact);
    if before.as_ref() == Some(&after) {
        return Ok(());
    }
    write_whole(path, |out| out.write_all(&after.write()))
        .map_err(|source| ObtainError::io("write the lock file", source))
}

/// Makes the interpreter stand at a place: its path there, and whether something was downloaded.
fn stand(
    tools: &Tools,
    cache: &Cache,
    reach: &Reach,
    decided: &Decided,
    place: &Utf8Path,
    is_ours: bool,
) -> Result<(TreePath, bool), ObtainError> {
    let artifact = &decided.artifact;
    let waiting = || {
        (tools.notice)(&format!(
            "another pbs is getting `{}`; waiting for it",
            artifact.name
        ));
    };
    let _place = gate::enter(&cache.locks(), place.as_str(), &tools.cancelled, &waiting)?;
    match look(place, artifact)? {
        Standing::Ready(interpreter) => {
            if is_ours {
                mark_used(place);
            }
            return Ok((interpreter, false));
        }
        Standing::Free => {}
        Standing::Other(_) if is_ours => clear(place)?,
        Standing::Other(what) => {
            return Err(ObtainError::Occupied {
                path: place.to_owned(),
                what,
            });
        }
    }
    let (mut archive, downloaded) = {
        // Two places may want one archive.
        let name = artifact.digest.to_string();
        let _archive = gate::enter(&cache.locks(), &name, &tools.cancelled, &waiting)?;
        have(tools, cache, reach, decided)?
    };
    let failed = |source| ObtainError::io("make a directory", source);
    let parent = place.parent().unwrap_or(place);
    fs_err::create_dir_all(parent).map_err(failed)?;
    let interpreter = if is_ours {
        let scratch = tools.store.scratch()?;
        settle(
            artifact,
            &mut archive,
            scratch.dir.as_path(),
            place,
            &tools.cancelled,
        )?
    } else {
        let beside = tempfile::Builder::new()
            .prefix(".pbs-fetch-")
            .tempdir_in(parent)
            .map_err(failed)?;
        let beside = Utf8Path::from_path(beside.path())
            .map(Utf8Path::to_owned)
            .map(|path| (path, beside));
        let (path, _kept) = beside.ok_or_else(|| failed(io::ErrorKind::InvalidFilename.into()))?;
        settle(artifact, &mut archive, &path, place, &tools.cancelled)?
    };
    Ok((interpreter, downloaded))
}

/// The archive, checked, and whether it was downloaded.
fn have(
    tools: &Tools,
    cache: &Cache,
    reach: &Reach,
    decided: &Decided,
) -> Result<(fs_err::File, bool), ObtainError> {
    let expected = decided.artifact.digest();
    if tools.store.has_blob(&expected) {
        match tools.store.open_seekable(&expected) {
            Ok(archive) => return Ok((archive, false)),
            // It was damaged, and is gone now.
            Err(StoreError::Blob { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let parts = cache.parts();
    let download = Download {
        store: &tools.store,
        parts: &parts,
        reach,
        origin: &decided.origin,
        artifact: &decided.artifact,
        progress: &tools.progress,
        cancelled: &tools.cancelled,
    };
    let digest = download.run()?;
    Ok((tools.store.open_seekable(&digest)?, true))
}

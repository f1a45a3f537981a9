//! Builds the root that a command sees, out of mounts alone.
//!
//! A tmpfs takes the root tree's top-level entries, each bound read-only, and the mount points
//! of everything else; so nothing is ever made in the tree itself, which other sessions share.

use std::ffi::CString;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use nix::sched::{CloneFlags, unshare};
use rustix::fs::{Mode, StatVfsMountFlags};
use rustix::mount::{
    MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_bind, mount_change, mount_remount, unmount,
};
use rustix::process::{chdir, pivot_root};

use super::wire::{Doing, Failure, Part, StepJob};
use crate::sandbox::limits::{OURS, SHM, TMP};

/// Where the machine's files are while we build.
const OLD: &str = "/old";
/// Where we build.
const NEW: &str = "/new";
const DEVICES: [&str; 6] = ["null", "zero", "full", "random", "urandom", "tty"];
/// In `/dev`: name → target.
const LINKS: [(&str, &str); 5] = [
    ("fd", "/proc/self/fd"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
    ("stderr", "/proc/self/fd/2"),
    ("ptmx", "pts/ptmx"),
];

/// Builds the root and goes there. Without a step, an empty one (a probe).
pub(super) fn build(step: Option<&StepJob>) -> Result<(), Failure> {
    unshare(CloneFlags::CLONE_NEWNS).doing(Part::Namespaces, || "make namespaces".to_owned())?;
    let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    mount_change("/", private).doing(Part::Mounts, || "make mounts private".to_owned())?;

    // Any directory that exists will do to build upon.
    let stage = step.map_or("/proc", |step| &step.work);
    tmpfs(Utf8Path::new(stage), "mode=755")?;
    for directory in [OLD, NEW] {
        make_dir(Utf8Path::new(&format!("{stage}{directory}")))?;
    }
    pivot_root(stage, format!("{stage}{OLD}"))
        .and_then(|()| chdir("/"))
        .doing(Part::Mounts, || format!("enter the new root at `{stage}`"))?;
    tmpfs(Utf8Path::new(NEW), "mode=755")?;

    if let Some(step) = step {
        mirror(&step.root)?;
    }
    for name in OURS {
        make_dir(&new(name))?;
    }
    devices()?;
    tmpfs(&new("tmp"), &format!("mode=1777,size={TMP}"))?;
    let plain = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    mount("proc", new("proc").as_str(), "proc", plain, None)
        .doing(Part::Proc, || "mount `/proc`".to_owned())?;
    if let Some(step) = step {
        for (host, guest) in &step.mounts {
            bind_step(host, guest, MountFlags::RDONLY)?;
        }
        bind_step(&step.work, "/work", MountFlags::empty())?;
        bind_step(&step.out, "/out", MountFlags::empty())?;
    }
    for path in [new("dev"), Utf8PathBuf::from(NEW)] {
        let flags = MountFlags::BIND | MountFlags::RDONLY | MountFlags::NOSUID;
        mount_remount(path.as_str(), flags, c"")
            .doing(Part::Mounts, || format!("make `{path}` read-only"))?;
    }

    // The old root ends up on top of the new one and is taken off again.
    chdir(NEW)
        .and_then(|()| pivot_root(".", "."))
        .and_then(|()| unmount(".", UnmountFlags::DETACH))
        .and_then(|()| chdir("/"))
        .doing(Part::Mounts, || "leave the machine's files".to_owned())
}

fn new(name: &str) -> Utf8PathBuf {
    Utf8Path::new(NEW).join(name)
}

fn old(host: &str) -> String {
    format!("{OLD}{host}")
}

/// Every top-level entry of the root tree, read-only.
fn mirror(root: &str) -> Result<(), Failure> {
    let reading = || format!("read the root `{root}`");
    for entry in fs_err::read_dir(old(root)).doing(Part::Step, reading)? {
        let entry = entry.doing(Part::Step, reading)?;
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| !OURS.contains(name)) else {
            continue;
        };
        let (source, target) = (format!("{}/{name}", old(root)), new(name));
        let kind = entry.file_type().doing(Part::Step, reading)?;
        if kind.is_symlink() {
            fs_err::read_link(&source)
                .and_then(|to| fs_err::os::unix::fs::symlink(to, target.as_str()))
                .doing(Part::Step, || format!("copy the link `{name}` of the root"))?;
        } else {
            bind(&source, &target, MountFlags::RDONLY)
                .doing(Part::Step, || format!("mount `{name}` of the root"))?;
        }
    }
    Ok(())
}

fn bind_step(host: &str, guest: &str, flags: MountFlags) -> Result<(), Failure> {
    bind(&old(host), &new(guest.trim_start_matches('/')), flags)
        .doing(Part::Step, || format!("mount `{host}` at `{guest}`"))
}

/// Binds a file or directory, making the mount point where it is missing.
fn bind(source: &str, target: &Utf8Path, flags: MountFlags) -> io::Result<()> {
    if fs_err::metadata(source)?.is_dir() {
        fs_err::create_dir_all(target)?;
    } else {
        touch(target)?;
    }
    mount_bind(source, target.as_str())?;
    // Flags of the source that this user namespace may not clear have to be repeated.
    let kept = rustix::fs::statvfs(target.as_str())?.f_flag;
    let mut flags = flags | MountFlags::BIND | MountFlags::NOSUID | MountFlags::NODEV;
    for (is, flag) in [
        (StatVfsMountFlags::RDONLY, MountFlags::RDONLY),
        (StatVfsMountFlags::NOEXEC, MountFlags::NOEXEC),
        (StatVfsMountFlags::NOATIME, MountFlags::NOATIME),
        (StatVfsMountFlags::NODIRATIME, MountFlags::NODIRATIME),
        (StatVfsMountFlags::RELATIME, MountFlags::RELATIME),
    ] {
        if kept.contains(is) {
            flags |= flag;
        }
    }
    Ok(mount_remount(target.as_str(), flags, c"")?)
}

fn devices() -> Result<(), Failure> {
    let dev = new("dev");
    tmpfs(&dev, "mode=755")?;
    for name in DEVICES {
        let target = dev.join(name);
        touch(&target)
            .and_then(|()| Ok(mount_bind(format!("{OLD}/dev/{name}"), target.as_str())?))
            .doing(Part::Mounts, || format!("mount `/dev/{name}`"))?;
    }
    for (name, to) in LINKS {
        rustix::fs::symlink(to, dev.join(name).as_str())
            .doing(Part::Mounts, || format!("make `/dev/{name}`"))?;
    }
    make_dir(&dev.join("shm"))?;
    tmpfs(&dev.join("shm"), &format!("mode=1777,size={SHM}"))?;
    make_dir(&dev.join("pts"))?;
    let flags = MountFlags::NOSUID | MountFlags::NOEXEC;
    let options = c"newinstance,ptmxmode=0666,mode=620";
    mount("devpts", dev.join("pts").as_str(), "devpts", flags, options)
        .doing(Part::Mounts, || "mount `/dev/pts`".to_owned())
}

fn tmpfs(target: &Utf8Path, options: &str) -> Result<(), Failure> {
    let flags = MountFlags::NOSUID | MountFlags::NODEV;
    let options = CString::new(options).unwrap_or_default();
    mount("tmpfs", target.as_str(), "tmpfs", flags, options.as_c_str())
        .doing(Part::Mounts, || format!("mount a tmpfs at `{target}`"))
}

fn make_dir(path: &Utf8Path) -> Result<(), Failure> {
    match rustix::fs::mkdir(path.as_str(), Mode::from_raw_mode(0o755)) {
        Ok(()) | Err(rustix::io::Errno::EXIST) => Ok(()),
        Err(error) => Err(error).doing(Part::Mounts, || format!("make `{path}`")),
    }
}

fn touch(path: &Utf8Path) -> io::Result<()> {
    fs_err::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .map(drop)
}

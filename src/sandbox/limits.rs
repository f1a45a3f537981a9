//! The limits that every sandbox gives every command, so that none of them shows which it was.

/// Open files a process may have.
pub(super) const OPEN_FILES: u64 = 1024;
/// ... and may raise that to. No higher than any machine's own hard limit.
pub(super) const OPEN_FILES_MAX: u64 = 4096;
/// Bytes of a main thread's stack.
pub(super) const STACK: u64 = 8 << 20;
/// Bytes in `/tmp`.
pub(super) const TMP: u64 = 4 << 30;
/// Bytes in `/dev/shm`.
pub(super) const SHM: u64 = 1 << 30;
/// What the machine is called.
pub(super) const HOSTNAME: &str = "pbs";
/// Top-level directories that a sandbox makes, even if the root tree has them too.
pub(super) const OURS: [&str; 6] = ["dev", "in", "out", "proc", "tmp", "work"];

//! What an archive says of its members beyond their content; only rules on archives need it.

/// The members of an archive in their order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ArchiveFacts {
    /// The members.
    pub members: Vec<ArchiveMember>,
}

/// A member of an archive.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ArchiveMember {
    /// Its path as written, without a slash at the end.
    pub path: String,
    /// What it is.
    pub kind: MemberKind,
    /// Permission bits.
    pub mode: u32,
    /// Modification time in seconds since 1970.
    pub mtime: u64,
    /// User and group.
    pub owner: (u64, u64),
    /// Names of user and group.
    pub owner_names: (String, String),
}

/// The kinds of members.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MemberKind {
    /// A regular file.
    File,
    /// A symbolic link.
    Symlink,
    /// A directory.
    Directory,
    /// A hard link, a device, a pipe.
    Other,
}

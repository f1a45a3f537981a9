//! Static libraries: the members and what each of them is.

use object::read::archive::ArchiveFile;

use super::begun::is_universal;
use super::{Content, ContentError};

/// A static library.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Archive {
    /// The members in order; the symbol table and the table of long names are none.
    pub members: Vec<Member>,
}

/// A member of a static library.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// Its name; several members may have the same.
    pub name: String,
    /// What it is.
    pub content: Content,
    /// Its length in bytes.
    pub size: u64,
    /// Whether its time, user and group are zero, as `ar rcD` leaves them.
    pub deterministic: bool,
}

/// Why a file is not a static library.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// Its structure is broken.
    #[error("not a readable static library")]
    Malformed {
        /// What the reader found.
        #[source]
        source: object::read::Error,
    },
    /// Its members stand elsewhere.
    #[error("a thin archive: its members are not in it")]
    Thin,
    /// A member is broken.
    #[error("member `{member}`")]
    Member {
        /// The member's name.
        member: String,
        /// What is wrong with it.
        #[source]
        source: Box<ContentError>,
    },
}

impl Archive {
    /// Reads a static library and all its members.
    pub fn parse(bytes: &[u8]) -> Result<Self, ArchiveError> {
        let malformed = |source| ArchiveError::Malformed { source };
        let file = ArchiveFile::parse(bytes).map_err(malformed)?;
        if file.is_thin() {
            return Err(ArchiveError::Thin);
        }
        let mut members = Vec::new();
        for member in file.members() {
            let member = member.map_err(malformed)?;
            let name = String::from_utf8_lossy(member.name()).into_owned();
            let data = member.data(bytes).map_err(malformed)?;
            // An archive in an archive is data to every linker; reading on would let a file nest without end. A universal
            // file could have one in it.
            let content = if data.starts_with(b"!<") || is_universal(data) {
                Content::Other
            } else {
                Content::inspect(data).map_err(|source| ArchiveError::Member {
                    member: name.clone(),
                    source: Box::new(source),
                })?
            };
            let zero = |field: Option<u64>| field.unwrap_or(0) == 0;
            members.push(Member {
                name,
                content,
                size: member.size(),
                deterministic: zero(member.date()) && zero(member.uid()) && zero(member.gid()),
            });
        }
        Ok(Self { members })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn archive(date: u32, members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut bytes = b"!<arch>\n".to_vec();
        for (name, data) in members {
            let name = format!("{name}/");
            bytes.extend(format!("{name:<16}{date:<12}0     0     644     {:<10}`\n", data.len()).bytes());
            bytes.extend_from_slice(data);
            if data.len() % 2 == 1 {
                bytes.push(b'\n');
            }
        }
        bytes
    }

    #[test]
    fn lists_members_in_order() {
        let archive = Archive::parse(&archive(0, &[("b.o", b"xyz"), ("a.o", b"BC\xc0\xde")])).unwrap();
        let names: Vec<_> = archive
            .members
            .iter()
            .map(|member| member.name.as_str())
            .collect();
        assert_eq!(names, ["b.o", "a.o"]);
        assert_eq!(archive.members[1].content, Content::Bitcode);
        assert!(archive.members.iter().all(|member| member.deterministic));
    }

    #[test]
    fn reads_names_and_tables_of_macos() {
        // Names stand before the content, filled up with zeros; so does that of the table, which is no member.
        let long = "a-name-that-is-longer-than-sixteen-bytes.o";
        let mut bytes = b"!<arch>\n".to_vec();
        for (name, width, data) in [
            ("__.SYMDEF", 12, &[0; 8][..]),
            (long, 44, b"BC\xc0\xde"),
            ("b.o", 4, b"x"),
        ] {
            let size = width + data.len();
            bytes.extend(format!("#1/{width:<13}0           0     0     644     {size:<10}`\n").bytes());
            bytes.extend(name.bytes());
            bytes.resize(bytes.len() + width - name.len(), 0);
            bytes.extend(data);
            bytes.resize(bytes.len().next_multiple_of(2), b'\n');
        }
        let archive = Archive::parse(&bytes).unwrap();
        let members = archive.members.iter();
        let members: Vec<_> = members
            .map(|member| (member.name.as_str(), member.size))
            .collect();
        assert_eq!(members, [(long, 4), ("b.o", 1)]);
        assert_eq!(archive.members[0].content, Content::Bitcode);
    }

    #[test]
    fn sees_a_time() {
        let archive = Archive::parse(&archive(1_700_000_000, &[("a.o", b"x")])).unwrap();
        assert!(!archive.members[0].deterministic);
    }

    #[test]
    fn names_the_broken_member() {
        let error = Archive::parse(&archive(0, &[("ok.o", b""), ("bad.o", b"\x7fELF")])).unwrap_err();
        assert_eq!(error.to_string(), "member `bad.o`");
    }
}

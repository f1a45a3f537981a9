//! What a file is, told by its first bytes, never by its name.

use super::{Archive, ArchiveError, Elf, ElfError};

/// The kinds of files that hold code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Content {
    /// An ELF object, library or executable.
    Elf(Box<Elf>),
    /// A static library.
    Archive(Archive),
    /// LLVM bitcode, which only one version of one compiler can link.
    Bitcode,
    /// Something else: text, data, an empty file.
    Other,
}

/// Why a file that begins like a known format is none.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    /// A broken ELF file.
    #[error(transparent)]
    Elf(#[from] ElfError),
    /// A broken static library.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

impl Content {
    /// Inspects `bytes`.
    pub fn inspect(bytes: &[u8]) -> Result<Self, ContentError> {
        if bytes.starts_with(b"\x7fELF") {
            Ok(Self::Elf(Box::new(Elf::parse(bytes)?)))
        } else if bytes.starts_with(b"!<arch>\n") || bytes.starts_with(b"!<thin>\n") {
            Ok(Self::Archive(Archive::parse(bytes)?))
        } else if bytes.starts_with(b"BC\xc0\xde") || bytes.starts_with(b"\xde\xc0\x17\x0b") {
            Ok(Self::Bitcode)
        } else {
            Ok(Self::Other)
        }
    }

    /// Whether a linker takes it in: an object or a static library.
    #[must_use]
    pub fn is_linkable(&self) -> bool {
        match self {
            Self::Elf(elf) => !elf.is_image(),
            Self::Archive(_) | Self::Bitcode => true,
            Self::Other => false,
        }
    }

    /// The ELF files in it with the member's name where it is a static library.
    pub fn elves(&self) -> impl Iterator<Item = (Option<&str>, &Elf)> {
        let alone = match self {
            Self::Elf(elf) => Some((None, &**elf)),
            _ => None,
        };
        let members = match self {
            Self::Archive(archive) => archive.members.as_slice(),
            _ => &[],
        };
        let members = members.iter().filter_map(|member| match &member.content {
            Self::Elf(elf) => Some((Some(member.name.as_str()), &**elf)),
            _ => None,
        });
        alone.into_iter().chain(members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn never_panics(kind in 0..4_usize, tail in proptest::collection::vec(any::<u8>(), 0..512)) {
            let head: [&[u8]; 4] = [b"\x7fELF\x02\x01\x01", b"!<arch>\n", b"!<thin>\n", b""];
            let bytes = [head[kind], tail.as_slice()].concat();
            let _ = Content::inspect(&bytes);
        }
    }
}

//! What a file is, told by its first bytes, never by its name.

use super::begun::{RESOURCE, is_bitcode, is_coff, is_coff_import};
use super::{
    Archive, ArchiveError, Code, Coff, CoffContent, CoffError, CoffImport, Elf, ElfError, Pe, PeError, Role,
};

/// The kinds of files that hold code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Content {
    /// An ELF object, library or executable.
    Elf(Box<Elf>),
    /// An executable or a DLL of Windows.
    Pe(Box<Pe>),
    /// An object of Windows.
    Coff(Box<Coff>),
    /// A name in a DLL, as import libraries have them.
    Import(CoffImport),
    /// Compiled resources of Windows: icons, a version, a manifest.
    Resource,
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
    /// A broken executable or DLL.
    #[error(transparent)]
    Pe(#[from] PeError),
    /// A broken object of Windows.
    #[error(transparent)]
    Coff(#[from] CoffError),
    /// A broken static library.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

impl Content {
    /// Inspects `bytes`.
    pub fn inspect(bytes: &[u8]) -> Result<Self, ContentError> {
        if bytes.starts_with(b"\x7fELF") {
            Ok(Self::Elf(Box::new(Elf::parse(bytes)?)))
        } else if bytes.starts_with(b"MZ") {
            Ok(Self::Pe(Box::new(Pe::parse(bytes)?)))
        } else if bytes.starts_with(b"!<arch>\n") || bytes.starts_with(b"!<thin>\n") {
            Ok(Self::Archive(Archive::parse(bytes)?))
        } else if bytes.starts_with(&RESOURCE) {
            Ok(Self::Resource)
        } else if is_coff(bytes) || is_coff_import(bytes) || is_bitcode(bytes) {
            Ok(match CoffContent::inspect(bytes)? {
                CoffContent::Object(object) => Self::Coff(Box::new(object)),
                CoffContent::Import(import) => Self::Import(import),
                CoffContent::Bitcode => Self::Bitcode,
                CoffContent::Other => Self::Other,
            })
        } else {
            Ok(Self::Other)
        }
    }

    /// Whether a linker takes its code in: an object or a static library.
    #[must_use]
    pub fn is_linkable(&self) -> bool {
        matches!(self, Self::Bitcode) || matches!(self.role(), Some(Role::Object | Role::StaticLibrary))
    }

    /// What a linker or a loader does with it.
    #[must_use]
    pub fn role(&self) -> Option<Role> {
        match self {
            Self::Archive(_) => Some(Role::StaticLibrary),
            _ => self.code().map(Code::role),
        }
    }

    /// The machine code that it is, if it is one piece of it.
    #[must_use]
    pub fn code(&self) -> Option<Code<'_>> {
        match self {
            Self::Elf(elf) => Some(Code::Elf(elf)),
            Self::Pe(pe) => Some(Code::Pe(pe)),
            Self::Coff(coff) => Some(Code::Coff(coff)),
            Self::Import(_) | Self::Resource | Self::Archive(_) | Self::Bitcode | Self::Other => None,
        }
    }

    /// The machine code in it, with the member's name where it is a static library.
    pub fn codes(&self) -> impl Iterator<Item = (Option<&str>, Code<'_>)> {
        let members = match self {
            Self::Archive(archive) => archive.members.as_slice(),
            _ => &[],
        };
        let members = members
            .iter()
            .filter_map(|member| Some((Some(member.name.as_str()), member.content.code()?)));
        self.code().map(|code| (None, code)).into_iter().chain(members)
    }

    /// The ELF files among them.
    pub fn elves(&self) -> impl Iterator<Item = (Option<&str>, &Elf)> {
        self.codes().filter_map(|(member, code)| match code {
            Code::Elf(elf) => Some((member, elf)),
            Code::Pe(_) | Code::Coff(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::coff::tests::{import, sample};
    use proptest::prelude::*;

    #[test]
    fn knows_what_is_for_windows() {
        let is = |bytes: &[u8]| Content::inspect(bytes).unwrap();
        let object = is(&sample("it", "puts"));
        assert_eq!((object.role(), object.is_linkable()), (Some(Role::Object), true));
        assert!(matches!(is(&import("c.dll", "puts", None)), Content::Import(_)));
        let resource = is(&[&RESOURCE[..], &[0; 16]].concat());
        assert_eq!((&resource, resource.is_linkable()), (&Content::Resource, false));
        let library = is(&crate::inspect::made_archive(
            0,
            &[("a.obj", &sample("it", "puts"))],
        ));
        assert_eq!(library.role(), Some(Role::StaticLibrary));
        assert_eq!(library.codes().next().unwrap().0, Some("a.obj"));
        assert!(Content::inspect(b"MZ no program").is_err());
    }

    #[test]
    fn what_only_looks_like_an_object_is_none() {
        for bytes in [
            &b"d\x86"[..],
            b"L\x01 and then some text that is longer than a header",
            b"\0\0\xff\xff\0\0\0\0 and then some text that is longer than a header",
        ] {
            assert_eq!(Content::inspect(bytes).unwrap(), Content::Other, "{bytes:?}");
        }
        let mut cut = sample("it", "puts");
        cut.truncate(cut.len() / 2);
        assert!(Content::inspect(&cut).is_err());
    }

    proptest! {
        #[test]
        fn never_panics(kind in 0..8_usize, tail in proptest::collection::vec(any::<u8>(), 0..512)) {
            let head: [&[u8]; 8] = [
                b"\x7fELF\x02\x01\x01", b"!<arch>\n", b"!<thin>\n", b"", b"MZ", b"\x64\x86\x01\0", b"\0\0\xff\xff", &RESOURCE,
            ];
            let bytes = [head[kind], tail.as_slice()].concat();
            let _ = Content::inspect(&bytes);
        }
    }
}

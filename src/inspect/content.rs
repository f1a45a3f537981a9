//! What a file is, told by its first bytes, never by its name.

use super::begun::{RESOURCE, is_bitcode, is_coff, is_coff_import, is_macho, is_universal};
use super::{
    Archive, ArchiveError, Code, Coff, CoffContent, CoffError, CoffImport, Elf, ElfError, MachO, MachOError,
    MachOKind, Pe, PeError, Role, Universal,
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
    /// An object, library, bundle or executable of macOS.
    MachO(Box<MachO>),
    /// Several of them in one file, or several static libraries, each for another processor.
    Universal(Universal),
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
    /// A broken file of macOS.
    #[error(transparent)]
    MachO(#[from] MachOError),
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
        } else if is_macho(bytes) {
            Ok(Self::MachO(Box::new(MachO::parse(bytes)?)))
        } else if is_universal(bytes) {
            Ok(Self::Universal(Universal::parse(bytes)?))
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
            // The parts of a universal file are the same thing for different processors, or else it is nothing.
            Self::Universal(universal) => {
                let mut roles = universal.slices.iter().map(|slice| slice.content.role());
                let first = roles.next()?;
                first.filter(|_| roles.all(|role| role == first))
            }
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
            // What debuggers read is no code.
            Self::MachO(macho) if macho.kind == MachOKind::DebugSymbols => None,
            Self::MachO(macho) => Some(Code::MachO(macho)),
            Self::Import(_)
            | Self::Resource
            | Self::Universal(_)
            | Self::Archive(_)
            | Self::Bitcode
            | Self::Other => None,
        }
    }

    /// What it consists of: the members of a static library with their names, the parts of a universal file with their
    /// processors, or all of it.
    #[must_use]
    pub fn parts(&self) -> Vec<(Option<&str>, &Self)> {
        match self {
            Self::Archive(archive) => {
                let members = archive.members.iter();
                members
                    .map(|member| (Some(member.name.as_str()), &member.content))
                    .collect()
            }
            Self::Universal(universal) => {
                let slices = universal.slices.iter().map(|slice| match &slice.content {
                    Self::Archive(_) => slice.content.parts(),
                    content => vec![(Some(slice.name.as_str()), content)],
                });
                slices.flatten().collect()
            }
            _ => vec![(None, self)],
        }
    }

    /// The machine code among its parts.
    pub fn codes(&self) -> impl Iterator<Item = (Option<&str>, Code<'_>)> {
        let parts = self.parts().into_iter();
        parts.filter_map(|(part, content)| Some((part, content.code()?)))
    }

    /// The ELF files among them.
    pub fn elves(&self) -> impl Iterator<Item = (Option<&str>, &Elf)> {
        self.codes().filter_map(|(member, code)| match code {
            Code::Elf(elf) => Some((member, elf)),
            Code::Pe(_) | Code::Coff(_) | Code::MachO(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::coff::tests::{import, sample};
    use crate::inspect::macho::made;
    use crate::inspect::made_archive;
    use object::macho;
    use proptest::prelude::*;

    #[test]
    fn knows_what_is_for_windows() {
        let is = |bytes: &[u8]| Content::inspect(bytes).unwrap();
        let object = is(&sample("it", "puts"));
        assert_eq!((object.role(), object.is_linkable()), (Some(Role::Object), true));
        assert!(matches!(is(&import("c.dll", "puts", None)), Content::Import(_)));
        let resource = is(&[&RESOURCE[..], &[0; 16]].concat());
        assert_eq!((&resource, resource.is_linkable()), (&Content::Resource, false));
        let library = is(&made_archive(0, &[("a.obj", &sample("it", "puts"))]));
        assert_eq!(library.role(), Some(Role::StaticLibrary));
        assert_eq!(library.codes().next().unwrap().0, Some("a.obj"));
        assert!(Content::inspect(b"MZ no program").is_err());
    }

    #[test]
    fn knows_what_is_for_macos() {
        let is = |bytes: &[u8]| Content::inspect(bytes).unwrap();
        let (object, program) = (made::object(&["it"], &[], &[]), made::Image::executable().write());
        let of_intel = made::object_for(object::Architecture::X86_64, &["it"], &[], &[]);
        assert_eq!(is(&object).role(), Some(Role::Object));
        assert_eq!(is(&program).role(), Some(Role::Program));
        let (arm, intel) = (macho::CPU_TYPE_ARM64, macho::CPU_TYPE_X86_64);
        let both = is(&made::universal(&[(arm, 0, &object), (intel, 3, &of_intel)]));
        assert_eq!((both.role(), both.is_linkable()), (Some(Role::Object), true));
        assert!(both.code().is_none());
        let parts: Vec<_> = both
            .codes()
            .map(|(part, code)| (part.unwrap(), code.machine()))
            .collect();
        assert_eq!(parts, [("arm64", arm.0), ("x86_64", intel.0)]);
        let mixed = is(&made::universal(&[(arm, 0, &object), (intel, 3, b"text")]));
        assert_eq!(mixed.role(), None);
        let library = made_archive(0, &[("a.o", &object)]);
        let libraries = is(&made::universal(&[(arm, 0, &library)]));
        assert_eq!(libraries.role(), Some(Role::StaticLibrary));
        assert_eq!(libraries.codes().next().unwrap().0, Some("a.o"));
        // Nothing nests without end.
        let nested = made_archive(0, &[("fat", &made::universal(&[(arm, 0, &library)]))]);
        let nested = is(&made::universal(&[(arm, 0, &nested)]));
        assert_eq!(nested.codes().count(), 0);
        let java = b"\xca\xfe\xba\xbe\0\0\0\x34 and then a class";
        assert_eq!(is(java), Content::Other);
        assert!(Content::inspect(&made::universal(&[(arm, 0, &object[..99])])).is_err());
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
        fn never_panics(kind in 0..10_usize, tail in proptest::collection::vec(any::<u8>(), 0..512)) {
            let head: [&[u8]; 10] = [
                b"\x7fELF\x02\x01\x01", b"!<arch>\n", b"!<thin>\n", b"", b"MZ", b"\x64\x86\x01\0", b"\0\0\xff\xff", &RESOURCE,
                b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe\0\0\0",
            ];
            let bytes = [head[kind], tail.as_slice()].concat();
            let _ = Content::inspect(&bytes);
        }
    }
}

//! A piece of machine code whatever its format: what can be asked of all of them.

use super::{Coff, Elf, ElfKind, MachO, MachOKind, Pe, Purpose, c_name};
use crate::model::{Arch, ObjectFormat};

/// A piece of machine code: an object, a library to load or a program.
#[derive(Clone, Copy, Debug)]
pub enum Code<'a> {
    /// ELF.
    Elf(&'a Elf),
    /// An executable or a DLL of Windows.
    Pe(&'a Pe),
    /// An object of Windows.
    Coff(&'a Coff),
    /// An object, library, bundle or executable of macOS.
    MachO(&'a MachO),
}

/// What a linker or a loader does with a file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Role {
    /// A linker takes it in.
    Object,
    /// A linker takes of it what it needs.
    StaticLibrary,
    /// It is loaded into programs.
    SharedLibrary,
    /// It is run.
    Program,
}

impl Role {
    /// What it is called.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::StaticLibrary => "static library",
            Self::SharedLibrary => "shared library",
            Self::Program => "program",
        }
    }
}

impl<'a> Code<'a> {
    /// The family of formats that it belongs to.
    #[must_use]
    pub const fn format(self) -> ObjectFormat {
        match self {
            Self::Elf(_) => ObjectFormat::Elf,
            Self::Pe(_) | Self::Coff(_) => ObjectFormat::Coff,
            Self::MachO(_) => ObjectFormat::MachO,
        }
    }

    /// What is done with it.
    #[must_use]
    pub const fn role(self) -> Role {
        match self {
            Self::Elf(elf) => match elf.kind {
                ElfKind::Relocatable => Role::Object,
                ElfKind::Executable | ElfKind::PositionIndependentExecutable => Role::Program,
                ElfKind::SharedLibrary => Role::SharedLibrary,
            },
            Self::Pe(pe) if pe.dll => Role::SharedLibrary,
            Self::Pe(_) => Role::Program,
            Self::Coff(_) => Role::Object,
            Self::MachO(macho) => match macho.kind {
                MachOKind::Object => Role::Object,
                MachOKind::Executable => Role::Program,
                MachOKind::Dylib | MachOKind::Bundle | MachOKind::DebugSymbols => Role::SharedLibrary,
            },
        }
    }

    /// Whether a loader takes it.
    #[must_use]
    pub fn is_image(self) -> bool {
        matches!(self.role(), Role::Program | Role::SharedLibrary)
    }

    /// The number that the format has for the processor.
    #[must_use]
    pub fn machine(self) -> u32 {
        match self {
            Self::Elf(elf) => elf.machine.into(),
            Self::Pe(pe) => pe.machine.into(),
            Self::Coff(coff) => coff.machine.into(),
            Self::MachO(macho) => macho.cpu,
        }
    }

    /// Whether it is made for this architecture.
    #[must_use]
    pub fn is_for(self, arch: Arch) -> bool {
        match self {
            Self::Elf(elf) => elf.is_for(arch),
            Self::Pe(pe) => pe.is_for(arch),
            Self::Coff(coff) => coff.is_for(arch),
            Self::MachO(macho) => macho.is_for(arch),
        }
    }

    /// Whether it can stand at any address.
    #[must_use]
    pub fn position_independent(self) -> bool {
        match self {
            Self::Elf(elf) => elf.kind != ElfKind::Executable,
            Self::Pe(pe) => pe.protection.dynamic_base,
            Self::Coff(_) => true,
            Self::MachO(macho) => macho.position_independent(),
        }
    }

    /// Whether a program can load libraries while it runs.
    #[must_use]
    pub const fn loads(self) -> bool {
        match self {
            Self::Elf(elf) => elf.interpreter.is_some(),
            Self::Pe(_) => true,
            Self::Coff(_) => false,
            Self::MachO(macho) => macho.loader.is_some(),
        }
    }

    /// The dynamic loader that it names.
    #[must_use]
    pub fn loader(self) -> Option<&'a str> {
        match self {
            Self::Elf(elf) => elf.interpreter.as_deref(),
            Self::MachO(macho) => macho.loader.as_deref(),
            Self::Pe(_) | Self::Coff(_) => None,
        }
    }

    /// Bytes of the first thread's stack that a program asks for; 0 where it leaves that to the system.
    #[must_use]
    pub fn stack(self) -> Option<u64> {
        match self {
            Self::Pe(pe) => (!pe.dll).then_some(pe.stack),
            Self::MachO(macho) => macho.stack,
            Self::Elf(_) | Self::Coff(_) => None,
        }
    }

    /// The compilers and linkers that left their name in it.
    #[must_use]
    pub fn tools(self) -> Vec<String> {
        match self {
            Self::Elf(elf) => elf.comments.clone(),
            Self::MachO(macho) => macho.tools(),
            Self::Pe(_) | Self::Coff(_) => Vec::new(),
        }
    }

    /// Whether some of it can be both written and executed.
    #[must_use]
    pub fn writable_code(self) -> bool {
        match self {
            Self::Elf(elf) => elf.writable_code,
            Self::Pe(pe) => pe.sections.iter().any(|section| section.writable_code),
            Self::Coff(_) => false,
            Self::MachO(macho) => macho.writable_code(),
        }
    }

    /// The libraries that it loads, at once or when they are called.
    #[must_use]
    pub fn needed(self) -> Vec<&'a str> {
        match self {
            Self::Elf(elf) => elf.needed.iter().map(String::as_str).collect(),
            Self::Pe(pe) => pe
                .imports
                .keys()
                .chain(pe.delayed.keys())
                .map(String::as_str)
                .collect(),
            Self::Coff(_) => Vec::new(),
            Self::MachO(macho) => macho.dylibs.iter().map(|dylib| dylib.name.as_str()).collect(),
        }
    }

    /// The names that it has for whoever loads or links it, as C has them. Of an object all that are not local.
    #[must_use]
    pub fn defined(self) -> Vec<&'a str> {
        match self {
            Self::Elf(elf) => {
                let defined = elf.symbols.iter().filter(|symbol| symbol.defined);
                defined.map(|symbol| symbol.name.as_str()).collect()
            }
            Self::Pe(pe) => pe
                .exports
                .iter()
                .filter_map(|export| export.name.as_deref())
                .collect(),
            Self::Coff(coff) => {
                let defined = coff.symbols.iter().filter(|symbol| symbol.defined);
                defined.map(|symbol| symbol.name.as_str()).collect()
            }
            Self::MachO(macho) => {
                let defined = macho.symbols.iter().filter(|symbol| symbol.defined);
                defined.map(|symbol| c_name(&symbol.name)).collect()
            }
        }
    }

    /// The names that others can bind to when they are loaded.
    #[must_use]
    pub fn exported(self) -> Vec<&'a str> {
        match self {
            Self::Elf(elf) => {
                let exported = elf.symbols.iter().filter(|symbol| symbol.exported());
                exported.map(|symbol| symbol.name.as_str()).collect()
            }
            Self::Pe(_) => self.defined(),
            Self::Coff(_) => Vec::new(),
            Self::MachO(macho) => macho.exports.iter().map(|name| c_name(name)).collect(),
        }
    }

    /// The names that it wants from others; where it wants the address by which a DLL's function is called, the
    /// function's name.
    #[must_use]
    pub fn undefined(self) -> Vec<&'a str> {
        match self {
            Self::Elf(elf) => {
                let wanted = elf.symbols.iter().filter(|symbol| !symbol.defined);
                wanted.map(|symbol| symbol.name.as_str()).collect()
            }
            Self::Pe(_) => Vec::new(),
            Self::Coff(coff) => {
                let wanted = coff.symbols.iter().filter(|symbol| !symbol.defined);
                wanted
                    .map(|symbol| symbol.name.strip_prefix("__imp_").unwrap_or(&symbol.name))
                    .collect()
            }
            Self::MachO(macho) => {
                let wanted = macho.symbols.iter().filter(|symbol| !symbol.defined);
                wanted.map(|symbol| c_name(&symbol.name)).collect()
            }
        }
    }

    /// Whether it has this name for whoever links it.
    #[must_use]
    pub fn defines(self, name: &str) -> bool {
        match self {
            Self::Elf(elf) => elf.symbol(name).is_some_and(|symbol| symbol.defined),
            Self::Pe(_) | Self::Coff(_) => self.defined().contains(&name),
            Self::MachO(macho) => macho
                .symbol(&format!("_{name}"))
                .is_some_and(|symbol| symbol.defined),
        }
    }

    /// Whether others can bind to this name when they are loaded.
    #[must_use]
    pub fn exports(self, name: &str) -> bool {
        match self {
            Self::Elf(elf) => elf.symbol(name).is_some_and(|symbol| symbol.exported()),
            Self::Pe(_) | Self::Coff(_) => self.exported().contains(&name),
            Self::MachO(macho) => macho.exports.binary_search(&format!("_{name}")).is_ok(),
        }
    }

    /// Bytes of code and data that it takes of a program.
    #[must_use]
    pub fn loaded(self) -> u64 {
        match self {
            Self::Elf(elf) => elf.sizes.loaded(),
            Self::Pe(pe) => pe.sections.iter().map(|section| section.size).sum(),
            Self::Coff(coff) => {
                let loaded = coff.sections.iter().filter(|section| section.loaded);
                loaded.map(|section| section.size).sum()
            }
            Self::MachO(macho) => macho
                .size(Purpose::Code)
                .saturating_add(macho.size(Purpose::Data)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::coff::tests::sample;
    use crate::inspect::macho::made;

    #[test]
    fn names_of_macos_are_told_as_c_has_them() {
        let object = MachO::parse(&made::object(&["it"], &["_own"], &["puts"])).unwrap();
        let code = Code::MachO(&object);
        assert_eq!((code.format(), code.role()), (ObjectFormat::MachO, Role::Object));
        assert_eq!(
            (code.defined(), code.undefined()),
            (vec!["_own", "it"], vec!["puts"])
        );
        assert!(code.defines("it") && !code.defines("_it") && !code.exports("it"));
        assert_eq!(
            (code.loaded(), code.loads(), code.writable_code()),
            (4, false, false)
        );
        let program = MachO::parse(&made::Image::executable().write()).unwrap();
        let code = Code::MachO(&program);
        assert!(code.loads() && code.position_independent() && code.exports("main"));
        assert_eq!(code.needed(), [made::SYSTEM]);
    }

    #[test]
    fn an_object_of_windows_is_asked_like_any_other() {
        let coff = Coff::parse(&sample("it", "__imp_puts")).unwrap();
        let code = Code::Coff(&coff);
        assert_eq!(
            (code.format(), code.role(), code.is_image()),
            (ObjectFormat::Coff, Role::Object, false)
        );
        assert_eq!((code.defined(), code.undefined()), (vec!["it"], vec!["puts"]));
        assert!(code.defines("it") && !code.defines("puts") && !code.exports("it"));
        // The words for the linker are no part of a program.
        assert_eq!(code.loaded(), 7);
    }
}

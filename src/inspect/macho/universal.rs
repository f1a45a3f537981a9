//! Universal files: one file for several processors.

use object::FileKind;
use object::macho;
use object::read::macho::{FatArch, MachOFatFile32, MachOFatFile64};

use super::{MachO, MachOError};
use crate::inspect::Content;
use crate::inspect::begun::is_universal;

/// A universal ("fat") file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Universal {
    /// Its parts in order.
    pub slices: Vec<Slice>,
}

/// The part of a universal file that one processor gets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Slice {
    /// The processor by the name that Apple's tools have for it, or by its number.
    pub name: String,
    /// What it is: code, or a static library.
    pub content: Content,
    /// Its length in bytes.
    pub size: u64,
}

impl Universal {
    /// Reads a universal file and all its parts.
    pub fn parse(bytes: &[u8]) -> Result<Self, MachOError> {
        let slices = match FileKind::parse(bytes)? {
            FileKind::MachOFat32 => slices(bytes, MachOFatFile32::parse(bytes)?.arches()),
            FileKind::MachOFat64 => slices(bytes, MachOFatFile64::parse(bytes)?.arches()),
            _ => Err(MachOError::NotMachO),
        };
        Ok(Self { slices: slices? })
    }
}

fn slices<Fat: FatArch>(bytes: &[u8], arches: &[Fat]) -> Result<Vec<Slice>, MachOError> {
    let read = |arch: &Fat| {
        let data = arch.data(bytes)?;
        let name = name(arch.cputype(), arch.cpusubtype());
        // One in another is nothing that a loader takes, and would let a file nest without end.
        let content = if is_universal(data) {
            Content::Other
        } else {
            Content::inspect(data).map_err(|source| MachOError::Slice {
                part: name.clone(),
                source: Box::new(source),
            })?
        };
        Ok(Slice {
            name,
            content,
            size: arch.size().into(),
        })
    };
    arches.iter().map(read).collect()
}

/// The processor that a file is made for, by its name.
pub(in crate::inspect) fn cpu_name(file: &MachO) -> String {
    name(macho::CpuType(file.cpu), macho::CpuSubtype(file.cpu_subtype))
}

/// The name of a processor.
fn name(cpu: macho::CpuType, subtype: macho::CpuSubtype) -> String {
    let known = match (cpu, subtype.0 & !macho::CPU_SUBTYPE_MASK) {
        (macho::CPU_TYPE_X86_64, 3) => "x86_64",
        (macho::CPU_TYPE_X86_64, 8) => "x86_64h",
        (macho::CPU_TYPE_ARM64, 0 | 1) => "arm64",
        (macho::CPU_TYPE_ARM64, 2) => "arm64e",
        (macho::CPU_TYPE_X86, _) => "i386",
        (cpu, subtype) => return format!("{}/{subtype}", cpu.0),
    };
    known.to_owned()
}

//! A file with the same program for several processors, which macOS calls universal: a table, and the files one after
//! the other. As `lipo` writes it; the table's numbers are big-endian (`mach-o/fat.h`).

use object::macho;

use object::FileKind;
use object::read::macho::{FatArch, MachOFatFile32, MachOFatFile64};

use super::commands::{CPU, ReadCommandsError, page_size, read_u32};
use crate::model::Arch;

/// Why files cannot be one.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteUniversalError {
    /// One of them is not what it must be.
    #[error(transparent)]
    Read(#[from] ReadCommandsError),
    /// Two of them are for one processor.
    #[error("two of them are for the same processor")]
    Same,
    /// The table has 32 bits for places.
    #[error("a file for several processors cannot be larger than 4 GiB")]
    Large,
}

/// Where the header of a file has what of its processor's family it needs.
const CPU_KIND: usize = 8;
/// Bytes of the table's head, and of a line of it.
const HEAD: usize = 8;
const LINE: usize = 20;

/// Writes a file for all processors that the files are for, in the order of their numbers: that of x86-64 is the lower
/// one, as `lipo` has it.
pub fn write_universal(files: &[&[u8]]) -> Result<Vec<u8>, WriteUniversalError> {
    let mut sorted = Vec::new();
    for file in files {
        if read_u32(file, 0)? != macho::MH_MAGIC_64 {
            return Err(ReadCommandsError::Format.into());
        }
        sorted.push((read_u32(file, CPU)?, read_u32(file, CPU_KIND)?, *file));
    }
    sorted.sort_by_key(|(cpu, ..)| *cpu);
    if sorted.windows(2).any(|two| two[0].0 == two[1].0) {
        return Err(WriteUniversalError::Same);
    }
    let number = |number: usize| u32::try_from(number).map_err(|_| WriteUniversalError::Large);
    let mut written = Vec::new();
    let mut put = |number: u32| written.extend(number.to_be_bytes());
    put(macho::FAT_MAGIC);
    put(number(sorted.len())?);
    let mut at = HEAD + LINE * sorted.len();
    let mut places = Vec::new();
    for (cpu, kind, file) in &sorted {
        let align = page_size(*cpu);
        at = at.next_multiple_of(align as usize);
        places.push(at);
        for field in [
            *cpu,
            *kind,
            number(at)?,
            number(file.len())?,
            align.trailing_zeros(),
        ] {
            put(field);
        }
        at += file.len();
    }
    for (at, (.., file)) in places.into_iter().zip(sorted) {
        written.resize(at, 0);
        written.extend(file);
    }
    Ok(written)
}

/// The part of such a file that a processor gets; `None` where it has none, or is no such file.
#[must_use]
pub fn part_for(file: &[u8], arch: Arch) -> Option<&[u8]> {
    match FileKind::parse(file).ok()? {
        FileKind::MachOFat32 => find(file, MachOFatFile32::parse(file).ok()?.arches(), arch),
        FileKind::MachOFat64 => find(file, MachOFatFile64::parse(file).ok()?.arches(), arch),
        _ => None,
    }
}

fn find<'a, Part: FatArch>(file: &'a [u8], parts: &[Part], arch: Arch) -> Option<&'a [u8]> {
    let wanted = match arch {
        Arch::Aarch64 => macho::CPU_TYPE_ARM64,
        Arch::X86_64 => macho::CPU_TYPE_X86_64,
    };
    let part = parts.iter().find(|part| part.cputype() == wanted)?;
    part.data(file).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::{InittabEntry, write_inittab};
    use crate::model::ObjectFormat;

    fn file(arch: Arch, name: &str) -> Vec<u8> {
        let entry = InittabEntry {
            name: name.to_owned(),
            init_fn: None,
        };
        write_inittab(ObjectFormat::MachO, arch, &[entry]).unwrap()
    }

    #[test]
    fn each_file_stands_where_the_table_says() {
        let (arm, amd) = (file(Arch::Aarch64, "a"), file(Arch::X86_64, "bb"));
        let written = write_universal(&[&arm, &amd]).unwrap();
        let read = MachOFatFile32::parse(&*written).unwrap();
        let told: Vec<_> = read
            .arches()
            .iter()
            .map(|arch| {
                let (at, size) = arch.file_range();
                assert_eq!(at % (1 << arch.align()), 0);
                (arch.cputype(), at, arch.align(), size)
            })
            .collect();
        let size = |file: &[u8]| file.len() as u64;
        assert_eq!(
            told,
            [
                (macho::CPU_TYPE_X86_64, 1 << 12, 12, size(&amd)),
                (macho::CPU_TYPE_ARM64, 1 << 14, 14, size(&arm)),
            ]
        );
        let data: Vec<_> = read
            .arches()
            .iter()
            .map(|arch| arch.data(&*written).unwrap())
            .collect();
        assert_eq!(data, [&amd[..], &arm[..]]);
        assert_eq!(written, write_universal(&[&amd, &arm]).unwrap());
        assert_eq!(part_for(&written, Arch::Aarch64), Some(&arm[..]));
        assert_eq!(part_for(&written, Arch::X86_64), Some(&amd[..]));
        assert_eq!(part_for(&arm, Arch::Aarch64), None);
    }

    #[test]
    fn what_cannot_be_one_is_refused() {
        let arm = file(Arch::Aarch64, "a");
        assert_eq!(write_universal(&[&arm, &arm]), Err(WriteUniversalError::Same));
        let none = write_universal(&[&arm, b"\x7fELF\x02\x01\x01"]);
        assert_eq!(none, Err(ReadCommandsError::Format.into()));
    }
}

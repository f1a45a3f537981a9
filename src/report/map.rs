//! Linker maps: which input stands where in an executable, as `-Map=FILE` (or lld-link's `/lldmap:FILE`) tells it.
//!
//! No linker documents its format: these are read as ld.lld and lld-link 14 to 22, mold 1.10 and GNU ld 2.40 write them.

mod columns;
mod gnu;

/// A part of an output section that comes from one input.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Piece {
    /// The output section.
    pub section: String,
    /// Where it is loaded.
    pub address: u64,
    /// Its length in bytes.
    pub size: u64,
    /// Where it comes from; `None` where the linker made it.
    pub input: Option<Input>,
}

/// An object, or a member of a static library.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Input {
    /// The file, as the linker was told or found it.
    pub file: String,
    /// The member, where the file is a static library.
    pub member: Option<String>,
}

/// A map cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadMapError {
    /// It is not there, or of no linker that we know.
    #[error("the linker wrote no map of a kind that is known")]
    Unknown,
    /// A line means nothing.
    #[error("line {line} of the linker's map means nothing: `{text}`")]
    Line {
        /// Its number, from 1.
        line: usize,
        /// What it says.
        text: String,
    },
}

/// Reads a map of ld.lld, mold or GNU ld.
pub fn read_map(text: &str) -> Result<Vec<Piece>, ReadMapError> {
    let first = text.lines().next().unwrap_or_default();
    let words: Vec<&str> = first.split_whitespace().collect();
    match words.as_slice() {
        ["VMA", "LMA", "Size", "Align", "Out", "In", "Symbol"] => columns::read(text, columns::LLD),
        ["VMA", "Size", "Align", "Out", "In", "Symbol"] => columns::read(text, columns::MOLD),
        ["Address", "Size", "Align", "Out", "In", "Symbol"] => columns::read(text, columns::LLD_LINK),
        _ if text.lines().any(|line| line == gnu::HEAD) => gnu::read(text),
        _ => Err(ReadMapError::Unknown),
    }
}

/// `libz.a(adler32.o)` is a member of a library, anything else an object.
pub(super) fn input(text: &str) -> Input {
    let member = text.strip_suffix(')').and_then(|text| text.rsplit_once('('));
    match member {
        Some((file, member)) => Input {
            file: file.to_owned(),
            member: Some(member.to_owned()),
        },
        None => Input {
            file: text.to_owned(),
            member: None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A piece on one line, to compare.
    fn told(pieces: &[Piece]) -> Vec<String> {
        let one = |piece: &Piece| {
            let input = piece
                .input
                .as_ref()
                .map_or("-".to_owned(), |input| match &input.member {
                    Some(member) => format!("{} {member}", input.file),
                    None => input.file.clone(),
                });
            format!("{} {:x} {:x} {input}", piece.section, piece.address, piece.size)
        };
        pieces.iter().map(one).collect()
    }

    const LLD: &str = "             VMA              LMA     Size Align Out     In      Symbol
          2002fc           2002fc       20     4 .note.ABI-tag
          2002fc           2002fc       20     4         /d/build/link/crt1.o:(.note.ABI-tag)
          226000           226000  1c7a018  4096 .rodata
          226004           226004    a64f5     1         <internal>:(.rodata)
         1e35f74          1e35f74       10     4         /d/build/lib/libcrypto.a(libcrypto-lib-a_strex.o):(.rodata.do_name_ex)
         1ed9c78          1ed9c78   164dfc     8 .eh_frame
         1ed9ca8          1ed9ca8       40     1         /d/build/link/crtbegin.o:(.eh_frame+0x18)
         2040000          2040000   99d2c8  4096 .text
         20411d0          20411d0      10f    16         /d/build/Modules/_heapqmodule.o:(.text.heappop_internal)
         20411d0          20411d0      10f     1                 heappop_internal
";

    #[test]
    fn reads_what_lld_writes() {
        assert_eq!(
            told(&read_map(LLD).unwrap()),
            [
                ".note.ABI-tag 2002fc 20 /d/build/link/crt1.o",
                ".rodata 226004 a64f5 -",
                ".rodata 1e35f74 10 /d/build/lib/libcrypto.a libcrypto-lib-a_strex.o",
                ".eh_frame 1ed9ca8 40 /d/build/link/crtbegin.o",
                ".text 20411d0 10f /d/build/Modules/_heapqmodule.o",
            ]
        );
    }

    const MOLD: &str = "               VMA       Size Align Out     In      Symbol
          0x200000         64     8 EHDR
          0x2002fc         32     4 .note.ABI-tag
          0x2002fc         32     4         /d/build/link/crt1.o:(.note.ABI-tag)
         0x1f7dbf0     706608    16 .rodata.str
         0x202c000   10083768  4096 .text
         0x219a610         38    16         /d/build/Python/pylifecycle.o:(.text.builtins_dict_watcher.llvm.51)
         0x219a610          0     0                 builtins_dict_watcher.llvm.51
         0x29c9460        285    16         /d/build/link/libbuiltins.a(udivmodti4.c.o):(.text)
         0x2db3040       0x40     8 .tbss
                 0       2624     8 SHDR
";

    #[test]
    fn reads_what_mold_writes() {
        assert_eq!(
            told(&read_map(MOLD).unwrap()),
            [
                ".note.ABI-tag 2002fc 20 /d/build/link/crt1.o",
                ".text 219a610 26 /d/build/Python/pylifecycle.o",
                ".text 29c9460 11d /d/build/link/libbuiltins.a udivmodti4.c.o",
            ]
        );
    }

    const LLD_LINK: &str = "Address  Size     Align Out     In      Symbol
00001000 00000010  4096 .text
00001000 00000006    16         /d/build/launcher/main.obj:(.text$mn)
00001000 00000000     0                 main
00002000 00001234  4096 .pbs
00002000 00001234  4096         /s/bundle.obj:(.pbs)
00004000 00000020     8         msvcrt/adler32.obj:(.rdata)
";

    #[test]
    fn reads_what_lld_link_writes() {
        assert_eq!(
            told(&read_map(LLD_LINK).unwrap()),
            [
                ".text 1000 6 /d/build/launcher/main.obj",
                ".pbs 2000 1234 /s/bundle.obj",
                ".pbs 4000 20 msvcrt/adler32.obj",
            ]
        );
    }

    const GNU: &str = "Archive member included to satisfy reference by file (symbol)

/d/build/lib/libz.a(adler32.o)
                              /d/build/Modules/zlibmodule.o (adler32)

Discarded input sections

 .text          0x0000000000000000        0x0 /d/build/link/crt1.o

Linker script and memory map

LOAD /d/build/link/crt1.o
START GROUP
                0x0000000000400000                        PROVIDE (__executable_start = SEGMENT_START (\"text-segment\", 0x400000))

.interp         0x00000000004002e0       0x1c
 *(.interp)
 .interp        0x00000000004002e0       0x1c /d/build/link/crt1.o

.note.gnu.build-id
 *(.note.gnu.build-id)

.rodata         0x00000000011ad000  0x1c72a66
 *(.rodata .rodata.* .gnu.linkonce.r.*)
 .rodata        0x00000000011ad000        0x4 /d/build/link/crt1.o
                0x00000000011ad000                _IO_stdin_used
 .rodata.str1.1
                0x00000000011ad004       0xc7 /d/build/launcher/main.o
                                         0xcd (size before relaxing)
 *fill*         0x00000000011ad8f6        0x2 
 .rodata.str1.1
                0x00000000011ad8f8      0xa00 /d/build/lib/libz.a(adler32.o)
                                         0x1a (size before relaxing)
 .rodata.str1.1
                0x00000000011ae2f8        0x0 /d/build/lib/libz.a(crc32.o)

.a_long_name_of_a_section
                0x00000000030e1780    0x7cd30
 COMMON         0x00000000030e1780       0x10 /d/build/with space.o

/DISCARD/
 *(.note.GNU-stack)
OUTPUT(/d/python elf64-x86-64)
";

    #[test]
    fn reads_what_gnu_ld_writes() {
        assert_eq!(
            told(&read_map(GNU).unwrap()),
            [
                ".interp 4002e0 1c /d/build/link/crt1.o",
                ".rodata 11ad000 4 /d/build/link/crt1.o",
                ".rodata 11ad004 c7 /d/build/launcher/main.o",
                // More than it had: strings of others were merged into it.
                ".rodata 11ad8f8 a00 -",
                ".a_long_name_of_a_section 30e1780 10 /d/build/with space.o",
            ]
        );
    }

    #[test]
    fn anything_else_is_refused() {
        assert_eq!(read_map("").unwrap_err(), ReadMapError::Unknown);
        assert_eq!(read_map("# Path: a\n").unwrap_err(), ReadMapError::Unknown);
        let cut = LLD.replace("164dfc", "what");
        assert!(matches!(
            read_map(&cut).unwrap_err(),
            ReadMapError::Line { line: 7, .. }
        ));
    }
}

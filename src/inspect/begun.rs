//! What bytes begin like, where a format has no mark of its own or shares it with another.

use object::pe;

/// The processors that Windows was made for.
const MACHINES: [u16; 5] = [
    pe::IMAGE_FILE_MACHINE_I386.0,
    pe::IMAGE_FILE_MACHINE_ARMNT.0,
    pe::IMAGE_FILE_MACHINE_AMD64.0,
    pe::IMAGE_FILE_MACHINE_ARM64.0,
    pe::IMAGE_FILE_MACHINE_ARM64EC.0,
];

/// Two bytes of a header as a number.
fn half(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

/// Whether a header is of the newer kinds, which have 0 where the processor stands, and 0xffff sections.
fn is_anonymous(bytes: &[u8], version: u16) -> Option<bool> {
    let begun = half(bytes, 0)? == 0 && half(bytes, 2)? == 0xffff && half(bytes, 4)? == version;
    Some(begun && MACHINES.contains(&half(bytes, 6)?))
}

/// Whether bytes begin like an entry of an import library.
pub(super) fn is_coff_import(bytes: &[u8]) -> bool {
    is_anonymous(bytes, 0).unwrap_or_default()
}

/// Whether bytes begin like a COFF object. The first two are no sign: they are the processor's number, and any data may
/// have them. The rest of the header must fit.
#[must_use]
pub fn is_coff(bytes: &[u8]) -> bool {
    let ordinary = || {
        let (machine, sections) = (half(bytes, 0)?, half(bytes, 2)?);
        let (optional_header, flags) = (half(bytes, 16)?, half(bytes, 18)?);
        let image = pe::IMAGE_FILE_EXECUTABLE_IMAGE.0 | pe::IMAGE_FILE_DLL.0;
        let is_object = sections > 0 && optional_header == 0 && flags & image == 0;
        Some(is_object && MACHINES.contains(&machine))
    };
    ordinary().unwrap_or_default() || is_anonymous(bytes, 2).unwrap_or_default()
}

/// The empty entry that a file of compiled resources begins with: no data, a header of 32 bytes, and 0 as type and name.
pub(super) const RESOURCE: [u8; 16] = [0, 0, 0, 0, 32, 0, 0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff, 0, 0];

/// Whether bytes begin like a Mach-O file for one processor: 32 or 64 bits, in either order of bytes.
#[must_use]
pub fn is_macho(bytes: &[u8]) -> bool {
    const MARKS: [[u8; 4]; 4] = [
        [0xce, 0xfa, 0xed, 0xfe],
        [0xcf, 0xfa, 0xed, 0xfe],
        [0xfe, 0xed, 0xfa, 0xce],
        [0xfe, 0xed, 0xfa, 0xcf],
    ];
    MARKS.iter().any(|mark| bytes.starts_with(mark))
}

/// Whether bytes begin like a universal file. Classes of Java begin alike and have their version, 45 or higher, where
/// the number of parts stands here.
#[must_use]
pub fn is_universal(bytes: &[u8]) -> bool {
    const MARKS: [[u8; 4]; 2] = [[0xca, 0xfe, 0xba, 0xbe], [0xca, 0xfe, 0xba, 0xbf]];
    let marked = MARKS.iter().any(|mark| bytes.starts_with(mark));
    marked && bytes.get(4..8).is_some_and(|count| count < &[0, 0, 0, 45][..])
}

/// Whether bytes are LLVM bitcode, bare or in the wrapper that Apple's tools write.
pub(super) fn is_bitcode(bytes: &[u8]) -> bool {
    bytes.starts_with(b"BC\xc0\xde") || bytes.starts_with(b"\xde\xc0\x17\x0b")
}

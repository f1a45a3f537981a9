//! Where in an executable stands what is written again after the link: of the headers, and of the load commands.
//!
//! Offsets count from the file's first byte. The layout is that of `mach-o/loader.h`.

use object::macho;

/// The load commands that matter here, by where they stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Commands {
    /// `LC_MAIN`: where an executable begins. Libraries have none.
    pub(super) main: Option<usize>,
    /// `LC_CODE_SIGNATURE`.
    pub(super) signature: usize,
    /// The segment `__TEXT`.
    pub(super) text: usize,
    /// The segment `__LINKEDIT`.
    pub(super) linkedit: usize,
}

/// A file that cannot be signed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadCommandsError {
    /// It is none.
    #[error("it is no Mach-O file of 64 bits")]
    Format,
    /// It ends too early.
    #[error("it ends before its headers do")]
    Truncated,
    /// A load command that must be there is not.
    #[error("it has no {what}")]
    Missing {
        /// What it is for.
        what: &'static str,
    },
    /// The signature stands in the way of something.
    #[error("its signature is not the last of it")]
    NotLast,
}

/// Bytes of the header of a file of 64 bits.
const HEADER: usize = 32;
/// Where the header has the processor.
pub(super) const CPU: usize = 4;
/// Where the header has the number of load commands.
const COMMAND_COUNT: usize = 16;
/// Where a segment has its name, and bytes of that.
const SEGMENT_NAME: (usize, usize) = (8, 16);

impl Commands {
    /// Finds them.
    pub(super) fn find(file: &[u8]) -> Result<Self, ReadCommandsError> {
        if read_u32(file, 0) != Ok(macho::MH_MAGIC_64) {
            return Err(ReadCommandsError::Format);
        }
        let (mut main, mut signature, mut text, mut linkedit) = (None, None, None, None);
        let mut at = HEADER;
        for _ in 0..read_u32(file, COMMAND_COUNT)? {
            match macho::LoadCommandType(read_u32(file, at)?) {
                macho::LC_MAIN => main = Some(at),
                macho::LC_CODE_SIGNATURE => signature = Some(at),
                macho::LC_SEGMENT_64 => {
                    let name = slice(file, at + SEGMENT_NAME.0, SEGMENT_NAME.1)?;
                    let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
                    match &name[..end] {
                        b"__TEXT" => text = Some(at),
                        b"__LINKEDIT" => linkedit = Some(at),
                        _ => {}
                    }
                }
                _ => {}
            }
            let size = read_u32(file, at + 4)? as usize;
            at = at.checked_add(size.max(8)).ok_or(ReadCommandsError::Truncated)?;
        }
        let there = |found: Option<usize>, what| found.ok_or(ReadCommandsError::Missing { what });
        Ok(Self {
            main,
            signature: there(signature, "room for a signature")?,
            text: there(text, "segment `__TEXT`")?,
            linkedit: there(linkedit, "segment `__LINKEDIT`")?,
        })
    }
}

/// Bytes of the pages in which a processor has memory mapped; both are powers of two.
pub(super) fn page_size(cpu: u32) -> u64 {
    if macho::CpuType(cpu) == macho::CPU_TYPE_ARM64 {
        1 << 14
    } else {
        1 << 12
    }
}

pub(super) fn slice(file: &[u8], at: usize, size: usize) -> Result<&[u8], ReadCommandsError> {
    let end = at.checked_add(size).ok_or(ReadCommandsError::Truncated)?;
    file.get(at..end).ok_or(ReadCommandsError::Truncated)
}

pub(super) fn read_u32(file: &[u8], at: usize) -> Result<u32, ReadCommandsError> {
    let bytes = slice(file, at, 4)?.try_into();
    Ok(u32::from_le_bytes(
        bytes.map_err(|_| ReadCommandsError::Truncated)?,
    ))
}

pub(super) fn read_u64(file: &[u8], at: usize) -> Result<u64, ReadCommandsError> {
    let bytes = slice(file, at, 8)?.try_into();
    Ok(u64::from_le_bytes(
        bytes.map_err(|_| ReadCommandsError::Truncated)?,
    ))
}

/// Writes bytes where there are some.
pub(super) fn put(file: &mut [u8], at: usize, bytes: &[u8]) -> Result<(), ReadCommandsError> {
    let end = at.checked_add(bytes.len()).ok_or(ReadCommandsError::Truncated)?;
    let place = file.get_mut(at..end).ok_or(ReadCommandsError::Truncated)?;
    place.copy_from_slice(bytes);
    Ok(())
}

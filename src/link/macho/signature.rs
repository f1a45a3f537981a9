//! The signature without a certificate ("ad hoc") that macOS asks of every executable, as LLVM's and Apple's linkers write it.
//!
//! It is the last of a file: a table of blobs (`SuperBlob`) with one in it, the `CodeDirectory`, which has a SHA-256 sum
//! for each page of what stands before. Its numbers are big-endian. The layout is that of `cs_blobs.h` of Apple's kernel.

use object::macho;
use object::write::macho::{CodeDirectory, CodeSignatureEncoder};

use super::commands::{CPU, Commands, ReadCommandsError, page_size, put, read_u32, read_u64};
use crate::model::Digest;

/// Bytes that one sum is of. The linkers take this many for every processor, whatever its pages are.
const PAGE: usize = 1 << PAGE_BITS;
const PAGE_BITS: u8 = 12;
/// Bytes of a SHA-256 sum.
const HASH: usize = 32;
/// What the directory and the whole begin and end at.
const ALIGN: u32 = 8;
const ALIGN_WHOLE: u32 = 16;

/// Where `LC_CODE_SIGNATURE` has offset and size.
const DATA: (usize, usize) = (8, 12);
/// Where a segment has its size in memory, its offset and its size in the file.
const SEGMENT: (usize, usize, usize) = (32, 40, 48);

/// Writes the signature of an executable or library, in the place of the one that it has. `identifier` is its name in
/// the signature, which linkers make of the output's: another name is another signature.
///
/// Everything else must be as it shall be: the sums are of every byte before the signature.
pub fn sign_ad_hoc(mut file: Vec<u8>, identifier: &str) -> Result<Vec<u8>, ReadCommandsError> {
    let commands = Commands::find(&file)?;
    let at = commands.signature;
    let start = read_u32(&file, at + DATA.0)?;
    let end = u64::from(start) + u64::from(read_u32(&file, at + DATA.1)?);
    if end != file.len() as u64 {
        return Err(ReadCommandsError::NotLast);
    }
    file.truncate(start as usize);
    let layout = Layout::of(start, identifier);
    put(&mut file, at + DATA.1, &layout.size.to_le_bytes())?;
    let linkedit = commands.linkedit;
    let linkedit_start = read_u64(&file, linkedit + SEGMENT.1)?;
    let size = u64::from(start)
        .checked_sub(linkedit_start)
        .ok_or(ReadCommandsError::NotLast)?
        + u64::from(layout.size);
    // Apple's linkers make it whole pages in memory, and LLVM's as much as in the file.
    let exact = read_u64(&file, linkedit + SEGMENT.0)? == read_u64(&file, linkedit + SEGMENT.2)?;
    let mapped = if exact {
        size
    } else {
        size.next_multiple_of(page_size(read_u32(&file, CPU)?))
    };
    put(&mut file, linkedit + SEGMENT.2, &size.to_le_bytes())?;
    put(&mut file, linkedit + SEGMENT.0, &mapped.to_le_bytes())?;

    let code = CodeDirectory {
        length: layout.size - layout.directory,
        version: macho::CS_SUPPORTSEXECSEG,
        flags: macho::CS_ADHOC | macho::CS_LINKER_SIGNED,
        hash_offset: layout.hashes,
        ident_offset: layout.identifier,
        n_special_slots: 0,
        n_code_slots: layout.pages,
        code_limit: u64::from(start),
        hash_size: HASH as u8,
        hash_type: macho::CS_HASHTYPE_SHA256,
        platform: 0,
        page_size: PAGE_BITS,
        scatter_offset: 0,
        team_offset: 0,
        exec_seg_base: read_u64(&file, commands.text + SEGMENT.1)?,
        exec_seg_limit: read_u64(&file, commands.text + SEGMENT.2)?,
        exec_seg_flags: match commands.main {
            Some(_) => macho::CS_EXECSEG_MAIN_BINARY,
            None => macho::CsExecSegFlags(0),
        },
    };
    let signature = layout.write(&code, identifier, &file);
    file.extend(signature);
    Ok(file)
}

/// How long the parts are, and where they stand.
struct Layout {
    /// Where the directory stands in the signature.
    directory: u32,
    /// Where the name stands in the directory.
    identifier: u32,
    /// Where the sums stand in the directory.
    hashes: u32,
    /// How many there are.
    pages: u32,
    /// Bytes of all of it.
    size: u32,
}

impl Layout {
    fn of(code: u32, identifier: &str) -> Self {
        let encoder = CodeSignatureEncoder;
        let directory = (encoder.super_blob_size() + encoder.blob_index_size()).next_multiple_of(ALIGN);
        let header = encoder.code_directory_size(macho::CS_SUPPORTSEXECSEG);
        let name = identifier.len() as u32 + 1;
        let hashes = (directory + header + name).next_multiple_of(ALIGN_WHOLE) - directory;
        let pages = code.div_ceil(PAGE as u32);
        Self {
            directory,
            identifier: header,
            hashes,
            pages,
            size: directory + hashes + pages * HASH as u32,
        }
    }

    fn write(&self, code: &CodeDirectory, identifier: &str, file: &[u8]) -> Vec<u8> {
        let encoder = CodeSignatureEncoder;
        let mut written = Vec::with_capacity(self.size as usize);
        encoder.signature_super_blob(&mut written, self.size, 1);
        encoder.blob_index(&mut written, macho::CSSLOT_CODEDIRECTORY, self.directory);
        written.resize(self.directory as usize, 0);
        encoder.code_directory(&mut written, code);
        written.extend(identifier.as_bytes());
        written.resize((self.directory + self.hashes) as usize, 0);
        for page in file.chunks(PAGE) {
            written.extend(Digest::of(page).hash);
        }
        written
    }
}

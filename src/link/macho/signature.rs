//! The signature that macOS asks of every executable: without a certificate ("ad hoc") as LLVM's and Apple's linkers write
//! it, or with one as `codesign` does.
//!
//! It is the last of a file: a table of blobs (`SuperBlob`). The first is the `CodeDirectory`, which has a SHA-256 sum for
//! each page of what stands before; with a certificate, a second says what is required of it otherwise (nothing), and a
//! third is a signature of the directory (CMS). Numbers are big-endian. The layout is that of `cs_blobs.h` of Apple's
//! kernel.

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

/// Bytes of the head of a blob.
const BLOB: u32 = 8;
/// A list of requirements that has none: its kind, its length, and how many there are.
const NO_REQUIREMENTS: [u8; 12] = [0xfa, 0xde, 0x0c, 0x01, 0, 0, 0, 12, 0, 0, 0, 0];
/// Sums of what is not in the file's pages: of requirements, and before them of a description that there is none of.
const SPECIAL: u32 = 2;

/// Whose signature it will be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Signer<'a> {
    /// Nobody's: what anybody can write.
    Nobody,
    /// That of a certificate's owner.
    Owner {
        /// The team that Apple gave the certificate to.
        team: Option<&'a str>,
        /// Bytes of a signature of its.
        size: u32,
    },
}

/// A file that waits for its signature.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unsigned {
    /// What stands before the signature.
    file: Vec<u8>,
    directory: Vec<u8>,
    /// Whether a signature is to follow.
    owned: bool,
    /// Bytes that the signature has in the file.
    room: usize,
}

/// Writes the signature without a certificate of an executable or library, in the place of the one that it has. See
/// [`Unsigned::prepare`].
pub fn sign_ad_hoc(file: Vec<u8>, identifier: &str) -> Result<Vec<u8>, ReadCommandsError> {
    Ok(Unsigned::prepare(file, identifier, Signer::Nobody)?.finish(&[]))
}

impl Unsigned {
    /// Makes room for a signature of an executable or library, in the place of the one that it has. `identifier` is its
    /// name in the signature, which linkers make of the output's: another name is another signature.
    ///
    /// Everything else must be as it shall be: the sums are of every byte before the signature.
    pub fn prepare(
        mut file: Vec<u8>,
        identifier: &str,
        signer: Signer<'_>,
    ) -> Result<Self, ReadCommandsError> {
        let commands = Commands::find(&file)?;
        let at = commands.signature;
        let start = read_u32(&file, at + DATA.0)?;
        let end = u64::from(start) + u64::from(read_u32(&file, at + DATA.1)?);
        if end != file.len() as u64 {
            return Err(ReadCommandsError::NotLast);
        }
        file.truncate(start as usize);
        let layout = Layout::of(start, identifier, signer);
        put(&mut file, at + DATA.1, &layout.room.to_le_bytes())?;
        let linkedit = commands.linkedit;
        let linkedit_start = read_u64(&file, linkedit + SEGMENT.1)?;
        let size = u64::from(start)
            .checked_sub(linkedit_start)
            .ok_or(ReadCommandsError::NotLast)?
            + u64::from(layout.room);
        // Apple's linkers make it whole pages in memory, and LLVM's as much as in the file.
        let exact = read_u64(&file, linkedit + SEGMENT.0)? == read_u64(&file, linkedit + SEGMENT.2)?;
        let mapped = if exact {
            size
        } else {
            size.next_multiple_of(page_size(read_u32(&file, CPU)?))
        };
        put(&mut file, linkedit + SEGMENT.2, &size.to_le_bytes())?;
        put(&mut file, linkedit + SEGMENT.0, &mapped.to_le_bytes())?;

        let owned = signer != Signer::Nobody;
        let code = CodeDirectory {
            length: layout.directory,
            version: macho::CS_SUPPORTSEXECSEG,
            flags: if owned {
                macho::CsFlags(0)
            } else {
                macho::CS_ADHOC | macho::CS_LINKER_SIGNED
            },
            hash_offset: layout.hashes,
            ident_offset: layout.identifier,
            n_special_slots: if owned { SPECIAL } else { 0 },
            n_code_slots: layout.pages,
            code_limit: u64::from(start),
            hash_size: HASH as u8,
            hash_type: macho::CS_HASHTYPE_SHA256,
            platform: 0,
            page_size: PAGE_BITS,
            scatter_offset: 0,
            team_offset: layout.team,
            exec_seg_base: read_u64(&file, commands.text + SEGMENT.1)?,
            exec_seg_limit: read_u64(&file, commands.text + SEGMENT.2)?,
            exec_seg_flags: match commands.main {
                Some(_) => macho::CS_EXECSEG_MAIN_BINARY,
                None => macho::CsExecSegFlags(0),
            },
        };
        let mut directory = Vec::with_capacity(layout.directory as usize);
        CodeSignatureEncoder.code_directory(&mut directory, &code);
        directory.extend(identifier.as_bytes());
        directory.push(0);
        if let Signer::Owner { team: Some(team), .. } = signer {
            directory.extend(team.as_bytes());
            directory.push(0);
        }
        if owned {
            directory.resize((layout.hashes - SPECIAL * HASH as u32) as usize, 0);
            // They are counted backwards from the first page's.
            directory.extend(Digest::of(&NO_REQUIREMENTS).hash);
        }
        directory.resize(layout.hashes as usize, 0);
        for page in file.chunks(PAGE) {
            directory.extend(Digest::of(page).hash);
        }
        Ok(Self {
            file,
            directory,
            owned,
            room: layout.room as usize,
        })
    }

    /// What is to be signed.
    #[must_use]
    pub fn directory(&self) -> &[u8] {
        &self.directory
    }

    /// The file with its signature: `owner` is that of the directory by a certificate's owner, of the size that was
    /// said, or empty.
    #[must_use]
    pub fn finish(self, owner: &[u8]) -> Vec<u8> {
        let encoder = CodeSignatureEncoder;
        let first = blobs_at(self.owned);
        let second = first + self.directory.len() as u32;
        let third = second + NO_REQUIREMENTS.len() as u32;
        let mut written = Vec::with_capacity(self.room);
        if self.owned {
            let size = third + BLOB + owner.len() as u32;
            encoder.signature_super_blob(&mut written, size, 3);
            encoder.blob_index(&mut written, macho::CSSLOT_CODEDIRECTORY, first);
            encoder.blob_index(&mut written, macho::CSSLOT_REQUIREMENTS, second);
            encoder.blob_index(&mut written, macho::CSSLOT_SIGNATURESLOT, third);
        } else {
            encoder.signature_super_blob(&mut written, second, 1);
            encoder.blob_index(&mut written, macho::CSSLOT_CODEDIRECTORY, first);
        }
        written.resize(first as usize, 0);
        written.extend(&self.directory);
        if self.owned {
            written.extend(NO_REQUIREMENTS);
            encoder.generic_blob(
                &mut written,
                macho::CSMAGIC_BLOBWRAPPER,
                BLOB + owner.len() as u32,
            );
            written.extend(owner);
        }
        written.resize(self.room, 0);
        let mut file = self.file;
        file.extend(written);
        file
    }
}

/// Where the first blob stands in the signature, behind the table of one or of three.
fn blobs_at(owned: bool) -> u32 {
    let encoder = CodeSignatureEncoder;
    let count = if owned { 3 } else { 1 };
    (encoder.super_blob_size() + count * encoder.blob_index_size()).next_multiple_of(ALIGN)
}

/// How long the parts are, and where they stand.
struct Layout {
    /// Where the name stands in the directory.
    identifier: u32,
    /// Where the team's stands in the directory; 0 where there is none.
    team: u32,
    /// Where the sums of pages stand in the directory.
    hashes: u32,
    /// How many there are.
    pages: u32,
    /// Bytes of the directory.
    directory: u32,
    /// Bytes of all of it.
    room: u32,
}

impl Layout {
    fn of(code: u32, identifier: &str, signer: Signer<'_>) -> Self {
        let identifier_at = CodeSignatureEncoder.code_directory_size(macho::CS_SUPPORTSEXECSEG);
        let mut end = identifier_at + identifier.len() as u32 + 1;
        let first = blobs_at(signer != Signer::Nobody);
        let (mut team_at, mut more) = (0, 0);
        if let Signer::Owner { team, size } = signer {
            if let Some(team) = team {
                team_at = end;
                end += team.len() as u32 + 1;
            }
            end += SPECIAL * HASH as u32;
            more = NO_REQUIREMENTS.len() as u32 + BLOB + size;
        }
        let hashes = (first + end).next_multiple_of(ALIGN_WHOLE) - first;
        let pages = code.div_ceil(PAGE as u32);
        let directory = hashes + pages * HASH as u32;
        Self {
            identifier: identifier_at,
            team: team_at,
            hashes,
            pages,
            directory,
            room: (first + directory + more).next_multiple_of(ALIGN_WHOLE),
        }
    }
}

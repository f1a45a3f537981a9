//! Reads the code signature of a Mach-O file, and computes whether it is one of this file.

use object::BigEndian;
use object::macho;
use object::read::macho::{CodeDirectory as Directory, CodeSignature};

use super::read::within;
use super::{MachOError, text};
use crate::model::Digest;

/// The signature in a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signature {
    /// Where it begins: all that is signed stands before.
    pub at: u64,
    /// What is signed, once for each kind of digest; systems take the best that they know.
    pub directories: Vec<CodeDirectory>,
    /// Whether somebody signed with a key (CMS), so that it can be told who.
    pub cms: bool,
}

/// A list of digests, page by page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CodeDirectory {
    /// What the code is called.
    pub identifier: String,
    /// The team that made it, where Apple knows one.
    pub team: Option<String>,
    /// Bits `CS_…`.
    pub flags: u32,
    /// The kind of digest.
    pub hash: SignatureHash,
    /// Bytes of a page; 0 where all is one.
    pub page_size: u64,
    /// How much of the file is signed.
    pub code_limit: u64,
    /// How many digests of pages there are.
    pub slots: u32,
    /// How many digests of other things.
    pub special_slots: u32,
    /// Whether it says to be of a program.
    pub main_binary: bool,
    /// Whether the digests are those of the pages.
    pub pages: Pages,
}

/// The kinds of digests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SignatureHash {
    /// SHA-1, for systems before 10.11.4.
    Sha1,
    /// SHA-256.
    Sha256,
    /// The first 20 bytes of SHA-256.
    Sha256Truncated,
    /// SHA-384.
    Sha384,
    /// One that nobody knew when this was written.
    Other(u8),
}

/// Whether digests are those of the pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pages {
    /// All of them.
    Hold,
    /// This one is the first that is not, from 0; or the first without a digest.
    Differ(u64),
    /// We do not compute this kind.
    Unknown,
}

impl CodeDirectory {
    /// Whether it says that nobody signed (ad hoc): the digests alone are there.
    #[must_use]
    pub const fn adhoc(&self) -> bool {
        self.flags & macho::CS_ADHOC.0 != 0
    }

    /// Whether a linker made it, so that other tools may replace it without asking.
    #[must_use]
    pub const fn linker_signed(&self) -> bool {
        self.flags & macho::CS_LINKER_SIGNED.0 != 0
    }
}

impl SignatureHash {
    const fn of(kind: u8) -> Self {
        match macho::CsHashType(kind) {
            macho::CS_HASHTYPE_SHA1 => Self::Sha1,
            macho::CS_HASHTYPE_SHA256 => Self::Sha256,
            macho::CS_HASHTYPE_SHA256_TRUNCATED => Self::Sha256Truncated,
            macho::CS_HASHTYPE_SHA384 => Self::Sha384,
            other => Self::Other(other.0),
        }
    }

    /// Bytes of a digest that we compute.
    const fn size(self) -> Option<usize> {
        match self {
            Self::Sha256 => Some(32),
            Self::Sha256Truncated => Some(20),
            Self::Sha1 | Self::Sha384 | Self::Other(_) => None,
        }
    }

    /// What it is called.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Sha1 => "SHA-1".to_owned(),
            Self::Sha256 => "SHA-256".to_owned(),
            Self::Sha256Truncated => "SHA-256, 20 bytes of it".to_owned(),
            Self::Sha384 => "SHA-384".to_owned(),
            Self::Other(kind) => format!("kind {kind}"),
        }
    }
}

/// Reads the signature at a place of a file.
pub(super) fn read_signature(bytes: &[u8], at: u32, size: u32) -> Result<Signature, MachOError> {
    let data = within(bytes, at, size).ok_or(MachOError::Segment)?;
    let signature = CodeSignature::parse(data)?;
    let mut found = Signature {
        at: at.into(),
        directories: Vec::new(),
        cms: false,
    };
    for blob in signature.blobs() {
        let blob = blob?;
        if blob.slot() == macho::CSSLOT_SIGNATURESLOT {
            // Signing ad hoc leaves an empty one in some tools.
            found.cms |= !blob.contents().is_empty();
        } else if let Some(directory) = blob.code_directory()? {
            found.directories.push(read_directory(bytes, &directory)?);
        }
    }
    if found.directories.is_empty() {
        return Err(MachOError::Signature {
            why: "it has no list of digests",
        });
    }
    Ok(found)
}

fn read_directory(bytes: &[u8], directory: &Directory<'_>) -> Result<CodeDirectory, MachOError> {
    let header = directory.header();
    let (team, code_limit) = (directory.team_id()?, directory.code_limit());
    let hash = SignatureHash::of(header.hash_type.0);
    let page_size = match header.page_size {
        0 => 0,
        exponent @ 1..32 => 1 << exponent,
        _ => {
            return Err(MachOError::Signature {
                why: "its pages are larger than any file",
            });
        }
    };
    let program = directory.exec_seg().is_some_and(|segment| {
        segment.exec_seg_flags.get(BigEndian).0 & macho::CS_EXECSEG_MAIN_BINARY.0 != 0
    });
    Ok(CodeDirectory {
        identifier: text(directory.ident()?),
        team: team.map(text),
        flags: header.flags.get(BigEndian).0,
        hash,
        page_size,
        code_limit,
        slots: header.n_code_slots.get(BigEndian),
        special_slots: header.n_special_slots.get(BigEndian),
        main_binary: program,
        pages: match hash.size() {
            Some(size) => check_pages(bytes, directory, page_size, code_limit, size)?,
            None => Pages::Unknown,
        },
    })
}

/// Computes the digest of every page, the last one of which may be shorter.
fn check_pages(
    bytes: &[u8],
    directory: &Directory<'_>,
    page_size: u64,
    code_limit: u64,
    size: usize,
) -> Result<Pages, MachOError> {
    let signed = usize::try_from(code_limit)
        .ok()
        .and_then(|limit| bytes.get(..limit));
    let signed = signed.ok_or(MachOError::Signature {
        why: "it signs more than the file has",
    })?;
    if usize::from(directory.header().hash_size) != size {
        return Err(MachOError::Signature {
            why: "its digests are longer or shorter than their kind",
        });
    }
    let page = match usize::try_from(page_size).unwrap_or(usize::MAX) {
        0 => signed.len().max(1),
        page => page,
    };
    let slots = u64::from(directory.header().n_code_slots.get(BigEndian));
    let mut number = 0;
    for page in signed.chunks(page) {
        let slot = u32::try_from(number).ok().filter(|_| number < slots);
        let Some(slot) = slot else {
            return Ok(Pages::Differ(number));
        };
        if directory.code_hash(slot)? != &Digest::of(page).hash[..size] {
            return Ok(Pages::Differ(number));
        }
        number += 1;
    }
    // A digest of nothing is one too many.
    Ok(if number == slots {
        Pages::Hold
    } else {
        Pages::Differ(number)
    })
}

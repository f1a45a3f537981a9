//! What kind of difference there is between two contents, told by what they are.

use super::difference::{CodeDifference, Explanation, ManifestDifference, NatureDifference};
use super::{bytes, code, library};
use crate::inspect::{is_coff, is_macho, is_universal};
use crate::model::{Digest, TreePath};

/// Two files up to so many bytes are held in memory to be looked into.
const MAX_EXPLAINED: u64 = 512 << 20;

/// Whether two files can be looked into.
pub(super) fn is_explained(a: &Digest, b: &Digest) -> bool {
    a.size.saturating_add(b.size) <= MAX_EXPLAINED
}

/// What bytes are, told by the first of them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Nature {
    Elf,
    Pe,
    Coff,
    MachO,
    Universal,
    Library,
    Text,
    Bytes,
}

impl Nature {
    fn of(bytes: &[u8]) -> Self {
        if bytes.starts_with(b"\x7fELF") {
            Self::Elf
        } else if bytes.starts_with(b"MZ") {
            Self::Pe
        } else if is_coff(bytes) {
            Self::Coff
        } else if is_macho(bytes) {
            Self::MachO
        } else if is_universal(bytes) {
            Self::Universal
        } else if bytes.starts_with(b"!<arch>\n") {
            Self::Library
        } else if bytes::as_text(bytes).is_some() {
            Self::Text
        } else {
            Self::Bytes
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Elf => "an ELF file",
            Self::Pe => "an executable or DLL of Windows",
            Self::Coff => "an object of Windows",
            Self::MachO => "a Mach-O file",
            Self::Universal => "a universal file",
            Self::Library => "a static library",
            Self::Text => "text",
            Self::Bytes => "neither text nor code",
        }
    }
}

/// What differs between two contents of a file.
pub(super) fn explain(path: &TreePath, a: &[u8], b: &[u8]) -> Explanation {
    if path.as_str().ends_with(".pyc")
        && let Some(found) = bytes::compare_bytecode(a, b)
    {
        return Explanation::Bytecode(found);
    }
    let (nature_a, nature_b) = (Nature::of(a), Nature::of(b));
    // Nothing at all, and what is neither, may be a damaged form of anything.
    let vague = |nature: Nature| matches!(nature, Nature::Bytes) || a.is_empty() || b.is_empty();
    if nature_a != nature_b {
        return if vague(nature_a) && vague(nature_b) {
            Explanation::Bytes(bytes::compare(a, b))
        } else {
            Explanation::Nature(NatureDifference {
                a: nature_a.as_str().to_owned(),
                b: nature_b.as_str().to_owned(),
            })
        };
    }
    let library = || Some(Explanation::StaticLibrary(library::compare(a, b)?));
    if nature_a == Nature::Library
        && let Some(found) = library()
    {
        return found;
    }
    explain_member(a, b)
}

/// The same of a member of a static library, which is none itself.
pub(super) fn explain_member(a: &[u8], b: &[u8]) -> Explanation {
    let explanation: Option<fn(CodeDifference) -> Explanation> = match (Nature::of(a), Nature::of(b)) {
        (Nature::Elf, Nature::Elf) => Some(Explanation::Elf),
        (Nature::Pe, Nature::Pe) => Some(Explanation::Pe),
        (Nature::Coff, Nature::Coff) => Some(Explanation::Coff),
        (Nature::MachO, Nature::MachO) => Some(Explanation::MachO),
        _ => None,
    };
    if let Some(explanation) = explanation
        && let Some(found) = code::compare(a, b)
    {
        return explanation(found);
    }
    match (bytes::as_text(a), bytes::as_text(b)) {
        (Some(a), Some(b)) => Explanation::Text(bytes::compare_texts(a, b)),
        _ => Explanation::Bytes(bytes::compare(a, b)),
    }
}

/// Two manifests that say the same in another way.
pub(super) fn same_fields(a: &[u8], b: &[u8], mut found: ManifestDifference) -> ManifestDifference {
    if found.fields.is_empty()
        && found.followed == 0
        && let (Some(a), Some(b)) = (bytes::as_text(a), bytes::as_text(b))
    {
        found.line = Some(bytes::compare_texts(a, b).line);
    }
    found
}

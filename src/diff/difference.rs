//! What differs, as values: serialised as JSON, rendered as text by `render`.

use serde::Serialize;
use serde_json::Value;

use crate::model::{Digest, TreePath};
use crate::plan::Flavor;

/// Everything that differs between two artifacts, `a` and `b`.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Difference {
    /// Version of this format; 1.
    pub version: u32,
    /// In one word.
    pub verdict: Verdict,
    /// The one.
    pub a: SideFacts,
    /// The other.
    pub b: SideFacts,
    /// What a reader must know of the comparison.
    pub notes: Vec<String>,
    /// How the archives themselves differ: what no unpacked file shows.
    pub packing: Vec<PackingDifference>,
    /// What `b` does not have; a directory stands for all below it.
    pub only_in_a: Vec<Alone>,
    /// What `a` does not have.
    pub only_in_b: Vec<Alone>,
    /// Links that lead elsewhere, and what is a file here and a link or a directory there.
    pub kinds: Vec<KindDifference>,
    /// Permissions that differ.
    pub modes: Vec<ModeDifference>,
    /// Files with different content.
    pub changed: Vec<Changed>,
}

/// The whole answer in one word.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The same bytes; of unpacked directories, the same files.
    Identical,
    /// Not the same bytes, but nothing differs that was to be compared.
    Equal,
    /// Something differs.
    Different,
}

/// An artifact at a glance.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SideFacts {
    /// As it was named.
    pub name: String,
    /// `directory`, or how an archive is compressed: `zstd`, `gzip`.
    pub form: String,
    /// Digest of the archive's bytes.
    pub digest: Option<Digest>,
    /// Which archive it says to be.
    pub flavor: Option<Flavor>,
    /// How many files there are.
    pub files: usize,
    /// Their bytes.
    pub size: u64,
}

/// A way in which two archives differ whatever is in them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PackingDifference {
    /// Which way.
    pub kind: PackingKind,
    /// In `a`.
    pub a: String,
    /// In `b`.
    pub b: String,
    /// How many members it is true of; nothing where it is of the whole.
    pub members: Option<usize>,
    /// The first of them.
    pub first: Option<String>,
}

/// The ways in which archives differ whatever is in them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PackingKind {
    /// The same members, compressed otherwise.
    Compression,
    /// The same members in another order.
    Order,
    /// Times of modification.
    Mtime,
    /// Owners: number or name of user or group.
    Owner,
    /// Nothing that a reader of the archive sees: padding, or another kind of tar header.
    Headers,
}

/// Something that only one of the two has.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Alone {
    /// Where; a directory ends in `/`.
    pub path: String,
    /// Where it leads, if it is a link.
    pub link: Option<String>,
    /// How many files and links that are.
    pub files: usize,
    /// Their bytes.
    pub size: u64,
}

/// Not the same kind of thing, or not the same link.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct KindDifference {
    /// Where.
    pub path: TreePath,
    /// In `a`: `a link to x`, `a file`, `a directory`.
    pub a: String,
    /// In `b`.
    pub b: String,
}

/// Permissions that differ.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ModeDifference {
    /// Where.
    pub path: String,
    /// In `a`, in octal digits.
    pub a: String,
    /// In `b`.
    pub b: String,
}

/// A file with different content.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Changed {
    /// Where.
    pub path: TreePath,
    /// Content in `a`.
    pub a: Digest,
    /// Content in `b`.
    pub b: Digest,
    /// What kind of difference it is.
    pub explanation: Explanation,
}

/// What kind of difference there is between two contents.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Explanation {
    /// Two ELF files.
    Elf(CodeDifference),
    /// Two executables or DLLs of Windows.
    Pe(CodeDifference),
    /// Two objects of Windows.
    Coff(CodeDifference),
    /// Two objects, libraries, bundles or executables of macOS.
    MachO(CodeDifference),
    /// Two static libraries.
    StaticLibrary(LibraryDifference),
    /// Two `PYTHON.json`.
    Manifest(ManifestDifference),
    /// Two `.pyc` files.
    Bytecode(BytecodeDifference),
    /// Two texts.
    Text(TextDifference),
    /// Anything else.
    Bytes(BytesDifference),
    /// One kind of file here and another one there.
    Nature(NatureDifference),
    /// They are too big to be looked into.
    TooBig,
}

/// Two files of machine code in one format.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct CodeDifference {
    /// What a loader or a linker is told: machine, needed libraries, the stack, …
    pub facts: Vec<FieldDifference>,
    /// Sections that only one has, or with different content.
    pub sections: Vec<SectionDifference>,
    /// How many sections are the same but at another address.
    pub moved: usize,
    /// Names of symbols, by table.
    pub symbols: Vec<SymbolDifference>,
    /// Offset of the first difference where it is in no section: headers or padding.
    pub elsewhere: Option<u64>,
}

/// A section that differs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SectionDifference {
    /// Its name.
    pub name: String,
    /// Its size in `a`, if it is there.
    pub a: Option<u64>,
    /// Its size in `b`, if it is there.
    pub b: Option<u64>,
    /// Offset in the section of the first difference, where both have one.
    pub first: Option<u64>,
    /// The symbol of `a` that this offset belongs to.
    pub symbol: Option<String>,
}

/// Names that only one table of symbols has.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SymbolDifference {
    /// `symtab` or `dynsym`; of Windows' files also `exports` and `imports`.
    pub table: String,
    /// What only `a` has.
    pub only_in_a: Vec<String>,
    /// What only `b` has.
    pub only_in_b: Vec<String>,
}

/// Two static libraries.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct LibraryDifference {
    /// Members that only `a` has.
    pub only_in_a: Vec<String>,
    /// Members that only `b` has.
    pub only_in_b: Vec<String>,
    /// The first members that are not at the same place, where order is all that differs of them.
    pub order: Option<[String; 2]>,
    /// Members that differ.
    pub members: Vec<MemberDifference>,
    /// Offset of the first difference where it is in no member: the index, or the table of names.
    pub elsewhere: Option<u64>,
}

/// A member that differs.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct MemberDifference {
    /// Its name.
    pub member: String,
    /// Its header: time, owner, mode.
    pub header: Vec<FieldDifference>,
    /// Its content.
    pub content: Option<Box<Explanation>>,
}

/// Two `PYTHON.json`.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct ManifestDifference {
    /// Fields with different values.
    pub fields: Vec<FieldDifference>,
    /// How many digests of `pbs.files` just follow from files that differ.
    pub followed: usize,
    /// Line of the first difference, where no field differs.
    pub line: Option<usize>,
}

/// A named value that differs.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct FieldDifference {
    /// Its name, or its path in a document: `pbs.components[zlib].version`.
    pub field: String,
    /// In `a`, if it is there.
    pub a: Option<Value>,
    /// In `b`, if it is there.
    pub b: Option<Value>,
}

/// Two `.pyc` files.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct BytecodeDifference {
    /// What the first sixteen bytes say.
    pub header: Vec<FieldDifference>,
    /// Offset of the first difference in the code behind them.
    pub code: Option<u64>,
}

/// Two texts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct TextDifference {
    /// Number of the first line that differs, from 1.
    pub line: usize,
    /// That line in `a`; nothing where `a` has ended.
    pub a: Option<String>,
    /// That line in `b`.
    pub b: Option<String>,
}

/// Two contents that we have no more to say of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct BytesDifference {
    /// Offset of the first difference.
    pub first: u64,
    /// Length of `a`.
    pub a: u64,
    /// Length of `b`.
    pub b: u64,
}

/// One kind of file here and another one there.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct NatureDifference {
    /// What `a` is.
    pub a: String,
    /// What `b` is.
    pub b: String,
}

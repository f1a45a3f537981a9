//! A bundle as bytes, for `recipes/cpython/launcher/bundle.c`.
//!
//! Every number is 32 bits, little-endian; every offset counts from the first byte.
//!
//! | part | what |
//! |---|---|
//! | header | `pbbundle`, version, size of the whole, offset of the modules, offset and number of the slots, offset and number of the files, offset and number of the options |
//! | modules | name, path, flags, code, source: 11 numbers each, sorted by name |
//! | slots | a power of two of them, at most half of them taken: number of a module from 1, or 0. A module's slot is the FNV-1a hash of its name, or the next free one |
//! | files | path and content: 5 numbers each, sorted by path |
//! | options | key and value: 4 numbers each |
//! | data | what the others point to, first texts, then code, then files: each followed by a null character; content begins at a multiple of 8 |
//!
//! Texts and bytes are an offset and a size; content is these and 0, or 1 for a zlib stream after the size it unfolds to.

use std::collections::BTreeMap;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::{Bundle, ModuleKind};

/// Why a bundle cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteBundleError {
    /// The numbers have 32 bits.
    #[error("what is embedded has more than 4 GiB")]
    TooLarge,
    /// Names and paths end with a null character.
    #[error("`{text}` cannot be embedded: it has a null character")]
    Null {
        /// The name or path.
        text: String,
    },
    /// Compression failed.
    #[error("failed to compress `{path}`")]
    Compress {
        /// What was compressed.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

pub(super) const MAGIC: &[u8] = b"pbbundle";
pub(super) const VERSION: usize = 1;
const HEADER: usize = 44;
pub(super) const MODULE: usize = 44;
const SLOT: usize = 4;
pub(super) const FILE: usize = 20;
const OPTION: usize = 16;
/// Content is aligned to this, so that those who read words of it find them aligned.
const ALIGN: usize = 8;
/// Less is not worth a call of the decompressor.
const SHORT: usize = 512;

/// Writes a bundle; the same bundle is the same bytes.
///
/// `compress` keeps content as zlib streams where that is shorter: smaller files, slower imports.
pub fn write_bundle(bundle: &Bundle, compress: bool) -> Result<Vec<u8>, WriteBundleError> {
    let slots = (2 * bundle.modules.len() + 1).next_power_of_two();
    let modules_at = HEADER;
    let slots_at = modules_at + MODULE * bundle.modules.len();
    let files_at = slots_at + SLOT * slots;
    let options_at = files_at + FILE * bundle.files.len();
    let data_at = options_at + OPTION * bundle.options.len();
    let mut data = Data {
        start: data_at,
        bytes: Vec::new(),
        compress,
    };

    // In the order in which it is read: every import reads texts and code, next to none a source. Between
    // the others, sources would be read from the disk with them.
    let mut names = Vec::new();
    let mut paths = BTreeMap::new();
    for (name, module) in &bundle.modules {
        names.push(data.text(name)?);
        paths.insert(module.path.as_str(), data.text(&module.path)?);
    }
    let mut options = Vec::new();
    for (key, value) in &bundle.options {
        options.extend(data.text(key)?.numbers());
        options.extend(data.text(value)?.numbers());
    }
    for path in bundle.files.keys() {
        if !paths.contains_key(path.as_str()) {
            paths.insert(path, data.text(path)?);
        }
    }
    let mut codes = Vec::new();
    for (name, module) in &bundle.modules {
        let code = module.code.as_ref();
        codes.push(code.map(|code| data.content(name, &code.0)).transpose()?);
    }
    let mut files = Vec::new();
    let mut contents = BTreeMap::new();
    for (path, content) in &bundle.files {
        let content = data.content(path, content)?;
        files.extend(paths[path.as_str()].numbers());
        files.extend(content.numbers());
        contents.insert(path.as_str(), content);
    }
    let mut modules = Vec::new();
    let mut table = vec![0; slots];
    let known = names.into_iter().zip(codes);
    for (index, ((name, module), (name_at, code))) in bundle.modules.iter().zip(known).enumerate() {
        let content = contents.get(module.path.as_str()).copied().unwrap_or_default();
        let (code, source) = if module.kind.is_extension() {
            (content, Content::default())
        } else {
            (code.unwrap_or_default(), content)
        };
        modules.extend(name_at.numbers());
        modules.extend(paths[module.path.as_str()].numbers());
        modules.push(flags(module.kind));
        modules.extend(code.numbers());
        modules.extend(source.numbers());
        let mut slot = hash(name) & (slots - 1);
        while table[slot] != 0 {
            slot = (slot + 1) & (slots - 1);
        }
        table[slot] = index + 1;
    }

    let size = data_at + data.bytes.len();
    let header = [
        VERSION,
        size,
        modules_at,
        slots_at,
        slots,
        files_at,
        bundle.files.len(),
        options_at,
        bundle.options.len(),
    ];
    let mut out = Vec::with_capacity(size);
    out.extend(MAGIC);
    for number in header
        .into_iter()
        .chain(modules)
        .chain(table)
        .chain(files)
        .chain(options)
    {
        let number = u32::try_from(number).map_err(|_| WriteBundleError::TooLarge)?;
        out.extend(number.to_le_bytes());
    }
    out.extend(data.bytes);
    Ok(out)
}

fn flags(kind: ModuleKind) -> usize {
    match kind {
        ModuleKind::Module => 0,
        ModuleKind::Package => 1,
        ModuleKind::Namespace => 2,
        ModuleKind::Extension => 4,
        ModuleKind::ExtensionPackage => 5,
    }
}

/// FNV-1a with 32 bits.
fn hash(name: &str) -> usize {
    let hash = name.bytes().fold(2_166_136_261_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(16_777_619)
    });
    hash as usize
}

/// Where a text is.
#[derive(Clone, Copy, Default)]
struct Text {
    at: usize,
    size: usize,
}

impl Text {
    fn numbers(self) -> [usize; 2] {
        [self.at, self.size]
    }
}

/// Where content is, and how it is kept.
#[derive(Clone, Copy, Default)]
struct Content {
    at: usize,
    size: usize,
    how: usize,
}

impl Content {
    fn numbers(self) -> [usize; 3] {
        [self.at, self.size, self.how]
    }
}

/// The part that the others point to.
struct Data {
    /// Offset of its first byte.
    start: usize,
    bytes: Vec<u8>,
    compress: bool,
}

impl Data {
    fn text(&mut self, text: &str) -> Result<Text, WriteBundleError> {
        if text.contains('\0') {
            let text = text.to_owned();
            return Err(WriteBundleError::Null { text });
        }
        Ok(Text {
            at: self.put(text.as_bytes()),
            size: text.len(),
        })
    }

    fn content(&mut self, path: &str, content: &[u8]) -> Result<Content, WriteBundleError> {
        let padding = (self.start + self.bytes.len()).next_multiple_of(ALIGN) - self.start;
        self.bytes.resize(padding, 0);
        if self.compress && content.len() >= SHORT {
            let packed = deflate(content).map_err(|source| WriteBundleError::Compress {
                path: path.to_owned(),
                source,
            })?;
            if packed.len() < content.len() {
                let (at, size) = (self.put(&packed), packed.len());
                return Ok(Content { at, size, how: 1 });
            }
        }
        let (at, size) = (self.put(content), content.len());
        Ok(Content { at, size, how: 0 })
    }

    fn put(&mut self, bytes: &[u8]) -> usize {
        let at = self.start + self.bytes.len();
        self.bytes.extend(bytes);
        self.bytes.push(0);
        at
    }
}

/// The size, then a zlib stream.
fn deflate(content: &[u8]) -> std::io::Result<Vec<u8>> {
    let size = u32::try_from(content.len()).map_err(std::io::Error::other)?;
    let mut encoder = ZlibEncoder::new(size.to_le_bytes().to_vec(), Compression::best());
    encoder.write_all(content)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::{Code, Module};

    /// Reads as bundle.c does.
    struct Reader<'a>(&'a [u8]);

    impl Reader<'_> {
        fn number(&self, at: usize) -> usize {
            u32::from_le_bytes(self.0[at..at + 4].try_into().unwrap()) as usize
        }

        fn bytes(&self, at: usize) -> &[u8] {
            let (start, size) = (self.number(at), self.number(at + 4));
            assert_eq!(self.0[start + size], 0, "what ends with a null character");
            &self.0[start..start + size]
        }

        fn module(&self, name: &str) -> Option<usize> {
            let (slots, count) = (self.number(20), self.number(24));
            let mut slot = hash(name) & (count - 1);
            loop {
                let taken = self.number(slots + 4 * slot);
                if taken == 0 {
                    return None;
                }
                let at = self.number(16) + MODULE * (taken - 1);
                if self.bytes(at) == name.as_bytes() {
                    return Some(at);
                }
                slot = (slot + 1) & (count - 1);
            }
        }
    }

    fn bundle() -> Bundle {
        let module = |kind, path: &str, code: Option<&[u8]>| Module {
            kind,
            path: path.to_owned(),
            code: code.map(|code| Code(code.to_vec())),
        };
        let mut bundle = Bundle::default();
        let modules = [
            (
                "a",
                module(ModuleKind::Package, "lib/a/__init__.py", Some(b"code of a")),
            ),
            ("a.b", module(ModuleKind::Module, "lib/a/b.py", None)),
            ("a.x", module(ModuleKind::Extension, "lib/a/x.so", None)),
            ("e", module(ModuleKind::ExtensionPackage, "lib/a/x.so", None)),
            ("n", module(ModuleKind::Namespace, "lib/n", None)),
        ];
        bundle.modules = modules.map(|(name, module)| (name.to_owned(), module)).into();
        let long = "value = 1\n".repeat(200);
        let files = [
            ("lib/a/__init__.py", "# a"),
            ("lib/a/b.py", long.as_str()),
            ("lib/a/x.so", "ELF"),
            ("lib/a/data.txt", "data"),
        ];
        bundle.files = files
            .map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()))
            .into();
        bundle.options.insert("run".to_owned(), "a".to_owned());
        bundle
    }

    #[test]
    fn a_reader_finds_what_was_written() {
        let bytes = write_bundle(&bundle(), false).unwrap();
        let read = Reader(&bytes);
        assert_eq!(&bytes[..8], MAGIC);
        assert_eq!(read.number(12), bytes.len());
        let a = read.module("a").unwrap();
        assert_eq!(read.bytes(a + 8), b"lib/a/__init__.py");
        assert_eq!(read.number(a + 16), 1);
        assert_eq!(read.bytes(a + 20), b"code of a");
        assert_eq!(read.number(a + 20) % ALIGN, 0);
        assert_eq!(read.bytes(a + 32), b"# a");
        let b = read.module("a.b").unwrap();
        assert_eq!((read.number(b + 20), read.number(b + 24)), (0, 0));
        assert_eq!(read.bytes(b + 32).len(), 2000);
        let x = read.module("a.x").unwrap();
        assert_eq!(read.bytes(x + 20), b"ELF");
        assert_eq!(
            (read.number(x + 16), read.number(read.module("e").unwrap() + 16)),
            (4, 5)
        );
        assert_eq!(read.bytes(read.module("n").unwrap() + 8), b"lib/n");
        assert_eq!(read.module("b"), None);
        let files: Vec<_> = (0..read.number(32))
            .map(|index| read.bytes(read.number(28) + FILE * index).to_vec())
            .collect();
        assert!(files.is_sorted());
        assert_eq!(files.len(), 4);
        assert_eq!(read.bytes(read.number(36)), b"run");
        assert_eq!(read.bytes(read.number(36) + 8), b"a");
    }

    #[test]
    fn what_gets_shorter_is_compressed() {
        let bytes = write_bundle(&bundle(), true).unwrap();
        let read = Reader(&bytes);
        let b = read.module("a.b").unwrap();
        assert_eq!(read.number(b + 40), 1);
        let kept = read.bytes(b + 32);
        assert_eq!(kept[..4], 2000_u32.to_le_bytes());
        let mut unfolded = Vec::new();
        std::io::copy(&mut flate2::read::ZlibDecoder::new(&kept[4..]), &mut unfolded).unwrap();
        assert_eq!(unfolded, "value = 1\n".repeat(200).as_bytes());
        assert_eq!(
            read.number(read.module("a").unwrap() + 40),
            0,
            "too short to gain"
        );
    }

    #[test]
    fn the_same_bundle_is_the_same_bytes() {
        assert_eq!(
            write_bundle(&bundle(), true).unwrap(),
            write_bundle(&bundle(), true).unwrap()
        );
    }

    #[test]
    fn an_empty_bundle_can_be_read() {
        let bytes = write_bundle(&Bundle::default(), false).unwrap();
        assert_eq!(Reader(&bytes).module("a"), None);
    }

    #[test]
    fn a_path_with_a_null_is_refused() {
        let mut bundle = Bundle::default();
        bundle.files.insert("a\0b".to_owned(), Vec::new());
        assert!(matches!(
            write_bundle(&bundle, false),
            Err(WriteBundleError::Null { .. })
        ));
    }
}

//! What a bundle holds and how much room each thing takes: the bytes that [`super::write_bundle`] makes, read again.

use std::collections::BTreeSet;

use super::write::{FILE, MAGIC, MODULE, VERSION};

/// Something that a bundle holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Held<'a> {
    /// The path of the file; of bytecode, that of the source it was made from.
    pub path: &'a str,
    /// What it is.
    pub kind: HeldKind,
    /// The bytes that it takes, compressed where it is.
    pub size: u64,
}

/// What a part of a bundle is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum HeldKind {
    /// Bytecode of a module.
    Bytecode,
    /// Source of a module.
    Source,
    /// An extension module, as a shared library.
    Library,
    /// A file that modules or people read.
    Resource,
}

impl HeldKind {
    /// In words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bytecode => "bytecode",
            Self::Source => "source",
            Self::Library => "shared libraries",
            Self::Resource => "resources",
        }
    }
}

/// Why bytes are not a bundle.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadBundleError {
    /// It does not begin like one of this version.
    #[error("what is embedded is no bundle of version {VERSION}")]
    Version,
    /// An offset leads out of it.
    #[error("what is embedded is damaged: an offset leads out of it")]
    Bounds,
    /// A name or path is no text.
    #[error("what is embedded is damaged: a name is not UTF-8")]
    Text,
}

/// Reads what a bundle holds: files by path, then bytecode by module. The rest of its bytes are tables, names and
/// padding.
pub fn read_bundle(bytes: &[u8]) -> Result<Vec<Held<'_>>, ReadBundleError> {
    let view = View(bytes);
    if !bytes.starts_with(MAGIC) || view.number(MAGIC.len())? != VERSION {
        return Err(ReadBundleError::Version);
    }
    let header = |index: usize| view.number(MAGIC.len() + 4 * index);
    let (modules_at, slots_at, files_at, files) = (header(2)?, header(3)?, header(5)?, header(6)?);
    let modules = slots_at.checked_sub(modules_at).ok_or(ReadBundleError::Bounds)? / MODULE;
    if header(1)? != bytes.len() {
        return Err(ReadBundleError::Bounds);
    }
    let (mut sources, mut libraries) = (BTreeSet::new(), BTreeSet::new());
    let mut code = Vec::new();
    for index in 0..modules {
        let at = modules_at + MODULE * index;
        let path = view.text(at + 8)?;
        // An extension module's code is its file.
        if view.number(at + 16)? & EXTENSION != 0 {
            libraries.insert(path);
            continue;
        }
        sources.insert(path);
        let size = view.size(at + 20)?;
        code.extend((size > 0).then_some(Held {
            path,
            kind: HeldKind::Bytecode,
            size,
        }));
    }
    let mut held = Vec::new();
    for index in 0..files {
        let at = files_at + FILE * index;
        let path = view.text(at)?;
        let kind = if libraries.contains(path) {
            HeldKind::Library
        } else if sources.contains(path) {
            HeldKind::Source
        } else {
            HeldKind::Resource
        };
        let size = view.size(at + 8)?;
        held.push(Held { path, kind, size });
    }
    held.extend(code);
    Ok(held)
}

/// Flag of an extension module.
const EXTENSION: usize = 4;

/// The bytes of a bundle.
struct View<'a>(&'a [u8]);

impl<'a> View<'a> {
    fn number(&self, at: usize) -> Result<usize, ReadBundleError> {
        let bytes = at.checked_add(4).and_then(|end| self.0.get(at..end));
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
        bytes
            .map(|bytes| u32::from_le_bytes(bytes) as usize)
            .ok_or(ReadBundleError::Bounds)
    }

    /// The bytes that an offset and a size at `at` point to.
    fn bytes(&self, at: usize) -> Result<&'a [u8], ReadBundleError> {
        let (start, size) = (self.number(at)?, self.number(at + 4)?);
        let end = start.checked_add(size).ok_or(ReadBundleError::Bounds)?;
        self.0.get(start..end).ok_or(ReadBundleError::Bounds)
    }

    fn text(&self, at: usize) -> Result<&'a str, ReadBundleError> {
        std::str::from_utf8(self.bytes(at)?).map_err(|_| ReadBundleError::Text)
    }

    fn size(&self, at: usize) -> Result<u64, ReadBundleError> {
        Ok(self.bytes(at)?.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::{Bundle, Code, Module, ModuleKind, write_bundle};

    fn bundle() -> Bundle {
        let mut bundle = Bundle::default();
        let modules = [
            ("a", ModuleKind::Module, "lib/a.py", Some("code of a")),
            ("n", ModuleKind::Namespace, "lib/n", None),
            ("x", ModuleKind::Extension, "lib/x.so", None),
        ];
        for (name, kind, path, code) in modules {
            let code = code.map(|code: &str| Code(code.as_bytes().to_vec()));
            let path = path.to_owned();
            bundle
                .modules
                .insert(name.to_owned(), Module { kind, path, code });
        }
        let long = "text ".repeat(1000);
        for (path, text) in [("lib/a.py", "# a"), ("lib/t.txt", &long), ("lib/x.so", "ELF")] {
            bundle.files.insert(path.to_owned(), text.as_bytes().to_vec());
        }
        bundle
    }

    #[test]
    fn everything_has_its_kind_and_size() {
        let bytes = write_bundle(&bundle(), false).unwrap();
        let held: Vec<_> = read_bundle(&bytes)
            .unwrap()
            .into_iter()
            .map(|held| (held.path, held.kind, held.size))
            .collect();
        assert_eq!(
            held,
            [
                ("lib/a.py", HeldKind::Source, 3),
                ("lib/t.txt", HeldKind::Resource, 5000),
                ("lib/x.so", HeldKind::Library, 3),
                ("lib/a.py", HeldKind::Bytecode, 9),
            ]
        );
    }

    #[test]
    fn what_is_compressed_takes_less() {
        let bytes = write_bundle(&bundle(), true).unwrap();
        let held = read_bundle(&bytes).unwrap();
        assert!(held[1].size < 500, "{}", held[1].size);
    }

    #[test]
    fn damage_is_told() {
        let bytes = write_bundle(&bundle(), false).unwrap();
        assert_eq!(read_bundle(b"no bundle").unwrap_err(), ReadBundleError::Version);
        for end in MAGIC.len() + 4..bytes.len() - 1 {
            assert_eq!(read_bundle(&bytes[..end]).unwrap_err(), ReadBundleError::Bounds);
        }
    }
}

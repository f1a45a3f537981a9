//! The files of a directory that `sys.path` could name → modules and files of a bundle.

use std::collections::BTreeMap;

use super::{Bundle, Code, Module, ModuleKind};

/// A directory that `sys.path` could name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Library<'a> {
    /// Where it stands in the bundle.
    pub root: &'a str,
    /// What its bytecode is named after: `cpython-313`.
    pub cache_tag: &'a str,
    /// The first bytes of its bytecode.
    pub magic: [u8; 4],
    /// How the names of extension modules end.
    pub extension_suffixes: &'a [String],
}

/// Why files cannot be added.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddError {
    /// Two files are the same module.
    #[error("`{first}` and `{second}` are both the module `{name}`")]
    Twice {
        /// The module.
        name: String,
        /// What was there first.
        first: String,
        /// What came later.
        second: String,
    },
    /// Two files have one path.
    #[error("there are two files `{path}`")]
    Same {
        /// The path.
        path: String,
    },
    /// Bytecode for another interpreter.
    #[error("`{path}` has bytecode of another version of Python")]
    Magic {
        /// The file.
        path: String,
    },
}

/// The header of a `.pyc` file: magic number, flags, time and size or hash of the source.
const PYC_HEADER: usize = 16;
const INIT: &str = "__init__";
const CACHE: &str = "__pycache__";

impl Library<'_> {
    /// Adds files, by their path in the directory.
    ///
    /// A directory without `__init__` that has modules in it becomes a namespace.
    pub fn add(&self, bundle: &mut Bundle, files: BTreeMap<String, Vec<u8>>) -> Result<(), AddError> {
        let (cached, files): (BTreeMap<_, _>, BTreeMap<_, _>) = files
            .into_iter()
            .partition(|(path, _)| path.split('/').any(|component| component == CACHE));
        let mut namespaces = BTreeMap::new();
        for (path, content) in files {
            let place = format!("{}/{path}", self.root);
            let Some(found) = self.module(&path) else {
                put_file(bundle, place, content)?;
                continue;
            };
            for (end, _) in path.match_indices('/') {
                let directory = &path[..end];
                namespaces.insert(directory.replace('/', "."), format!("{}/{directory}", self.root));
            }
            let mut module = Module {
                kind: found.kind,
                path: place.clone(),
                code: None,
            };
            match found.form {
                Form::Library => put_file(bundle, place, content)?,
                Form::Bytecode => module.code = Some(self.code(&place, &content)?),
                Form::Source => {
                    let kept = cached.get(&self.cached(&path));
                    module.code = kept.map(|kept| self.code(&place, kept)).transpose()?;
                    put_file(bundle, place, content)?;
                }
            }
            self.put(bundle, found.name, module)?;
        }
        for (name, path) in namespaces {
            bundle.modules.entry(name).or_insert(Module {
                kind: ModuleKind::Namespace,
                path,
                code: None,
            });
        }
        Ok(())
    }

    /// What module a file is.
    fn module(&self, path: &str) -> Option<Found> {
        let (directory, file) = path
            .rsplit_once('/')
            .map_or(("", path), |(directory, file)| (directory, file));
        let (stem, form) = self.form(file)?;
        let packages = directory.split('/').filter(|component| !component.is_empty());
        let is_package = stem == INIT && !directory.is_empty();
        let names: Vec<&str> = packages.chain((!is_package).then_some(stem)).collect();
        // A module may have a name that only `__import__` can say, as sysconfig's data has.
        let (last, packages) = names.split_last()?;
        if !packages.iter().all(|name| is_identifier(name)) || last.is_empty() || last.contains('.') {
            return None;
        }
        Some(Found {
            name: names.join("."),
            kind: match form {
                Form::Library if is_package => ModuleKind::ExtensionPackage,
                Form::Library => ModuleKind::Extension,
                _ if is_package => ModuleKind::Package,
                _ => ModuleKind::Module,
            },
            form,
        })
    }

    /// Puts a module where none is, or a namespace, which may be in many places.
    ///
    /// Of files of one name in one directory the first is taken that an import would look for; compiled packages bring
    /// their sources beside them.
    fn put(&self, bundle: &mut Bundle, name: String, module: Module) -> Result<(), AddError> {
        let first = bundle.modules.get(&name);
        let Some(first) = first.filter(|first| first.kind != ModuleKind::Namespace) else {
            bundle.modules.insert(name, module);
            return Ok(());
        };
        if parent(&first.path) != parent(&module.path) {
            return Err(AddError::Twice {
                name,
                first: first.path.clone(),
                second: module.path,
            });
        }
        if self.order(&module.path) < self.order(&first.path) {
            bundle.modules.insert(name, module);
        }
        Ok(())
    }

    /// When an import looks for a file, among those of its name and directory.
    fn order(&self, path: &str) -> usize {
        let suffixes = self.extension_suffixes;
        let longest = (0..suffixes.len())
            .filter(|at| path.ends_with(suffixes[*at].as_str()))
            .max_by_key(|at| suffixes[*at].len());
        longest.unwrap_or(suffixes.len() + usize::from(!path.ends_with(".py")))
    }

    /// The name of a file without what says that it is a module; `None` if it is none.
    #[must_use]
    pub fn stem<'p>(&self, file: &'p str) -> Option<&'p str> {
        self.form(file).map(|(stem, _)| stem)
    }

    fn form<'p>(&self, file: &'p str) -> Option<(&'p str, Form)> {
        if let Some(stem) = file.strip_suffix(".py") {
            return Some((stem, Form::Source));
        }
        if let Some(stem) = file.strip_suffix(".pyc") {
            return Some((stem, Form::Bytecode));
        }
        // The longest of those that fit: `.so` ends `.abi3.so`, too.
        let stems = self.extension_suffixes.iter();
        let stem = stems
            .filter_map(|suffix| file.strip_suffix(suffix.as_str()))
            .min_by_key(|stem| stem.len())?;
        Some((stem, Form::Library))
    }

    /// Where the bytecode of a source is.
    fn cached(&self, source: &str) -> String {
        let (directory, file) = source
            .rsplit_once('/')
            .map_or(("", source), |(directory, file)| (directory, file));
        let separator = if directory.is_empty() { "" } else { "/" };
        let stem = file.trim_end_matches(".py");
        format!("{directory}{separator}{CACHE}/{stem}.{}.pyc", self.cache_tag)
    }

    fn code(&self, path: &str, pyc: &[u8]) -> Result<Code, AddError> {
        match pyc.get(PYC_HEADER..) {
            Some(code) if pyc.starts_with(&self.magic) => Ok(Code(code.to_vec())),
            _ => Err(AddError::Magic {
                path: path.to_owned(),
            }),
        }
    }
}

/// What module a file is.
struct Found {
    name: String,
    kind: ModuleKind,
    form: Form,
}

#[derive(Clone, Copy)]
enum Form {
    Source,
    Bytecode,
    Library,
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

fn put_file(bundle: &mut Bundle, path: String, content: Vec<u8>) -> Result<(), AddError> {
    if bundle.files.contains_key(&path) {
        return Err(AddError::Same { path });
    }
    bundle.files.insert(path, content);
    Ok(())
}

/// Whether `import` could name it.
#[must_use]
pub fn is_identifier(name: &str) -> bool {
    let mut characters = name.chars();
    characters
        .next()
        .is_some_and(|first| first.is_alphabetic() || first == '_')
        && characters.all(|character| character.is_alphanumeric() || character == '_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::Keep;

    fn add(files: &[(&str, &[u8])]) -> Result<Bundle, AddError> {
        let suffixes = [".cpython-313-x86_64-linux-gnu.so", ".abi3.so", ".so"].map(str::to_owned);
        let library = Library {
            root: "lib",
            cache_tag: "cpython-313",
            magic: *b"mag\n",
            extension_suffixes: &suffixes,
        };
        let mut bundle = Bundle::default();
        let files = files
            .iter()
            .map(|(path, content)| ((*path).to_owned(), content.to_vec()));
        library.add(&mut bundle, files.collect())?;
        Ok(bundle)
    }

    const FILES: [(&str, &[u8]); 9] = [
        ("a.py", b"# a"),
        ("__pycache__/a.cpython-313.pyc", b"mag\n............code of a"),
        ("__pycache__/a.cpython-313.opt-1.pyc", b"mag\n............other"),
        ("p/__init__.py", b""),
        ("p/data.txt", b"text"),
        ("p/fast.cpython-313-x86_64-linux-gnu.so", b"ELF"),
        ("n/deep/m.py", b"# m"),
        ("some-data.py", b"# only __import__ can say it"),
        ("no-package/m.py", b"# nothing can"),
    ];

    #[test]
    fn files_become_what_an_import_would_find() {
        let bundle = add(&FILES).unwrap();
        let kinds: Vec<_> = bundle
            .modules
            .iter()
            .map(|(name, module)| (name.as_str(), module.kind))
            .collect();
        assert_eq!(
            kinds,
            [
                ("a", ModuleKind::Module),
                ("n", ModuleKind::Namespace),
                ("n.deep", ModuleKind::Namespace),
                ("n.deep.m", ModuleKind::Module),
                ("p", ModuleKind::Package),
                ("p.fast", ModuleKind::Extension),
                ("some-data", ModuleKind::Module),
            ]
        );
        assert_eq!(bundle.modules["a"].code, Some(Code(b"code of a".to_vec())));
        assert_eq!(bundle.modules["n.deep"].path, "lib/n/deep");
        assert_eq!(bundle.files["lib/p/data.txt"], b"text");
        assert!(bundle.files.contains_key("lib/no-package/m.py"));
        assert!(!bundle.files.keys().any(|path| path.contains(CACHE)));
    }

    #[test]
    fn what_is_compiled_comes_before_its_source() {
        let files: [(&str, &[u8]); 5] = [
            ("p/__init__.py", b"# p"),
            ("p/__init__.abi3.so", b"ELF p"),
            ("m.py", b"# m"),
            ("m.so", b"ELF m"),
            ("m.cpython-313-x86_64-linux-gnu.so", b"ELF m of this version"),
        ];
        let bundle = add(&files).unwrap();
        assert_eq!(bundle.modules["p"].kind, ModuleKind::ExtensionPackage);
        assert_eq!(bundle.modules["p"].path, "lib/p/__init__.abi3.so");
        assert_eq!(bundle.modules["m"].path, "lib/m.cpython-313-x86_64-linux-gnu.so");
        assert!(bundle.files.contains_key("lib/m.py"));
        let mut bundle = bundle;
        bundle.keep(Keep::Bytecode);
        assert!(!bundle.files.contains_key("lib/m.py"));
        assert!(!bundle.files.contains_key("lib/p/__init__.py"));
    }

    #[test]
    fn two_of_a_name_are_refused() {
        let error = add(&[("a.py", b""), ("a/__init__.py", b"")]).unwrap_err();
        assert!(matches!(error, AddError::Twice { name, .. } if name == "a"));
    }

    #[test]
    fn bytecode_of_another_version_is_refused() {
        let error = add(&[
            ("a.py", b""),
            ("__pycache__/a.cpython-313.pyc", b"old\n............x"),
        ]);
        assert_eq!(
            error.unwrap_err(),
            AddError::Magic {
                path: "lib/a.py".to_owned()
            }
        );
    }

    #[test]
    fn names_are_those_that_can_be_imported() {
        for (name, can) in [
            ("a", true),
            ("_a1", true),
            ("ä", true),
            ("1a", false),
            ("a-b", false),
            ("", false),
        ] {
            assert_eq!(is_identifier(name), can, "{name}");
        }
    }
}

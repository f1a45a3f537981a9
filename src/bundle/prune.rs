//! What of a bundle stays where not all of it is wanted.

use std::collections::{BTreeMap, BTreeSet};

use super::{Bundle, Keep, Module, ModuleKind};

impl Bundle {
    /// Takes the modules out of which `stays` says so, with their sources and with the files of packages that go.
    ///
    /// A file that no module is made of goes with the nearest package that it stands in; where there is none, it stays.
    pub fn prune(&mut self, stays: impl Fn(&str) -> bool) {
        let mut sources = BTreeMap::new();
        let mut packages = BTreeMap::new();
        for (name, module) in &self.modules {
            let stays = stays(name);
            match module.kind {
                ModuleKind::Namespace => packages.insert(module.path.clone(), stays),
                ModuleKind::Package | ModuleKind::ExtensionPackage => {
                    packages.insert(parent(&module.path).to_owned(), stays);
                    sources.insert(module.path.clone(), stays)
                }
                ModuleKind::Module | ModuleKind::Extension => sources.insert(module.path.clone(), stays),
            };
        }
        let nearest = |path: &str| {
            let mut directory = parent(path);
            while !directory.is_empty() {
                if let Some(stays) = packages.get(directory) {
                    return *stays;
                }
                directory = parent(directory);
            }
            true
        };
        self.files
            .retain(|path, _| sources.get(path).copied().unwrap_or_else(|| nearest(path)));
        self.modules.retain(|name, _| stays(name));
    }

    /// Leaves out what is not kept of modules; what has only one of the two keeps it.
    pub fn keep(&mut self, keep: Keep) {
        match keep {
            Keep::Both => {}
            Keep::Bytecode => {
                let sources: BTreeSet<String> = self.modules.iter().filter_map(source).collect();
                self.files.retain(|path, _| !sources.contains(path));
            }
            Keep::Source => {
                let files = &self.files;
                let has_source = |module: &Module| files.contains_key(&module.path);
                for module in self.modules.values_mut().filter(|module| has_source(module)) {
                    module.code = None;
                }
            }
        }
    }
}

/// The source of a module that can do without it; machine code may have one beside it.
fn source((name, module): (&String, &Module)) -> Option<String> {
    let stem = match module.kind {
        ModuleKind::ExtensionPackage => "__init__",
        ModuleKind::Extension => name.rsplit('.').next()?,
        _ => return module.code.is_some().then(|| module.path.clone()),
    };
    Some(format!("{}/{stem}.py", parent(&module.path)))
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::Code;

    fn bundle() -> Bundle {
        let module = |name: &str, kind, path: &str| {
            let (path, code) = (path.to_owned(), Some(Code(b"code".to_vec())));
            (name.to_owned(), Module { kind, path, code })
        };
        let modules = [
            module("a", ModuleKind::Package, "lib/a/__init__.py"),
            module("a.b", ModuleKind::Module, "lib/a/b.py"),
            module("c", ModuleKind::Package, "lib/c/__init__.py"),
            module("c.d", ModuleKind::Package, "lib/c/d/__init__.py"),
            module("n", ModuleKind::Namespace, "lib/n"),
        ];
        let files = [
            "lib/LICENSE.txt",
            "lib/a/__init__.py",
            "lib/a/b.py",
            "lib/a/deep/data.txt",
            "lib/c/__init__.py",
            "lib/c/d/__init__.py",
            "lib/c/d/data.txt",
            "lib/n/data.txt",
        ];
        Bundle {
            modules: modules.into(),
            files: files.map(|path| (path.to_owned(), b"text".to_vec())).into(),
            ..Bundle::default()
        }
    }

    fn files(bundle: &Bundle) -> Vec<&str> {
        bundle.files.keys().map(String::as_str).collect()
    }

    #[test]
    fn files_go_with_their_packages() {
        let mut bundle = bundle();
        bundle.prune(|name| ["a", "c"].contains(&name));
        assert_eq!(bundle.modules.keys().collect::<Vec<_>>(), ["a", "c"]);
        let expected = [
            "lib/LICENSE.txt",
            "lib/a/__init__.py",
            "lib/a/deep/data.txt",
            "lib/c/__init__.py",
        ];
        assert_eq!(files(&bundle), expected);
    }

    #[test]
    fn one_of_code_and_source_is_enough() {
        let mut bytecode = bundle();
        bytecode.modules.get_mut("a.b").unwrap().code = None;
        bytecode.keep(Keep::Bytecode);
        let expected = [
            "lib/LICENSE.txt",
            "lib/a/b.py",
            "lib/a/deep/data.txt",
            "lib/c/d/data.txt",
            "lib/n/data.txt",
        ];
        assert_eq!(files(&bytecode), expected);
        let mut source = bundle();
        source.files.remove("lib/a/b.py");
        source.keep(Keep::Source);
        let compiled: Vec<_> = source
            .modules
            .iter()
            .filter(|(_, module)| module.code.is_some())
            .collect();
        assert_eq!(
            compiled.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
            ["a.b", "n"]
        );
    }
}

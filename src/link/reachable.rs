//! What imports can reach in a bundle and among the extension modules that can be linked.

use std::collections::{BTreeMap, BTreeSet};

use crate::bundle::{Bundle, ModuleKind};
use crate::imports::{
    Certainty, Code, Interpreter, Kind, Module, Modules, Need, Reach, Root, Scan, reach, scan,
};
use crate::manifest::Manifest;
use crate::model::Os;

/// Modules of the standard library → those that they ask for by other means than an import.
const ASKED: [(&str, &str); 4] = [
    ("importlib.metadata", "_pbs_metadata"),
    ("importlib.resources", "_pbs_resources"),
    ("pkgutil", "_pbs_walk"),
    // Names in archives that do not say that they are UTF-8.
    ("zipfile", "encodings.cp437"),
];
/// What `sysconfig` imports is named after the target.
const SYSCONFIG: (&str, &str) = ("sysconfig", "_sysconfigdata_");

/// What the interpreter itself imports stands with the first of these, the encodings that are always there with the
/// second; the others are the importer's.
const CORE: [&str; 4] = ["builtins", "_codecs", "_pbs_lines", "_pbs_vendored"];

/// By these `encodings` takes what Windows is set to for streams and files, where there is no module of its own for it.
const CORE_OF_WINDOWS: [&str; 2] = ["_winapi", "encodings.mbcs"];

/// Whose functions count: what they import is not imported when their module is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Functions<'a> {
    /// Those of all modules.
    All,
    /// Those of these modules.
    Of(&'a BTreeSet<String>),
}

/// What imports can reach.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reachable {
    /// From the roots.
    application: Reach,
    /// From the interpreter itself. What functions of its modules import does not count: nobody calls them who does not
    /// import them.
    core: Reach,
}

impl Reachable {
    /// Whether a module is reached.
    #[must_use]
    pub fn has(&self, module: &str) -> bool {
        self.find(module).is_some()
    }

    /// How certain it is that a module is imported.
    #[must_use]
    pub fn certainty(&self, module: &str) -> Option<Certainty> {
        Some(self.find(module)?.reached[module].certainty)
    }

    /// Why a module is reached, back to a root, as people read it.
    #[must_use]
    pub fn reason(&self, module: &str) -> Option<String> {
        Some(self.find(module)?.reason(module)?.to_string())
    }

    /// The modules that are reached; some are named twice.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.application.reached.keys().chain(self.core.reached.keys())
    }

    /// Modules with the lines of imports that only running them would tell.
    #[must_use]
    pub fn dynamic(&self) -> &BTreeMap<String, Vec<usize>> {
        &self.application.dynamic
    }

    fn find(&self, module: &str) -> Option<&Reach> {
        let mut all = [&self.application, &self.core].into_iter();
        all.find(|reach| reach.reached.contains_key(module))
    }
}

/// Follows imports from the roots, and from the interpreter itself.
///
/// `program` is the module that runs as `__main__`. Of packages that have machine code of their own, which may import
/// anything of them, everything is reached.
#[must_use]
pub fn reachable(
    manifest: &Manifest,
    bundle: &Bundle,
    roots: &[Root],
    program: Option<&str>,
    functions: Functions<'_>,
) -> Reachable {
    let records = manifest.pbs.extensions.iter();
    let builtin: BTreeMap<&str, &[String]> = records
        .filter(|(name, _)| manifest.has_builtin(name))
        .map(|(name, record)| (name.as_str(), record.imports.as_slice()))
        .collect();
    let more = match manifest.pbs.os {
        Os::Windows => &CORE_OF_WINDOWS[..],
        Os::Linux | Os::Darwin => &[],
    };
    let core: Vec<Root> = CORE
        .iter()
        .chain(more)
        .map(|module| Root {
            module: (*module).to_owned(),
            why: "the interpreter".to_owned(),
        })
        .collect();
    let nobody = BTreeSet::new();
    let known = |functions| Known {
        bundle,
        builtin: builtin.clone(),
        interpreter: interpreter(manifest),
        program,
        functions,
    };
    Reachable {
        application: reach(roots, &needs(bundle), &known(functions)),
        core: reach(&core, &[], &known(Functions::Of(&nobody))),
    }
}

/// What modules need beside what their sources say.
fn needs(bundle: &Bundle) -> Vec<Need> {
    let need = |module: &str, needs: String| Need {
        module: module.to_owned(),
        needs,
        certainty: Certainty::Lazy,
    };
    let mut needs: Vec<Need> = ASKED
        .iter()
        .map(|(module, asked)| need(module, (*asked).to_owned()))
        .collect();
    for (name, module) in &bundle.modules {
        if name.starts_with(SYSCONFIG.1) {
            needs.push(need(SYSCONFIG.0, name.clone()));
        }
        let top = name.split('.').next().unwrap_or(name);
        if module.kind.is_extension() && (module.kind.is_package() || top != name) {
            needs.push(need(top, format!("{top}.*")));
        }
    }
    needs.dedup();
    needs
}

/// What conditions around imports ask about the interpreter of a distribution.
fn interpreter(manifest: &Manifest) -> Interpreter {
    let (sys_platform, os_name) = match manifest.pbs.os {
        Os::Linux => ("linux", "posix"),
        Os::Darwin => ("darwin", "posix"),
        Os::Windows => ("win32", "nt"),
    };
    let mut numbers = manifest.python_major_minor_version.split('.').map(str::parse);
    let mut number = || numbers.next().and_then(Result::ok).unwrap_or_default();
    Interpreter {
        sys_platform: sys_platform.to_owned(),
        os_name: os_name.to_owned(),
        version: (number(), number()),
    }
}

/// The modules of a bundle and those of machine code.
struct Known<'a> {
    bundle: &'a Bundle,
    /// Built-in extension modules, and what each imports.
    builtin: BTreeMap<&'a str, &'a [String]>,
    interpreter: Interpreter,
    program: Option<&'a str>,
    functions: Functions<'a>,
}

impl Known<'_> {
    /// What of a scan counts.
    fn counting(&self, name: &str, mut scan: Scan) -> Scan {
        if matches!(self.functions, Functions::Of(modules) if !modules.contains(name)) {
            scan.imports.retain(|import| !import.certainty.is_lazy());
        }
        scan
    }
}

impl Modules for Known<'_> {
    fn find(&self, name: &str) -> Option<Module> {
        if let Some(imports) = self.builtin.get(name) {
            return Some(Module {
                kind: Kind::Module,
                code: Code::Native(imports.to_vec()),
            });
        }
        let module = self.bundle.modules.get(name)?;
        let kind = match module.kind {
            _ if self.program == Some(name) => Kind::Program,
            kind if kind.is_package() => Kind::Package,
            _ => Kind::Module,
        };
        let code = match (module.kind, self.bundle.files.get(&module.path)) {
            (ModuleKind::Namespace, _) => Code::Source(Scan::default()),
            (kind, _) if kind.is_extension() => Code::Native(Vec::new()),
            (_, None) => Code::Native(Vec::new()),
            (_, Some(source)) => match scan(source, name, kind, &self.interpreter) {
                Ok(scan) => Code::Source(self.counting(name, scan)),
                Err(error) => Code::Broken(error),
            },
        };
        Some(Module { kind, code })
    }

    fn below(&self, package: &str) -> Vec<String> {
        let first = format!("{package}.");
        let names = self.bundle.modules.range(first.clone()..).map(|(name, _)| name);
        names
            .take_while(|name| name.starts_with(&first))
            .cloned()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle;
    use crate::plan::Linkage;

    fn manifest() -> Manifest {
        let sample = include_bytes!("../../tests/fixtures/manifest/sample.json");
        let mut manifest = Manifest::read(sample).unwrap();
        let mut record = manifest.pbs.extensions["_tkinter"].clone();
        record.linkage = Linkage::Builtin;
        record.imports = vec!["helper".to_owned()];
        manifest.pbs.extensions.insert("zlib".to_owned(), record);
        manifest
    }

    fn bundle(sources: &[(&str, ModuleKind, &str)]) -> Bundle {
        let mut bundle = Bundle::default();
        for (name, kind, source) in sources {
            let path = format!("lib/{name}");
            if *kind != ModuleKind::Namespace {
                bundle.files.insert(path.clone(), source.as_bytes().to_vec());
            }
            let module = bundle::Module {
                kind: *kind,
                path,
                code: None,
            };
            bundle.modules.insert((*name).to_owned(), module);
        }
        bundle
    }

    fn reached(bundle: &Bundle, root: &str) -> Vec<String> {
        let root = Root {
            module: root.to_owned(),
            why: "runs".to_owned(),
        };
        let functions = Functions::All;
        let reach = reachable(&manifest(), bundle, &[root], Some("app"), functions);
        reach.names().cloned().collect()
    }

    #[test]
    fn machine_code_and_sources_lead_to_each_other() {
        let bundle = bundle(&[
            (
                "app",
                ModuleKind::Module,
                "if __name__ == '__main__':\n    import squeeze",
            ),
            ("squeeze", ModuleKind::Module, "import zlib"),
            ("helper", ModuleKind::Module, ""),
            ("other", ModuleKind::Module, ""),
        ]);
        assert_eq!(reached(&bundle, "app"), ["app", "helper", "squeeze", "zlib"]);
        assert_eq!(reached(&bundle, "other"), ["other"]);
    }

    #[test]
    fn packages_with_machine_code_come_whole() {
        let bundle = bundle(&[
            ("app", ModuleKind::Module, "import fast"),
            ("fast", ModuleKind::Package, ""),
            ("fast._core", ModuleKind::Extension, "not python"),
            ("fast.secret", ModuleKind::Module, ""),
            ("slow", ModuleKind::Package, ""),
        ]);
        let expected = ["app", "fast", "fast._core", "fast.secret"];
        assert_eq!(reached(&bundle, "app"), expected);
    }

    #[test]
    fn what_the_library_asks_for_by_other_names_is_reached() {
        let bundle = bundle(&[
            ("sysconfig", ModuleKind::Package, ""),
            ("_sysconfigdata__linux", ModuleKind::Module, ""),
            ("pkgutil", ModuleKind::Module, ""),
            ("_pbs_walk", ModuleKind::Module, ""),
        ]);
        assert_eq!(
            reached(&bundle, "sysconfig"),
            ["_sysconfigdata__linux", "sysconfig"]
        );
        assert_eq!(reached(&bundle, "pkgutil"), ["_pbs_walk", "pkgutil"]);
    }

    #[test]
    fn windows_is_set_to_an_encoding_that_nobody_knows_here() {
        let modules = ["app", "encodings", "encodings.mbcs", "encodings.cp1252"];
        let bundle = bundle(&modules.map(|name| (name, ModuleKind::Module, "")));
        let root = Root {
            module: "app".to_owned(),
            why: "runs".to_owned(),
        };
        let mut manifest = manifest();
        for (os, found) in [(Os::Linux, false), (Os::Windows, true)] {
            manifest.pbs.os = os;
            let reach = reachable(
                &manifest,
                &bundle,
                std::slice::from_ref(&root),
                None,
                Functions::All,
            );
            assert_eq!(reach.has("encodings.mbcs"), found);
            assert!(!reach.has("encodings.cp1252"));
        }
    }

    #[test]
    fn functions_count_where_somebody_can_call_them() {
        let bundle = bundle(&[
            ("app", ModuleKind::Module, "import a\ndef f():\n    import b"),
            ("a", ModuleKind::Module, "def f():\n    import c"),
            ("b", ModuleKind::Module, ""),
            ("c", ModuleKind::Module, ""),
        ]);
        assert_eq!(reached(&bundle, "app"), ["a", "app", "b", "c"]);
        let own = BTreeSet::from(["app".to_owned()]);
        let root = Root {
            module: "app".to_owned(),
            why: "runs".to_owned(),
        };
        let reach = reachable(&manifest(), &bundle, &[root], None, Functions::Of(&own));
        assert_eq!(reach.names().collect::<Vec<_>>(), ["a", "app", "b"]);
        assert!(reach.has("b") && !reach.has("c"));
        assert_eq!(reach.reason("b").unwrap(), "imported by app (line 3)");
        assert_eq!(reach.certainty("b"), Some(Certainty::Lazy));
    }
}

//! What imports can reach in a bundle and among the extension modules that can be linked.

use std::collections::BTreeMap;

use crate::bundle::{Bundle, ModuleKind};
use crate::imports::{
    Certainty, Code, Interpreter, Kind, Module, Modules, Need, Reach, Root, Scan, reach, scan,
};
use crate::manifest::Manifest;
use crate::model::Os;
use crate::plan::Linkage;

/// Modules of the standard library → those of the importer that they ask for.
const SERVED: [(&str, &str); 3] = [
    ("importlib.metadata", "_pbs_metadata"),
    ("importlib.resources", "_pbs_resources"),
    ("pkgutil", "_pbs_walk"),
];
/// What `sysconfig` imports is named after the target.
const SYSCONFIG: (&str, &str) = ("sysconfig", "_sysconfigdata_");

/// Follows imports from the roots, and from the extension modules without which no interpreter works.
///
/// `program` is the module that runs as `__main__`. Of packages that have machine code of their own, which may import
/// anything of them, everything is reached.
#[must_use]
pub fn reachable(manifest: &Manifest, bundle: &Bundle, mut roots: Vec<Root>, program: Option<&str>) -> Reach {
    let build = manifest.build_info.as_ref();
    let variants = build.map(|build| build.extensions.iter()).into_iter().flatten();
    for (name, variants) in variants {
        if variants.iter().any(|variant| variant.required || variant.in_core) {
            roots.push(Root {
                module: name.clone(),
                why: "no interpreter works without it".to_owned(),
            });
        }
    }
    let records = manifest.pbs.extensions.iter();
    let known = Known {
        bundle,
        builtin: records
            .filter(|(_, record)| record.linkage == Linkage::Builtin)
            .map(|(name, record)| (name.as_str(), record.imports.as_slice()))
            .collect(),
        interpreter: interpreter(manifest),
        program,
    };
    reach(&roots, &needs(bundle), &known)
}

/// What modules need beside what their sources say.
fn needs(bundle: &Bundle) -> Vec<Need> {
    let need = |module: &str, needs: String| Need {
        module: module.to_owned(),
        needs,
        certainty: Certainty::Lazy,
    };
    let mut needs: Vec<Need> = SERVED
        .iter()
        .map(|(module, served)| need(module, (*served).to_owned()))
        .collect();
    for (name, module) in &bundle.modules {
        if name.starts_with(SYSCONFIG.1) {
            needs.push(need(SYSCONFIG.0, name.clone()));
        }
        if let (ModuleKind::Extension, Some((package, _))) = (module.kind, name.split_once('.')) {
            needs.push(need(package, format!("{package}.*")));
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
            ModuleKind::Package | ModuleKind::Namespace => Kind::Package,
            ModuleKind::Module | ModuleKind::Extension => Kind::Module,
        };
        let code = match (module.kind, self.bundle.files.get(&module.path)) {
            (ModuleKind::Namespace, _) => Code::Source(Scan::default()),
            (ModuleKind::Extension, _) | (_, None) => Code::Native(Vec::new()),
            (_, Some(source)) => match scan(source, name, kind, &self.interpreter) {
                Ok(scan) => Code::Source(scan),
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
        let reach = reachable(&manifest(), bundle, vec![root], Some("app"));
        reach.reached.into_keys().collect()
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
}

//! Roots and modules → everything that imports can reach.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::name::prefixes;
use super::{Certainty, Code, Imported, Kind, Module, Modules, Reason, SyntaxError};

/// A module that the application starts from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Root {
    /// Its name, or `a.*` for everything below `a`.
    pub module: String,
    /// Why it is one, as people read it: `named on the command line`.
    pub why: String,
}

/// What a module needs beside what its source says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Need {
    /// The module.
    pub module: String,
    /// What it needs: a name, or `a.*` for everything below `a`.
    pub needs: String,
    /// How certain it is.
    pub certainty: Certainty,
}

/// Why a module is reached, without what leads there.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Cause {
    /// It is a root, or the package of one.
    Root {
        /// Why.
        why: String,
    },
    /// A module's source imports it or something below it.
    Import {
        /// That module.
        importer: String,
        /// The line, from 1.
        line: usize,
    },
    /// The machine code of a module imports it.
    Native {
        /// That module.
        importer: String,
    },
    /// A module was said to need it.
    Need {
        /// That module.
        module: String,
    },
}

/// A module that is reached.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reached {
    /// Why.
    pub cause: Cause,
    /// How certain the least certain import is on the way from a root, where that is most certain.
    pub certainty: Certainty,
}

/// An import of nothing that is known.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Unresolved {
    /// What there is none of.
    pub missing: Missing,
    /// Who wants it.
    pub cause: Cause,
    /// How certain that is, once the importer is loaded.
    pub certainty: Certainty,
}

/// What an import that leads nowhere names.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Missing {
    /// A module; of `a.b.c`, the first that is not there.
    Module(String),
    /// Modules below a package: `a.*`.
    Below(String),
    /// A relative import out of the top-level package, as it was written.
    BeyondTop(String),
}

/// What imports reach.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Reach {
    /// The modules, by name.
    pub reached: BTreeMap<String, Reached>,
    /// Imports of modules that are not known.
    pub unresolved: BTreeSet<Unresolved>,
    /// For reached modules, the lines of imports that only running them would tell.
    pub dynamic: BTreeMap<String, Vec<usize>>,
    /// Reached modules that cannot be parsed.
    pub broken: BTreeMap<String, SyntaxError>,
}

impl Reach {
    /// Why a module is reached, back to a root.
    #[must_use]
    pub fn reason(&self, module: &str) -> Option<Reason<'_>> {
        let mut causes = vec![&self.reached.get(module)?.cause];
        while let Some(
            Cause::Import { importer: by, .. } | Cause::Native { importer: by } | Cause::Need { module: by },
        ) = causes.last()
        {
            causes.push(&self.reached.get(by)?.cause);
        }
        Some(Reason { causes })
    }
}

/// Follows imports from the roots. Of several ways to a module, the most certain counts, and of those the
/// shortest; each way continues that of its importer.
///
/// Modules that are made while others run, such as `os.path`, are neither reached nor unresolved.
#[must_use]
pub fn reach(roots: &[Root], needs: &[Need], modules: &dyn Modules) -> Reach {
    let mut walk = Walk {
        modules,
        found: BTreeMap::new(),
        queue: BTreeSet::new(),
        reach: Reach::default(),
    };
    for root in roots {
        let cause = Cause::Root {
            why: root.why.clone(),
        };
        let edge = Edge {
            cause: &cause,
            certainty: Certainty::Always,
            from: None,
        };
        walk.add_pattern(&root.module, edge);
    }
    while let Some(next) = walk.queue.pop_first() {
        if walk.reach.reached.contains_key(&next.module) {
            continue;
        }
        let reached = Reached {
            cause: next.cause.clone(),
            certainty: next.certainty.0,
        };
        walk.reach.reached.insert(next.module.clone(), reached);
        walk.follow(&next);
        for need in needs.iter().filter(|need| need.module == next.module) {
            let cause = Cause::Need {
                module: need.module.clone(),
            };
            let edge = Edge {
                cause: &cause,
                certainty: need.certainty,
                from: Some(&next),
            };
            walk.add_pattern(&need.needs, edge);
        }
    }
    walk.reach
}

/// A way to a module. The order is that in which ways are tried.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Way {
    certainty: Reverse<Certainty>,
    length: usize,
    module: String,
    cause: Cause,
}

/// A cause to reach whatever it names.
#[derive(Clone, Copy)]
struct Edge<'a> {
    cause: &'a Cause,
    /// How certain, once `from` is loaded.
    certainty: Certainty,
    /// Where it comes from; a root comes from nowhere.
    from: Option<&'a Way>,
}

struct Walk<'a> {
    modules: &'a dyn Modules,
    found: BTreeMap<String, Option<Rc<Module>>>,
    queue: BTreeSet<Way>,
    reach: Reach,
}

impl Walk<'_> {
    fn find(&mut self, name: &str) -> Option<Rc<Module>> {
        if let Some(found) = self.found.get(name) {
            return found.clone();
        }
        let found = self.modules.find(name).map(Rc::new);
        self.found.insert(name.to_owned(), found.clone());
        found
    }

    /// Follows what a module imports.
    fn follow(&mut self, way: &Way) {
        let Some(module) = self.find(&way.module) else {
            return;
        };
        let importer = || way.module.clone();
        let scan = match &module.code {
            Code::Source(scan) => scan,
            Code::Broken(error) => {
                self.reach.broken.insert(importer(), error.clone());
                return;
            }
            Code::Native(names) => {
                let cause = Cause::Native { importer: importer() };
                for name in names {
                    let edge = Edge {
                        cause: &cause,
                        certainty: Certainty::Always,
                        from: Some(way),
                    };
                    self.add(name, edge);
                }
                return;
            }
        };
        for import in &scan.imports {
            let cause = Cause::Import {
                importer: importer(),
                line: import.line,
            };
            let edge = Edge {
                cause: &cause,
                certainty: import.certainty,
                from: Some(way),
            };
            match &import.imported {
                Imported::Module { name } => {
                    self.add(name, edge);
                }
                Imported::From { module, names } => {
                    if self.add(module, edge).is_some() {
                        self.add_submodules(module, names, edge);
                    }
                }
                Imported::Star { module } => {
                    if let Some(found) = self.add(module, edge)
                        && let Code::Source(scan) = &found.code
                    {
                        self.add_submodules(module, &scan.exports, edge);
                    }
                }
                Imported::BeyondTop { written } => self.unresolved(Missing::BeyondTop(written.clone()), edge),
                Imported::Dynamic => {
                    let lines = self.reach.dynamic.entry(importer()).or_default();
                    lines.push(import.line);
                }
            }
        }
    }

    /// Adds a module and the packages it is in; the module, where it is known.
    fn add(&mut self, name: &str, edge: Edge<'_>) -> Option<Rc<Module>> {
        let mut parent: Option<Rc<Module>> = None;
        for prefix in prefixes(name) {
            let Some(found) = self.find(prefix) else {
                if !is_made_at_run_time(prefix, parent.as_deref()) {
                    self.unresolved(Missing::Module(prefix.to_owned()), edge);
                }
                return None;
            };
            self.push(prefix, edge);
            parent = Some(found);
        }
        parent
    }

    /// Adds those names in a package that are modules.
    fn add_submodules(&mut self, package: &str, names: &[String], edge: Edge<'_>) {
        for name in names {
            let name = format!("{package}.{name}");
            if self.find(&name).is_some() {
                self.push(&name, edge);
            }
        }
    }

    /// Adds a module, or everything below a package.
    fn add_pattern(&mut self, pattern: &str, edge: Edge<'_>) {
        let Some(package) = pattern.strip_suffix(".*") else {
            self.add(pattern, edge);
            return;
        };
        if self.add(package, edge).is_none() {
            return;
        }
        let below = self.modules.below(package);
        if below.is_empty() {
            self.unresolved(Missing::Below(pattern.to_owned()), edge);
        }
        for name in below {
            self.add(&name, edge);
        }
    }

    fn push(&mut self, module: &str, edge: Edge<'_>) {
        if self.reach.reached.contains_key(module) {
            return;
        }
        let certainty = edge.from.map_or(Reverse(Certainty::Always), |way| way.certainty);
        self.queue.insert(Way {
            certainty: certainty.max(Reverse(edge.certainty)),
            length: edge.from.map_or(0, |way| way.length + 1),
            module: module.to_owned(),
            cause: edge.cause.clone(),
        });
    }

    fn unresolved(&mut self, missing: Missing, edge: Edge<'_>) {
        self.reach.unresolved.insert(Unresolved {
            missing,
            cause: edge.cause.clone(),
            certainty: edge.certainty,
        });
    }
}

/// Whether a module that is not found comes into being without a file: the program itself, what stands below a
/// module that is no package, as `os.path` does, and what a package puts into `sys.modules`.
fn is_made_at_run_time(name: &str, parent: Option<&Module>) -> bool {
    match parent {
        None => name == "__main__",
        Some(Module {
            kind: Kind::Package,
            code,
        }) => matches!(code, Code::Source(scan) if scan.provides.iter().any(|provided| provided == name)),
        Some(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imports::{Interpreter, scan};

    const PACKAGE: Kind = Kind::Package;
    const MODULE: Kind = Kind::Module;

    fn modules(sources: &[(&str, Kind, &str)]) -> BTreeMap<String, Module> {
        let interpreter = Interpreter {
            sys_platform: "linux".to_owned(),
            os_name: "posix".to_owned(),
            version: (3, 13),
        };
        let module = |(name, kind, source): &(&str, Kind, &str)| {
            let code = match scan(source.as_bytes(), name, *kind, &interpreter) {
                Ok(scan) => Code::Source(scan),
                Err(error) => Code::Broken(error),
            };
            ((*name).to_owned(), Module { kind: *kind, code })
        };
        sources.iter().map(module).collect()
    }

    fn native(imports: &[&str]) -> Module {
        Module {
            kind: MODULE,
            code: Code::Native(imports.iter().map(|name| (*name).to_owned()).collect()),
        }
    }

    fn from(roots: &[&str], needs: &[Need], modules: &BTreeMap<String, Module>) -> Reach {
        let root = |module: &&str| Root {
            module: (*module).to_owned(),
            why: "named on the command line".to_owned(),
        };
        let roots: Vec<Root> = roots.iter().map(root).collect();
        reach(&roots, needs, modules)
    }

    /// The reached modules as `NAME CERTAINTY: REASON`.
    fn reasons(reach: &Reach) -> Vec<String> {
        let reached = reach.reached.iter();
        let rendered = reached.map(|(name, reached)| {
            let reason = reach.reason(name).unwrap();
            format!("{name} {:?}: {reason}", reached.certainty)
        });
        rendered.collect()
    }

    fn names(reach: &Reach) -> Vec<&str> {
        reach.reached.keys().map(String::as_str).collect()
    }

    fn missing(reach: &Reach) -> Vec<(&str, bool)> {
        let unresolved = reach.unresolved.iter();
        let rendered = unresolved.map(|unresolved| {
            let (Missing::Module(name) | Missing::Below(name) | Missing::BeyondTop(name)) =
                &unresolved.missing;
            (name.as_str(), unresolved.certainty.is_optional())
        });
        rendered.collect()
    }

    #[test]
    fn the_shortest_way_of_a_diamond_is_the_reason() {
        let modules = modules(&[
            ("app", MODULE, "import a\nimport b\n"),
            ("a", MODULE, "import c\n"),
            ("b", MODULE, "\nimport d\n"),
            ("c", MODULE, "import d\n"),
            ("d", MODULE, ""),
            ("other", MODULE, "import app"),
        ]);
        assert_eq!(
            reasons(&from(&["app"], &[], &modules)),
            [
                "a Always: imported by app (line 1)",
                "app Always: named on the command line",
                "b Always: imported by app (line 2)",
                "c Always: imported by a (line 1), imported by app",
                "d Always: imported by b (line 2), imported by app",
            ]
        );
    }

    #[test]
    fn the_most_certain_way_goes_before_the_shortest() {
        let modules = modules(&[
            (
                "app",
                MODULE,
                "import a\ndef f():\n    import c\ntry:\n    import d\nexcept ImportError:\n    pass",
            ),
            ("a", MODULE, "import b"),
            ("b", MODULE, "import c"),
            ("c", MODULE, "def f():\n    import e"),
            ("d", MODULE, "import e"),
            ("e", MODULE, ""),
        ]);
        assert_eq!(
            reasons(&from(&["app"], &[], &modules)),
            [
                "a Always: imported by app (line 1)",
                "app Always: named on the command line",
                "b Always: imported by a (line 1), imported by app",
                "c Always: imported by b (line 1), imported by a, imported by app",
                "d Optional: imported by app (line 5)",
                "e Optional: imported by d (line 1), imported by app",
            ]
        );
    }

    #[test]
    fn cycles_end() {
        let modules = modules(&[
            ("a", MODULE, "import a\nimport b"),
            ("b", MODULE, "import c"),
            ("c", MODULE, "import a\nimport b"),
        ]);
        let reach = from(&["a", "b"], &[], &modules);
        assert_eq!(
            reasons(&reach),
            [
                "a Always: named on the command line",
                "b Always: named on the command line",
                "c Always: imported by b (line 1)",
            ]
        );
    }

    #[test]
    fn packages_come_with_what_is_in_them() {
        let modules = modules(&[
            (
                "app",
                MODULE,
                "import a.b.c\nfrom p import q, value\nfrom s import *",
            ),
            ("a", PACKAGE, "import x"),
            ("a.b", PACKAGE, ""),
            (
                "a.b.c",
                MODULE,
                "from . import d\nfrom .. import e\nfrom .d import f",
            ),
            ("a.b.d", MODULE, ""),
            ("a.b.unused", MODULE, ""),
            ("a.e", MODULE, ""),
            ("p", PACKAGE, ""),
            ("p.q", MODULE, ""),
            ("p.r", MODULE, ""),
            ("s", PACKAGE, "__all__ = ['t', 'value']"),
            ("s.t", MODULE, ""),
            ("s.u", MODULE, ""),
            ("x", MODULE, ""),
        ]);
        let reach = from(&["app"], &[], &modules);
        assert_eq!(
            names(&reach),
            [
                "a", "a.b", "a.b.c", "a.b.d", "a.e", "app", "p", "p.q", "s", "s.t", "x"
            ]
        );
        assert_eq!(missing(&reach), []);
        let reason = reach.reason("x").unwrap();
        assert_eq!(reason.to_string(), "imported by a (line 1), imported by app");
        // A root brings its packages, and a pattern all that is below.
        assert_eq!(
            names(&from(&["a.b.d"], &[], &modules)),
            ["a", "a.b", "a.b.d", "x"]
        );
        assert_eq!(names(&from(&["s.*"], &[], &modules)), ["s", "s.t", "s.u"]);
    }

    #[test]
    fn what_leads_nowhere_is_told() {
        let modules = modules(&[
            (
                "app",
                MODULE,
                "import gone.x\ntry:\n    from lost import y\nexcept ImportError:\n    import p.gone\nfrom ... import z\nfrom p import value",
            ),
            (
                "p",
                PACKAGE,
                "import sys\nsys.modules['p.made'] = x\nimport p.made, __main__",
            ),
            ("os", MODULE, "import p\nimport os.path"),
            ("sys", MODULE, ""),
        ]);
        let reach = from(&["app", "os", "absent", "os.*"], &[], &modules);
        assert_eq!(names(&reach), ["app", "os", "p", "sys"]);
        assert_eq!(
            missing(&reach),
            [
                ("absent", false),
                ("gone", false),
                ("lost", true),
                ("p.gone", true),
                ("os.*", false),
                ("...", false)
            ]
        );
        let gone = reach
            .unresolved
            .iter()
            .find(|at| at.missing == Missing::Module("lost".to_owned()));
        let cause = Cause::Import {
            importer: "app".to_owned(),
            line: 3,
        };
        assert_eq!(gone.map(|at| &at.cause), Some(&cause));
    }

    #[test]
    fn machine_code_and_the_caller_add_imports() {
        let mut modules = modules(&[
            ("app", MODULE, "import datetime, encodings"),
            ("datetime", MODULE, "from _datetime import *"),
            ("_strptime", MODULE, "import locale"),
            ("encodings", PACKAGE, ""),
            ("encodings.utf_8", MODULE, ""),
            ("encodings.sub", PACKAGE, ""),
            ("encodings.sub.one", MODULE, ""),
            ("locale", MODULE, ""),
            ("unused", MODULE, ""),
        ]);
        modules.insert("_datetime".to_owned(), native(&["_strptime", "_gone"]));
        let need = |module: &str, needs: &str| Need {
            module: module.to_owned(),
            needs: needs.to_owned(),
            certainty: Certainty::Lazy,
        };
        let needs = [
            need("encodings", "encodings.*"),
            need("datetime", "_strptime"),
            need("unreached", "unused"),
        ];
        let reach = from(&["app"], &needs, &modules);
        assert_eq!(
            reasons(&reach),
            [
                "_datetime Always: imported by datetime (line 1), imported by app",
                "_strptime Always: imported by _datetime, which is machine code, imported by datetime, imported by app",
                "app Always: named on the command line",
                "datetime Always: imported by app (line 1)",
                "encodings Always: imported by app (line 1)",
                "encodings.sub Lazy: needed by encodings, imported by app",
                "encodings.sub.one Lazy: needed by encodings, imported by app",
                "encodings.utf_8 Lazy: needed by encodings, imported by app",
                "locale Always: imported by _strptime (line 1), imported by _datetime, which is machine code, imported by datetime, imported by app",
            ]
        );
        assert_eq!(missing(&reach), [("_gone", false)]);
    }

    #[test]
    fn dynamic_and_broken_modules_are_told_where_reached() {
        let modules = modules(&[
            ("app", MODULE, "import a, b\n__import__(x)\nimport_module(y)"),
            ("a", MODULE, "def f():\n    __import__(f'{x}')"),
            ("b", MODULE, "import c\n)"),
            ("c", MODULE, "__import__(x)"),
        ]);
        let reach = from(&["app"], &[], &modules);
        let dynamic = BTreeMap::from([("a".to_owned(), vec![2]), ("app".to_owned(), vec![2, 3])]);
        assert_eq!(reach.dynamic, dynamic);
        assert_eq!(reach.broken["b"].line, 2);
        assert_eq!(names(&reach), ["a", "app", "b"]);
    }

    #[test]
    fn long_ways_are_followed_and_told_in_short() {
        let count = 20_000;
        let module = |at: usize| (format!("m{at}"), format!("import m{}", at + 1));
        let sources: Vec<(String, String)> = (0..count).map(module).collect();
        let borrowed: Vec<_> = sources
            .iter()
            .map(|(name, source)| (&**name, MODULE, &**source))
            .collect();
        let reach = from(&["m0"], &[], &modules(&borrowed));
        assert_eq!(reach.reached.len(), count);
        assert_eq!(
            reach.reason("m9").unwrap().to_string(),
            "imported by m8 (line 1), imported by m7, imported by m6, …, imported by m0"
        );
        assert_eq!(
            reach.reason("m4").unwrap().to_string(),
            "imported by m3 (line 1), imported by m2, imported by m1, imported by m0"
        );
        assert_eq!(
            reach.reason(&format!("m{}", count - 1)).unwrap().causes.len(),
            count
        );
        assert!(reach.reason("elsewhere").is_none());
    }
}

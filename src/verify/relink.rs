//! The heavy proof: the objects of a distribution link into a working interpreter, with all, the
//! fewest and random selections of extension modules.
//!
//! Interpreters for Windows and macOS are linked and looked at; they do not run where a distribution is made (`pbs test`
//! runs those for Windows under Wine).
//!
//! Pure: plans what is linked and run in a sandbox, and judges what came back. Running it is the
//! engine's work: see [`files`], [`ARGV`] and [`judge`].

use std::collections::{BTreeMap, BTreeSet};

use crate::inspect::{MachO, MachOKind, Pe, c_name, is_macho};
use crate::link::{Console, Form, OwnFiles, PrepareError, Prepared, Runtime, command, prepare};
use crate::manifest::{Manifest, Selected, Selection};
use crate::model::{Digest, ObjectFormat, TreePath};
use crate::verify::{Finding, Severity};

/// Name of the rule under which findings are reported.
pub const NAME: &str = "relink";

/// What the rule guards.
pub const EXPLAIN: &str = "The objects in the archive link into interpreters that start and import what was selected; those for Windows and macOS \
     are not started.";

/// Where macOS has its own libraries.
const SYSTEM: [&str; 2] = ["/usr/lib/", "/System/Library/"];

/// Some of what extension modules from files look for in an interpreter.
const SEEN: [&str; 3] = ["Py_IncRef", "PyModule_Create2", "_Py_NoneStruct"];

const HINT: &str = "an object or a library is missing from the manifest, or a module's `required:` is wrong; \
                    the linker's words stand in the step's log";

/// The command that the sandbox runs. Mounts: the files of [`files`] at `/in/relink`, the
/// distribution (with `python/` in it) at `/in/distribution`. The linker is the only thing that is not in them.
/// Its output is what [`judge`] reads; it succeeds also where a case fails.
pub const ARGV: [&str; 5] = ["/bin/bash", "-eu", "-o", "pipefail", "/in/relink/relink.sh"];

/// A selection that is linked and run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RelinkCase {
    /// `all`, `minimal`, `random-1`, …; also a directory's name.
    pub name: String,
    /// The linker's command line.
    pub link: Vec<String>,
    /// The object with the table of modules.
    pub inittab: Vec<u8>,
    /// How the linked interpreter is proven.
    pub proof: Proof,
}

/// How an interpreter is proven that was linked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Proof {
    /// It runs this Python program.
    Runs(String),
    /// It has all that it needs in itself, as far as it says.
    Whole,
}

/// Why no relink can be planned.
#[derive(Debug, thiserror::Error)]
#[error("preparing the link of `{case}`")]
pub struct RelinkError {
    /// The case.
    pub case: String,
    /// Why.
    #[source]
    pub source: PrepareError,
}

/// Plans all cases. The random ones are drawn from the manifest itself: the same distribution is
/// always proven with the same selections.
pub fn plan(manifest: &Manifest) -> Result<Vec<RelinkCase>, RelinkError> {
    let all = prepared(manifest, "all", &Selection::All)?.selected;
    let mut selections = vec![
        ("all".to_owned(), Selection::All),
        ("minimal".to_owned(), Selection::Minimal),
    ];
    for number in 1..=2 {
        selections.push((
            format!("random-{number}"),
            Selection::Only(draw(manifest, &all, number)),
        ));
    }
    selections
        .into_iter()
        .map(|(name, selection)| {
            let prepared = prepared(manifest, &name, &selection)?;
            plan_case(name, prepared)
        })
        .collect()
}

fn prepared(manifest: &Manifest, case: &str, selection: &Selection) -> Result<Prepared, RelinkError> {
    prepare(manifest, selection, Form::Installed).map_err(|source| RelinkError {
        case: case.to_owned(),
        source,
    })
}

/// Half of the modules, by the digest of their name and of what the distribution is.
fn draw(manifest: &Manifest, all: &Selected, number: u32) -> BTreeSet<String> {
    let seed = format!("{} {} {number}", manifest.python_version, manifest.pbs.tag);
    let heads = |name: &str| Digest::of(format!("{seed} {name}").as_bytes()).hash[0].is_multiple_of(2);
    all.kept.keys().filter(|name| heads(name)).cloned().collect()
}

fn plan_case(name: String, prepared: Prepared) -> Result<RelinkCase, RelinkError> {
    let files = OwnFiles {
        output: &format!("/work/{name}/python"),
        inittab: &format!("/in/relink/{name}/inittab.o"),
        bundle: None,
        resources: None,
        console: Console::Given,
        runtime: Runtime::Redistributed,
        stripped: false,
        map: None,
    };
    let (linker, proof) = match prepared.format {
        ObjectFormat::Coff => ("lld-link", Proof::Whole),
        ObjectFormat::MachO => ("ld64.lld", Proof::Whole),
        ObjectFormat::Elf => ("ld.lld", Proof::Runs(snippet(&prepared.selected, name == "all"))),
    };
    let at = |path: &TreePath| format!("/in/distribution/python/{path}");
    let words = command(prepared.format, &prepared.plan, at, &files);
    let format = prepared.format.to_string();
    let Some(words) = words else {
        return Err(RelinkError {
            case: name,
            source: PrepareError::Format { format },
        });
    };
    let mut link = vec![linker.to_owned()];
    link.extend(words);
    Ok(RelinkCase {
        link,
        inittab: prepared.inittab,
        proof,
        name,
    })
}

/// What the linked interpreter is asked. It prints one line for each thing that is wrong.
///
/// A module may need another at run time that was left out (as `_ssl` imports `_socket`); only
/// with all of them does every import have to succeed. A module that was left out is never found.
fn snippet(selected: &Selected, complete: bool) -> String {
    let list = |names: &mut dyn Iterator<Item = &String>| {
        names
            .map(|name| format!("{name:?}"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let kept = list(&mut selected.kept.keys());
    let dropped = list(&mut selected.dropped.keys());
    let complete = if complete { "True" } else { "False" };
    format!(
        "import sys, importlib\n\
         kept = {{{kept}}}\n\
         dropped = set([{dropped}])\n\
         complete = {complete}\n\
         wrong = []\n\
         have = set(sys.builtin_module_names)\n\
         if have != kept:\n    wrong.append('built in: missing %r, unexpected %r' % (sorted(kept - have), sorted(have - kept)))\n\
         for name in sorted(kept):\n    try:\n        importlib.import_module(name)\n    except (ImportError, AttributeError) as error:\n        if complete:\n            wrong.append('import %s: %r' % (name, error))\n\
         for name in sorted(dropped):\n    try:\n        importlib.import_module(name)\n    except ImportError:\n        pass\n    else:\n        wrong.append('%s was left out but can be imported' % name)\n\
         import os, re, encodings.utf_16, functools\n\
         if functools.reduce(lambda a, b: a * b, range(1, 21)) != 2432902008176640000:\n    wrong.append('it cannot calculate')\n\
         print('\\n'.join(wrong) if wrong else 'relinked')\n"
    )
}

/// What stands in `/in/relink`: path → content.
#[must_use]
pub fn files(cases: &[RelinkCase]) -> BTreeMap<TreePath, Vec<u8>> {
    let path = |text: String| TreePath::parse(&text).expect("names of cases are plain words");
    let mut files = BTreeMap::new();
    files.insert(path("relink.sh".to_owned()), script(cases).into_bytes());
    for case in cases {
        files.insert(path(format!("{}/inittab.o", case.name)), case.inittab.clone());
        if let Proof::Runs(snippet) = &case.proof {
            files.insert(
                path(format!("{}/check.py", case.name)),
                snippet.clone().into_bytes(),
            );
        }
    }
    files
}

/// Links and runs every case; leaves `link.log`, `run.log` and `status` of each in `/out/<case>/`, and what was linked
/// where it does not run.
fn script(cases: &[RelinkCase]) -> String {
    let mut script = String::from(
        "home=/in/distribution/python/install\n\
         try() {\n  local proof=$1; shift\n  local name=$1; shift\n  mkdir -p \"/work/$name\" \"/out/$name\"\n  local status=0\n  \
         \"$@\" >\"/out/$name/link.log\" 2>&1 || status=$?\n  echo \"link $status\" >\"/out/$name/status\"\n  \
         if [ \"$status\" = 0 ] && [ \"$proof\" = whole ]; then\n    cp \"/work/$name/python\" \"/out/$name/python\"\n  \
         elif [ \"$status\" = 0 ]; then\n    PYTHONHOME=$home PYTHONDONTWRITEBYTECODE=1 \"/work/$name/python\" \"/in/relink/$name/check.py\" >\"/out/$name/run.log\" 2>&1 || status=$?\n    \
         echo \"run $status\" >>\"/out/$name/status\"\n  fi\n  cat \"/out/$name\"/*.log\n}\n",
    );
    for case in cases {
        let words: Vec<String> = case.link.iter().map(|word| quote(word)).collect();
        let proof = match case.proof {
            Proof::Runs(_) => "runs",
            Proof::Whole => "whole",
        };
        script.push_str(&format!("try {proof} {} {}\n", case.name, words.join(" ")));
    }
    script
}

fn quote(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// Judges what [`ARGV`] left in `/out`; `read` gives a file of it by its path.
pub fn judge(cases: &[RelinkCase], read: &dyn Fn(&str) -> Option<Vec<u8>>) -> Vec<Finding> {
    let text = |case: &RelinkCase, file: &str| {
        let bytes = read(&format!("{}/{file}", case.name)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).trim().to_owned()
    };
    let mut findings = Vec::new();
    for case in cases {
        let status = text(case, "status");
        let message = match status.lines().collect::<Vec<_>>().as_slice() {
            ["link 0"] if case.proof == Proof::Whole => {
                let linked = read(&format!("{}/python", case.name)).unwrap_or_default();
                match lacking(&linked) {
                    None => continue,
                    Some(message) => message,
                }
            }
            ["link 0", "run 0"] => match text(case, "run.log") {
                output if output.ends_with("relinked") => continue,
                output => format!("the linked interpreter says: {}", first_lines(&output)),
            },
            ["link 0", run] => {
                let code = run.trim_start_matches("run ");
                format!(
                    "the linked interpreter ended with {code}: {}",
                    first_lines(&text(case, "run.log"))
                )
            }
            [link] => {
                let code = link.trim_start_matches("link ");
                format!(
                    "the linker ended with {code}: {}",
                    first_lines(&text(case, "link.log"))
                )
            }
            _ => "nothing came back from the sandbox".to_owned(),
        };
        findings.push(Finding {
            rule: NAME.to_owned(),
            severity: Severity::Error,
            path: None,
            message: format!("`{}`: {message}", case.name),
            hint: HINT.to_owned(),
        });
    }
    findings
}

/// What an executable for Windows or macOS lacks that has the interpreter in itself.
fn lacking(linked: &[u8]) -> Option<String> {
    if is_macho(linked) {
        return lacking_on_macos(linked);
    }
    let program = match Pe::parse(linked) {
        Ok(program) => program,
        Err(error) => return Some(format!("what was linked is {error}")),
    };
    let is_python = |dll: &&String| dll.to_ascii_lowercase().starts_with("python");
    if program.dll {
        return Some("what was linked is no program".to_owned());
    }
    let found = program
        .imports
        .keys()
        .chain(program.delayed.keys())
        .find(is_python)?;
    Some(format!("the linked interpreter still needs `{found}`"))
}

fn lacking_on_macos(linked: &[u8]) -> Option<String> {
    let program = match MachO::parse(linked) {
        Ok(program) => program,
        Err(error) => return Some(format!("what was linked is {error}")),
    };
    if program.kind != MachOKind::Executable {
        return Some("what was linked is no program".to_owned());
    }
    let is_of_system = |name: &str| SYSTEM.iter().any(|directory| name.starts_with(directory));
    if let Some(dylib) = program.dylibs.iter().find(|dylib| !is_of_system(&dylib.name)) {
        return Some(format!("the linked interpreter still needs `{}`", dylib.name));
    }
    let has = |name: &&str| program.exports.iter().any(|export| c_name(export) == *name);
    let missing = SEEN.iter().find(|name| !has(name))?;
    Some(format!(
        "extension modules would not find `{missing}` in the linked interpreter"
    ))
}

fn first_lines(text: &str) -> String {
    const SHOWN: usize = 6;
    text.lines().take(SHOWN).collect::<Vec<_>>().join("\n    ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::macho_made::Image;

    fn case() -> RelinkCase {
        RelinkCase {
            name: "all".into(),
            link: vec!["ld.lld".into(), "it's".into()],
            inittab: Vec::new(),
            proof: Proof::Runs(String::new()),
        }
    }

    #[test]
    fn quotes_what_a_shell_would_read() {
        assert!(script(&[case()]).ends_with("try runs all 'ld.lld' 'it'\\''s'\n"));
    }

    #[test]
    fn judges_by_what_came_back() {
        let check = |status: &str, log: &str, expected: Option<&str>| {
            let read = |path: &str| match path {
                "all/status" => Some(status.as_bytes().to_vec()),
                "all/run.log" | "all/link.log" => Some(log.as_bytes().to_vec()),
                _ => None,
            };
            let findings = judge(&[case()], &read);
            match expected {
                None => assert_eq!(findings, []),
                Some(part) => assert!(findings[0].message.contains(part), "{findings:?}"),
            }
        };
        check("link 0\nrun 0\n", "a warning\nrelinked\n", None);
        check(
            "link 0\nrun 0\n",
            "import zlib: ImportError()",
            Some("import zlib"),
        );
        check("link 0\nrun 139\n", "", Some("ended with 139"));
        check(
            "link 1\n",
            "undefined symbol: inflate",
            Some("undefined symbol: inflate"),
        );
        check("", "", Some("nothing came back"));
    }

    #[test]
    fn what_does_not_run_is_looked_at() {
        let whole = RelinkCase {
            proof: Proof::Whole,
            ..case()
        };
        assert!(script(std::slice::from_ref(&whole)).contains("try whole all "));
        let read = |path: &str| match path {
            "all/status" => Some(b"link 0\n".to_vec()),
            "all/python" => Some(b"no program".to_vec()),
            _ => None,
        };
        let findings = judge(std::slice::from_ref(&whole), &read);
        assert!(findings[0].message.contains("what was linked is"), "{findings:?}");

        let mut image = Image::executable();
        let check = |image: &Image<'_>, expected: Option<&str>| {
            let program = image.write();
            let read = |path: &str| match path {
                "all/status" => Some(b"link 0\n".to_vec()),
                "all/python" => Some(program.clone()),
                _ => None,
            };
            let findings = judge(std::slice::from_ref(&whole), &read);
            match expected {
                None => assert_eq!(findings, []),
                Some(part) => assert!(findings[0].message.contains(part), "{findings:?}"),
            }
        };
        check(&image, Some("would not find `Py_IncRef`"));
        image.defined = vec!["_main", "_Py_IncRef", "_PyModule_Create2", "__Py_NoneStruct"];
        check(&image, None);
        image
            .dylibs
            .push((object::macho::LC_LOAD_DYLIB, "@rpath/libpython.dylib"));
        check(&image, Some("still needs `@rpath/libpython.dylib`"));
    }
}

//! `sysconfig`'s paths are there.

use crate::verify::registry::always;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "python-paths",
    explain: "Every path of `python_paths` is there, and the standard library has its landmark `os.py`.",
    hint: "look at `facts/python.json` of CPython's last step and at what `make install` left",
    severity: Severity::Error,
    skip: always,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    for (name, path) in &subject.manifest.python_paths {
        if !subject.exists(path) {
            found.at(
                path,
                format!("`python_paths` has it as `{name}`, but it is not there"),
            );
        }
    }
    let Some(stdlib) = subject.manifest.python_paths.get("stdlib") else {
        found.in_manifest("`python_paths` has no `stdlib`");
        return;
    };
    let landmark = stdlib.join(&crate::model::TreePath::parse("os.py").expect("a path"));
    if !subject.exists(&landmark) {
        found.at(
            landmark,
            "the interpreter finds its standard library by this file, which is not there",
        );
    }
}

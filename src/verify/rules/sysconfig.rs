//! `sysconfig`'s data has the form that installers rewrite.

use crate::manifest::places;
use crate::model::TreePath;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "sysconfig",
    explain: "`_sysconfigdata_*.py` begins with the two lines that installers look for and records the prefix `/install`.",
    hint: "uv rewrites this file by its exact form; see how CPython's last step writes it",
    severity: Severity::Error,
    skip: without_data,
    check,
};

fn without_data(subject: &Subject<'_>) -> Option<&'static str> {
    let reads = places(subject.manifest.pbs.os).sysconfig_data;
    (!reads).then_some("`sysconfig` asks the interpreter on this system")
}

const FIRST_LINE: &str = "# system configuration generated and used by the sysconfig module";

fn check(subject: &Subject<'_>, found: &mut Found) {
    let Some(stdlib) = subject.manifest.python_paths.get("stdlib") else {
        return;
    };
    let files: Vec<&TreePath> = subject
        .inventory
        .files
        .keys()
        .filter(|path| path.parent().as_ref() == Some(stdlib))
        .filter(|path| path.name().starts_with("_sysconfigdata_") && path.name().ends_with(".py"))
        .collect();
    let [path] = files.as_slice() else {
        found.at(
            stdlib,
            format!("it has {} files `_sysconfigdata_*.py`, not one", files.len()),
        );
        return;
    };
    let Some(text) = subject.text(path) else {
        found.at(path, "it is no text");
        return;
    };
    let mut lines = text.lines();
    if lines.next() != Some(FIRST_LINE) {
        found.at(path, format!("its first line is not `{FIRST_LINE}`"));
    }
    if !lines
        .next()
        .is_some_and(|line| line.starts_with("build_time_vars = {"))
    {
        found.at(path, "its second line does not begin with `build_time_vars = {`");
    }
    if !text.contains("'prefix': '/install'") {
        found.at(path, "it does not record the prefix `/install`");
    }
}

//! Tags and versions agree with each other.

use crate::verify::registry::always;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "tags",
    explain: "Versions, wheel tags, ABI flags and options in the manifest agree with each other and with the target.",
    hint: "the build had other options than the manifest says; look at the options' `env:` and `abi-flags:`",
    severity: Severity::Error,
    skip: always,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let manifest = subject.manifest;
    let mut same = |what: &str, observed: &str, expected: &str| {
        if observed != expected {
            found.at("PYTHON.json", format!("{what} is `{observed}`, not `{expected}`"));
        }
    };
    let series = &manifest.python_major_minor_version;
    let short = series.replace('.', "");
    let series_of_version = manifest
        .python_version
        .split('.')
        .take(2)
        .collect::<Vec<_>>()
        .join(".");
    same("`python_major_minor_version`", series, &series_of_version);
    same("`python_tag`", &manifest.python_tag, &format!("cp{short}"));
    same(
        "`optimizations`",
        &manifest.optimizations.to_string(),
        &manifest.build_options.to_string(),
    );
    let options = &manifest.build_options;
    let mut flags = String::new();
    if options.has("freethreaded") {
        flags.push('t');
    }
    if options.has("debug") {
        flags.push('d');
    }
    same(
        "`python_abi_tag`",
        manifest.python_abi_tag.as_deref().unwrap_or_default(),
        &format!("cp{short}{flags}"),
    );
    let variable = |name: &str| {
        manifest
            .python_config_vars
            .get(name)
            .map(String::as_str)
            .unwrap_or_default()
    };
    if manifest.pbs.os != crate::model::Os::Windows {
        same("`ABIFLAGS` of `python_config_vars`", variable("ABIFLAGS"), &flags);
    }
    let triple = manifest.target_triple.as_str();
    let arch = triple.split('-').next().unwrap_or_default();
    let arch = arch.split("_v").next().unwrap_or_default();
    let arch = if manifest.pbs.os == crate::model::Os::Darwin && arch == "aarch64" {
        "arm64"
    } else {
        arch
    };
    if !manifest.python_platform_tag.ends_with(arch) {
        let tag = &manifest.python_platform_tag;
        found.at(
            "PYTHON.json",
            format!("`python_platform_tag` is `{tag}`, which is not for `{triple}`"),
        );
    }
}

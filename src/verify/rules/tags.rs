//! Tags and versions agree with each other.

use crate::model::{Arch, Os};
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
            found.in_manifest(format!("{what} is `{observed}`, not `{expected}`"));
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
    if manifest.pbs.os != Os::Windows {
        same("`ABIFLAGS` of `python_config_vars`", variable("ABIFLAGS"), &flags);
    }
    // A processor that is not known is the matter of the rule `machine`.
    let arch = manifest
        .target_triple
        .arch()
        .map(|arch| match (manifest.pbs.os, arch) {
            (Os::Darwin | Os::Windows, Arch::Aarch64) => "arm64",
            (Os::Windows, Arch::X86_64) => "amd64",
            _ => arch.as_str(),
        });
    if arch.is_some_and(|arch| !manifest.python_platform_tag.ends_with(arch)) {
        let (tag, triple) = (&manifest.python_platform_tag, &manifest.target_triple);
        found.in_manifest(format!(
            "`python_platform_tag` is `{tag}`, which is not for `{triple}`"
        ));
    }
}

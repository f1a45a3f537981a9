//! What is true of the whole repository, checked like everything else: layers, names, patches,
//! scripts.

use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use pbs::recipe::parse_patch_header;
use pbs::workspace::read_workspace;

use crate::support::requires;

/// The layers, the lowest first: a module uses those of its own layer and below.
const LAYERS: [&[&str]; 5] = [
    &["model"],
    &[
        "bundle", "diff", "evidence", "imports", "index", "inspect", "link", "manifest", "msbuild", "plan",
        "recipe", "report", "sbom", "verify", "wheel",
    ],
    &[
        "archive",
        "bucket",
        "fetch",
        "registry",
        "sandbox",
        "sign",
        "store",
        "workspace",
    ],
    &["attest", "engine", "obtain", "publish", "relink"],
    &["cli", "ui"],
];

/// Crates that only some files may name, and these files or directories of `src/`.
const OWNERS: [(&str, &[&str]); 20] = [
    ("aws_credential_types", &["bucket/sign.rs"]),
    ("aws_sigv4", &["bucket/sign.rs"]),
    ("serde_yaml", &["recipe/yaml.rs"]),
    ("sha2", &["model/digest.rs"]),
    ("bollard", &["sandbox/docker.rs", "sandbox/docker/"]),
    ("indicatif", &["ui/bars.rs"]),
    ("tar", &["archive/", "sandbox/docker/"]),
    ("flate2", &["archive/", "bundle/write.rs"]),
    ("reqwest", &["fetch/http.rs", "fetch/http/"]),
    ("minisign", &["sign/"]),
    ("minisign_verify", &["sign/signature.rs"]),
    ("p12_keystore", &["sign/apple/"]),
    ("percent_encoding", &["model/percent.rs"]),
    ("ring", &["sign/"]),
    ("ruff_python_ast", &["imports/"]),
    ("ruff_python_parser", &["imports/"]),
    ("regex", &["msbuild/function.rs"]),
    ("roxmltree", &["msbuild/xml.rs"]),
    ("spdx", &["manifest/select.rs"]),
    ("x509_parser", &["sign/apple/"]),
];

fn root() -> &'static Utf8Path {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below a directory whose name ends in one of `endings`, with their text.
fn texts(below: &str, endings: &[&str]) -> Vec<(Utf8PathBuf, String)> {
    walkdir::WalkDir::new(root().join(below))
        .sort_by_file_name()
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| Utf8PathBuf::from_path_buf(entry.into_path()).unwrap())
        .filter(|path| endings.iter().any(|ending| path.as_str().ends_with(ending)))
        .filter_map(|path| {
            let text = fs_err::read_to_string(&path).ok()?;
            Some((path.strip_prefix(root()).unwrap().to_owned(), text))
        })
        .collect()
}

/// The code of a file: without comments and without the test modules at its end.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    lines
        .take_while(|(_, line)| !line.starts_with("#[cfg(test)]"))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// Fails with all findings, one a line.
fn none(findings: &[String], rule: &str) {
    assert!(findings.is_empty(), "{rule}:\n{}", findings.join("\n"));
}

/// Whether `word` stands in `line` and is not part of a longer name.
fn names(line: &str, word: &str) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !before.is_some_and(is_name) && !after.is_some_and(is_name)
    })
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|modules| modules.contains(&module))
}

#[test]
fn lower_modules_do_not_use_higher_ones() {
    let mut findings = Vec::new();
    for (path, text) in texts("src", &[".rs"]) {
        let inside = path.strip_prefix("src").unwrap();
        let own = inside
            .components()
            .next()
            .unwrap()
            .as_str()
            .trim_end_matches(".rs");
        if matches!(own, "lib" | "main" | "bin") {
            continue;
        }
        let Some(own_layer) = layer(own) else {
            findings.push(format!("{path}: `{own}` is in no layer of tests/it/tidy.rs"));
            continue;
        };
        for (line, code) in code(&text) {
            for rest in code.split("crate::").skip(1) {
                let used = rest
                    .split(|c: char| !c.is_alphanumeric() && c != '_')
                    .next()
                    .unwrap();
                if layer(used).is_some_and(|layer| layer > own_layer) {
                    findings.push(format!(
                        "{path}:{line}: uses `{used}`, which is in a higher layer"
                    ));
                }
            }
        }
    }
    none(&findings, "lower layers never use higher ones");
}

#[test]
fn each_foreign_interface_has_one_owner() {
    let mut findings = Vec::new();
    for (path, text) in texts("src", &[".rs"]) {
        let inside = path.strip_prefix("src").unwrap().as_str();
        for (name, owners) in OWNERS {
            let owned = owners
                .iter()
                .any(|owner| inside == *owner || (owner.ends_with('/') && inside.starts_with(owner)));
            for (line, code) in code(&text).filter(|_| !owned) {
                let used = code.match_indices(&format!("{name}::")).any(|(at, _)| {
                    let before = code[..at].chars().next_back();
                    !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | ':'))
                });
                if used || code.trim_start().starts_with(&format!("use {name};")) {
                    findings.push(format!("{path}:{line}: names `{name}`"));
                }
            }
        }
    }
    none(&findings, "these crates are named in their own files only");
}

#[test]
fn facts_are_data() {
    let triples = ["-unknown-linux-", "-apple-darwin", "-pc-windows-"];
    let mut findings = Vec::new();
    for (path, text) in texts("src", &[".rs"]) {
        if path.ends_with("tests.rs") || path.components().any(|part| part.as_str() == "tests") {
            continue;
        }
        for (line, code) in code(&text) {
            let triple = triples.iter().any(|triple| code.contains(triple));
            if triple || has_version(code) {
                findings.push(format!("{path}:{line}: {}", code.trim()));
            }
        }
    }
    none(
        &findings,
        "no version of CPython and no triple is spelled in src/",
    );
}

/// Whether a string literal of the line spells a version of CPython, such as `3.14`. In backticks
/// it is an example in a message.
fn has_version(line: &str) -> bool {
    line.split('"').skip(1).step_by(2).any(|literal| {
        literal.match_indices("3.").any(|(at, _)| {
            let before = literal[..at].chars().next_back();
            let digits = literal[at + 2..].chars().take_while(char::is_ascii_digit).count();
            digits == 2 && !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '`'))
        })
    })
}

#[test]
fn files_are_small_and_mod_files_are_tables() {
    let mut findings = Vec::new();
    let all = ["src", "tests/it"].map(|directory| texts(directory, &[".rs"]));
    for (path, text) in all.into_iter().flatten() {
        let lines = text
            .lines()
            .take_while(|line| !line.starts_with("#[cfg(test)]"))
            .count();
        if lines > 600 {
            findings.push(format!("{path}: {lines} lines, the limit without tests is 600"));
        }
        if !text.starts_with("//!") {
            findings.push(format!("{path}: does not begin by saying what it is for"));
        }
        if path.file_name() == Some("mod.rs") {
            let logic = code(&text)
                .filter(|(_, code)| names(code, "fn") && !code.trim_start().starts_with("macro_rules"));
            findings.extend(
                logic.map(|(line, _)| format!("{path}:{line}: a `mod.rs` declares and re-exports only")),
            );
        }
    }
    none(&findings, "small files, one purpose each");
}

#[test]
fn no_test_is_ignored() {
    // In pieces, as this file is searched too.
    let ignore = ["#[", "ignore"].concat();
    let mut findings = Vec::new();
    for (path, text) in ["src", "tests"].iter().flat_map(|below| texts(below, &[".rs"])) {
        let lines = text
            .lines()
            .enumerate()
            .filter(|(_, line)| line.contains(&ignore));
        findings.extend(lines.map(|(index, _)| format!("{path}:{}", index + 1)));
    }
    none(&findings, "a test runs, or says SKIP for what the machine lacks");
}

#[test]
fn patches_say_why_and_are_listed() {
    let files = read_workspace(root()).unwrap();
    let listed = |patch: &str| {
        let versions = files.iter().filter(|file| file.path.contains("/versions/"));
        versions.clone().any(|file| file.text.contains(patch))
    };
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.path.ends_with(".patch")) {
        if let Err(error) = parse_patch_header(&file.text) {
            findings.push(format!("{}: {error}", file.path));
        }
        if !listed(file.path.strip_prefix("patches/").unwrap()) {
            findings.push(format!("{}: no version lists it", file.path));
        }
    }
    none(&findings, "a patch says why it is needed and until when");
}

#[test]
fn no_registry_is_named() {
    // In pieces, as this file is searched too.
    let hosts = [
        ["deb.debian", ".org"],
        ["pypi", ".org"],
        ["pythonhosted", ".org"],
        ["index.crates", ".io"],
        ["static.crates", ".io"],
        ["registry.npm", "js.org"],
    ]
    .map(|parts| parts.concat());
    let mut findings = Vec::new();
    let all = [
        ".rs", ".toml", ".yaml", ".lock", ".sh", ".py", ".md", ".patch", ".json", ".snap", ".c", ".h",
    ];
    for directory in [
        "src",
        "tests",
        "recipes",
        "patches",
        "docker",
        "ci",
        ".ci",
        "artifacts-schema",
    ] {
        if !root().join(directory).exists() {
            continue;
        }
        for (path, text) in texts(directory, &all) {
            for (index, line) in text.lines().enumerate() {
                if let Some(host) = hosts.iter().find(|host| line.contains(host.as_str())) {
                    findings.push(format!("{path}:{}: names {host}", index + 1));
                }
            }
        }
    }
    none(
        &findings,
        "registries are reached through the machine's own clients",
    );
}

#[test]
fn c_is_formatted() {
    let found = Command::new("clang-format").arg("--version").output().is_ok();
    requires!("clang-format", found);
    let sources: Vec<Utf8PathBuf> = texts("recipes", &[".c", ".h"])
        .into_iter()
        .map(|(path, _)| root().join(path))
        .collect();
    assert!(!sources.is_empty());
    let output = Command::new("clang-format")
        .args(["--dry-run", "-Werror"])
        .args(&sources)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// `PyUnicode_FromFormat` of the oldest series that we build copies what it does not know as it is: no test with another
/// series would tell.
#[test]
fn formats_of_the_launcher_are_those_of_every_series() {
    let known = ["%U", "%R", "%c", "%s", "%u", "%zd", "%.100s"];
    let mut seen = 0;
    for (path, text) in texts("recipes/cpython/launcher", &[".c"]) {
        for function in ["PyUnicode_FromFormat(", "PyErr_Format("] {
            for call in text.split(function).skip(1) {
                let call = &call[..call.find(';').expect("a statement")];
                let format = call.split('"').nth(1).expect("a format");
                for (at, _) in format.match_indices('%') {
                    let rest = &format[at..];
                    assert!(
                        known.iter().any(|known| rest.starts_with(known)),
                        "{path}: {format}"
                    );
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 10);
}

#[test]
fn scripts_pass_shellcheck() {
    let found = Command::new("shellcheck").arg("--version").output().is_ok();
    requires!("shellcheck", found);
    let mut scripts: Vec<Utf8PathBuf> = ["ci", "recipes", "src", "tests/fixtures/mini/recipes"]
        .iter()
        .flat_map(|directory| texts(directory, &[".sh"]))
        .map(|(path, _)| root().join(path))
        .collect();
    // What is started by name says in its first line what runs it.
    let named = texts("ci", &[""])
        .into_iter()
        .filter(|(_, text)| text.starts_with("#!/usr/bin/env bash\n"))
        .map(|(path, _)| root().join(path));
    scripts.extend(named);
    scripts.push(root().join(".ci/run"));
    // SC2164: `cd` needs no `|| exit`, as every script runs under `bash -eu -o pipefail`.
    let output = Command::new("shellcheck")
        .args([
            "--shell=bash",
            "--format=gcc",
            "--exclude=SC2164",
            "--external-sources",
            "--source-path=SCRIPTDIR",
        ])
        .args(&scripts)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
}

//! `pbs link --report`: what reports say of executables of a built distribution, held against the executables.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::linking::{link, said};
use crate::support::{built_distribution, requires};

const LINKERS: [&str; 4] = ["lld", "rust-lld", "mold", "ld"];

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs_err::read(path).unwrap()).unwrap()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}

/// That each node is as large as what is in it; how many nodes there are.
fn check_sums(node: &Value) -> usize {
    let Some(children) = node["children"].as_array() else {
        return 1;
    };
    let sum = |field: &str| children.iter().map(|child| number(&child[field])).sum::<u64>();
    assert_eq!(number(&node["size"]), sum("size"), "{}", node["name"]);
    assert_eq!(number(&node["memory"]), sum("memory"), "{}", node["name"]);
    1 + children.iter().map(check_sums).sum::<usize>()
}

fn part<'a>(report: &'a Value, name: &str) -> &'a Value {
    let parts = report["parts"].as_array().unwrap();
    parts
        .iter()
        .find(|part| part["part"] == name)
        .unwrap_or(&Value::Null)
}

fn names(list: &Value) -> Vec<&str> {
    let list = list.as_array().unwrap();
    list.iter().map(|item| item["name"].as_str().unwrap()).collect()
}

/// Sections of an executable that take memory and no room in the file, added up.
fn zero_memory(bytes: &[u8]) -> u64 {
    use object::{Object as _, ObjectSection as _, SectionKind};
    let file = object::File::parse(bytes).unwrap();
    file.sections()
        .filter(|section| {
            matches!(
                section.kind(),
                SectionKind::UninitializedData | SectionKind::UninitializedTls
            )
        })
        .map(|section| section.size())
        .sum()
}

#[test]
fn every_byte_is_accounted_for_with_every_linker() {
    let place = built_distribution();
    requires!("dist", place.is_some());
    let (place, out) = (place.unwrap(), tempfile::tempdir().unwrap());
    fs_err::write(out.path().join("shop.py"), "print('open')\n").unwrap();
    let mut own = Vec::new();
    for linker in LINKERS {
        let words = [
            "--script=shop.py",
            "--output=app",
            "--linker",
            linker,
            "--exclude-extension=_sqlite3",
            "--report=app.json",
            "--report=app.spdx.json",
            "--report=app.html",
        ];
        let done = link(out.path(), place.path(), &words);
        requires!("linkers", !said(&done).contains("there is no linker"));
        assert!(done.status.success(), "{linker}: {}", said(&done));
        let bytes = fs_err::read(out.path().join("app")).unwrap();
        let report = json(&out.path().join("app.json"));
        let size = bytes.len() as u64;
        assert_eq!(report["executable"]["size"], size, "{linker}");
        let digest = pbs::model::Digest::of(&bytes);
        assert_eq!(report["executable"]["digest"], digest.to_string());
        assert_eq!(report["executable"]["memory"], zero_memory(&bytes), "{linker}");
        let parts = report["parts"].as_array().unwrap();
        let total: u64 = parts.iter().map(|part| number(&part["size"])).sum();
        assert_eq!(total, size, "{linker}");
        assert!(parts.iter().map(check_sums).sum::<usize>() > 1000);
        assert_eq!(part(&report, "other"), &Value::Null, "{linker}: whose is this?");

        let libraries = names(&part(&report, "libraries")["children"]);
        assert!(
            libraries.contains(&"openssl") && !libraries.contains(&"sqlite"),
            "{linker}"
        );
        assert!(names(&part(&report, "extensions")["children"]).contains(&"_ssl"));
        assert!(names(&part(&report, "standard-library")["children"]).contains(&"json"));
        assert_eq!(names(&part(&report, "application")["children"]), ["shop"]);
        assert!(names(&part(&report, "symbols")["children"]).contains(&".symtab"));
        // What linkers cannot tell apart, with mold the most, is no large part of it.
        let linked = number(&part(&report, "linker")["size"]);
        assert!(linked < size / 12, "{linker}: {linked} of {size}");
        own.push(number(&part(&report, "interpreter")["size"]));

        let document = json(&out.path().join("app.spdx.json"));
        let packages = document["packages"].as_array().unwrap();
        assert_eq!(packages[0]["checksums"][0]["checksumValue"], digest.hex());
        let inside = names(&document["packages"]);
        assert!(inside.contains(&"cpython") && inside.contains(&"openssl"));
        assert!(inside.contains(&"pbs-launcher") && inside.contains(&"pip"));
        assert!(!inside.contains(&"sqlite"), "{linker}: it is left out");
        assert_eq!(report["extensions"]["dropped"]["_sqlite3"], "excluded");

        let html = fs_err::read_to_string(out.path().join("app.html")).unwrap();
        assert!(html.contains("libraries / openssl / libcrypto.a"));
        assert!(!html.contains("sqlite3.a"));

        let words = ["--script=shop.py", "--output=again", "--linker", linker];
        let words = [&words[..], &["--exclude-extension=_sqlite3"]].concat();
        assert!(link(out.path(), place.path(), &words).status.success());
        let again = fs_err::read(out.path().join("again")).unwrap();
        assert!(bytes == again, "{linker}: a report changes what is linked");
    }
    // Linkers differ in padding and in what they merge, and not in whom code belongs to.
    let (least, most) = (own.iter().min().unwrap(), own.iter().max().unwrap());
    assert!(most - least < most / 10, "{own:?}");
}

#[test]
fn only_what_is_inside_is_told() {
    let place = built_distribution();
    requires!("dist", place.is_some());
    let (place, out) = (place.unwrap(), tempfile::tempdir().unwrap());
    let words = [
        "--stdlib=files",
        "--preset=minimal",
        "--sizes",
        "--report=r/least.json",
    ];
    let done = link(out.path(), place.path(), &words);
    assert!(done.status.success(), "{}", said(&done));
    let shown = said(&done);
    assert!(shown.contains("100.0%  python"), "{shown}");
    assert!(shown.contains("%  interpreter"), "{shown}");
    let report = json(&out.path().join("r/least.json"));
    for part_name in ["standard-library", "application", "licenses", "launcher"] {
        assert_eq!(part(&report, part_name), &Value::Null, "{part_name}");
    }
    let components = names(&report["components"]);
    assert_eq!(components[0], "cpython");
    for gone in ["openssl", "sqlite", "zlib", "xz"] {
        assert!(!components.contains(&gone), "{gone} in {components:?}");
    }
    assert!(report["extensions"]["dropped"]["zlib"].is_string());

    // Compressed content takes the launcher's own zlib with it.
    let words = [
        "--preset=minimal",
        "--module=this",
        "--compress",
        "--strip",
        "--report=packed.json",
    ];
    let done = link(out.path(), place.path(), &words);
    assert!(done.status.success(), "{}", said(&done));
    let report = json(&out.path().join("packed.json"));
    let parts = report["parts"].as_array().unwrap();
    let total: u64 = parts.iter().map(|part| number(&part["size"])).sum();
    assert_eq!(report["executable"]["size"], total);
    let components = names(&report["components"]);
    assert!(components.contains(&"zlib"), "{components:?}");
    let pip = report["projects"].as_array().unwrap();
    assert!(pip.iter().all(|project| project["name"] == "pip"), "{pip:?}");
}

#[test]
fn a_linker_without_a_map_is_told() {
    let place = built_distribution();
    requires!("dist", place.is_some());
    let (place, out) = (place.unwrap(), tempfile::tempdir().unwrap());
    let silent = out.path().join("silent");
    let script = "#!/bin/sh\nfor word; do shift; case $word in -Map=*) ;; *) set -- \"$@\" \"$word\";; esac; done\n\
        exec ld \"$@\"\n";
    fs_err::write(&silent, script).unwrap();
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs_err::set_permissions(&silent, executable).unwrap();
    let linker = silent.to_str().unwrap();
    let words = ["--preset=minimal", "--stdlib=files", "--linker", linker];
    let missing = Command::new("ld").arg("--version").output().is_err();
    requires!("linkers", !missing);
    assert!(link(out.path(), place.path(), &words).status.success());
    fs_err::remove_file(out.path().join("python")).unwrap();
    let done = link(
        out.path(),
        place.path(),
        &[&words[..], &["--report=x.json"]].concat(),
    );
    assert_eq!(done.status.code(), Some(1), "{}", said(&done));
    assert!(said(&done).contains("the linker wrote no map"), "{}", said(&done));
    let left: Vec<_> = fs_err::read_dir(out.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "only the linker: {left:?}");
}

#[test]
fn what_cannot_be_written_is_told_before_the_link() {
    let place = built_distribution();
    requires!("dist", place.is_some());
    let (place, out) = (place.unwrap(), tempfile::tempdir().unwrap());
    for (words, status, expected) in [
        (
            &["--report=x.txt"][..],
            1,
            "it ends in `.html`, `.json` or `.spdx.json`",
        ),
        (&["--report=/proc/none/x.json"], 3, "cannot be written"),
        (
            &["--output=x.json", "--report=x.json"],
            1,
            "two things are to be written",
        ),
    ] {
        let done = link(out.path(), place.path(), words);
        assert!(said(&done).contains(expected), "{words:?}: {}", said(&done));
        assert_eq!(done.status.code(), Some(status), "{words:?}");
    }
    let left: Vec<_> = fs_err::read_dir(out.path()).unwrap().collect();
    assert_eq!(left.len(), 0, "{left:?}");
}

//! What a scanner makes of a bill of materials: vdb, the matcher of OWASP's dep-scan, from PyPI.
//!
//! It needs no network: `tests/scanner/load.py` gives it answers of NVD's interface, which `tests/scanner/nvd.json`
//! holds, shortened to what is matched.

use std::collections::BTreeMap;
use std::process::Command;

use camino::Utf8PathBuf;
use serde_json::Value;

use super::place::{Place, json};
use crate::support::{install_archives, requires, tool};

/// A component, an old version of it, and a vulnerability that every scanner has to find in it.
const KNOWN: [(&str, &str, &str); 8] = [
    ("openssl", "3.0.1", "CVE-2022-0778"),
    ("xz", "5.6.1", "CVE-2024-3094"),
    ("zlib", "1.2.11", "CVE-2018-25032"),
    ("sqlite", "3.31.0", "CVE-2020-11656"),
    ("expat", "2.4.8", "CVE-2022-40674"),
    ("bzip2", "1.0.6", "CVE-2019-12900"),
    ("cpython", "3.11.3", "CVE-2023-24329"),
    ("libuuid", "2.36.1", "CVE-2022-0563"),
];

fn source(path: &str) -> Utf8PathBuf {
    Utf8PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/scanner")
        .join(path)
}

/// A scanner with a database of its own.
struct Scanner<'a> {
    place: &'a Place,
}

impl<'a> Scanner<'a> {
    fn new(place: &'a Place) -> Self {
        let scanner = Self { place };
        fs_err::create_dir(place.root().join("vdb")).unwrap();
        let words = [source("load.py"), source("nvd.json")];
        scanner.run("python", &words.each_ref().map(|path| path.as_str()));
        scanner
    }

    fn run(&self, program: &str, words: &[&str]) -> String {
        let output = Command::new(tool(program).unwrap())
            .args(words)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.place.root())
            .env("VDB_HOME", self.place.root().join("vdb"))
            // What is older is left out otherwise.
            .env("NVD_START_YEAR", "2000")
            // As wide as its table wants to be.
            .env("COLUMNS", "400")
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {words:?}: {told}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The vulnerabilities that it finds: identifier → the names by which.
    fn found(&self, bom: &Value) -> BTreeMap<String, Vec<String>> {
        let path = self.place.root().join("bom.json");
        fs_err::write(&path, bom.to_string()).unwrap();
        let table = self.run("vdb", &["--quiet", "--bom", path.as_str()]);
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in table.lines().filter(|line| line.contains("CVE-")) {
            let cells: Vec<&str> = row.split('│').map(str::trim).collect();
            found
                .entry(cells[1].to_owned())
                .or_default()
                .push(cells[2].to_owned());
        }
        found
    }
}

/// The same bill with another version of a component.
fn with_version(bom: &Value, name: &str, version: &str) -> Value {
    let mut bom = bom.clone();
    let components = bom["components"].as_array_mut().unwrap();
    let component = components.iter_mut().find(|component| component["name"] == name);
    let component = component.unwrap_or_else(|| panic!("there is no `{name}`"));
    // A tag such as `v3.13.5` or `R_2_8_3` says the version in its own way.
    let current = component["version"].as_str().unwrap().to_owned();
    for key in ["version", "cpe", "purl"] {
        let old = component[key].as_str().unwrap();
        let new = old
            .replace(&current, version)
            .replace(&current.replace('.', "_"), &version.replace('.', "_"));
        assert_ne!(new, old, "{key} of {name} has no version");
        component[key] = Value::from(new);
    }
    bom
}

#[test]
fn a_scanner_finds_what_is_known_of_old_components() {
    requires!("dist", install_archives().is_some());
    requires!("scanner", tool("vdb").is_some());
    let place = Place::new();
    let archive = Utf8PathBuf::from(install_archives().unwrap().remove(0));
    place.publish(&[&archive], &[]);
    let evidence = place.read_back().unwrap().artifacts.remove(0).evidence;
    let bom = json(&place.file(evidence.cyclonedx.unwrap().path.as_str()));
    let scanner = Scanner::new(&place);
    assert_eq!(scanner.found(&bom), BTreeMap::new(), "nothing is known of ours");
    let old = KNOWN.iter().fold(bom.clone(), |bom, (name, version, _)| {
        with_version(&bom, name, version)
    });
    let found = scanner.found(&old);
    for (name, version, id) in KNOWN {
        let names = found
            .get(id)
            .unwrap_or_else(|| panic!("{id} in {name} {version}: {found:?}"));
        let components = old["components"].as_array().unwrap();
        let component = components
            .iter()
            .find(|component| component["name"] == name)
            .unwrap();
        let cpe = component["cpe"].as_str().unwrap();
        assert!(names.iter().any(|name| name == cpe), "{cpe}: {names:?}");
    }
    assert_eq!(found.len(), KNOWN.len(), "{found:?}");
    // It has nothing of the others to find; it can tell them apart all the same.
    let program = "import json, sys
from vdb.lib.cpe import parse
components = json.load(open(sys.argv[1]))['components']
print(json.dumps({component['name']: parse(component['cpe']) for component in components if 'cpe' in component}))";
    let path = place.root().join("bom.json");
    fs_err::write(&path, bom.to_string()).unwrap();
    let parsed = json(scanner.run("python", &["-c", program, path.as_str()]).as_bytes());
    for component in bom["components"].as_array().unwrap() {
        let name = component["name"].as_str().unwrap();
        let parsed = &parsed[name];
        let version = component["version"].as_str().unwrap();
        let said = parsed["version"].as_str().unwrap_or_default();
        assert!(said != "*" && !said.is_empty(), "{component}: {parsed}");
        // The sysroot's version is that of the package that brings it.
        let is_sysroot = name.starts_with("sysroot");
        assert!(is_sysroot || version.starts_with(said), "{component}: {parsed}");
    }
}

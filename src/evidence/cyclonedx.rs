//! What a distribution consists of, as a CycloneDX 1.6 document: <https://cyclonedx.org/docs/1.6/json/>.

use serde_json::{Map, Value, json};

use super::subject::{SYSROOT, TOOL, TOOL_VERSION};
use super::{Bom, Subject};
use crate::manifest::{ComponentRecord, SysrootRecord};
use crate::model::Digest;
use crate::plan::CPYTHON;
use crate::sbom::{all_of, timestamp};

/// What a distribution consists of, as CycloneDX 1.6.
#[must_use]
pub fn cyclonedx(subject: &Subject<'_>) -> Bom {
    let manifest = subject.manifest;
    let given = manifest.pbs.sysroot.as_ref();
    let components: Vec<Value> = subject
        .linked()
        .map(component)
        .chain(given.map(sysroot))
        .collect();
    let given = given.map(|_| SYSROOT.to_owned());
    let inside: Vec<String> = subject.linked().map(reference).chain(given).collect();
    let mut dependencies = vec![json!({ "ref": subject.name, "dependsOn": inside })];
    dependencies.extend(inside.iter().map(|inside| json!({ "ref": inside })));
    Bom::of(&json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": format!("urn:uuid:{}", uuid(&subject.digest)),
        "version": 1,
        "metadata": {
            "timestamp": timestamp(manifest.pbs.epoch),
            "tools": { "components": [{ "type": "application", "name": TOOL, "version": TOOL_VERSION }] },
            "component": {
                "type": "file",
                "bom-ref": subject.name,
                "name": subject.name,
                "version": format!("{}+{}", manifest.python_version, manifest.pbs.tag),
                "description": subject.summary(),
                "hashes": [sha256(&subject.digest.hex())],
            },
        },
        "components": components,
        "dependencies": dependencies,
    }))
}

fn component(record: &ComponentRecord) -> Value {
    let kind = if record.name == CPYTHON {
        "application"
    } else {
        "library"
    };
    let mut component = Map::new();
    let mut set = |key: &str, value: Value| component.insert(key.to_owned(), value);
    set("type", json!(kind));
    set("bom-ref", json!(reference(record)));
    set("name", json!(record.name));
    set("version", json!(record.version));
    if !record.summary.is_empty() {
        set("description", json!(record.summary));
    }
    if let Some(licences) = all_of(&record.licenses) {
        set("licenses", json!([{ "expression": licences }]));
    }
    if let Some(cpe) = &record.cpe {
        set("cpe", json!(cpe));
    }
    if let Some(purl) = &record.purl {
        set("purl", json!(purl));
    }
    if !record.patches.is_empty() {
        set("pedigree", json!({ "patches": patches(record) }));
    }
    let addresses = addresses(record);
    if !addresses.is_empty() {
        set("externalReferences", json!(addresses));
    }
    Value::Object(component)
}

/// Start-up code and libraries for linking come from it.
fn sysroot(given: &SysrootRecord) -> Value {
    let SysrootRecord { layout, tree, terms } = given;
    json!({
        "type": "library",
        "bom-ref": SYSROOT,
        "name": SYSROOT,
        "description": format!("a directory that was given as the sysroot, in the layout of {layout}; {terms}"),
        "properties": [{ "name": "pbs:tree", "value": tree }],
    })
}

/// The patches, by path and digest; the texts are in the recipes.
fn patches(record: &ComponentRecord) -> Vec<Value> {
    record
        .patches
        .iter()
        .map(|(name, digest)| {
            let url = format!("patches/{name}#sha256={}", digest.hex());
            json!({ "type": "unofficial", "diff": { "url": url } })
        })
        .collect()
}

fn addresses(record: &ComponentRecord) -> Vec<Value> {
    let mut addresses = Vec::new();
    if let Some(url) = &record.url {
        let mut source = json!({ "type": "source-distribution", "url": url });
        if let Some(archive) = &record.archive {
            source["hashes"] = json!([sha256(&archive.hex())]);
        }
        addresses.push(source);
    }
    if !record.homepage.is_empty() {
        addresses.push(json!({ "type": "website", "url": record.homepage }));
    }
    addresses
}

fn reference(record: &ComponentRecord) -> String {
    format!("{}@{}", record.name, record.version)
}

fn sha256(hex: &str) -> Value {
    json!({ "alg": "SHA-256", "content": hex })
}

/// A UUID of version 8 (RFC 9562: the rest is up to whoever makes it) from the beginning of a digest.
fn uuid(digest: &Digest) -> String {
    let mut hex: Vec<u8> = digest.hex().into_bytes();
    hex[12] = b'8';
    // The variant: binary `10` and two bits of the digest.
    hex[16] = b"89ab"[usize::from(digest.hash[8] >> 4 & 3)];
    let part = |from, to| String::from_utf8_lossy(&hex[from..to]).into_owned();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::evidence::subject::tests::with_subject;

    #[test]
    fn has_what_the_specification_asks_for() {
        let bom = with_subject(cyclonedx);
        let document: Value = serde_json::from_slice(bom.bytes()).unwrap();
        assert_eq!(document["bomFormat"], "CycloneDX");
        assert_eq!(document["specVersion"], "1.6");
        let components = document["components"].as_array().unwrap();
        assert_eq!(components.len(), 1, "what is not linked is not listed");
        let zlib = &components[0];
        assert_eq!(zlib["purl"], "pkg:generic/zlib@1.3.1");
        assert_eq!(zlib["cpe"], "cpe:2.3:a:zlib:zlib:1.3.1:*:*:*:*:*:*:*");
        assert_eq!(zlib["licenses"][0]["expression"], "Zlib");
        let source = &zlib["externalReferences"][0];
        assert_eq!(source["hashes"][0]["content"], "0".repeat(64));
        let references: BTreeSet<&str> = components
            .iter()
            .chain([&document["metadata"]["component"]])
            .map(|component| component["bom-ref"].as_str().unwrap())
            .collect();
        for dependency in document["dependencies"].as_array().unwrap() {
            let on = dependency["dependsOn"].as_array();
            for end in on.into_iter().flatten().chain([&dependency["ref"]]) {
                assert!(references.contains(end.as_str().unwrap()), "{dependency}");
            }
        }
    }

    #[test]
    fn a_serial_number_is_a_uuid() {
        let uuid = uuid(&Digest::of(b"abc"));
        assert_eq!(uuid, "ba7816bf-8f01-8fea-8141-40de5dae2223");
    }
}

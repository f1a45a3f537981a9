//! `artifacts-schema/python-json.schema.json` is generated from the types and tested against them,
//! in both directions. `PBS_BLESS=1` rewrites it.

use serde_json::{Value, json};

use super::Manifest;
use crate::model::schema::check_published;

fn schema() -> Value {
    let mut schema = schemars::schema_for!(Manifest).to_value();
    schema["title"] = json!("PYTHON.json, version 8, with the key `pbs`");
    let path = "A path relative to the directory of `PYTHON.json`; never leaves it.";
    schema["$defs"]["TreePath"]["description"] = json!(path);
    schema
}

fn sample() -> Value {
    serde_json::from_str(include_str!("../../tests/fixtures/manifest/sample.json")).unwrap()
}

#[test]
fn the_published_schema_is_that_of_the_types() {
    check_published("python-json.schema.json", &schema());
}

#[test]
fn a_manifest_reads_what_it_writes_and_fits_the_schema() {
    let manifest = Manifest::read(sample().to_string().as_bytes()).unwrap();
    let written = manifest.write();
    assert_eq!(Manifest::read(&written).unwrap(), manifest);
    let value: Value = serde_json::from_slice(&written).unwrap();
    assert_eq!(value, sample());
    let errors: Vec<_> = jsonschema::validator_for(&schema())
        .unwrap()
        .iter_errors(&value)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(errors, [""; 0]);
}

#[test]
fn what_the_types_refuse_the_schema_refuses() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let cases: [(&str, Value); 14] = [
        ("/version", json!("7")),
        ("/version", json!(8)),
        ("/target_triple", json!("linux")),
        ("/python_exe", json!("/usr/bin/python")),
        ("/python_implementation_hex_version", json!("0x30d05f0")),
        ("/libpython_link_mode", json!("dynamic")),
        ("/python_extension_module_loading", json!(["builtin", "zip"])),
        ("/build_info/core/objs", json!("build/x.o")),
        ("/build_info/core/surprise", json!(1)),
        ("/build_info/extensions/zlib/0/required", json!("yes")),
        ("/pbs/flavor", json!("half")),
        ("/pbs/files/install~1bin~1python3.13", json!("sha256:0/0")),
        ("/pbs/extensions/_tkinter/linkage", json!("gone")),
        ("/surprise", json!(null)),
    ];
    for (pointer, wrong) in cases {
        let mut value = sample();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        value.pointer_mut(parent).unwrap()[key.replace("~1", "/")] = wrong;
        assert!(!validator.is_valid(&value), "the schema takes {pointer}");
        assert!(
            Manifest::read(value.to_string().as_bytes()).is_err(),
            "the types take {pointer}"
        );
    }
    for missing in ["version", "python_paths", "pbs"] {
        let mut value = sample();
        value.as_object_mut().unwrap().remove(missing);
        assert!(
            !validator.is_valid(&value),
            "the schema does not ask for {missing}"
        );
        assert!(
            Manifest::read(value.to_string().as_bytes()).is_err(),
            "the types do not ask for {missing}"
        );
    }
}

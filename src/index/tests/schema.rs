//! `artifacts-schema/index.schema.json` is generated from the types and tested against them, in
//! both directions. `PBS_BLESS=1` rewrites it.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use super::sample::{index, sample};
use crate::index::{FileName, Index, IndexVersion, PublicKey, Sum, Tag};
use crate::model::schema::{check_published, text_schema};

text_schema! {
    Sum: "A SHA-256 sum.", "^sha256:[0-9a-f]{64}$";
    Tag: "A release tag.", "^[0-9]{8}$";
    FileName: "The name of a file.", "^[0-9A-Za-z][0-9A-Za-z._+-]{0,254}$";
    PublicKey: "A public key as minisign writes it.", "^RW[0-9A-Za-z+/]{54}$";
}

impl JsonSchema for IndexVersion {
    fn schema_name() -> Cow<'static, str> {
        "IndexVersion".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "Version of the format.", "const": 1 })
    }
}

fn schema() -> Value {
    let mut schema = schemars::schema_for!(Index).to_value();
    schema["title"] = json!("The index of a directory that `pbs publish` fills, version 1");
    let path = "A path relative to the directory of the index; never leaves it.";
    schema["$defs"]["TreePath"]["description"] = json!(path);
    // Plain names only, which an index is stricter in than a tree.
    let name = "[0-9A-Za-z_+-][0-9A-Za-z._+-]*";
    schema["$defs"]["TreePath"]["pattern"] = json!(format!("^{name}(/{name})*$"));
    schema
}

#[test]
fn the_published_schema_is_that_of_the_types() {
    check_published("index.schema.json", &schema());
}

#[test]
fn an_index_reads_what_it_writes_and_fits_the_schema() {
    let written = index().write();
    assert_eq!(Index::read(&written).unwrap(), index());
    let value: Value = serde_json::from_slice(&written).unwrap();
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
    let cases: [(&str, Value); 18] = [
        ("/format", json!("other")),
        ("/version", json!(2)),
        ("/version", json!("1")),
        ("/serial", json!(-1)),
        ("/serial", json!("7")),
        ("/keys/0", json!("RW")),
        ("/surprise", json!(null)),
        ("/artifacts/0/name", json!("../x")),
        ("/artifacts/0/path", json!("/x")),
        ("/artifacts/0/path", json!("a/.x")),
        ("/artifacts/0/path", json!("")),
        ("/artifacts/0/python", json!("3.13")),
        ("/artifacts/0/tag", json!("today")),
        ("/artifacts/0/target", json!("linux")),
        ("/artifacts/0/flavor", json!("half")),
        ("/artifacts/0/digest", json!("sha256:0")),
        ("/artifacts/0/surprise", json!(1)),
        ("/artifacts/0/evidence/surprise", json!(1)),
    ];
    for (pointer, wrong) in cases {
        let mut value = sample();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        match value.pointer_mut(parent).unwrap() {
            Value::Array(items) => items[key.parse::<usize>().unwrap()] = wrong,
            object => object[key] = wrong,
        }
        assert!(!validator.is_valid(&value), "the schema takes {pointer}");
        assert!(
            Index::read(value.to_string().as_bytes()).is_err(),
            "the types take {pointer}"
        );
    }
    for missing in ["format", "version", "serial", "keys", "artifacts"] {
        let mut value = sample();
        value.as_object_mut().unwrap().remove(missing);
        assert!(
            !validator.is_valid(&value),
            "the schema does not ask for {missing}"
        );
        assert!(
            Index::read(value.to_string().as_bytes()).is_err(),
            "the types do not ask for {missing}"
        );
    }
}

//! `artifacts-schema/python-json.schema.json` is generated from the types and tested against them,
//! in both directions. `PBS_BLESS=1` rewrites it.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use super::Manifest;
use crate::model::{Digest, Options, Os, Pin, Target, TreeDigest, TreePath};
use crate::plan::{Flavor, Linkage};

macro_rules! text_schema {
    ($($name:ident: $description:literal, $pattern:literal;)+) => {
        $(impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "description": $description, "pattern": $pattern })
            }
        })+
    };
}

text_schema! {
    Digest: "SHA-256 and length in bytes.", "^sha256:[0-9a-fA-F]{64}/[0-9]+$";
    Pin: "SHA-256 and, where it is known, length in bytes.", "^sha256:[0-9a-fA-F]{64}(/[0-9]+)?$";
    TreeDigest: "Digest of the Remote Execution `Directory` message of a tree's root.", "^sha256:[0-9a-fA-F]{64}/[0-9]+$";
    Target: "A target triple.", "^[a-z0-9_]+(-[a-z0-9_]+){2,}$";
    Options: "Options of a build, joined by `+`.", "^[^+]+([+][^+]+)*$";
    TreePath: "A path relative to the directory of `PYTHON.json`; never leaves it.", "^$|^[^/]+(/[^/]+)*$";
}

macro_rules! word_schema {
    ($($name:ident: $description:literal, $words:expr;)+) => {
        $(impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "description": $description, "enum": $words })
            }
        })+
    };
}

word_schema! {
    Os: "Operating system of a target.", Os::ALL.iter().map(|os| os.as_str()).collect::<Vec<_>>();
    Flavor: "Flavour of an archive.", [Flavor::Full, Flavor::InstallOnly, Flavor::InstallOnlyStripped];
    Linkage: "How an extension module reaches the interpreter.", [Linkage::Builtin, Linkage::Shared, Linkage::Absent];
}

fn schema() -> Value {
    let mut schema = schemars::schema_for!(Manifest).to_value();
    schema["title"] = json!("PYTHON.json, version 8, with the key `pbs`");
    schema
}

fn sample() -> Value {
    serde_json::from_str(include_str!("../../tests/fixtures/manifest/sample.json")).unwrap()
}

#[test]
fn the_published_schema_is_that_of_the_types() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/artifacts-schema/python-json.schema.json"
    );
    let generated = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    #[expect(
        clippy::disallowed_methods,
        reason = "a test reads its own switch and rewrites its own file"
    )]
    {
        if std::env::var_os("PBS_BLESS").is_some() {
            std::fs::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/artifacts-schema")).unwrap();
            std::fs::write(path, &generated).unwrap();
        }
        let published = std::fs::read_to_string(path).unwrap_or_default();
        for (generated, published) in generated.lines().zip(published.lines()) {
            assert_eq!(
                generated, published,
                "{path} drifted: run the tests with PBS_BLESS=1 and review"
            );
        }
        assert!(
            generated == published,
            "{path} drifted: run the tests with PBS_BLESS=1 and review"
        );
    }
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

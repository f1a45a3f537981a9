//! JSON Schemas of the vocabulary, and the comparison of a generated schema with the published one.
//!
//! Only tests need schemas: what is published stands in `artifacts-schema/`.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use super::{
    Digest, GuestPath, ObjectFormat, Options, Os, PackedVersion, Pin, PythonVersion, Target, TreeDigest,
    TreePath,
};

/// Schemas of types that are written as texts of a certain form.
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
pub(crate) use text_schema;

text_schema! {
    Digest: "SHA-256 and length in bytes.", "^sha256:[0-9a-fA-F]{64}/[0-9]+$";
    Pin: "SHA-256 and, where it is known, length in bytes.", "^sha256:[0-9a-fA-F]{64}(/[0-9]+)?$";
    TreeDigest: "Digest of the Remote Execution `Directory` message of a tree's root.", "^sha256:[0-9a-fA-F]{64}/[0-9]+$";
    Target: "A target triple.", "^[a-z0-9_]+(-[a-z0-9_]+){2,}$";
    Options: "Options of a build, joined by `+`.", "^[^+]+([+][^+]+)*$";
    PythonVersion: "A version of CPython.", "^[0-9]+[.][0-9]+[.][0-9]+((a|b|rc)[0-9]+)?$";
    PackedVersion: "A version of one to three numbers.", "^[0-9]+([.][0-9]+){0,2}$";
    TreePath: "A relative path that never leaves its directory.", "^$|^[^/]+(/[^/]+)*$";
    GuestPath: "An absolute path in a sandbox.", "^/";
}

/// Schemas of types that are written as one of some words.
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
pub(crate) use word_schema;

word_schema! {
    Os: "Operating system of a target.", Os::ALL.iter().map(|os| os.as_str()).collect::<Vec<_>>();
    ObjectFormat: "Format of objects.", ObjectFormat::ALL.iter().map(|format| format.as_str()).collect::<Vec<_>>();
}

/// Compares a generated schema with the file in `artifacts-schema/`; `PBS_BLESS=1` rewrites that.
pub(crate) fn check_published(name: &str, schema: &Value) {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/artifacts-schema");
    let path = format!("{directory}/{name}");
    let generated = format!("{schema:#}\n");
    #[expect(
        clippy::disallowed_methods,
        reason = "a test reads its own switch and rewrites its own file"
    )]
    let published = {
        if std::env::var_os("PBS_BLESS").is_some() {
            std::fs::create_dir_all(directory).unwrap();
            std::fs::write(&path, &generated).unwrap();
        }
        std::fs::read_to_string(&path).unwrap_or_default()
    };
    let drifted = "drifted: run the tests with PBS_BLESS=1 and review";
    for (generated, published) in generated.lines().zip(published.lines()) {
        assert_eq!(generated, published, "{path} {drifted}");
    }
    assert!(generated == published, "{path} {drifted}");
}

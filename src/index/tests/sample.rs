//! An index for tests.

use serde_json::{Value, json};

use crate::index::{Artifact, Evidence, FileName, Index, PublicKey, Published, Sum, Tag};
use crate::model::{Digest, Target, TreePath};
use crate::plan::Flavor;

pub(in crate::index) fn artifact(python: &str, tag: &str, target: &str, options: &str) -> Artifact {
    let name = format!("cpython-{python}+{tag}-{target}-{options}-full.tar.zst");
    let digest = Digest::of(name.as_bytes());
    let document = |ending: &str| Published {
        path: TreePath::parse(&format!("evidence/{name}.{ending}")).unwrap(),
        size: 3,
        digest: Sum::of(&Digest::of(ending.as_bytes())),
    };
    Artifact {
        path: TreePath::parse(&format!("archives/{name}")).unwrap(),
        python: python.parse().unwrap(),
        tag: Tag::parse(tag).unwrap(),
        target: Target::parse(target).unwrap(),
        options: options.parse().unwrap(),
        flavor: Flavor::Full,
        size: digest.size,
        digest: Sum::of(&digest),
        manifest: Some(Sum::of(&Digest::of(b"PYTHON.json"))),
        evidence: Evidence {
            spdx: Some(document("spdx.json")),
            cyclonedx: Some(document("cdx.json")),
            provenance: Some(document("provenance.json")),
        },
        name: FileName::parse(&name).unwrap(),
    }
}

pub(in crate::index) fn index() -> Index {
    let mut debuginfo = artifact("3.13.5", "20260101", "x86_64-a-linux-gnu", "pgo+lto");
    debuginfo.name = FileName::parse(&debuginfo.name.as_str().replace("-full.", "-debuginfo.")).unwrap();
    debuginfo.path = TreePath::parse(&format!("archives/{}", debuginfo.name)).unwrap();
    debuginfo.flavor = Flavor::DebugInfo;
    debuginfo.manifest = None;
    debuginfo.evidence = Evidence::default();
    let mut index = Index::empty();
    index.serial = 7;
    index.keys = vec![PublicKey::parse(&format!("RW{}", "Q".repeat(54))).unwrap()];
    index.artifacts = vec![
        debuginfo,
        artifact("3.13.5", "20260101", "x86_64-a-linux-gnu", "pgo+lto"),
        artifact("3.14.0rc1", "20260101", "aarch64-a-linux-musl", "noopt"),
    ];
    index.artifacts.sort_by(|one, other| one.name.cmp(&other.name));
    index
}

pub(in crate::index) fn sample() -> Value {
    json!(index())
}

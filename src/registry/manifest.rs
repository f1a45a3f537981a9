//! The manifest of one published file: an OCI image manifest with an artifact type and one layer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::Digest;

/// What a manifest is.
pub(super) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// The configuration of what needs none: `{}`.
const EMPTY: &str = "application/vnd.oci.empty.v1+json";
/// Its bytes.
pub(super) const EMPTY_BYTES: &[u8] = b"{}";
/// The name that a layer's file has for `oras`.
const TITLE: &str = "org.opencontainers.image.title";

/// A manifest.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    schema_version: u32,
    media_type: String,
    /// What it is for.
    #[serde(default)]
    pub artifact_type: String,
    config: Descriptor,
    layers: Vec<Descriptor>,
    /// What is said of it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// What a manifest says of a blob.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// What it is.
    pub media_type: String,
    digest: String,
    size: u64,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<String, String>,
}

impl Descriptor {
    /// The digest of the blob, if it is one that we use.
    #[must_use]
    pub fn digest(&self) -> Option<Digest> {
        Digest::from_hex(self.digest.strip_prefix("sha256:")?, self.size).ok()
    }

    fn of(media_type: &str, digest: &Digest) -> Self {
        Self {
            media_type: media_type.to_owned(),
            digest: format!("sha256:{}", digest.hex()),
            size: digest.size,
            annotations: BTreeMap::new(),
        }
    }
}

impl Manifest {
    /// The manifest of one file.
    #[must_use]
    pub fn of_file(artifact_type: &str, name: &str, digest: &Digest) -> Self {
        let mut layer = Descriptor::of(media_type(name), digest);
        layer.annotations.insert(TITLE.to_owned(), name.to_owned());
        Self {
            schema_version: 2,
            media_type: MANIFEST.to_owned(),
            artifact_type: artifact_type.to_owned(),
            config: Descriptor::of(EMPTY, &Digest::of(EMPTY_BYTES)),
            layers: vec![layer],
            annotations: BTreeMap::new(),
        }
    }

    /// The one file, if it is a manifest of one.
    #[must_use]
    pub fn file(&self) -> Option<&Descriptor> {
        match &self.layers[..] {
            [file] => Some(file),
            _ => None,
        }
    }

    /// As it is put: the same bytes for the same file.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("texts and numbers can be written")
    }

    /// Reads one.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

/// What a published file is, by its name.
fn media_type(name: &str) -> &'static str {
    let known = [
        (".tar.zst", "application/vnd.pbs.distribution.v1.tar+zstd"),
        (".tar.gz", "application/vnd.pbs.distribution.v1.tar+gzip"),
        (".spdx.json", "application/spdx+json"),
        (".cdx.json", "application/vnd.cyclonedx+json"),
        (".provenance.json", "application/vnd.dsse.envelope.v1+json"),
        (".json", "application/json"),
        (".html", "text/html"),
    ];
    let found = known.iter().find(|(ending, _)| name.ends_with(ending));
    found.map_or("text/plain", |(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_other_tools_read() {
        let digest = Digest::of(b"text");
        let manifest = Manifest::of_file("application/vnd.pbs.file.v1", "a.json", &digest);
        let value: serde_json::Value = serde_json::from_slice(&manifest.write()).unwrap();
        assert_eq!(value["schemaVersion"], 2);
        assert_eq!(value["mediaType"], MANIFEST);
        assert_eq!(value["artifactType"], "application/vnd.pbs.file.v1");
        // What the specification says of the empty configuration.
        assert_eq!(
            value["config"]["digest"],
            "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
        );
        assert_eq!(value["config"]["size"], 2);
        assert_eq!(value["layers"][0]["annotations"][TITLE], "a.json");
        let read = Manifest::read(&manifest.write()).unwrap();
        assert_eq!(read, manifest);
        assert_eq!(read.file().unwrap().digest(), Some(digest));
    }
}

//! A directory that stands in the place of a sysroot package: what it must have, and whether it does.

mod error;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::quoted::Quoted;
use super::raw::TargetFile;
use crate::model::{Digest, Entry, Listing, PackedVersion, Tree, TreeDigest, TreePath};

pub use error::{GivenError, Lack};

/// No file that says which SDK it is of is larger, in bytes.
const LARGEST: u64 = 4 << 20;

/// See [`PackageFile::given`](super::raw::PackageFile::given).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GivenEntry {
    /// How it is laid out, in a few words; the manifest repeats them.
    pub layout: Quoted<String>,
    /// Files and directories that it must have.
    pub needs: Vec<Needed>,
    /// Where it says which of Apple's SDKs it is.
    #[serde(default)]
    pub apple_sdk: Option<SdkEntry>,
}

/// A file or a directory that a given sysroot must have.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Needed {
    /// Its path.
    pub path: Quoted<TreePath>,
    /// What provides it.
    pub from: Quoted<String>,
}

/// See [`GivenEntry::apple_sdk`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SdkEntry {
    /// A JSON document.
    pub file: Quoted<TreePath>,
    /// JSON pointer to its canonical name.
    pub name: Quoted<String>,
    /// JSON pointer to its version, which is at least the target's deployment target.
    pub version: Quoted<String>,
}

/// A directory that is given in the place of a sysroot package, and fits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GivenSysroot {
    /// What is in it.
    pub tree: TreeDigest,
    /// Which of Apple's SDKs it says it is.
    pub sdk: Option<GivenSdk>,
}

/// Which SDK a directory says it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GivenSdk {
    /// Its canonical name.
    pub name: String,
    /// Its version.
    pub version: PackedVersion,
}

impl GivenEntry {
    /// Whether a directory has all that is needed, by the names in it. Tells of all that it lacks.
    pub fn check_names(&self, listing: &Listing) -> Result<(), GivenError> {
        let missing = self.needs.iter().filter(|needed| !listing.has(&needed.path.0));
        let lacks: Vec<Lack> = missing
            .map(|needed| Lack {
                path: needed.path.0.clone(),
                from: needed.from.0.clone(),
                other_case: listing.other_case(&needed.path.0).cloned(),
            })
            .collect();
        if lacks.is_empty() {
            return Ok(());
        }
        Err(GivenError::Lacks {
            layout: self.layout.0.clone(),
            below: self.below(listing),
            lacks,
        })
    }

    /// The directory in a listing that has all that is needed.
    fn below(&self, listing: &Listing) -> Option<TreePath> {
        let first = &self.needs.first()?.path.0;
        let has_all = |at: &TreePath| {
            self.needs
                .iter()
                .all(|needed| listing.has(&at.join(&needed.path.0)))
        };
        let ends = format!("/{first}");
        let mut starts = listing.0.keys().filter_map(|path| {
            let start = path.as_str().strip_suffix(&ends)?;
            TreePath::parse(start).ok()
        });
        starts.find(has_all)
    }

    /// The file of a tree that says which SDK it is, if that is asked.
    #[must_use]
    pub fn settings(&self, tree: &Tree) -> Option<Digest> {
        match tree.get(&self.apple_sdk.as_ref()?.file.0) {
            Some(Entry::File { digest, .. }) if digest.size <= LARGEST => Some(*digest),
            _ => None,
        }
    }

    /// Whether the files of a tree can be those of one sysroot for a target; `settings` is the text
    /// of the file of that name.
    pub fn check_files(
        &self,
        digest: TreeDigest,
        tree: &Tree,
        settings: Option<&[u8]>,
        target: &TargetFile,
    ) -> Result<GivenSysroot, GivenError> {
        check_case(tree)?;
        let sdk = self.apple_sdk.as_ref();
        Ok(GivenSysroot {
            tree: digest,
            sdk: sdk.map(|entry| entry.read(settings, target)).transpose()?,
        })
    }
}

impl SdkEntry {
    fn read(&self, settings: Option<&[u8]>, target: &TargetFile) -> Result<GivenSdk, GivenError> {
        let unclear = |problem: String| GivenError::Unclear {
            file: self.file.0.clone(),
            problem,
        };
        let settings = settings.ok_or_else(|| unclear("it is no file, or a far too large one".to_owned()))?;
        let settings: Value = serde_json::from_slice(settings).map_err(|error| unclear(error.to_string()))?;
        let text = |pointer: &Quoted<String>| {
            let value = settings.pointer(pointer.as_str()).and_then(Value::as_str);
            value.ok_or_else(|| unclear(format!("it has no text at `{}`", pointer.as_str())))
        };
        let (name, version) = (text(&self.name)?.to_owned(), text(&self.version)?);
        let version: PackedVersion = version
            .parse()
            .map_err(|error| unclear(format!("at `{}`: {error}", self.version.as_str())))?;
        match target.apple_sdk.as_ref().map(|sdk| sdk.deployment_target) {
            Some(least) if version < least => Err(GivenError::TooOld {
                name,
                version,
                least,
                target: target.target.0.clone(),
            }),
            _ => Ok(GivenSdk { name, version }),
        }
    }
}

/// Where such files come from, names that differ in case alone are one name: two contents are two
/// versions, one unpacked over the other.
fn check_case(tree: &Tree) -> Result<(), GivenError> {
    let mut seen: BTreeMap<String, (&TreePath, &Digest)> = BTreeMap::new();
    for (path, digest, _) in tree.files() {
        if let Some((other, content)) = seen.insert(path.as_str().to_lowercase(), (path, digest))
            && content != digest
        {
            return Err(GivenError::Clash {
                path: path.clone(),
                other: other.clone(),
            });
        }
    }
    Ok(())
}

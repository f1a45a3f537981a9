//! Two artifacts: their archives, their trees, then each file that differs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::align::{has_install, rewrite, without_install};
use super::difference::{
    Alone, Changed, Difference, Explanation, KindDifference, ManifestDifference, ModeDifference, PackingKind,
    SideFacts, Verdict,
};
use super::explain::{explain, is_explained, same_fields};
use super::fields::differing_fields;
use super::ignore::Ignore;
use super::packing::{self, Packing};
use crate::manifest::{Manifest, ReadBlob, ReadBlobError};
use crate::model::{Digest, Entry, Tree, TreePath};

/// One of two artifacts.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// As a person named it.
    pub name: &'a str,
    /// What is in it.
    pub tree: &'a Tree,
    /// What the archive says beyond that, where it is one.
    pub packing: Option<&'a Packing>,
}

/// What is to be compared.
#[derive(Clone, Copy)]
pub struct CompareInput<'a> {
    /// The one.
    pub a: Side<'a>,
    /// The other.
    pub b: Side<'a>,
    /// Reads a file of either.
    pub read: ReadBlob<'a>,
    /// What is left out.
    pub ignore: &'a BTreeSet<Ignore>,
}

impl std::fmt::Debug for CompareInput<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CompareInput")
            .field("ignore", &self.ignore)
            .finish_non_exhaustive()
    }
}

/// Two artifacts could not be compared.
#[derive(Debug, thiserror::Error)]
#[error("failed to read `{path}`")]
pub struct CompareError {
    /// The file.
    pub path: TreePath,
    /// Why.
    #[source]
    pub source: ReadBlobError,
}

/// Compares two artifacts.
pub fn compare(input: CompareInput<'_>) -> Result<Difference, CompareError> {
    let manifests = [document(input, input.a.tree)?, document(input, input.b.tree)?];
    let mut difference = Difference {
        version: 1,
        verdict: Verdict::Identical,
        a: facts(input.a, manifests[0].as_ref()),
        b: facts(input.b, manifests[1].as_ref()),
        notes: Vec::new(),
        packing: Vec::new(),
        only_in_a: Vec::new(),
        only_in_b: Vec::new(),
        kinds: Vec::new(),
        modes: Vec::new(),
        changed: Vec::new(),
    };
    let same_bytes = match (input.a.packing, input.b.packing) {
        (Some(a), Some(b)) => Some(a.digest == b.digest),
        _ => None,
    };
    if same_bytes == Some(true) {
        return Ok(difference);
    }
    let comparison = Comparison::new(input, manifests, &mut difference.notes);
    comparison.packing(&mut difference);
    comparison.trees(&mut difference)?;
    let found_nothing = is_empty(&difference);
    if found_nothing && same_bytes == Some(false) {
        difference.packing.push(packing::headers());
    }
    for kind in input.ignore {
        kind.apply(&mut difference);
    }
    difference.verdict = match (is_empty(&difference), same_bytes) {
        (false, _) => Verdict::Different,
        // Of two directories there is nothing beyond their files.
        (true, None) if found_nothing && input.a.packing.is_none() && input.b.packing.is_none() => {
            Verdict::Identical
        }
        (true, _) => Verdict::Equal,
    };
    Ok(difference)
}

fn is_empty(difference: &Difference) -> bool {
    difference.packing.is_empty()
        && difference.only_in_a.is_empty()
        && difference.only_in_b.is_empty()
        && difference.kinds.is_empty()
        && difference.modes.is_empty()
        && difference.changed.is_empty()
}

fn manifest_path() -> TreePath {
    TreePath::parse(Manifest::PATH).expect("it is a path")
}

fn read(input: CompareInput<'_>, path: &TreePath, digest: &Digest) -> Result<Vec<u8>, CompareError> {
    (input.read)(digest).map_err(|source| CompareError {
        path: path.clone(),
        source,
    })
}

/// The manifest of a tree, whether or not we could use it.
fn document(input: CompareInput<'_>, tree: &Tree) -> Result<Option<Value>, CompareError> {
    let path = manifest_path();
    let Some(Entry::File { digest, .. }) = tree.get(&path) else {
        return Ok(None);
    };
    Ok(serde_json::from_slice(&read(input, &path, digest)?).ok())
}

fn facts(side: Side<'_>, manifest: Option<&Value>) -> SideFacts {
    let flavor = manifest.and_then(|manifest| manifest.pointer("/pbs/flavor"));
    SideFacts {
        name: side.name.to_owned(),
        form: side
            .packing
            .map_or("directory", |packing| packing.compression)
            .to_owned(),
        digest: side.packing.map(|packing| packing.digest),
        flavor: flavor.and_then(|flavor| serde_json::from_value(flavor.clone()).ok()),
        files: side.tree.files().count(),
        size: side.tree.size(),
    }
}

/// Both sides, laid over each other.
struct Comparison<'a> {
    input: CompareInput<'a>,
    trees: [Tree; 2],
    manifests: [Option<Value>; 2],
    /// Whether one of them is a full archive and the other one is not.
    flavors: Flavors,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Flavors {
    Alike,
    Aligned,
}

impl<'a> Comparison<'a> {
    fn new(input: CompareInput<'a>, manifests: [Option<Value>; 2], notes: &mut Vec<String>) -> Self {
        let mut comparison = Self {
            input,
            trees: [input.a.tree.clone(), input.b.tree.clone()],
            manifests,
            flavors: Flavors::Alike,
        };
        let full = [input.a.tree, input.b.tree].map(has_install);
        if full[0] != full[1] {
            let (side, name, other) = if full[0] { (0, "A", "B") } else { (1, "B", "A") };
            if let Some(moved) = without_install(&comparison.trees[side]) {
                comparison.trees[side] = moved;
                comparison.manifests[side].iter_mut().for_each(rewrite);
                comparison.flavors = Flavors::Aligned;
                notes.push(format!(
                    "`python/install/` of {name}, a full archive, is compared with `python/` of {other}"
                ));
            }
        }
        if input.a.packing.is_some() != input.b.packing.is_some() {
            notes.push("a directory has no order, times and owners to compare".to_owned());
        }
        comparison
    }

    fn packing(&self, difference: &mut Difference) {
        let (Some(a), Some(b)) = (self.input.a.packing, self.input.b.packing) else {
            return;
        };
        let [a, b] = [a, b].map(|packing| match self.flavors {
            Flavors::Alike => packing.clone(),
            Flavors::Aligned => moved(packing),
        });
        (difference.packing, difference.modes) = packing::compare(&a, &b);
        if self.flavors == Flavors::Aligned {
            // What was moved has another place by necessity.
            difference
                .packing
                .retain(|found| found.kind != PackingKind::Order);
        }
    }

    fn trees(&self, difference: &mut Difference) -> Result<(), CompareError> {
        let [a, b] = &self.trees;
        difference.only_in_a = alone(a, b);
        difference.only_in_b = alone(b, a);
        let told = |packing: Option<&Packing>| packing.is_some_and(|packing| packing.facts.is_some());
        let modes_are_known = told(self.input.a.packing) && told(self.input.b.packing);
        for (path, of_a) in a.iter() {
            let Some(of_b) = b.get(path) else { continue };
            match (of_a, of_b) {
                (a, b) if a == b => {}
                (
                    Entry::File {
                        digest: a,
                        executable: x_a,
                    },
                    Entry::File {
                        digest: b,
                        executable: x_b,
                    },
                ) => {
                    if x_a != x_b && !modes_are_known {
                        let shown = |x: bool| if x { "executable" } else { "not executable" }.to_owned();
                        difference.modes.push(ModeDifference {
                            path: path.to_string(),
                            a: shown(*x_a),
                            b: shown(*x_b),
                        });
                    }
                    if a != b && !self.is_ignored(path) {
                        difference.changed.push(self.changed(path, a, b)?);
                    }
                }
                (a, b) => difference.kinds.push(KindDifference {
                    path: path.clone(),
                    a: shown(a),
                    b: shown(b),
                }),
            }
        }
        Ok(())
    }

    fn is_ignored(&self, path: &TreePath) -> bool {
        let ignores = |kind| self.input.ignore.contains(&kind);
        ignores(Ignore::Bytecode) && path.as_str().ends_with(".pyc")
    }

    fn changed(&self, path: &TreePath, a: &Digest, b: &Digest) -> Result<Changed, CompareError> {
        let explanation = if is_explained(a, b) {
            let bytes_a = read(self.input, path, a)?;
            let bytes_b = read(self.input, path, b)?;
            match self.manifest_difference(path) {
                Some(found) => Explanation::Manifest(same_fields(&bytes_a, &bytes_b, found)),
                None => explain(path, &bytes_a, &bytes_b),
            }
        } else {
            Explanation::TooBig
        };
        Ok(Changed {
            path: path.clone(),
            a: *a,
            b: *b,
            explanation,
        })
    }

    /// The fields of the manifests that differ; digests of files that are told anyway are counted.
    fn manifest_difference(&self, path: &TreePath) -> Option<ManifestDifference> {
        let ([Some(a), Some(b)], true) = (&self.manifests, *path == manifest_path()) else {
            return None;
        };
        let (mut a, mut b) = (a.clone(), b.clone());
        let files = [&mut a, &mut b].map(|document| {
            let files = document.pointer_mut("/pbs/files").map(Value::take);
            match files {
                Some(Value::Object(files)) => files,
                _ => serde_json::Map::new(),
            }
        });
        let mut found = ManifestDifference {
            fields: differing_fields(&a, &b),
            ..ManifestDifference::default()
        };
        let names: BTreeSet<&String> = files.iter().flat_map(|files| files.keys()).collect();
        for name in names {
            let said = [0, 1].map(|side| files[side].get(name));
            if said[0] == said[1] {
                continue;
            }
            let follows = [0, 1].map(|side| {
                let there = self.digest(side, name).map(|digest| digest.to_string());
                said[side].and_then(Value::as_str) == there.as_deref()
            });
            if follows == [true, true] {
                found.followed += 1;
                continue;
            }
            found.fields.push(super::FieldDifference {
                field: format!("pbs.files[{name}]"),
                a: said[0].cloned(),
                b: said[1].cloned(),
            });
        }
        Some(found)
    }

    /// The digest of a file that a manifest names.
    fn digest(&self, side: usize, name: &str) -> Option<Digest> {
        let path = TreePath::parse(&format!("python/{name}")).ok()?;
        match self.trees[side].get(&path)? {
            Entry::File { digest, .. } => Some(*digest),
            _ => None,
        }
    }
}

fn shown(entry: &Entry) -> String {
    match entry {
        Entry::File { .. } => "a file".to_owned(),
        Entry::Directory => "a directory".to_owned(),
        Entry::Symlink { target } => format!("a link to `{target}`"),
    }
}

/// The headers of an archive's members with their installation moved.
fn moved(packing: &Packing) -> Packing {
    let mut packing = packing.clone();
    for member in packing.facts.iter_mut().flat_map(|facts| &mut facts.members) {
        if let Some(below) = member.path.strip_prefix("python/install/") {
            member.path = format!("python/{below}");
        }
    }
    packing
}

/// What `there` does not have of `here`: the topmost of it, with what stands below.
fn alone(here: &Tree, there: &Tree) -> Vec<Alone> {
    let mut found = BTreeMap::<TreePath, Alone>::new();
    for (path, entry) in here.iter().filter(|(path, _)| there.get(path).is_none()) {
        let mut top = path.clone();
        while let Some(parent) = top.parent().filter(|parent| !parent.is_root()) {
            if there.get(&parent).is_some() {
                break;
            }
            top = parent;
        }
        let slash = match here.get(&top) {
            Some(Entry::Directory) => "/",
            _ => "",
        };
        let alone = found.entry(top.clone()).or_insert_with(|| Alone {
            path: format!("{top}{slash}"),
            link: match entry {
                Entry::Symlink { target } if top == *path => Some(target.clone()),
                _ => None,
            },
            files: 0,
            size: 0,
        });
        match entry {
            Entry::File { digest, .. } => {
                alone.files += 1;
                alone.size += digest.size;
            }
            Entry::Symlink { .. } => alone.files += 1,
            Entry::Directory => {}
        }
    }
    found.into_values().collect()
}

#[cfg(test)]
mod tests;

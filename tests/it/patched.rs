//! The patches of CPython on the sources that are in the store: what a version says of itself is tried here, as a build
//! of it may be long ago.

use std::collections::BTreeSet;

use camino::Utf8PathBuf;
use pbs::archive::{UnpackSpec, apply_patches, unpack};
use pbs::plan::{Patch, StepId, StepKind, lower};
use pbs::recipe::Request;
use pbs::store::Store;

use crate::projects::{recipes, store};
use crate::support::requires;

/// The files that patches change.
fn changed(patch: &Patch) -> Vec<String> {
    let lines = patch.patches.iter().flat_map(|patch| patch.text.lines());
    let names: BTreeSet<&str> = lines.filter_map(|line| line.strip_prefix("--- a/")).collect();
    names.into_iter().map(str::to_owned).collect()
}

#[test]
fn patches_fit_every_version_and_target() {
    let store = store().map(|path| Store::open(&path).unwrap());
    let set = recipes();
    let mut tried = BTreeSet::new();
    for version in set.packages["cpython"].versions.keys() {
        for target in set.targets.keys() {
            let request = Request {
                python: Some(version.clone()),
                target: target.clone(),
                options: Some("noopt".to_owned()),
                ..Request::default()
            };
            let (Some(store), Ok(build)) = (&store, set.resolve(&request)) else {
                continue;
            };
            let source = build.packages["cpython"].source.as_ref().unwrap();
            let Some(digest) = store.find_pinned(&source.archive).unwrap() else {
                continue;
            };
            let plan = lower(&build).unwrap();
            let step = &plan.steps[&StepId("cpython/patched".to_owned())];
            let StepKind::Patch(patch) = &step.kind else {
                panic!("cpython/patched applies no patches")
            };
            let scratch = tempfile::tempdir().unwrap();
            let path = Utf8PathBuf::from_path_buf(scratch.path().join("store")).unwrap();
            let place = Store::open(&path).unwrap();
            place
                .put_reader_expect(&mut *store.open_blob(&digest).unwrap(), &digest)
                .unwrap();
            let spec = UnpackSpec {
                strip: 1,
                select: changed(patch),
                ..UnpackSpec::default()
            };
            let unpacked = unpack(&place, &digest, &spec).unwrap();
            let patched = apply_patches(&place, &unpacked.tree, &patch.patches);
            if let Err(error) = patched {
                panic!("{version} for {target}: {error}");
            }
            tried.insert(version.clone());
        }
    }
    requires!("cpython-source", !tried.is_empty());
}

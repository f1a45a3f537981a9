//! A distribution in memory that tests can damage: read from a directory, or made here.

mod macos;
// The same maker of files as in the library's own tests.
#[path = "../../src/inspect/macho/made.rs"]
pub(crate) mod made_macho;
mod make;
mod patch;
mod patch_pe;
mod windows;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use camino::Utf8Path;
use pbs::manifest::{Manifest, ReadBlobError};
use pbs::model::{Digest, Entry, Tree, TreePath};
use pbs::verify::{ArchiveFacts, Limits, Report, VerifyInput, verify};

pub(crate) use macos::{image, made_macos, made_macos_parts, remake};
pub(crate) use make::{Parts, ar, cc, made, made_parts};
pub(crate) use windows::{lld_link, made_windows, made_windows_parts, needs_lld_link, object};

/// Leaves a test that makes a distribution where there is no C compiler.
macro_rules! needs_cc {
    () => {
        $crate::support::requires!(
            "cc",
            duct::cmd!("cc", "--version")
                .stdout_null()
                .stderr_null()
                .run()
                .is_ok()
        );
    };
}
pub(crate) use needs_cc;

/// A whole distribution.
#[derive(Clone, Default)]
pub(crate) struct Distribution {
    pub(crate) tree: Tree,
    pub(crate) blobs: BTreeMap<Digest, Vec<u8>>,
    pub(crate) limits: Limits,
    pub(crate) archive: Option<ArchiveFacts>,
}

/// For the maker of files of macOS.
fn sha256(bytes: &[u8]) -> [u8; 32] {
    Digest::of(bytes).hash
}

pub(crate) fn path(text: &str) -> TreePath {
    TreePath::parse(text).unwrap()
}

impl Distribution {
    /// Reads what stands in `dir`.
    pub(crate) fn read(dir: &Utf8Path) -> Self {
        let mut distribution = Self::default();
        for entry in walkdir::WalkDir::new(dir).min_depth(1) {
            let entry = entry.unwrap();
            let at = Utf8Path::from_path(entry.path()).unwrap();
            let relative = path(at.strip_prefix(dir).unwrap().as_str());
            if entry.file_type().is_symlink() {
                let target = fs_err::read_link(at).unwrap();
                let target = target.to_str().unwrap().to_owned();
                distribution
                    .tree
                    .insert(relative, Entry::Symlink { target })
                    .unwrap();
            } else if entry.file_type().is_dir() {
                distribution.tree.insert(relative, Entry::Directory).unwrap();
            } else {
                use std::os::unix::fs::PermissionsExt as _;
                let executable = entry.metadata().unwrap().permissions().mode() & 0o100 != 0;
                distribution.put(&relative, fs_err::read(at).unwrap(), executable);
            }
        }
        distribution
    }

    /// Puts a file, over another if one is there.
    pub(crate) fn put(&mut self, at: &TreePath, bytes: Vec<u8>, executable: bool) {
        let digest = Digest::of(&bytes);
        self.blobs.insert(digest, bytes);
        self.tree.remove(at);
        self.tree
            .insert(at.clone(), Entry::File { digest, executable })
            .unwrap();
    }

    /// Puts a symbolic link, over another entry if one is there.
    pub(crate) fn link(&mut self, at: &TreePath, target: &str) {
        self.tree.remove(at);
        let target = target.to_owned();
        self.tree.insert(at.clone(), Entry::Symlink { target }).unwrap();
    }

    /// Where a path of the manifest stands in the tree.
    pub(crate) fn below(at: &TreePath) -> TreePath {
        path("python").join(at)
    }

    /// The content of a file.
    pub(crate) fn bytes(&self, at: &TreePath) -> Vec<u8> {
        let at = pbs::manifest::resolve(&self.tree, at).unwrap();
        match self.tree.get(&at) {
            Some(Entry::File { digest, .. }) => self.blobs[digest].clone(),
            other => panic!("{at}: {other:?}"),
        }
    }

    /// Changes a file's content, keeping its mode.
    pub(crate) fn edit(&mut self, at: &TreePath, change: impl FnOnce(&mut Vec<u8>)) {
        let at = pbs::manifest::resolve(&self.tree, at).unwrap();
        let Some(Entry::File { executable, .. }) = self.tree.get(&at).cloned() else {
            panic!("{at} is no file")
        };
        let mut bytes = self.bytes(&at);
        change(&mut bytes);
        self.put(&at, bytes, executable);
    }

    pub(crate) fn manifest(&self) -> Manifest {
        Manifest::read(&self.bytes(&path(Manifest::PATH))).unwrap()
    }

    pub(crate) fn set_manifest(&mut self, manifest: &Manifest) {
        self.put(&path(Manifest::PATH), manifest.write(), false);
    }

    /// Changes the manifest.
    pub(crate) fn describe(&mut self, change: impl FnOnce(&mut Manifest)) {
        let mut manifest = self.manifest();
        change(&mut manifest);
        self.set_manifest(&manifest);
    }

    /// Makes the list of digests fit the files, so that another rule has to notice.
    pub(crate) fn digest_again(&mut self) {
        let tree = self.tree.subtree(&path("python"));
        let files = tree.files().filter(|(at, _, _)| at.as_str() != "PYTHON.json");
        let files = files.map(|(at, digest, _)| (at.clone(), *digest)).collect();
        self.describe(|manifest| manifest.pbs.files = files);
    }

    pub(crate) fn read_blob(&self, digest: &Digest) -> Result<Vec<u8>, ReadBlobError> {
        self.blobs
            .get(digest)
            .cloned()
            .ok_or_else(|| "no such blob".into())
    }

    /// Applies every rule.
    pub(crate) fn verify(&self) -> Report {
        verify(&VerifyInput {
            tree: &self.tree,
            read: &|digest| self.read_blob(digest),
            limits: &self.limits,
            archive: self.archive.as_ref(),
            threads: NonZeroUsize::new(2).unwrap(),
        })
        .unwrap()
    }

    /// Gives it the archive that a good packer would have made of it.
    pub(crate) fn pack(&mut self) {
        use pbs::verify::{ArchiveMember, MemberKind};
        let epoch = self.manifest().pbs.epoch;
        let mut members: Vec<_> = self
            .tree
            .iter()
            .map(|(at, entry)| ArchiveMember {
                path: at.to_string(),
                kind: match entry {
                    Entry::File { .. } => MemberKind::File,
                    Entry::Symlink { .. } => MemberKind::Symlink,
                    Entry::Directory => MemberKind::Directory,
                },
                mode: match entry {
                    Entry::File {
                        executable: false, ..
                    } => 0o644,
                    Entry::Symlink { .. } => 0o777,
                    _ => 0o755,
                },
                mtime: epoch,
                owner: (0, 0),
                owner_names: (String::new(), String::new()),
            })
            .collect();
        members.sort_by_key(|member| member.path != Manifest::PATH);
        self.archive = Some(ArchiveFacts { members });
    }
}

//! Trees: `Directory` messages in the CAS, put in, read back and put together.

use std::collections::BTreeMap;

use super::reapi::ActionMessage;
use super::reapi::{Directory, Node};
use super::walk::check_link;
use super::{BlobState, Store, StoreError};
use crate::model::{Digest, Entry, MergeError, Tree, TreeDigest, TreePath};
use crate::plan::ActionSpec;

impl Store {
    /// Stores a tree's directories; its files must be there.
    pub fn put_tree(&self, tree: &Tree) -> Result<TreeDigest, StoreError> {
        for (_, digest, _) in tree.files() {
            if !self.has_blob(digest) {
                return Err(StoreError::Blob {
                    digest: *digest,
                    state: BlobState::Missing,
                });
            }
        }
        let (root, messages) = encode_tree(tree)?;
        for message in messages.values() {
            self.put_bytes(message)?;
        }
        Ok(root)
    }

    /// Reads a tree back.
    pub fn tree(&self, digest: &TreeDigest) -> Result<Tree, StoreError> {
        let mut tree = Tree::new();
        let mut waiting = vec![(TreePath::root(), *digest)];
        while let Some((at, digest)) = waiting.pop() {
            for (name, node) in self.directory(&digest)?.nodes {
                // Names have been checked, so this cannot fail; the error says which name if it does.
                let path = TreePath::parse(&name).map_err(|_| StoreError::Malformed {
                    digest,
                    source: super::DecodeError::Name { name },
                })?;
                let path = at.join(&path);
                tree.insert(path.clone(), node.entry())?;
                if let Node::Directory(below) = node {
                    waiting.push((path, below));
                }
            }
        }
        Ok(tree)
    }

    /// The part of a tree at `path`: reads only the directories on the way. Nothing if there is no
    /// directory at `path`.
    pub fn subtree(&self, root: &TreeDigest, path: &TreePath) -> Result<Option<TreeDigest>, StoreError> {
        let mut at = *root;
        for name in path.components() {
            match self.directory(&at)?.nodes.get(name) {
                Some(Node::Directory(below)) => at = *below,
                _ => return Ok(None),
            }
        }
        Ok(Some(at))
    }

    /// The tree `root` with other trees mounted in it, replacing what stands there.
    ///
    /// Only the directories on the way are read and written, however many files a worker root has.
    /// Later mounts may lie within earlier ones.
    pub fn compose(
        &self,
        root: &TreeDigest,
        mounts: &[(TreePath, TreeDigest)],
    ) -> Result<TreeDigest, StoreError> {
        mounts.iter().try_fold(*root, |root, (path, tree)| {
            self.mount(Some(&root), path, Node::Directory(*tree))
        })
    }

    /// Encodes an action, stores its messages and its input root, and gives the action key: the
    /// digest of the `Action` message.
    ///
    /// The input root is the worker root with the inputs and the files of the command in it.
    pub fn put_action_spec(&self, spec: &ActionSpec) -> Result<Digest, StoreError> {
        let mut root = match spec.root {
            Some(root) => root,
            None => TreeDigest(self.put_bytes(&Directory::default().encode())?),
        };
        for (path, tree) in &spec.inputs {
            root = self.mount(Some(&root), path, Node::Directory(*tree))?;
        }
        for (path, text) in &spec.command.files {
            let digest = self.put_bytes(text.as_bytes())?;
            let file = Node::File {
                digest,
                executable: false,
            };
            root = self.mount(Some(&root), path, file)?;
        }
        let up = spec.command.cwd.components().map(|_| "../").collect::<String>();
        let message = ActionMessage {
            arguments: spec.command.argv.clone(),
            environment: spec.command.env.clone(),
            output_paths: vec![format!("{up}out")],
            working_directory: spec.command.cwd.to_string(),
            platform: BTreeMap::new(),
        };
        let encoded = message.encode(&root);
        self.put_bytes(&encoded.command)?;
        self.put_bytes(&encoded.action)?;
        Ok(encoded.key())
    }

    fn mount(&self, at: Option<&TreeDigest>, path: &TreePath, node: Node) -> Result<TreeDigest, StoreError> {
        let names: Vec<&str> = path.components().collect();
        match self.mounted(at, path, &names, node)? {
            Node::Directory(root) => Ok(root),
            _ => Err(MergeError::NotADirectory { path: path.clone() }.into()),
        }
    }

    fn mounted(
        &self,
        at: Option<&TreeDigest>,
        path: &TreePath,
        names: &[&str],
        node: Node,
    ) -> Result<Node, StoreError> {
        let Some((first, rest)) = names.split_first() else {
            return Ok(node);
        };
        let mut directory = match at {
            Some(digest) => self.directory(digest)?,
            None => Directory::default(),
        };
        let below = match directory.nodes.get(*first) {
            Some(Node::Directory(below)) => Some(*below),
            Some(_) if !rest.is_empty() => {
                return Err(MergeError::NotADirectory { path: path.clone() }.into());
            }
            _ => None,
        };
        let below = self.mounted(below.as_ref(), path, rest, node)?;
        directory.nodes.insert((*first).to_owned(), below);
        let digest = self.put_bytes(&directory.encode())?;
        Ok(Node::Directory(TreeDigest(digest)))
    }

    pub(super) fn directory(&self, digest: &TreeDigest) -> Result<Directory, StoreError> {
        let bytes = self.read_blob(&digest.0)?;
        Directory::decode(&bytes).map_err(|source| StoreError::Malformed {
            digest: *digest,
            source,
        })
    }
}

/// The digest of a tree and the messages of all its directories.
pub(super) fn encode_tree(tree: &Tree) -> Result<(TreeDigest, BTreeMap<Digest, Vec<u8>>), StoreError> {
    let mut open: BTreeMap<TreePath, Directory> = BTreeMap::new();
    open.insert(TreePath::root(), Directory::default());
    for (path, entry) in tree.iter() {
        let node = match entry {
            Entry::Directory => {
                open.insert(path.clone(), Directory::default());
                continue;
            }
            Entry::File { digest, executable } => Node::File {
                digest: *digest,
                executable: *executable,
            },
            Entry::Symlink { target } => {
                check_link(target).map_err(|problem| StoreError::Entry {
                    path: path.as_str().into(),
                    problem,
                })?;
                Node::Symlink {
                    target: target.clone(),
                }
            }
        };
        let parent = path.parent().and_then(|parent| open.get_mut(&parent));
        let parent = parent.ok_or_else(|| MergeError::NotADirectory { path: path.clone() })?;
        parent.nodes.insert(path.name().to_owned(), node);
    }
    let mut messages = BTreeMap::new();
    // A child sorts behind its parent, so the last one never misses anything.
    while let Some((path, directory)) = open.pop_last() {
        let message = directory.encode();
        let digest = Digest::of(&message);
        messages.insert(digest, message);
        let Some(parent) = path.parent() else {
            return Ok((TreeDigest(digest), messages));
        };
        let parent = open
            .get_mut(&parent)
            .ok_or_else(|| MergeError::NotADirectory { path: path.clone() })?;
        parent
            .nodes
            .insert(path.name().to_owned(), Node::Directory(TreeDigest(digest)));
    }
    unreachable!("the root is the last directory that is taken")
}

//! Remote Execution messages: trees as `Directory`, steps as `Command` and `Action`.
//!
//! Canonical as the API defines it: nodes sorted by name, fields in order of their numbers, no
//! properties. The only file that names the message types.

use std::collections::BTreeMap;

use bazel_remote_apis::build::bazel::remote::execution::v2 as api;
use prost::Message;

use crate::model::{Digest, Entry, ParseDigestError, TreeDigest};

/// One level of a tree.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Directory {
    pub(super) nodes: BTreeMap<String, Node>,
}

/// What stands in a directory under a name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Node {
    File { digest: Digest, executable: bool },
    Symlink { target: String },
    Directory(TreeDigest),
}

impl Node {
    pub(super) fn entry(&self) -> Entry {
        match self {
            Self::File { digest, executable } => Entry::File {
                digest: *digest,
                executable: *executable,
            },
            Self::Symlink { target } => Entry::Symlink {
                target: target.clone(),
            },
            Self::Directory(_) => Entry::Directory,
        }
    }
}

/// Why bytes are no canonical `Directory`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Not a message at all.
    #[error("it is not a Directory message")]
    Message(#[from] prost::DecodeError),
    /// A digest that is missing or malformed.
    #[error("`{name}` has no valid digest")]
    Digest {
        /// The node's name.
        name: String,
        /// What is wrong with it.
        #[source]
        source: Option<ParseDigestError>,
    },
    /// A name with a slash, `.`, `..` or nothing.
    #[error("`{name}` is not a file name")]
    Name {
        /// The name.
        name: String,
    },
    /// A link to an absolute path, or to nothing.
    #[error("`{name}` links to `{target}`, which is empty or absolute")]
    Target {
        /// The node's name.
        name: String,
        /// Where it points.
        target: String,
    },
    /// The same bytes could have been said otherwise: unsorted, doubled, or with properties.
    #[error("it is not in the canonical form")]
    Canonical,
}

fn to_api(digest: &Digest) -> Option<api::Digest> {
    Some(api::Digest {
        hash: digest.hex(),
        size_bytes: i64::try_from(digest.size).unwrap_or(i64::MAX),
    })
}

fn from_api(name: &str, digest: Option<&api::Digest>) -> Result<Digest, DecodeError> {
    let invalid = |source| DecodeError::Digest {
        name: name.to_owned(),
        source,
    };
    let digest = digest.ok_or_else(|| invalid(None))?;
    let size = u64::try_from(digest.size_bytes).map_err(|_| invalid(None))?;
    Digest::from_hex(&digest.hash, size).map_err(|error| invalid(Some(error)))
}

impl Directory {
    /// The canonical message.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut message = api::Directory::default();
        for (name, node) in &self.nodes {
            let name = name.clone();
            match node {
                Node::File { digest, executable } => message.files.push(api::FileNode {
                    name,
                    digest: to_api(digest),
                    is_executable: *executable,
                    ..Default::default()
                }),
                Node::Symlink { target } => message.symlinks.push(api::SymlinkNode {
                    name,
                    target: target.clone(),
                    ..Default::default()
                }),
                Node::Directory(digest) => message.directories.push(api::DirectoryNode {
                    name,
                    digest: to_api(&digest.0),
                }),
            }
        }
        message.encode_to_vec()
    }

    /// Reads a message; anything but the canonical form of a valid directory is an error.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let message = api::Directory::decode(bytes)?;
        let mut nodes = BTreeMap::new();
        for file in &message.files {
            let node = Node::File {
                digest: from_api(&file.name, file.digest.as_ref())?,
                executable: file.is_executable,
            };
            nodes.insert(check_name(&file.name)?, node);
        }
        for link in &message.symlinks {
            if link.target.is_empty() || link.target.starts_with('/') {
                return Err(DecodeError::Target {
                    name: link.name.clone(),
                    target: link.target.clone(),
                });
            }
            let target = link.target.clone();
            nodes.insert(check_name(&link.name)?, Node::Symlink { target });
        }
        for directory in &message.directories {
            let digest = from_api(&directory.name, directory.digest.as_ref())?;
            nodes.insert(check_name(&directory.name)?, Node::Directory(TreeDigest(digest)));
        }
        let directory = Self { nodes };
        // Catches everything else at once: order, doubles, properties, unknown fields.
        if directory.encode() == bytes {
            Ok(directory)
        } else {
            Err(DecodeError::Canonical)
        }
    }
}

fn check_name(name: &str) -> Result<String, DecodeError> {
    if matches!(name, "" | "." | "..") || name.contains(['/', '\0']) {
        return Err(DecodeError::Name {
            name: name.to_owned(),
        });
    }
    Ok(name.to_owned())
}

/// What an `Action` says, in our words. Everything in it is part of the key.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct ActionMessage {
    /// The command.
    pub(super) arguments: Vec<String>,
    /// The whole environment.
    pub(super) environment: BTreeMap<String, String>,
    /// Paths of outputs, relative to the working directory.
    pub(super) output_paths: Vec<String>,
    /// The working directory, relative to the input root.
    pub(super) working_directory: String,
    /// What a worker must be or do.
    pub(super) platform: BTreeMap<String, String>,
}

/// An action as messages. `action`'s digest is the action key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct EncodedAction {
    /// The `Action` message.
    pub(super) action: Vec<u8>,
    /// The `Command` message it names.
    pub(super) command: Vec<u8>,
}

impl EncodedAction {
    /// The action key: the digest of the `Action` message.
    #[must_use]
    pub(super) fn key(&self) -> Digest {
        Digest::of(&self.action)
    }
}

impl ActionMessage {
    /// The messages for this command over an input root.
    #[must_use]
    pub(super) fn encode(&self, input_root: &TreeDigest) -> EncodedAction {
        let mut output_paths = self.output_paths.clone();
        output_paths.sort();
        output_paths.dedup();
        let platform = (!self.platform.is_empty()).then(|| api::Platform {
            properties: self
                .platform
                .iter()
                .map(|(name, value)| api::platform::Property {
                    name: name.clone(),
                    value: value.clone(),
                })
                .collect(),
        });
        #[expect(
            deprecated,
            reason = "servers of version 2.1 and older read the platform from the command"
        )]
        let command = api::Command {
            arguments: self.arguments.clone(),
            environment_variables: self
                .environment
                .iter()
                .map(|(name, value)| api::command::EnvironmentVariable {
                    name: name.clone(),
                    value: value.clone(),
                })
                .collect(),
            output_paths,
            working_directory: self.working_directory.clone(),
            platform: platform.clone(),
            ..Default::default()
        }
        .encode_to_vec();
        let action = api::Action {
            command_digest: to_api(&Digest::of(&command)),
            input_root_digest: to_api(&input_root.0),
            platform,
            ..Default::default()
        }
        .encode_to_vec();
        EncodedAction { action, command }
    }
}

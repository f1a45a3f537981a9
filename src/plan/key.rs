//! What identifies a step: its definition digest and its action key.
//!
//! # The key table
//!
//! | what | definition | action key | why |
//! |---|---|---|---|
//! | inputs of a step | their definitions | their **content** | content gives early cut-off: an input made anew but equal changes nothing |
//! | part of an input that is used (`subtree`) | path | the part's content | what lies beside it cannot be seen |
//! | worker root of a `Run` | its definition | its content | every tool a step uses comes from it |
//! | role of an input (name below `/in/`) | yes | yes | scripts find inputs by it |
//! | `Run`: argv, environment, working directory | yes | yes | the command |
//! | `Run`: files of `/in/recipe/`, name and text | yes | yes | the scripts |
//! | `Run`: `JOBS` | no | no | output must not depend on how many jobs there are |
//! | `Run`: time-out | no | no | it decides whether there is a result, not which |
//! | `Fetch`: digest of the archive, `strip`, `select` | yes | yes | they decide the output |
//! | `Fetch`: digest of the tree | yes | yes | it *is* the output; `select` and packing are then without influence |
//! | `Fetch`: name, places, mirrors | no | no | whoever offers the right bytes will do |
//! | `Given`: digest of the tree | yes | yes | it *is* the output; where the directory stands is nowhere |
//! | `Patch`: order, names and text of the patches | yes | yes | the output |
//! | `Root`: name, version, architecture, size and SHA-256 of each package, in order | yes | yes | the output |
//! | `Root`: `links`, `files`, `directories`, `remove` | yes | yes | the output |
//! | `Root`: image name, suite, pool path, `snapshot` | no | no | where packages come from |
//! | `Setup`, `Projects`, `Assemble`, `Manifest`, `Pack`, `Verify`: all parameters | yes | yes | the output |
//! | in-process kinds: [`implementation`] version | yes | yes | a changed implementation makes anew; raise it with every change of what it makes |
//! | step id | no | no | two steps that do the same are one action |
//! | `why`, `hint`, `weight`, `after` | no | no | for people and for the scheduler |
//! | sandbox, host, user, time, store | no | no | a result never depends on them; contract tests prove it |
//!
//! The definition is static: it names a step across plans and is what `pbs plan` prints. The action
//! key is known when all inputs are: the store encodes an [`ActionSpec`] as a Remote Execution
//! `Command` and `Action`, field by field, and the key is the digest of that action.
//!
//! Both are made from one [`Command`], so that what is in one cannot be forgotten in the other.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Plan, Root, SourceIdentity, Step, StepId, StepKind};
use crate::model::{Digest, TreeDigest, TreePath};

/// The role of the input that is a sandbox's root and not a directory below `/in/`.
pub const ROOT: &str = "root";

/// A step ready to be done: its inputs replaced by what they contain.
///
/// It maps one to one to a Remote Execution `Command` (argv, env, cwd, `root` as a platform
/// property, the output directory `out`) and an input root (`inputs` and `files`).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActionSpec {
    /// What is run and with which texts.
    pub command: Command,
    /// The worker root, for commands that run in one.
    pub root: Option<TreeDigest>,
    /// Path in the input root → the tree that stands there: `in/zlib`, or the bare role for
    /// what happens in process.
    pub inputs: BTreeMap<TreePath, TreeDigest>,
}

/// The part of an action that a plan knows beforehand.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Command {
    /// The command; for what happens in process `["pbs", kind, "v<implementation>", parameters]`,
    /// the parameters as canonical JSON.
    pub argv: Vec<String>,
    /// The whole environment.
    pub env: BTreeMap<String, String>,
    /// Working directory below the input root; the root itself for what happens in process.
    pub cwd: TreePath,
    /// Path in the input root → text of a small file.
    pub files: BTreeMap<TreePath, String>,
}

/// An action cannot be made because the content of an input is not known.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the content of input `{role}` is not known")]
pub struct MissingInput {
    /// The role of the input.
    pub role: String,
}

/// Name and version of what does a step in process; nothing for what a sandbox runs.
///
/// The version is raised with every change of the implementation that changes what it makes.
#[must_use]
pub const fn implementation(kind: &StepKind) -> Option<(&'static str, u32)> {
    match kind {
        StepKind::Fetch(_) => Some(("fetch", 1)),
        StepKind::Given(_) => Some(("given", 1)),
        StepKind::Patch(_) => Some(("patch", 1)),
        StepKind::Root(_) => Some(("root", 1)),
        StepKind::Setup(_) => Some(("setup", 1)),
        StepKind::Projects(_) => Some(("projects", 1)),
        StepKind::Assemble(_) => Some(("assemble", 1)),
        StepKind::Manifest(_) => Some(("manifest", 1)),
        StepKind::Pack(_) => Some(("pack", 1)),
        StepKind::Verify(_) => Some(("verify", 1)),
        StepKind::Run(_) => None,
    }
}

/// The action of a step, given the content of each input by role.
pub fn action(step: &Step, content: &BTreeMap<String, TreeDigest>) -> Result<ActionSpec, MissingInput> {
    let mut spec = ActionSpec {
        command: command(&step.kind),
        root: None,
        inputs: BTreeMap::new(),
    };
    for role in step.inputs.keys() {
        let digest = *content
            .get(role)
            .ok_or_else(|| MissingInput { role: role.clone() })?;
        if is_sandbox_root(&step.kind, role) {
            spec.root = Some(digest);
        } else {
            spec.inputs.insert(place(&step.kind, role), digest);
        }
    }
    Ok(spec)
}

/// The definition digest of every step of a plan.
#[must_use]
pub fn definitions(plan: &Plan) -> BTreeMap<StepId, Digest> {
    let mut known = BTreeMap::new();
    for (id, step) in &plan.steps {
        let digest = definition(step, &known);
        known.insert(id.clone(), digest);
    }
    known
}

/// The definition digest of a step whose inputs' definitions are known.
///
/// # Panics
/// If an input's definition is missing: a plan has inputs before the steps that use them.
pub(super) fn definition(step: &Step, known: &BTreeMap<StepId, Digest>) -> Digest {
    #[derive(Serialize)]
    struct Definition<'a> {
        command: Command,
        inputs: BTreeMap<&'a str, (Digest, &'a TreePath)>,
    }
    let inputs = step
        .inputs
        .iter()
        .map(|(role, input)| {
            let digest = known
                .get(&input.from)
                .expect("a plan has inputs before the steps that use them");
            (role.as_str(), (*digest, &input.subtree))
        })
        .collect();
    Digest::of(
        canonical(&Definition {
            command: command(&step.kind),
            inputs,
        })
        .as_bytes(),
    )
}

/// One spelling for one value: JSON without spaces, fields in the order of their declaration, maps
/// sorted.
pub(super) fn canonical<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("parameters are maps with text keys, lists, texts and numbers")
}

fn is_sandbox_root(kind: &StepKind, role: &str) -> bool {
    matches!(kind, StepKind::Run(_)) && role == ROOT
}

fn place(kind: &StepKind, role: &str) -> TreePath {
    let path = match kind {
        StepKind::Run(_) => format!("in/{role}"),
        _ => role.to_owned(),
    };
    TreePath::parse(&path).expect("roles are names of packages and steps")
}

fn command(kind: &StepKind) -> Command {
    let mut files = BTreeMap::new();
    let mut file = |folder: &str, name: &str, text: &str| {
        let path = TreePath::parse(&format!("{folder}/{name}"))
            .expect("names of files are checked when recipes are read");
        files.insert(path, text.to_owned());
    };
    let parameters = match kind {
        StepKind::Run(run) => {
            for text in &run.files {
                file("in/recipe", &text.name, &text.text);
            }
            return Command {
                argv: run.argv.clone(),
                env: run.env.clone(),
                cwd: run.cwd.in_root(),
                files,
            };
        }
        StepKind::Fetch(fetch) => match &fetch.identity {
            archive @ SourceIdentity::Archive { .. } => canonical(archive),
            SourceIdentity::Tree { digest, select: _ } => canonical(&BTreeMap::from([("tree", digest)])),
        },
        StepKind::Given(given) => canonical(given),
        StepKind::Patch(patch) => {
            for text in &patch.patches {
                file("patches", &text.name, &text.text);
            }
            canonical(
                &patch
                    .patches
                    .iter()
                    .map(|text| text.name.as_str())
                    .collect::<Vec<_>>(),
            )
        }
        StepKind::Root(root) => canonical(&root_parameters(root)),
        StepKind::Setup(setup) => canonical(setup),
        StepKind::Projects(projects) => canonical(projects),
        StepKind::Assemble(assemble) => canonical(assemble),
        StepKind::Manifest(manifest) => canonical(manifest),
        StepKind::Pack(pack) => canonical(pack),
        StepKind::Verify(verify) => canonical(verify),
    };
    let (name, version) = implementation(kind).expect("only a command has no implementation of ours");
    Command {
        argv: vec![
            "pbs".to_owned(),
            name.to_owned(),
            format!("v{version}"),
            parameters,
        ],
        env: BTreeMap::new(),
        cwd: TreePath::root(),
        files,
    }
}

fn root_parameters(root: &Root) -> impl Serialize + use<'_> {
    #[derive(Serialize)]
    struct Package<'a> {
        package: &'a str,
        version: &'a str,
        architecture: &'a str,
        size: u64,
        sha256: &'a str,
    }
    #[derive(Serialize)]
    struct Parameters<'a> {
        packages: Vec<Package<'a>>,
        links: &'a BTreeMap<TreePath, String>,
        files: &'a BTreeMap<TreePath, String>,
        directories: &'a [TreePath],
        remove: &'a [String],
    }
    // Every field is named, so that a new one must be put on one side or the other.
    let Root {
        image: _,
        packages,
        links,
        files,
        directories,
        remove,
        snapshot: _,
    } = root;
    Parameters {
        packages: packages
            .iter()
            .map(|locked| Package {
                package: &locked.package,
                version: &locked.version,
                architecture: &locked.architecture,
                size: locked.size,
                sha256: &locked.sha256,
            })
            .collect(),
        links,
        files,
        directories,
        remove,
    }
}

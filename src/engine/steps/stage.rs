//! What a command in a sandbox finds, laid out on this machine.
//!
//! Owns the layout: inputs at `/in/<role>`, small files at `/in/recipe`, scratch at `/work`, output
//! at `/out`. Nothing here depends on the sandbox that is chosen.

use std::collections::BTreeMap;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use camino::Utf8Path;

use crate::engine::error::StepError;
use crate::model::{GuestPath, HostPath, TreeDigest};
use crate::plan::{BASE_ENV, TextFile};
use crate::sandbox::{ExecSpec, Mount, RootDir, Stdin};
use crate::store::{Materialised, Scratch, Store};

/// Who commands run as.
const UID: u32 = 1000;

/// A command, and what it finds.
pub(crate) struct Setting<'a> {
    pub(crate) name: &'a str,
    pub(crate) root: TreeDigest,
    /// Role → content.
    pub(crate) inputs: BTreeMap<&'a str, TreeDigest>,
    pub(crate) files: &'a [TextFile],
    pub(crate) argv: Vec<String>,
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) timeout: Duration,
}

/// Everything that a command needs on this machine, for as long as this value lives.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) spec: ExecSpec,
    pub(crate) out: Scratch,
    _scratch: Vec<Scratch>,
    _standing: Vec<Materialised>,
}

impl Stage {
    /// Lays out everything the command sees. It begins in `/work`.
    pub(crate) fn lay_out(store: &Store, setting: Setting<'_>) -> Result<Self, StepError> {
        let root = store.materialise(&setting.root)?;
        let root_dir = RootDir {
            digest: setting.root,
            dir: root.dir.clone(),
        };
        let mut standing = vec![root];
        let mut mounts = Vec::new();
        for (role, digest) in &setting.inputs {
            let tree = store.materialise(digest)?;
            mounts.push(Mount {
                host: tree.dir.clone(),
                guest: below_in(role),
            });
            standing.push(tree);
        }
        let mut scratch = Vec::new();
        if !setting.files.is_empty() {
            let recipe = store.scratch()?;
            write_files(&recipe.dir, setting.files)?;
            mounts.push(Mount {
                host: recipe.dir.clone(),
                guest: below_in("recipe"),
            });
            scratch.push(recipe);
        }
        let work = store.scratch()?;
        let out = store.scratch()?;
        let spec = ExecSpec {
            name: setting.name.to_owned(),
            root: root_dir,
            mounts,
            work: work.dir.clone(),
            out: out.dir.clone(),
            argv: setting.argv,
            env: setting.env,
            cwd: GuestPath::parse("/work")?,
            uid: UID,
            timeout: setting.timeout,
            stdin: Stdin::Null,
        };
        scratch.push(work);
        Ok(Self {
            spec,
            out,
            _scratch: scratch,
            _standing: standing,
        })
    }
}

/// The environment of a command that no recipe describes: what all have, and these variables.
pub(crate) fn environment<const N: usize>(more: [(&str, &str); N]) -> BTreeMap<String, String> {
    BASE_ENV
        .into_iter()
        .chain(more)
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// `/in/<role>`.
fn below_in(role: &str) -> GuestPath {
    GuestPath::parse(&format!("/in/{role}"))
        .expect("the names of packages and steps are single path components")
}

/// Writes files that whoever runs the command can read, whatever the umask of this process: in a
/// container that is somebody else.
fn write_files(dir: &HostPath, files: &[TextFile]) -> Result<(), std::io::Error> {
    let allow = |path: &Utf8Path, bits| fs_err::set_permissions(path, Permissions::from_mode(bits));
    allow(dir.as_path(), 0o755)?;
    for file in files {
        let path = dir.as_path().join(&file.name);
        for above in path
            .ancestors()
            .skip(1)
            .take_while(|above| *above != dir.as_path())
        {
            fs_err::create_dir_all(above)?;
            allow(above, 0o755)?;
        }
        fs_err::write(&path, &file.text)?;
        allow(&path, 0o644)?;
    }
    Ok(())
}

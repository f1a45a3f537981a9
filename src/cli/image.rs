//! `pbs image`: worker roots and the locks they are made from.

use std::io::Write as _;
use std::sync::Arc;

use camino::Utf8PathBuf;
use clap::{Args, Subcommand};

use super::args::{From, Running, SandboxName, Which};
use super::context::Context;
use super::fail::CliError;
use crate::engine::{Silent, Transfers};
use crate::fetch::{LockRequest, lock_changes, render_lock, resolve};
use crate::plan::StepKind;
use crate::recipe::{SourceFile, read_image};
use crate::store::write_whole;

/// Resolve the lock of a worker root, or unpack it
#[derive(Subcommand, Clone, Debug)]
pub(super) enum Image {
    /// Resolve the packages of `docker/IMAGE/image.yaml` anew and write `image.lock`
    Lock(Lock),
    /// Unpack the worker root and print the digest of its tree
    Tree(Tree),
    /// Unpack the packages of an image's lock into a directory, to be written to
    Unpack(Unpack),
}

/// `pbs image lock`.
#[derive(Args, Clone, Debug)]
pub(super) struct Lock {
    /// Folder of docker/
    #[arg(default_value = "worker")]
    image: String,
    /// Fail if the lock would change, and write nothing
    #[arg(long)]
    check: bool,
}

/// `pbs image tree`.
#[derive(Args, Clone, Debug)]
pub(super) struct Tree {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    from: From,
}

/// `pbs image unpack`.
#[derive(Args, Clone, Debug)]
pub(super) struct Unpack {
    /// Folder of docker/
    image: String,
    /// A directory that does not exist yet
    dir: Utf8PathBuf,
    #[command(flatten)]
    from: From,
}

impl Image {
    pub(super) fn run(&self, context: &mut Context) -> Result<(), CliError> {
        match self {
            Self::Lock(lock) => lock.run(context),
            Self::Tree(tree) => tree.run(context),
            Self::Unpack(unpack) => unpack.run(context),
        }
    }
}

impl Lock {
    fn run(&self, context: &mut Context) -> Result<(), CliError> {
        let root = context.recipes_root()?;
        let path = format!("docker/{}/image.yaml", self.image);
        if !root.join(&path).is_file() {
            return Err(CliError::input(format!("there is no `{}`", root.join(&path)))
                .hint("name a folder of docker/ that has an `image.yaml`"));
        }
        let text = fs_err::read_to_string(root.join(&path))?;
        let image = read_image(SourceFile { path, text })?;
        let request = LockRequest {
            image: self.image.clone(),
            ..LockRequest::from(&image)
        };
        let scratch = context.store()?.scratch()?;
        let lock = resolve(&request, scratch.dir.as_path(), &context.cancel)?;
        let file = root.join(format!("docker/{}/image.lock", self.image));
        let text = render_lock(&self.image, &lock.packages);
        let before = fs_err::read_to_string(&file).unwrap_or_default();
        for change in lock_changes(&locked(context, &self.image), &lock.packages) {
            writeln!(context.stdout, "{change}")?;
        }
        if text == before {
            context.say(&format!("`{file}` is what the packages resolve to"));
            return Ok(());
        }
        if self.check {
            return Err(
                CliError::input(format!("`{file}` is not what the packages resolve to now"))
                    .hint("`pbs image lock` writes it"),
            );
        }
        write_whole(&file, |to| to.write_all(text.as_bytes()))?;
        context.say(&format!("wrote `{file}`"));
        Ok(())
    }
}

/// The packages of the lock as it is; none if it cannot be read, as everything is new then.
fn locked(context: &Context, image: &str) -> Vec<crate::plan::LockedPackage> {
    context
        .recipes()
        .ok()
        .and_then(|recipes| Some(recipes.images.get(image)?.lock.value.packages.clone()))
        .unwrap_or_default()
}

impl Tree {
    fn run(&self, context: &mut Context) -> Result<(), CliError> {
        let planned = context.plan(&self.which)?;
        let running = Running {
            sandbox: SandboxName::Auto,
            jobs: None,
        };
        let engine = context.engine(&planned, &self.from, &running)?;
        let roots: Vec<_> = planned
            .plan
            .steps
            .iter()
            .filter(|(_, step)| matches!(step.kind, StepKind::Root(_)))
            .map(|(id, _)| id.clone())
            .collect();
        let outputs = context.block_on(engine.conduct(&planned.plan, &roots))?;
        for id in roots {
            writeln!(context.stdout, "{} {id}", outputs[&id].record.output)?;
        }
        Ok(())
    }
}

impl Unpack {
    fn run(&self, context: &mut Context) -> Result<(), CliError> {
        let root = context.recipes()?.root(&self.image)?;
        let dir = context.settings.working_dir.join(&self.dir);
        if fs_err::symlink_metadata(&dir).is_ok() {
            return Err(CliError::input(format!("`{}` exists already", self.dir))
                .hint("name a directory that does not exist; it is made"));
        }
        let store = context.store()?;
        let transfers = Transfers::new(Arc::new(Silent));
        let fetched = context
            .fetcher(store.clone(), &self.from, &transfers)?
            .fetch_root(&root)
            .map_err(|error| CliError::from_fetch(&error))?;
        for glob in &fetched.unused {
            context.say(&format!("`remove: {glob}` matches nothing in these packages"));
        }
        store.unpack(&fetched.tree, &dir)?;
        writeln!(context.stdout, "{}", fetched.tree)?;
        Ok(())
    }
}

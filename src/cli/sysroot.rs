//! `--sysroot DIR`: a directory taken into the store, as what stands in the place of a target's sysroot.
//!
//! Where it stood is forgotten here: whatever comes after knows it by its content.

use camino::Utf8Path;

use super::context::Context;
use super::fail::CliError;
use crate::engine::Class;
use crate::recipe::{GivenError, GivenSysroot, RecipeSet};
use crate::store::{StoreError, list_dir};
use crate::ui::Failure;

/// Takes the directory in, if it has what the target needs.
pub(super) fn take_sysroot(
    context: &Context,
    recipes: &RecipeSet,
    target: &str,
    dir: &Utf8Path,
) -> Result<GivenSysroot, CliError> {
    let (target, given) = recipes.given(target)?;
    let unfit = |error: GivenError| {
        let mut failure = told(dir, &error).hint(error.hint());
        failure.details = error.details();
        CliError::new(Class::Input, failure)
    };
    let refused = |error: StoreError| match &error {
        StoreError::Entry { .. } => {
            let hint = "a sysroot is files, directories, and relative links to what is in it";
            CliError::new(Class::Input, told(dir, &error).hint(hint))
        }
        StoreError::Input { source } => CliError::new(Class::Input, told(dir, source)),
        _ => CliError::from(error),
    };
    let root = context.settings.working_dir.join(dir);
    // Names first: a directory that was named by mistake is not copied.
    let listing = list_dir(&root).map_err(refused)?;
    given.check_names(&listing).map_err(unfit)?;
    let store = context.store()?;
    let digest = store.copy_dir(&root).map_err(refused)?;
    let tree = store.tree(&digest)?;
    let settings = given.settings(&tree);
    let settings = settings.map(|settings| store.read_blob(&settings)).transpose()?;
    given
        .check_files(digest, &tree, settings.as_deref(), target)
        .map_err(unfit)
}

/// What is wrong with a directory that was given.
fn told(dir: &Utf8Path, error: &dyn std::error::Error) -> Failure {
    let mut failure = Failure::of(error);
    failure.chain.insert(0, format!("`{dir}` cannot be the sysroot"));
    failure
}

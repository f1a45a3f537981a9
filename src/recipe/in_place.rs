//! What a build has of a directory that is given in the place of a sysroot package.

use super::build::GivenBuild;
use super::given::{GivenEntry, GivenSysroot};
use super::raw::TargetFile;
use super::resolve::{ResolveError, lookup};
use super::set::RecipeSet;

impl RecipeSet {
    /// The sysroot of a target, and what its recipe says of a directory that is given in its place.
    pub fn given(&self, target: &str) -> Result<(&TargetFile, &GivenEntry), ResolveError> {
        let target = &lookup("target", target, &self.targets)?.value;
        let package = target.sysroot.as_str();
        match &self.packages[package].recipe.value.given {
            Some(given) => Ok((target, given)),
            None => Err(ResolveError::NotGiven {
                target: target.target.0.clone(),
                package: package.to_owned(),
            }),
        }
    }

    /// Puts a directory in the place of a target's sysroot. Its SDK is then what code is compiled against.
    pub(super) fn put_in_place(
        &self,
        sysroot: &GivenSysroot,
        target: &mut TargetFile,
    ) -> Result<GivenBuild, ResolveError> {
        let (_, given) = self.given(target.target.0.as_str())?;
        if let (Some(sdk), Some(given)) = (&mut target.apple_sdk, &sysroot.sdk) {
            sdk.name.clone_from(&given.name);
            sdk.version = given.version;
        }
        let steps = &self.packages[target.sysroot.as_str()].recipe.value.steps;
        let last = steps.iter().rfind(|step| step.is_for(target.ground()));
        let last = last.expect("checked: a sysroot has steps for its targets");
        Ok(GivenBuild {
            package: target.sysroot.0.clone(),
            step: last.name.0.clone(),
            layout: given.layout.0.clone(),
            tree: sysroot.tree,
        })
    }
}

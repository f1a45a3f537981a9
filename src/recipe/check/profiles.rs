//! What the records of profiles say of the versions they are of.

use super::Checker;
use crate::plan::CPYTHON;
use crate::recipe::error::Problem;
use crate::recipe::profile::PROFILE_VERSION;
use crate::recipe::set::Written;

impl Checker<'_> {
    pub(super) fn profiles(&mut self) {
        let set = self.set;
        for (version, profile) in &set.profiles {
            let Written { value, file } = profile;
            let python = value.python.0.to_string();
            self.placed(file, "python", &python, version);
            let versions = set.packages[CPYTHON].versions.keys();
            self.known(file, &["python", &python], "version", versions);
            let target = value.target.0.to_string();
            self.known(file, &["target", &target], "target", set.targets.keys());
            let options = value.options.0.to_string();
            self.known(file, &["options", &options], "option", &self.options());
            if value.format != PROFILE_VERSION {
                let message = format!(
                    "this is format {}; this `pbs` reads {PROFILE_VERSION}",
                    value.format
                );
                self.report(file, &["format"], Problem::Value { message });
            }
        }
    }
}

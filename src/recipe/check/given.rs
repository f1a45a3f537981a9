//! What is said of a directory that is given in the place of a package.

use super::Checker;
use crate::recipe::error::Problem;
use crate::recipe::set::{Package, Written};

impl Checker<'_> {
    pub(super) fn given(&mut self, name: &str, package: &Package) {
        let Written { value, file } = &package.recipe;
        let Some(given) = &value.given else { return };
        let all = &self.set.targets;
        let mut sysroots = all.values().map(|target| target.value.sysroot.as_str());
        let mut targets = all
            .values()
            .filter(|target| target.value.sysroot.as_str() == name)
            .peekable();
        let mut wrong = Vec::new();
        // A target that means another package than it says is told as that.
        let is_clear = !all.is_empty() && sysroots.all(|name| self.set.packages.contains_key(name));
        if targets.peek().is_none() && is_clear {
            wrong.push((vec!["given"], "no target has this package as its sysroot"));
        }
        if given.needs.is_empty() {
            wrong.push((
                vec!["given", "needs"],
                "nothing is needed, and so any directory would do",
            ));
        }
        if let Some(sdk) = &given.apple_sdk {
            let words = vec!["given", "apple-sdk"];
            if targets.any(|target| target.value.apple_sdk.is_none()) {
                wrong.push((words.clone(), "a target that has this sysroot has no `apple-sdk`"));
            }
            let is_pointer = |text: &str| text.starts_with('/');
            if ![&sdk.name, &sdk.version]
                .iter()
                .all(|text| is_pointer(text.as_str()))
            {
                wrong.push((
                    words,
                    "`name` and `version` are JSON pointers, such as `/Version`",
                ));
            }
        }
        for (words, message) in wrong {
            let message = message.to_owned();
            self.report(file, &words, Problem::Value { message });
        }
    }
}

//! Where what the build says, what it left and what the recipes say must agree.

use super::Derivation;
use crate::inspect::Role;
use crate::manifest::{Disagreement, ProfileRecord};
use crate::model::{TreePath, on_one_line};

impl Derivation<'_> {
    pub(super) fn check_same(&mut self, what: &'static str, observed: &str, described: &str) {
        if observed != described {
            self.problems.push(Disagreement::Differs {
                what,
                observed: observed.to_owned(),
                described: described.to_owned(),
            });
        }
    }

    /// The profile that was meant to be used, as it fitted.
    pub(super) fn profile(&mut self) -> Option<ProfileRecord> {
        let (meant, used) = (&self.description.profile, self.facts.build.profile);
        let shown = |there| if there { "used" } else { "none" };
        self.check_same("profile", shown(used.is_some()), shown(meant.is_some()));
        let (meant, used) = (meant.as_ref()?, used?);
        Some(ProfileRecord {
            archive: meant.archive,
            functions: used.functions,
            dropped: used.dropped,
        })
    }

    pub(super) fn check_broken(&mut self) {
        for (path, error) in &self.inventory.broken {
            self.problems.push(Disagreement::Broken {
                path: path.clone(),
                reason: on_one_line(error),
            });
        }
    }

    pub(super) fn claim_object(&mut self, owner: &str, path: &TreePath) {
        self.require(owner, path, Some(Role::Object));
        if let Some(first) = self.claimed.insert(path.clone(), owner.to_owned()) {
            self.problems.push(Disagreement::Twice {
                path: path.clone(),
                first,
                second: owner.to_owned(),
            });
        }
    }

    pub(super) fn require(&mut self, owner: &str, path: &TreePath, expected: Option<Role>) {
        let found = self
            .inventory
            .resolve(path)
            .and_then(|path| self.inventory.files.get(&path));
        let Some(found) = found else {
            // A broken file has been reported already.
            if !self.inventory.broken.contains_key(path) {
                self.problems.push(Disagreement::Missing {
                    owner: owner.to_owned(),
                    path: path.clone(),
                });
            }
            return;
        };
        if let Some(expected) = expected
            && found.content.role() != Some(expected)
        {
            self.problems.push(Disagreement::Kind {
                owner: owner.to_owned(),
                path: path.clone(),
                expected: expected.as_str(),
            });
        }
    }

    pub(super) fn check_unclaimed(&mut self) {
        let build = TreePath::parse("build").expect("a path");
        let start = &self.facts.build.start;
        for (path, facts) in &self.inventory.files {
            let is_found = facts.content.role() == Some(Role::StaticLibrary) && start.finds(path);
            if facts.content.is_linkable()
                && path.strip_prefix(&build).is_some()
                && !is_found
                && !self.claimed.contains_key(path)
            {
                self.problems.push(Disagreement::Unclaimed { path: path.clone() });
            }
        }
    }
}

//! Whatever a target needs has steps for the target's family.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use super::Checker;
use crate::plan::CPYTHON;
use crate::recipe::SourceFile;
use crate::recipe::error::Problem;
use crate::recipe::set::Written;

/// A package that is asked for, and where.
struct Asked<'a> {
    package: &'a str,
    file: &'a Arc<SourceFile>,
    words: Vec<&'a str>,
}

impl Checker<'_> {
    pub(super) fn families(&mut self) {
        let set = self.set;
        for Written { value: target, file } in set.targets.values() {
            let of_target = |field, package| Asked {
                package,
                file,
                words: vec![field, package],
            };
            let mut waiting = VecDeque::from([
                Asked {
                    package: CPYTHON,
                    file: &set.packages[CPYTHON].recipe.file,
                    words: vec!["package", CPYTHON],
                },
                of_target("sysroot", target.sysroot.as_str()),
                of_target("toolchain", target.toolchain.as_str()),
            ]);
            let mut seen = BTreeSet::new();
            while let Some(asked) = waiting.pop_front() {
                if !seen.insert(asked.package) {
                    continue;
                }
                let Written { value: package, file } = &set.packages[asked.package].recipe;
                if !package.steps.iter().any(|step| step.is_for(target.ground())) {
                    let problem = Problem::NoStepsFor {
                        package: asked.package.to_owned(),
                        family: target.family,
                        os: target.os,
                        target: target.target.0.clone(),
                    };
                    self.report(asked.file, &asked.words, problem);
                }
                let steps = package.steps.iter().chain(&package.training);
                for step in steps.filter(|step| step.is_for(target.ground())) {
                    waiting.extend(step.needs.iter().map(|need| Asked {
                        package: need.as_str(),
                        file,
                        words: vec![step.name.as_str(), "needs", need.as_str()],
                    }));
                }
            }
        }
    }
}

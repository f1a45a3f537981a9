//! Packages that need each other.

use std::collections::{BTreeMap, BTreeSet};

use super::Checker;
use crate::recipe::error::Problem;
use crate::recipe::raw::{PackageFile, TargetFile};

impl Checker<'_> {
    pub(super) fn cycles(&mut self) {
        let set = self.set;
        for target in set.targets.values() {
            let graph = set
                .packages
                .iter()
                .map(|(name, package)| (name.as_str(), needs(&package.recipe.value, &target.value)))
                .collect();
            if let Some(cycle) = find_cycle(&graph) {
                let first = &set.packages[cycle[0]].recipe.file;
                let words = ["needs", cycle[1]];
                let cycle = cycle.iter().map(|&name| name.to_owned()).collect();
                self.report(first, &words, Problem::Cycle { cycle });
                return;
            }
        }
    }
}

/// The packages whose output the steps of a package see that a target has.
pub(crate) fn needs<'a>(package: &'a PackageFile, target: &'a TargetFile) -> BTreeSet<&'a str> {
    let mut needs = BTreeSet::new();
    let steps = package.steps.iter().chain(&package.training);
    for step in steps.filter(|step| step.is_for(target.ground())) {
        needs.extend(step.needs.iter().map(|need| need.as_str()));
        if !step.bare {
            needs.extend([target.sysroot.as_str(), target.toolchain.as_str()]);
        }
    }
    needs
}

/// A way from a package back to itself.
fn find_cycle<'a>(graph: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> Option<Vec<&'a str>> {
    fn walk<'a>(
        name: &'a str,
        graph: &BTreeMap<&'a str, BTreeSet<&'a str>>,
        path: &mut Vec<&'a str>,
        done: &mut BTreeSet<&'a str>,
    ) -> bool {
        if let Some(start) = path.iter().position(|other| *other == name) {
            path.drain(..start);
            path.push(name);
            return true;
        }
        if done.contains(name) {
            return false;
        }
        path.push(name);
        for need in graph.get(name).into_iter().flatten() {
            if walk(need, graph, path, done) {
                return true;
            }
        }
        path.pop();
        done.insert(name);
        false
    }

    let mut done = BTreeSet::new();
    graph.keys().find_map(|name| {
        let mut path = Vec::new();
        walk(name, graph, &mut path, &mut done).then_some(path)
    })
}

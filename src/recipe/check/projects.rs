//! What the recipe of CPython's project files says of packages, and that it says why.

use super::Checker;
use crate::recipe::error::Problem;
use crate::recipe::projects::MakesEntry;
use crate::recipe::set::Written;

impl Checker<'_> {
    pub(super) fn projects(&mut self) {
        let set = self.set;
        let Some(Written { value, file }) = &set.projects else {
            return;
        };
        for package in value.packages.keys() {
            let words = ["packages", package.as_str()];
            self.known(file, &words, "package", set.packages.keys());
        }
        for (name, project) in &value.projects {
            if project.makes == MakesEntry::Absent && project.why.is_none() {
                let name = name.as_str();
                let problem = Problem::AbsentWithoutWhy {
                    module: name.to_owned(),
                };
                self.report(file, &["projects", &format!("{name}:")], problem);
            }
        }
    }
}

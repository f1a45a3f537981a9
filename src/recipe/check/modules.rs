//! What the table of extension modules says of packages and series.

use std::collections::BTreeSet;

use super::Checker;
use crate::plan::{CPYTHON, Linkage};
use crate::recipe::error::Problem;
use crate::recipe::set::Written;

impl Checker<'_> {
    pub(super) fn modules(&mut self) {
        let set = self.set;
        let Written { value, file } = &set.extensions;
        let seen: BTreeSet<&str> = set.packages[CPYTHON]
            .recipe
            .value
            .steps
            .iter()
            .flat_map(|step| step.needs.iter().map(|need| need.as_str()))
            .collect();
        let series: BTreeSet<String> = set.packages[CPYTHON]
            .versions
            .values()
            .filter_map(|version| Some(version.value.python.as_ref()?.major_minor.0.to_string()))
            .collect();
        for ([kind, name_of], own) in value.owned() {
            for name in &own.without {
                let words = [kind, name_of, "without", name.as_str()];
                let known = value.modules.keys().map(|name| &name.0);
                self.known(file, &words, "module", known);
            }
        }
        for (name, module) in value.entries() {
            let name = name.as_str();
            let key = format!("{name}:");
            if module.linkage == Linkage::Absent && module.why.is_none() {
                let problem = Problem::AbsentWithoutWhy {
                    module: name.to_owned(),
                };
                self.report(file, &["modules", &key], problem);
            }
            for need in &module.needs {
                let need = need.as_str();
                self.known(
                    file,
                    &["modules", &key, "needs", need],
                    "package",
                    set.packages.keys(),
                );
                if set.packages.contains_key(need) && !seen.contains(need) {
                    let problem = Problem::ModuleNeed {
                        module: name.to_owned(),
                        package: need.to_owned(),
                    };
                    self.report(file, &["modules", &key, "needs", need], problem);
                }
            }
            for wanted in &module.series {
                let wanted = wanted.0.to_string();
                self.known(file, &["modules", &key, "in", &wanted], "series", &series);
            }
        }
    }
}

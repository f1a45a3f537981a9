//! What a step finds in its environment, and who says so.

use std::collections::BTreeMap;

use super::{LowerError, Lowering};
use crate::plan::{CPYTHON, StepId};
use crate::recipe::{PackageBuild, StepBuild};

/// What every command finds in its environment, whatever it is for.
pub const BASE_ENV: [(&str, &str); 4] = [
    ("HOME", "/work"),
    ("TMPDIR", "/tmp"),
    ("LC_ALL", "C.UTF-8"),
    ("TZ", "UTC"),
];

impl Lowering<'_> {
    /// The whole environment of a step. Each variable has one party that sets it.
    pub(super) fn env(
        &self,
        id: &StepId,
        name: &str,
        package: &PackageBuild,
        step: &StepBuild,
    ) -> Result<BTreeMap<String, String>, LowerError> {
        let build = self.build;
        let path = std::iter::once("/in/toolchain/bin").chain(build.path.iter().map(String::as_str));
        let contract = [
            ("PATH", path.collect::<Vec<_>>().join(":")),
            ("OUT", "/out".to_owned()),
            ("SOURCE_DATE_EPOCH", build.epoch.to_string()),
            ("ZERO_AR_DATE", "1".to_owned()),
            ("PYTHONHASHSEED", "0".to_owned()),
            ("TARGET", build.target.to_string()),
            ("VERSION", package.version.clone()),
            // Given by the engine, outside the key; named here so that nobody else sets it.
            ("JOBS", String::new()),
        ];
        let contract = BASE_ENV
            .map(|(variable, value)| (variable, value.to_owned()))
            .into_iter()
            .chain(contract)
            .map(|(variable, value)| (variable.to_owned(), value))
            .collect();
        let target = &build.target_file.env;
        let target = target
            .iter()
            .map(|(variable, value)| (variable.0.clone(), value.value.0.clone()));
        // Dependencies do not see the options: they are built once for all of them.
        let options = if name == CPYTHON {
            build.options_env.clone()
        } else {
            BTreeMap::new()
        };
        let parties: [(&'static str, BTreeMap<String, String>); 5] = [
            ("the step contract", contract),
            ("the target", target.collect()),
            ("the options", options),
            ("the version", package.env.clone()),
            ("the step", step.env.clone()),
        ];
        let mut env = BTreeMap::new();
        let mut set_by: BTreeMap<String, &'static str> = BTreeMap::new();
        for (party, variables) in parties {
            for (variable, value) in variables {
                if let Some(first) = set_by.insert(variable.clone(), party) {
                    return Err(LowerError::EnvClash {
                        step: id.clone(),
                        variable,
                        first,
                        second: party,
                    });
                }
                env.insert(variable, value);
            }
        }
        env.remove("JOBS");
        Ok(env)
    }
}

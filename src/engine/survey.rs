//! What would happen: asks the store about every needed step and runs none.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Engine;
use super::conduct::Made;
use super::error::{EngineError, StepError};
use super::schedule::Schedule;
use crate::plan::{MissReason, Plan, StepId};

/// What would become of a step.
#[derive(Clone, PartialEq, Debug)]
pub enum Prospect {
    /// Its result would be taken from the store.
    Cached(Box<Made>),
    /// It would run, for these reasons.
    Runs(Vec<MissReason>),
    /// That depends on what these inputs of it turn out to contain; they would run.
    Open(Vec<StepId>),
}

impl Engine {
    /// The prospects of `wanted` and all that they need, in plan order.
    pub fn survey(
        self: &Arc<Self>,
        plan: &Plan,
        wanted: &[StepId],
    ) -> Result<Vec<(StepId, Prospect)>, EngineError> {
        let needed = Schedule::new(plan, wanted, self.cores)?;
        let mut made: BTreeMap<StepId, Made> = BTreeMap::new();
        let mut prospects = Vec::new();
        for id in needed.order() {
            let open: Vec<StepId> = plan.steps[id]
                .inputs
                .values()
                .map(|input| &input.from)
                .filter(|from| !made.contains_key(*from))
                .cloned()
                .collect();
            let prospect = if open.is_empty() {
                self.prospect(plan, id, &made)?
            } else {
                Prospect::Open(open)
            };
            if let Prospect::Cached(result) = &prospect {
                made.insert(id.clone(), Made::clone(result));
            }
            prospects.push((id.clone(), prospect));
        }
        Ok(prospects)
    }

    fn prospect(
        &self,
        plan: &Plan,
        id: &StepId,
        made: &BTreeMap<StepId, Made>,
    ) -> Result<Prospect, EngineError> {
        match self.look_up(plan, id, made) {
            Ok((pending, Some(record))) => Ok(Prospect::Cached(Box::new(Made {
                key: pending.key,
                record,
                before: None,
            }))),
            Ok((pending, None)) => Ok(Prospect::Runs(crate::plan::explain(
                self.history.last(id).as_ref(),
                &pending.spec,
            ))),
            // What is gone is made again before this step is looked at.
            Err(error) if error.lost_blob().is_some() => Ok(Prospect::Open(
                plan.steps[id]
                    .inputs
                    .values()
                    .map(|input| input.from.clone())
                    .collect(),
            )),
            Err(StepError::Store(error)) => Err(error.into()),
            Err(error) => Err(EngineError::Survey {
                step: id.clone(),
                source: Box::new(error),
            }),
        }
    }
}

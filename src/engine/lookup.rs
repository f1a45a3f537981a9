//! What a step is as an action, and what the store knows of it.

use std::collections::BTreeMap;

use super::Engine;
use super::conduct::Outputs;
use super::error::StepError;
use crate::model::{Digest, TreeDigest, TreePath};
use crate::plan::{self, ActionSpec, Plan, StepId};
use crate::store::{ActionRecord, StoreError};

/// A step as an action.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub(super) key: Digest,
    pub(super) spec: ActionSpec,
    pub(super) inputs: BTreeMap<String, TreeDigest>,
    /// What the store has of it, although it is to be made anew.
    pub(super) recorded: Option<TreeDigest>,
}

impl Engine {
    /// The content of every input of a step whose producers are all `made`.
    pub(super) fn inputs_of(
        &self,
        plan: &Plan,
        id: &StepId,
        made: &Outputs,
    ) -> Result<BTreeMap<String, TreeDigest>, StepError> {
        let mut inputs = BTreeMap::new();
        for (role, input) in &plan.steps[id].inputs {
            let output = made[&input.from].record.output;
            inputs.insert(role.clone(), self.part(&input.from, output, &input.subtree)?);
        }
        Ok(inputs)
    }

    /// The action that a step is now, and its result if the store has one.
    pub(super) fn look_up(
        &self,
        plan: &Plan,
        id: &StepId,
        made: &Outputs,
    ) -> Result<(Pending, Option<ActionRecord>), StepError> {
        let inputs = self.inputs_of(plan, id, made)?;
        let spec = plan::action(&plan.steps[id], &inputs)
            .expect("the content of every input has just been looked up");
        let key = self.store.put_action_spec(&spec)?;
        let record = self.store.action(&key)?;
        let (record, recorded) = if self.reuse.covers(&plan.steps[id].kind) {
            (record, None)
        } else {
            (None, record.map(|record| record.output))
        };
        let pending = Pending {
            key,
            spec,
            inputs,
            recorded,
        };
        Ok((pending, record))
    }

    /// The part of an output that a step uses.
    pub(super) fn part(
        &self,
        from: &StepId,
        output: TreeDigest,
        subtree: &TreePath,
    ) -> Result<TreeDigest, StepError> {
        if subtree.is_root() {
            return Ok(output);
        }
        self.store
            .subtree(&output, subtree)?
            .ok_or_else(|| StepError::NoSubtree {
                from: from.clone(),
                path: subtree.to_string(),
            })
    }

    /// Whether a blob belongs to a tree. A tree that cannot be read has lost a directory itself.
    pub(super) fn holds(&self, output: &TreeDigest, blob: &Digest) -> bool {
        match self.store.tree(output) {
            Ok(tree) => output.0 == *blob || tree.files().any(|(_, digest, _)| digest == blob),
            Err(StoreError::Blob { .. }) => true,
            Err(_) => false,
        }
    }
}

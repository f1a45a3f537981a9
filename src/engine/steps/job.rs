//! What a step is given while it runs, and what it gives back.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::engine::Engine;
use crate::engine::error::StepError;
use crate::engine::event::Event;
use crate::engine::journal::Journal;
use crate::model::{Tree, TreeDigest};
use crate::plan::{Step, StepId};
use crate::sandbox::Usage;

/// One run of one step.
#[derive(Clone)]
pub(crate) struct Job {
    pub(crate) engine: Arc<Engine>,
    pub(crate) id: StepId,
    pub(crate) step: Arc<Step>,
    /// Role → content.
    pub(crate) inputs: BTreeMap<String, TreeDigest>,
    /// How many parallel jobs its command may use.
    pub(crate) jobs: usize,
    pub(crate) journal: Arc<Journal>,
    pub(crate) cancel: CancellationToken,
}

/// What a step made, and what it cost.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    pub(crate) output: TreeDigest,
    pub(crate) usage: Usage,
    pub(crate) sandbox: &'static str,
}

impl Done {
    /// The result of a step that happened inside the driver.
    pub(crate) fn in_process(output: TreeDigest) -> Self {
        Self {
            output,
            usage: Usage::default(),
            sandbox: "in-process",
        }
    }
}

impl Job {
    /// The content of an input.
    pub(crate) fn input(&self, role: &str) -> Result<TreeDigest, StepError> {
        self.inputs.get(role).copied().ok_or_else(|| StepError::NoInput {
            role: role.to_owned(),
        })
    }

    /// How many threads a step inside the driver may use.
    pub(crate) fn threads(&self) -> NonZeroUsize {
        NonZeroUsize::new(self.jobs).unwrap_or(NonZeroUsize::MIN)
    }

    /// An input as a value.
    pub(crate) fn input_tree(&self, role: &str) -> Result<Tree, StepError> {
        Ok(self.engine.store.tree(&self.input(role)?)?)
    }

    /// Says something that a person should read; it stands in the log too.
    pub(crate) fn note(&self, text: &str) {
        self.journal.say(text);
        self.engine.listener.event(&Event::StepNote {
            step: self.id.clone(),
            text: text.to_owned(),
        });
    }
}

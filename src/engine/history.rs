//! The last action of every step, so that a miss can be explained.
//!
//! It is a convenience: what is missing or unreadable here costs an explanation, never a result, so
//! nothing of it is an error.

use crate::plan::{ActionSpec, StepId};
use crate::store::Store;

/// The last actions of the steps of one build (one version, target and options).
#[derive(Clone, Debug)]
pub struct History {
    store: Store,
    scope: String,
}

impl History {
    /// The history of `scope`.
    #[must_use]
    pub fn new(store: &Store, scope: &str) -> Self {
        Self {
            store: store.clone(),
            scope: scope.to_owned(),
        }
    }

    /// The action that was done last for this step.
    #[must_use]
    pub fn last(&self, step: &StepId) -> Option<ActionSpec> {
        let text = self.store.note(&self.name(step)).ok()??;
        serde_json::from_slice(&text).ok()
    }

    /// Remembers an action.
    pub fn remember(&self, step: &StepId, spec: &ActionSpec) {
        let written = serde_json::to_vec(spec)
            .map_err(|error| error.to_string())
            .and_then(|text| {
                self.store
                    .put_note(&self.name(step), &text)
                    .map_err(|error| error.to_string())
            });
        if let Err(error) = written {
            tracing::debug!(%step, error, "the action could not be remembered");
        }
    }

    fn name(&self, step: &StepId) -> String {
        flat(&format!("{}/{step}", self.scope))
    }
}

/// A file name for a text that may have slashes.
pub(crate) fn flat(text: &str) -> String {
    text.replace(['/', '\0'], "~")
}

//! Downloads as progress of the steps that want them.
//!
//! The fetcher names transfers after what is fetched; here is remembered which step that is for.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::event::{Event, Listener};
use super::journal::Journal;
use crate::fetch::{Progress, Transfer};
use crate::plan::StepId;

/// Everything that is being fetched, by step.
#[derive(Clone)]
pub struct Transfers {
    listener: Arc<dyn Listener>,
    wanted: Arc<Mutex<BTreeMap<StepId, Wanted>>>,
}

struct Wanted {
    journal: Arc<Journal>,
    names: BTreeSet<String>,
    total: u64,
    /// Bytes of each transfer so far.
    done: BTreeMap<String, u64>,
}

/// Ends the interest of a step when dropped.
pub(crate) struct Interest {
    transfers: Transfers,
    step: StepId,
}

impl Transfers {
    /// Nothing is fetched yet; `listener` hears of what will be.
    #[must_use]
    pub fn new(listener: Arc<dyn Listener>) -> Self {
        Self {
            listener,
            wanted: Arc::default(),
        }
    }

    /// From now on transfers with these names are progress of `step`. `total` is the sum of their
    /// bytes, or 0 where it is not known.
    pub(crate) fn expect(
        &self,
        step: &StepId,
        journal: &Arc<Journal>,
        names: impl IntoIterator<Item = String>,
        total: u64,
    ) -> Interest {
        let wanted = Wanted {
            journal: Arc::clone(journal),
            names: names.into_iter().collect(),
            total,
            done: BTreeMap::new(),
        };
        self.lock().insert(step.clone(), wanted);
        Interest {
            transfers: self.clone(),
            step: step.clone(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<StepId, Wanted>> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn each(&self, name: &str, mut act: impl FnMut(&StepId, &mut Wanted)) {
        for (step, wanted) in self.lock().iter_mut() {
            if wanted.names.contains(name) {
                act(step, wanted);
            }
        }
    }

    fn tell(&self, step: &StepId, wanted: &Wanted) {
        self.listener.event(&Event::StepProgress {
            step: step.clone(),
            done: wanted.done.values().sum(),
            total: (wanted.total > 0).then_some(wanted.total),
        });
    }
}

impl Progress for Transfers {
    fn started(&self, transfer: Transfer<'_>) {
        self.each(transfer.name, |_, wanted| {
            wanted
                .journal
                .say(&format!("{} from {}", transfer.name, transfer.place));
        });
    }

    fn advanced(&self, transfer: Transfer<'_>, done: u64) {
        self.each(transfer.name, |step, wanted| {
            wanted.done.insert(transfer.name.to_owned(), done);
            self.tell(step, wanted);
        });
    }

    fn failed(&self, transfer: Transfer<'_>, reason: &str) {
        self.each(transfer.name, |step, wanted| {
            wanted.done.remove(transfer.name);
            let text = format!(
                "{} cannot be had from {}: {reason}",
                transfer.name, transfer.place
            );
            wanted.journal.say(&text);
            self.tell(step, wanted);
        });
    }

    fn finished(&self, transfer: Transfer<'_>) {
        self.each(transfer.name, |step, wanted| {
            wanted.done.insert(transfer.name.to_owned(), transfer.total);
            self.tell(step, wanted);
        });
    }
}

impl Drop for Interest {
    fn drop(&mut self) {
        self.transfers.lock().remove(&self.step);
    }
}

impl fmt::Debug for Transfers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transfers")
            .field("steps", &self.lock().keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

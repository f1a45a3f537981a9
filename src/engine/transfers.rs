//! Downloads as progress of the steps that want them.
//!
//! The fetcher names transfers after what is fetched; here is remembered which step that is for. What
//! no step wants, as in `pbs sources`, has events of its own.

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

    /// Acts for every step that wants this; where none does, the event is told.
    fn each(&self, name: &str, mut act: impl FnMut(&StepId, &mut Wanted), else_tell: impl FnOnce() -> Event) {
        let mut is_wanted = false;
        for (step, wanted) in self.lock().iter_mut() {
            if wanted.names.contains(name) {
                is_wanted = true;
                act(step, wanted);
            }
        }
        if !is_wanted {
            self.listener.event(&else_tell());
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
        let (name, place) = (transfer.name, transfer.place);
        self.each(
            name,
            |_, wanted| wanted.journal.say(&format!("{name} from {place}")),
            || Event::TransferStarted {
                name: name.to_owned(),
                place: place.to_owned(),
            },
        );
    }

    fn advanced(&self, transfer: Transfer<'_>, done: u64) {
        let name = transfer.name;
        self.each(
            name,
            |step, wanted| {
                wanted.done.insert(name.to_owned(), done);
                self.tell(step, wanted);
            },
            || Event::TransferProgress {
                name: name.to_owned(),
                done,
                total: (transfer.total > 0).then_some(transfer.total),
            },
        );
    }

    fn again(&self, transfer: Transfer<'_>, reason: &str) {
        let name = transfer.name;
        self.each(
            name,
            |_, wanted| wanted.journal.say(&format!("{name}: {reason}")),
            || Event::TransferRetried {
                name: name.to_owned(),
                reason: reason.to_owned(),
            },
        );
    }

    fn failed(&self, transfer: Transfer<'_>, reason: &str) {
        let (name, place) = (transfer.name, transfer.place);
        self.each(
            name,
            |step, wanted| {
                wanted.done.remove(name);
                wanted
                    .journal
                    .say(&format!("{name} cannot be had from {place}: {reason}"));
                self.tell(step, wanted);
            },
            || Event::TransferFailed {
                name: name.to_owned(),
                place: place.to_owned(),
                reason: reason.to_owned(),
            },
        );
    }

    fn finished(&self, transfer: Transfer<'_>) {
        let name = transfer.name;
        self.each(
            name,
            |step, wanted| {
                wanted.done.insert(name.to_owned(), transfer.total);
                self.tell(step, wanted);
            },
            || Event::TransferFinished {
                name: name.to_owned(),
            },
        );
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

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Heard(Mutex<Vec<String>>);

    impl Listener for Heard {
        fn event(&self, event: &Event) {
            self.0.lock().unwrap().push(format!("{event:?}"));
        }
    }

    #[test]
    fn what_no_step_wants_is_told_all_the_same() {
        let heard = Arc::new(Heard::default());
        let transfers = Transfers::new(Arc::clone(&heard) as _);
        let transfer = Transfer {
            name: "zlib-1.3",
            place: "here",
            total: 7,
        };
        transfers.started(transfer);
        transfers.failed(transfer, "404");
        transfers.started(transfer);
        transfers.advanced(transfer, 3);
        transfers.finished(transfer);
        let dir = tempfile::tempdir().unwrap();
        let log = camino::Utf8Path::from_path(dir.path()).unwrap().join("log");
        let step = StepId("zlib/source".into());
        let journal = Journal::create(step.clone(), &log, Arc::clone(&heard) as _).unwrap();
        let interest = transfers.expect(&step, &Arc::new(journal), ["zlib-1.3".to_owned()], 7);
        transfers.advanced(transfer, 5);
        drop(interest);
        let heard = heard.0.lock().unwrap().join("\n");
        assert_eq!(
            heard,
            r#"TransferStarted { name: "zlib-1.3", place: "here" }
TransferFailed { name: "zlib-1.3", place: "here", reason: "404" }
TransferStarted { name: "zlib-1.3", place: "here" }
TransferProgress { name: "zlib-1.3", done: 3, total: Some(7) }
TransferFinished { name: "zlib-1.3" }
StepProgress { step: StepId("zlib/source"), done: 5, total: Some(7) }"#
        );
    }
}

//! What the engine is put together from; the command line decides each part.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use camino::Utf8PathBuf;
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

use super::event::Listener;
use super::history::History;
use super::transfers::Transfers;
use crate::fetch::Fetcher;
use crate::plan::StepKind;
use crate::sandbox::{Sandbox, SandboxError};
use crate::store::Store;

/// Runs plans.
pub struct Engine {
    /// Content and results.
    pub store: Store,
    /// Gets sources and packages.
    pub fetcher: Fetcher,
    /// What the fetcher tells of its transfers; it was made with this.
    pub transfers: Transfers,
    /// Where commands run.
    pub sandbox: LazySandbox,
    /// How many cores steps may take.
    pub cores: usize,
    /// Who hears of what happens.
    pub listener: Arc<dyn Listener>,
    /// Ends everything when cancelled.
    pub cancel: CancellationToken,
    /// The last action of each step of this build.
    pub history: History,
    /// Which recorded results may be used.
    pub reuse: Reuse,
}

/// Which recorded results an engine may use instead of doing a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reuse {
    /// All.
    Results,
    /// Those only that are known by their digest before they are made: sources, the worker root and
    /// what is given. The rest is made anew and held against what is recorded, which stays as it is.
    Sources,
}

impl Reuse {
    /// Whether a recorded result of such a step may be used.
    pub(super) const fn covers(self, kind: &StepKind) -> bool {
        match self {
            Self::Results => true,
            Self::Sources => matches!(kind, StepKind::Fetch(_) | StepKind::Given(_) | StepKind::Root(_)),
        }
    }
}

impl Engine {
    /// Where the locks of actions stand.
    pub(super) fn locks(&self) -> Utf8PathBuf {
        self.store.root().join("locks")
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("store", &self.store)
            .field("sandbox", &self.sandbox)
            .field("cores", &self.cores)
            .finish_non_exhaustive()
    }
}

/// The future that chooses a sandbox.
pub type Choosing = Pin<Box<dyn Future<Output = Result<Arc<dyn Sandbox>, SandboxError>> + Send>>;

/// A sandbox that is looked for when the first command needs one: a build that finds everything in
/// the store needs none.
pub struct LazySandbox {
    choose: Box<dyn Fn() -> Choosing + Send + Sync>,
    chosen: OnceCell<Arc<dyn Sandbox>>,
}

impl LazySandbox {
    /// Chooses when asked for the first time.
    pub fn new(choose: impl Fn() -> Choosing + Send + Sync + 'static) -> Self {
        Self {
            choose: Box::new(choose),
            chosen: OnceCell::new(),
        }
    }

    /// One that is there already.
    pub fn ready(sandbox: Arc<dyn Sandbox>) -> Self {
        Self::new(move || {
            let sandbox = Arc::clone(&sandbox);
            Box::pin(async move { Ok(sandbox) })
        })
    }

    /// The sandbox.
    pub async fn get(&self) -> Result<Arc<dyn Sandbox>, SandboxError> {
        self.chosen
            .get_or_try_init(|| (self.choose)())
            .await
            .map(Arc::clone)
    }
}

impl fmt::Debug for LazySandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LazySandbox").field(&self.chosen.get()).finish()
    }
}

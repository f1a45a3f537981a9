//! What ends a command from outside.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{ExecSpec, Exit};

/// The time that is allowed, and the caller's wish.
pub(super) struct Stop<'a> {
    after: Option<Duration>,
    cancel: Option<&'a CancellationToken>,
}

impl<'a> Stop<'a> {
    pub(super) const fn new(spec: &ExecSpec, cancel: &'a CancellationToken) -> Self {
        Self {
            after: Some(spec.timeout),
            cancel: Some(cancel),
        }
    }

    pub(super) const fn never() -> Self {
        Self {
            after: None,
            cancel: None,
        }
    }

    /// Waits until one of them says so.
    pub(super) async fn wait(self) -> Exit {
        let late = async {
            match self.after {
                Some(after) => tokio::time::sleep(after).await,
                None => std::future::pending().await,
            }
        };
        let cancelled = async {
            match self.cancel {
                Some(cancel) => cancel.cancelled().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = cancelled => Exit::Cancelled,
            () = late => Exit::TimedOut,
        }
    }
}

//! Who shows the engine's events, and which of the three ways is taken.

use std::io::Write;
use std::sync::Arc;

use super::bars::Bars;
use super::json::Json;
use super::plain::Plain;
use crate::engine::Listener;

/// Shows the work to people (or to a machine) on standard error.
pub trait Reporter: Listener {
    /// Takes everything that moves off the screen, so that ordinary lines can be printed.
    fn clear(&self);
}

/// How the work is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Look {
    /// Moving bars, for a terminal.
    Bars,
    /// One line per event, without control characters.
    Plain,
    /// One JSON object per event and line.
    Json,
}

/// How much is shown.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Verbosity {
    /// Failures only.
    Quiet,
    /// What is done.
    Normal,
    /// What is taken from the store, and every line that a step prints, too.
    Verbose,
}

/// A reporter that writes to `out`; bars draw on standard error themselves.
#[must_use]
pub fn reporter(look: Look, verbosity: Verbosity, out: Box<dyn Write + Send>) -> Arc<dyn Reporter> {
    match look {
        Look::Bars => Arc::new(Bars::new()),
        Look::Plain => Arc::new(Plain::new(verbosity, out)),
        Look::Json => Arc::new(Json::new(verbosity, out)),
    }
}

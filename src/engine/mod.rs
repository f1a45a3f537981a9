//! L3 · conduct: runs the steps of a plan, from the cache where it can.

mod action_lock;
mod attempt;
mod conduct;
mod distribution;
mod enter;
mod error;
mod event;
mod examine;
mod export;
mod history;
mod journal;
mod logs;
mod lookup;
mod parts;
mod schedule;
mod standing;
mod steps;
mod suite;
mod survey;
mod transfers;

pub(crate) use action_lock::ActionLock;
pub use conduct::*;
pub(crate) use distribution::python_of;
pub use distribution::{Distribution, LoadError, NoManifest};
pub use enter::{Console, EnterError};
pub use error::*;
pub use event::*;
pub use examine::{ExamineError, Suite, SuiteOutput};
pub use history::History;
pub use journal::TAIL_LINES;
pub use parts::*;
pub use schedule::UnknownStep;
pub use standing::Standing;
pub use suite::{Ending, Expected, Verdict, judge as judge_suite};
pub use survey::Prospect;
pub use transfers::Transfers;

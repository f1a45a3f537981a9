//! L1 · rules that a distribution must obey before anybody gets it.
//!
//! Rules look and report; they never edit. Limits come from the target's file in `recipes/`.

mod archive;
mod check;
mod limits;
mod registry;
pub mod relink;
mod report;
mod rules;
mod subject;

pub use archive::{ArchiveFacts, ArchiveMember, MemberKind};
pub use check::{VerifyError, VerifyInput, verify};
pub use limits::{Limits, is_same_library};
pub use registry::{RULES, Rule};
pub use report::{Finding, Report, Severity};
pub use subject::{Found, Subject};

//! L1 · What is said of a distribution beside it: what it consists of (SPDX, CycloneDX) and how it was
//! made (an in-toto statement with SLSA provenance), all of it from its manifest; and whether such
//! documents agree with a manifest.
//!
//! The same distribution gives the same bytes: the time is the distribution's own.

mod agree;
mod bom;
mod cyclonedx;
mod envelope;
mod provenance;
mod spdx;
mod subject;

pub use self::spdx::{declared_licences, spdx};
pub use agree::{Disagreement, cyclonedx_disagreements, spdx_disagreements, statement_disagreements};
pub use bom::Bom;
pub use cyclonedx::cyclonedx;
pub use envelope::{Envelope, EnvelopeError, Signed, pre_authentication};
pub use provenance::{PREDICATE_TYPE, STATEMENT_TYPE, provenance};
pub use subject::Subject;

//! L3 · puts archives where others fetch them, with an index and what proves them.
//!
//! # What holds whatever happens
//!
//! * **A reader sees one index or the other.** Archives come first, then what is said of them, the
//!   signature, and the index last. What an index lists is there, and so is its signature.
//! * **A name never gets other bytes.** What is there already is compared, never written again.
//! * **Publishing goes on where it ended.** Whatever was put stays and is found by the next attempt;
//!   nothing half-written has a name.
//! * **One publishes at a time**, and the others wait.
//! * **Nothing changes without a reason**: the serial grows when the index says something else.

mod conduct;
mod current;
mod derived;
mod destination;
mod directory;
mod error;
mod keyfile;
mod merge;
mod oci;
mod open;
mod prepare;
mod s3;

pub use conduct::{Change, Event, Outcome, Request, publish};
pub use destination::{Content, Destination, DestinationError, Held, Put};
pub use directory::Directory;
pub use error::PublishError;
pub use keyfile::{is_exposed, new_key_files, read_public_key_file, read_secret_key_file};
pub use oci::{Lease, Oci};
pub use open::{Surroundings, open};
pub use s3::{Pace, S3};

//! A bucket of an S3-compatible server.
//!
//! # What holds, and by what
//!
//! * **The index is swapped, never written over**: `If-Match` with the ETag of the one that was read. Two who
//!   publish cannot lose what one of them adds, whatever else goes wrong.
//! * **A name never gets other bytes**: `If-None-Match: *`, and what is there afterwards is compared by the
//!   digest in its metadata, or read where nothing says it.
//! * **One publishes at a time**, by a record (`.publish.lock`) that is swapped in the same way: its holder
//!   renews it, and whoever sees it unchanged for too long takes over. No clock of another machine is asked.
//! * **A server that does not keep to conditions** is found out before anything is put, and nothing is.
//! * **What is large goes in parts**, each tried again by itself. What is interrupted is given up, by us or
//!   by the next who publishes; the object appears when all parts are there.

mod destination;
mod file;
mod lease;
mod record;

pub use destination::S3;
pub use lease::Pace;

//! L2 · gets bytes by digest from wherever they can be had.
//!
//! A thing is looked for in the store, in local directories, and then where its recipe says:
//! upstream's address, mirrors, and the machine's own package clients. A body is hashed while it
//! streams; a wrong one never lands. Everything here blocks; call it from `spawn_blocking`.

mod apt;
mod client;
mod crates;
mod debian;
mod dir;
mod error;
mod fetcher;
mod http;
mod measured;
mod mirror;
mod parallel;
mod places;
mod progress;
mod pypi;
mod resolve;
mod source;
mod take;

pub use apt::Apt;
pub use client::ClientError;
pub use error::{Failure, FetchError, Reason};
pub use fetcher::{FetchOptions, Fetcher, Network};
pub use http::{Again, Answer, Body, BodySize, Http, HttpError, HttpLimits, Question, Route, Verb};
pub use mirror::{ListedPlace, ListedSource, MirroredFile, Need, fetch_all, mirror};
pub use progress::{NoProgress, Progress, Transfer};
pub use pypi::PypiError;
pub use resolve::{Lock, LockChange, LockError, LockRequest, lock_changes, render_lock, resolve};
pub use source::{Archived, FetchedRoot, FetchedSource};
pub(crate) use take::tell_again;

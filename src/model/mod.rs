//! L0 · vocabulary: small value types that are parsed, printed and compared.
//!
//! Nothing here decides anything and nothing touches the world.

mod apple;
mod causes;
mod digest;
mod listing;
mod options;
mod path;
mod percent;
mod python;
mod secret;
mod target;
mod tree;

pub use apple::{AppleSdk, PackedVersion, ParsePackedVersionError};
pub use causes::{causes, on_one_line};
pub use digest::{Digest, Hasher, ParseDigestError, Pin, TreeDigest};
pub use listing::{Listed, Listing};
pub use options::{Options, ParseOptionsError};
pub use path::{GuestPath, HostPath, ParsePathError, TreePath};
pub use percent::{url_part, url_path};
pub use python::{ParseVersionError, PythonVersion, Series};
pub use secret::Secret;
pub use target::{Arch, DebugInformation, Family, Ground, Libc, ObjectFormat, Os, ParseTargetError, Target};
pub use tree::{Entry, MergeError, Tree};

#[cfg(test)]
pub(crate) mod schema;

//! L1 · wheels: what their names, tags, metadata and records say, and where their files go.
//!
//! Bytes and texts in, values out; where wheels come from is not known here. The format is that of the packaging
//! specifications "Binary distribution format", "Platform compatibility tags" and "Dependency specifiers".

mod beside;
mod dependencies;
mod entry_points;
mod marker;
mod metadata;
mod name;
mod needed;
mod record;
mod requirement;
mod scan;
mod spread;
mod tags;
mod version;
mod whole;

pub use beside::{Beside, Loaded, beside};
pub use dependencies::{Lack, Why, lacking};
pub use entry_points::console_scripts;
pub use marker::{Environment, Marker, ParseMarkerError};
pub use metadata::{Metadata, MetadataError};
pub use name::{ParseNameError, WheelName, normalized};
pub use needed::{Closure, Image, Step, Tie, closure};
pub use record::{Record, RecordError};
pub use requirement::{ParseRequirementError, Requirement};
pub use spread::{Spread, spread};
pub use tags::{Fit, LibcVersion, MacosVersion, Misfit, Takes};
pub use version::{Specifiers, Version};
pub use whole::{Wheel, WheelError};

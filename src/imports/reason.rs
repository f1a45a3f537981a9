//! Why a module is reached, in words.

use std::fmt;

use super::Cause;

/// Why a module is reached. Displayed, it is short: `imported by json (line 3), imported by app`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reason<'a> {
    /// The causes from the module back to a root, whose own cause is the last.
    pub causes: Vec<&'a Cause>,
}

/// How many imports are spelled out; of more, those in the middle are not.
const SPELLED: usize = 4;

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((root, steps)) = self.causes.split_last() else {
            return Ok(());
        };
        let Some((first, others)) = steps.split_first() else {
            return write!(f, "{root}");
        };
        write!(f, "{first}")?;
        if let Cause::Import { line, .. } = first {
            write!(f, " (line {line})")?;
        }
        let hidden = steps.len() > SPELLED;
        let (near, far) = if hidden {
            (&others[..SPELLED - 2], &others[others.len() - 1..])
        } else {
            (others, &[][..])
        };
        for cause in near {
            write!(f, ", {cause}")?;
        }
        for cause in far {
            write!(f, ", …, {cause}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root { why } => f.write_str(why),
            Self::Import { importer, .. } => write!(f, "imported by {importer}"),
            Self::Native { importer } => write!(f, "imported by {importer}, which is machine code"),
            Self::Need { module } => write!(f, "needed by {module}"),
        }
    }
}

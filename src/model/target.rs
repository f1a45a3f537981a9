//! Targets: where an artifact runs.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The name of a target: a triple, and the name of its file in `recipes/targets/`.
///
/// What a target *is* stands in that file; the name itself is opaque.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize)]
#[serde(transparent)]
pub struct Target(String);

/// A text that cannot be the name of a target.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{text}` is not a target: a triple has lower-case letters, digits, `_` and at least two `-`")]
pub struct ParseTargetError {
    /// The text.
    pub text: String,
}

impl Target {
    /// Parses the form of a triple; whether it exists only `recipes/` knows.
    pub fn parse(text: &str) -> Result<Self, ParseTargetError> {
        let word = |part: &str| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        };
        if text.split('-').count() < 3 || !text.split('-').all(word) {
            return Err(ParseTargetError {
                text: text.to_owned(),
            });
        }
        Ok(Self(text.to_owned()))
    }

    /// The architecture that the triple begins with; `x86_64_v3` is a level of `x86_64`.
    #[must_use]
    pub fn arch(&self) -> Option<Arch> {
        let (word, _) = self.0.split_once('-')?;
        Arch::ALL.iter().copied().find(|known| {
            let level = word.strip_prefix(known.as_str());
            level.is_some_and(|level| level.is_empty() || level.starts_with("_v"))
        })
    }

    /// The triple as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant),+ }

        impl $name {
            /// Every value, for messages that list them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word that recipes and manifests use.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// Operating system of a target.
    Os {
        /// Linux.
        Linux = "linux",
        /// macOS.
        Darwin = "darwin",
        /// Windows.
        Windows = "windows",
    }
}
words! {
    /// Processor architecture of a target.
    Arch {
        /// AMD64.
        X86_64 = "x86_64",
        /// ARM64.
        Aarch64 = "aarch64",
    }
}
words! {
    /// C library of a target.
    Libc {
        /// glibc.
        Gnu = "gnu",
        /// musl.
        Musl = "musl",
        /// The system's only one; there is no choice.
        None = "none",
    }
}
words! {
    /// Which of CPython's two build systems a target uses.
    Family {
        /// configure and make.
        Unix = "unix",
        /// The project files in `PCbuild`.
        Windows = "windows",
    }
}
words! {
    /// Where what debuggers want to know of a target's binaries is.
    DebugInformation {
        /// In an archive of its own; binaries have names of symbols all the same, which can be taken away.
        Detached = "detached",
        /// In an archive of its own, and nothing of it in the binaries.
        Beside = "beside",
        /// Nowhere: the binaries are linked without it.
        None = "none",
    }
}
words! {
    /// File format of a target's objects.
    ObjectFormat {
        /// ELF.
        Elf = "elf",
        /// Mach-O.
        MachO = "mach-o",
        /// COFF and PE.
        Coff = "coff",
    }
}

/// What decides which steps a target has: how CPython is built there, and what it runs on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ground {
    /// Which of CPython's build systems.
    pub family: Family,
    /// Which operating system.
    pub os: Os,
}

impl Ground {
    /// Every one that a target may have.
    pub const ALL: [Self; 3] = [
        Self {
            family: Family::Unix,
            os: Os::Linux,
        },
        Self {
            family: Family::Unix,
            os: Os::Darwin,
        },
        Self {
            family: Family::Windows,
            os: Os::Windows,
        },
    ];
}

impl Os {
    /// The format of what its loader loads.
    #[must_use]
    pub const fn object_format(self) -> ObjectFormat {
        match self {
            Self::Linux => ObjectFormat::Elf,
            Self::Darwin => ObjectFormat::MachO,
            Self::Windows => ObjectFormat::Coff,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_form_of_a_triple() {
        assert!(Target::parse("a-b-c").is_ok());
        for text in ["", "a", "a-b", "A-b-c", "a--b-c", "a-b-c/../d"] {
            assert!(Target::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn knows_the_architecture_by_the_first_word() {
        let check = |text: &str, arch| assert_eq!(Target::parse(text).unwrap().arch(), arch, "{text}");
        check("x86_64-a-b", Some(Arch::X86_64));
        check("x86_64_v3-a-b", Some(Arch::X86_64));
        check("aarch64-a-b", Some(Arch::Aarch64));
        check("x86_6-a-b", None);
        check("aarch64be-a-b", None);
    }
}

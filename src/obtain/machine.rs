//! Which of the targets that are offered this machine is.

use std::fmt;

use camino::Utf8Path;

use crate::model::Target;

/// What of this machine decides which distributions run on it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Machine {
    /// The operating system, in the word of triples.
    pub os: &'static str,
    /// The processor, in the word of triples.
    pub arch: &'static str,
    /// The C libraries that programs find here, in the words of triples, the preferred one first.
    pub libcs: Vec<&'static str>,
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.os, self.arch)?;
        self.libcs.iter().try_for_each(|libc| write!(f, ", {libc}"))
    }
}

impl Machine {
    /// This one. The C library is told by its loader: this program itself may be linked with another.
    #[must_use]
    pub fn here() -> Self {
        let os = std::env::consts::OS;
        let loaders: Vec<String> = ["/lib64", "/lib"]
            .iter()
            .filter_map(|dir| Utf8Path::new(dir).read_dir_utf8().ok())
            .flat_map(|entries| entries.flatten().map(|entry| entry.file_name().to_owned()))
            .collect();
        let has = |prefix: &str| loaders.iter().any(|name| name.starts_with(prefix));
        let found = [("gnu", has("ld-linux")), ("musl", has("ld-musl-"))];
        Self {
            os: if os == "macos" { "darwin" } else { os },
            arch: std::env::consts::ARCH,
            libcs: found
                .into_iter()
                .filter_map(|(libc, has)| has.then_some(libc))
                .collect(),
        }
    }

    /// The target among these that is a machine like this one. Levels of a processor (`x86_64_v3`) are never
    /// chosen: that is for people to say.
    #[must_use]
    pub fn target<'t>(&self, offered: impl IntoIterator<Item = &'t Target>) -> Option<&'t Target> {
        let fitting = offered.into_iter().filter_map(|target| {
            let words: Vec<&str> = target.as_str().split('-').collect();
            let (first, last) = (words.first()?, words.last()?);
            if *first != self.arch || !words.contains(&self.os) {
                return None;
            }
            if self.os != "linux" {
                return Some((0, target));
            }
            let rank = self.libcs.iter().position(|libc| last.starts_with(libc))?;
            Some((rank, target))
        });
        fitting.min().map(|(_, target)| target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(libcs: &[&'static str]) -> Option<String> {
        let machine = Machine {
            os: "linux",
            arch: "x86_64",
            libcs: libcs.to_vec(),
        };
        let offered = [
            "aarch64-unknown-linux-gnu",
            "x86_64-apple-darwin",
            "x86_64-unknown-linux-musl",
            "x86_64-unknown-linux-gnu",
            "x86_64_v3-unknown-linux-gnu",
        ]
        .map(|text| Target::parse(text).unwrap());
        machine.target(&offered).map(ToString::to_string)
    }

    #[test]
    fn takes_the_c_library_that_is_here() {
        assert_eq!(
            choice(&["gnu", "musl"]).as_deref(),
            Some("x86_64-unknown-linux-gnu")
        );
        assert_eq!(choice(&["musl"]).as_deref(), Some("x86_64-unknown-linux-musl"));
        assert_eq!(choice(&[]), None);
    }
}

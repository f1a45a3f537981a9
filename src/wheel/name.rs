//! The file name of a wheel: project, version, build and tags.

use std::fmt;

/// What the file name of a wheel says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WheelName {
    /// The file name itself.
    pub file: String,
    /// The project, as it is written there.
    pub project: String,
    /// The version, as it is written there.
    pub version: String,
    /// The build, which begins with a digit.
    pub build: Option<String>,
    /// Python tags: `cp313`, `py3`.
    pub pythons: Vec<String>,
    /// ABI tags: `cp313`, `abi3`, `none`.
    pub abis: Vec<String>,
    /// Platform tags: `manylinux_2_17_x86_64`, `any`.
    pub platforms: Vec<String>,
}

/// Why a file name is not that of a wheel.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseNameError {
    /// It ends in something else.
    #[error("`{file}` is not a wheel: its name does not end in `.whl`")]
    Suffix {
        /// The name.
        file: String,
    },
    /// It does not say what a wheel's name says.
    #[error("`{file}` is not the name of a wheel, PROJECT-VERSION-PYTHON-ABI-PLATFORM.whl")]
    Form {
        /// The name.
        file: String,
    },
}

impl WheelName {
    /// Parses the file name of a wheel.
    pub fn parse(file: &str) -> Result<Self, ParseNameError> {
        let stem = file.strip_suffix(".whl").ok_or_else(|| ParseNameError::Suffix {
            file: file.to_owned(),
        })?;
        let form = || ParseNameError::Form {
            file: file.to_owned(),
        };
        let parts: Vec<&str> = stem.split('-').collect();
        let (project, version, build, [python, abi, platform]) = match parts[..] {
            [project, version, python, abi, platform] => (project, version, None, [python, abi, platform]),
            [project, version, build, python, abi, platform] => {
                (project, version, Some(build), [python, abi, platform])
            }
            _ => return Err(form()),
        };
        let word = |text: &str, more: &str| {
            !text.is_empty()
                && text
                    .chars()
                    .all(|c| c.is_alphanumeric() || c == '_' || more.contains(c))
        };
        let tags = |text: &str| {
            let tags: Vec<String> = text.split('.').map(str::to_owned).collect();
            tags.iter().all(|tag| word(tag, "")).then_some(tags)
        };
        if !word(project, ".") || !word(version, ".+!") {
            return Err(form());
        }
        if build.is_some_and(|build| !build.starts_with(|c: char| c.is_ascii_digit())) {
            return Err(form());
        }
        Ok(Self {
            file: file.to_owned(),
            project: project.to_owned(),
            version: version.to_owned(),
            build: build.map(str::to_owned),
            pythons: tags(python).ok_or_else(form)?,
            abis: tags(abi).ok_or_else(form)?,
            platforms: tags(platform).ok_or_else(form)?,
        })
    }

    /// Its tags as they are written: `cp313-cp313-manylinux_2_17_x86_64`.
    #[must_use]
    pub fn tags(&self) -> String {
        let parts = [&self.pythons, &self.abis, &self.platforms];
        parts.map(|tags| tags.join(".")).join("-")
    }
}

impl fmt::Display for WheelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)
    }
}

/// The name of a project as all its spellings have it: lower case, one `-` for each run of `-`, `_` and `.`.
#[must_use]
pub fn normalized(project: &str) -> String {
    let mut name = String::with_capacity(project.len());
    for c in project.chars() {
        if !matches!(c, '-' | '_' | '.') {
            name.extend(c.to_lowercase());
        } else if !name.ends_with('-') {
            name.push('-');
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_it_is() {
        let name = WheelName::parse("numpy-2.1.0-cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64.whl");
        let name = name.unwrap();
        assert_eq!((name.project.as_str(), name.version.as_str()), ("numpy", "2.1.0"));
        assert_eq!(name.build, None);
        assert_eq!(name.platforms, ["manylinux_2_17_x86_64", "manylinux2014_x86_64"]);
        assert_eq!(
            name.tags(),
            "cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64"
        );
        let name = WheelName::parse("a.b_c-1.0+local.1-2x-py2.py3-none-any.whl").unwrap();
        assert_eq!(name.build.as_deref(), Some("2x"));
        assert_eq!(name.pythons, ["py2", "py3"]);
    }

    #[test]
    fn what_is_no_wheel_is_refused() {
        for file in ["a-1.tar.gz", "requirements.txt", "a.zip"] {
            assert!(matches!(
                WheelName::parse(file),
                Err(ParseNameError::Suffix { .. })
            ));
        }
        for file in [
            "a.whl",
            "a-1-py3-none.whl",
            "a-1-x-py3-none-any.whl",
            "a--py3-none-any.whl",
            "a-1-py3..py2-none-any.whl",
            "a-1-1-1-py3-none-any.whl",
            "-1-py3-none-any.whl",
        ] {
            assert!(
                matches!(WheelName::parse(file), Err(ParseNameError::Form { .. })),
                "{file}"
            );
        }
    }

    #[test]
    fn spellings_of_a_project_are_one() {
        for text in ["Zope.Interface", "zope_interface", "zope-_.interface"] {
            assert_eq!(normalized(text), "zope-interface");
        }
    }
}

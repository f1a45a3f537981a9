//! METADATA and WHEEL: what a wheel says of its project and of itself.

use super::Specifiers;

/// What METADATA says, as far as it matters here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Metadata {
    /// The project.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The versions of Python that it runs with.
    pub python: Option<Specifiers>,
    /// What it needs, as it is written.
    pub requires: Vec<String>,
    /// Texts of licences: paths in `dist-info` or `dist-info/licenses`.
    pub licenses: Vec<String>,
}

/// Why METADATA or WHEEL cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MetadataError {
    /// Something that must be said is not.
    #[error("`{file}` does not say `{field}`")]
    Missing {
        /// The file.
        file: &'static str,
        /// The field.
        field: &'static str,
    },
    /// Something means nothing.
    #[error("`{file}` says `{field}: {value}`, which means nothing")]
    Value {
        /// The file.
        file: &'static str,
        /// The field.
        field: &'static str,
        /// What it says.
        value: String,
    },
    /// A format that is not known yet.
    #[error("it is a wheel of version {version}, which is newer than the 1 that this pbs reads")]
    Newer {
        /// What it says.
        version: String,
    },
}

/// The fields of a text before its first empty line; lines that begin with a space go on with the field above.
fn fields(text: &str) -> Vec<(&str, String)> {
    let mut fields: Vec<(&str, String)> = Vec::new();
    for line in text.lines() {
        if line.trim().is_empty() {
            break;
        }
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = fields.last_mut() {
                value.push('\n');
                value.push_str(line.trim());
            }
        } else if let Some((key, value)) = line.split_once(':') {
            fields.push((key.trim(), value.trim().to_owned()));
        }
    }
    fields
}

fn all<'a>(fields: &'a [(&str, String)], key: &'a str) -> impl Iterator<Item = &'a String> {
    let found = fields
        .iter()
        .filter(move |(field, _)| field.eq_ignore_ascii_case(key));
    found.map(|(_, value)| value)
}

impl Metadata {
    /// Reads METADATA.
    pub fn parse(text: &str) -> Result<Self, MetadataError> {
        const FILE: &str = "METADATA";
        let fields = fields(text);
        let one = |field: &'static str| {
            let missing = MetadataError::Missing { file: FILE, field };
            all(&fields, field).next().cloned().ok_or(missing)
        };
        Ok(Self {
            name: one("Name")?,
            version: one("Version")?,
            // What means nothing is no condition for installers either: there are wheels with `>=3.6.*`.
            python: one("Requires-Python")
                .ok()
                .and_then(|text| Specifiers::parse(&text)),
            requires: all(&fields, "Requires-Dist").cloned().collect(),
            licenses: all(&fields, "License-File").cloned().collect(),
        })
    }
}

/// Reads WHEEL and fails where the format is not one that is known.
pub(super) fn check_wheel(text: &str) -> Result<(), MetadataError> {
    let (file, field) = ("WHEEL", "Wheel-Version");
    let fields = fields(text);
    let version = all(&fields, field).next().cloned();
    let version = version.ok_or(MetadataError::Missing { file, field })?;
    let major = version.split('.').next().unwrap_or_default().parse::<u32>();
    match major {
        Ok(1) => Ok(()),
        Ok(major) if major > 1 => Err(MetadataError::Newer { version }),
        _ => Err(MetadataError::Value {
            file,
            field,
            value: version,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_the_project_is() {
        let text = "Metadata-Version: 2.1\nName: Shop_Keeper\nversion: 1.0\nRequires-Python: >=3.8\n\
                    Requires-Dist: a>=1\nRequires-Dist: b ;\n  extra == 'x'\nLicense-File: LICENSE\n\nName: no\n";
        let metadata = Metadata::parse(text).unwrap();
        assert_eq!(
            (metadata.name.as_str(), metadata.version.as_str()),
            ("Shop_Keeper", "1.0")
        );
        assert_eq!(metadata.requires, ["a>=1", "b ;\nextra == 'x'"]);
        assert_eq!(metadata.licenses, ["LICENSE"]);
        assert_eq!(metadata.python.unwrap().to_string(), ">=3.8");
    }

    #[test]
    fn what_is_not_said_is_an_error() {
        let error = Metadata::parse("Name: a\r\n\r\nVersion: 1\r\n").unwrap_err();
        assert_eq!(error.to_string(), "`METADATA` does not say `Version`");
        let metadata = Metadata::parse("Name: a\nVersion: 1\nRequires-Python: >=3.6.*\n").unwrap();
        assert_eq!(metadata.python, None);
    }

    #[test]
    fn later_formats_are_refused() {
        assert_eq!(check_wheel("Wheel-Version: 1.9\n"), Ok(()));
        for text in [
            "Wheel-Version: 2.0\n",
            "Wheel-Version: x\n",
            "Wheel-Version: 0.1\n",
            "\n",
        ] {
            assert!(check_wheel(text).is_err(), "{text}");
        }
    }
}

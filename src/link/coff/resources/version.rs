//! What the system tells of an executable: versions, names, who made it. Explorer shows it among a file's details.
//!
//! Microsoft's "VS_VERSIONINFO structure" has the blocks: a length, the length of a value, its type, a name, the value and
//! the blocks below it, each at a multiple of four bytes.

use serde::Deserialize;

use super::tree::LANGUAGE;

/// What a person says of an executable.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct VersionInfo {
    /// Up to four numbers with dots between them.
    pub file_version: String,
    /// The same of what it belongs to; the file's where it is not said.
    pub product_version: Option<String>,
    /// What it belongs to.
    pub product_name: Option<String>,
    /// What it is, in a few words.
    pub description: Option<String>,
    /// Who made it.
    pub company: Option<String>,
    /// Whose it is.
    pub copyright: Option<String>,
    /// Marks of those who made it.
    pub trademarks: Option<String>,
    /// Anything else.
    pub comments: Option<String>,
}

/// Why it cannot be written.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum VersionInfoError {
    /// A version is none that the system knows.
    #[error(
        "`{field}: {text}` is no version of Windows' kind: up to four numbers below 65536 with dots between them"
    )]
    Version {
        /// The field.
        field: &'static str,
        /// What it says.
        text: String,
    },
    /// It does not fit.
    #[error("`{field}` is longer than what Windows reads")]
    Long {
        /// The field.
        field: String,
    },
}

/// Unicode, as code pages are numbered.
const CODE_PAGE: u16 = 1200;
/// `VS_FIXEDFILEINFO`: its signature and version, the flags that mean something, Windows of 32 bits or more, a program.
const SIGNATURE: u32 = 0xfeef_04bd;
const STRUCTURE: u32 = 0x0001_0000;
const FLAGS_MASK: u32 = 0x3f;
const WINDOWS: u32 = 0x0004_0004;
const PROGRAM: u32 = 1;
/// The types of values.
const BINARY: u16 = 0;
const TEXT: u16 = 1;

impl VersionInfo {
    /// The resource of an executable of that name.
    pub(super) fn write(&self, name: &str) -> Result<Vec<u8>, VersionInfoError> {
        let product_version = self.product_version.as_ref().unwrap_or(&self.file_version);
        let file = numbers("file-version", &self.file_version)?;
        let product = numbers("product-version", product_version)?;
        let mut fixed = Vec::new();
        let versions = [file[0], file[1], product[0], product[1]];
        let rest = [FLAGS_MASK, 0, WINDOWS, PROGRAM, 0, 0, 0];
        for word in [SIGNATURE, STRUCTURE].into_iter().chain(versions).chain(rest) {
            fixed.extend(word.to_le_bytes());
        }
        let stem = name.strip_suffix(".exe").unwrap_or(name).to_owned();
        let texts = [
            ("CompanyName", self.company.clone()),
            ("FileDescription", self.description.clone()),
            ("FileVersion", Some(self.file_version.clone())),
            ("InternalName", Some(stem)),
            ("LegalCopyright", self.copyright.clone()),
            ("LegalTrademarks", self.trademarks.clone()),
            ("OriginalFilename", Some(name.to_owned())),
            ("ProductName", self.product_name.clone()),
            ("ProductVersion", Some(product_version.clone())),
            ("Comments", self.comments.clone()),
        ];
        let mut strings = Vec::new();
        for (key, text) in texts {
            if let Some(text) = text {
                let value: Vec<u8> = wide(&text).collect();
                // The length of a text is told in characters.
                strings.push(block(key, TEXT, value.len() / 2, value, &[])?);
            }
        }
        let language = format!("{LANGUAGE:04x}{CODE_PAGE:04x}");
        let table = block(&language, TEXT, 0, Vec::new(), &strings)?;
        let translation = [LANGUAGE.to_le_bytes(), CODE_PAGE.to_le_bytes()].concat();
        let variable = block("Translation", BINARY, translation.len(), translation, &[])?;
        let children = [
            block("StringFileInfo", TEXT, 0, Vec::new(), &[table])?,
            block("VarFileInfo", TEXT, 0, Vec::new(), &[variable])?,
        ];
        block("VS_VERSION_INFO", BINARY, fixed.len(), fixed, &children)
    }
}

/// A version as two words: the first two numbers, and the others.
fn numbers(field: &'static str, text: &str) -> Result<[u32; 2], VersionInfoError> {
    let parse = |part: &str| {
        let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| part.parse::<u16>().ok()).flatten()
    };
    let parts: Option<Vec<u16>> = text.split('.').map(parse).collect();
    match parts {
        Some(mut parts) if parts.len() <= 4 => {
            parts.resize(4, 0);
            let word = |high: u16, low: u16| u32::from(high) << 16 | u32::from(low);
            Ok([word(parts[0], parts[1]), word(parts[2], parts[3])])
        }
        _ => Err(VersionInfoError::Version {
            field,
            text: text.to_owned(),
        }),
    }
}

/// UTF-16 with a null character at its end.
fn wide(text: &str) -> impl Iterator<Item = u8> {
    text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes)
}

fn block(
    key: &str,
    kind: u16,
    length: usize,
    value: Vec<u8>,
    children: &[Vec<u8>],
) -> Result<Vec<u8>, VersionInfoError> {
    let long = || VersionInfoError::Long {
        field: key.to_owned(),
    };
    let short = |size: usize| Ok(u16::try_from(size).map_err(|_| long())?.to_le_bytes());
    let mut bytes = [[0; 2], short(length)?, kind.to_le_bytes()].concat();
    bytes.extend(wide(key));
    for part in [&value].into_iter().chain(children) {
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes.extend(part);
    }
    let size = short(bytes.len())?;
    bytes[..2].copy_from_slice(&size);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said() -> VersionInfo {
        VersionInfo {
            file_version: "1.2.3".to_owned(),
            product_name: Some("Läden".to_owned()),
            ..VersionInfo::default()
        }
    }

    /// Name and text of each block that has a text, by the lengths that the blocks say.
    fn texts(bytes: &[u8], found: &mut Vec<(String, String)>) {
        let word = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
        let text = |from: usize| {
            let units = (from..).step_by(2).map(word).take_while(|unit| *unit != 0);
            String::from_utf16(&units.collect::<Vec<_>>()).unwrap()
        };
        assert_eq!(usize::from(word(0)), bytes.len());
        let key = text(6);
        let value = (6 + 2 * (key.encode_utf16().count() + 1)).next_multiple_of(4);
        let length = usize::from(word(2)) * if word(4) == TEXT { 2 } else { 1 };
        if word(4) == TEXT && length > 0 {
            let value = text(value);
            assert_eq!(length, 2 * (value.encode_utf16().count() + 1));
            found.push((key, value));
        }
        let mut at = (value + length).next_multiple_of(4);
        while at < bytes.len() {
            let size = usize::from(word(at));
            texts(&bytes[at..at + size], found);
            at = (at + size).next_multiple_of(4);
        }
    }

    #[test]
    fn blocks_say_what_was_said() {
        let bytes = said().write("shop.exe").unwrap();
        let mut found = Vec::new();
        texts(&bytes, &mut found);
        let expected = [
            ("FileVersion", "1.2.3"),
            ("InternalName", "shop"),
            ("OriginalFilename", "shop.exe"),
            ("ProductName", "Läden"),
            ("ProductVersion", "1.2.3"),
        ];
        assert_eq!(
            found,
            expected.map(|(key, text)| (key.to_owned(), text.to_owned()))
        );
        // 40 bytes before it: the head and the name, at a multiple of four.
        let fixed = &bytes[40..92];
        assert_eq!(fixed[..4], SIGNATURE.to_le_bytes());
        assert_eq!(fixed[8..16], [2, 0, 1, 0, 0, 0, 3, 0]);
    }

    #[test]
    fn a_version_has_four_numbers() {
        for text in ["", "1.", "1.2.3.4.5", "1.x", "65536", "+1", "1.2-rc1"] {
            let info = VersionInfo {
                file_version: text.to_owned(),
                ..said()
            };
            assert!(
                matches!(info.write("a"), Err(VersionInfoError::Version { .. })),
                "{text}"
            );
        }
        assert_eq!(numbers("", "1.2.3.4"), Ok([0x1_0002, 0x3_0004]));
        assert_eq!(numbers("", "65535"), Ok([0xffff_0000, 0]));
        let long = VersionInfo {
            comments: Some("x".repeat(40_000)),
            ..said()
        };
        assert!(matches!(long.write("a"), Err(VersionInfoError::Long { .. })));
    }
}

//! RECORD: the files of a wheel, each with its digest and size.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Digest;

/// Signatures of RECORD, which cannot stand in it.
const SIGNATURES: [&str; 2] = [".jws", ".p7s"];
/// The digits of the URL-safe variant of Base64: RFC 4648, section 5.
const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// What RECORD says, in its order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    rows: Vec<Row>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Row {
    path: String,
    /// `sha256=…`, or nothing.
    digest: String,
    /// In bytes, or nothing.
    size: String,
}

/// In what a wheel differs from its RECORD.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RecordError {
    /// A row is none.
    #[error("line {line} of `RECORD` is not a path, a digest and a size")]
    Form {
        /// The line, from 1.
        line: usize,
    },
    /// A file stands there twice.
    #[error("`RECORD` lists `{path}` twice")]
    Twice {
        /// The file.
        path: String,
    },
    /// A file is not there.
    #[error("`{path}` is in `RECORD` and not in the wheel")]
    Missing {
        /// The file.
        path: String,
    },
    /// A file is there and should not be.
    #[error("`{path}` is in the wheel and not in `RECORD`")]
    Unlisted {
        /// The file.
        path: String,
    },
    /// There is nothing to check it by.
    #[error("`RECORD` has no SHA-256 digest of `{path}`")]
    NoDigest {
        /// The file.
        path: String,
    },
    /// A file is another.
    #[error("`{path}` is not the file that `RECORD` lists: its {what} differs")]
    Differs {
        /// The file.
        path: String,
        /// In what.
        what: &'static str,
    },
}

impl Record {
    /// Reads RECORD.
    pub fn parse(text: &str) -> Result<Self, RecordError> {
        let mut rows = Vec::new();
        let mut seen = BTreeSet::new();
        for (index, line) in text.lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            let form = || RecordError::Form { line: index + 1 };
            let cells = cells(line).ok_or_else(form)?;
            let [path, digest, size] = <[String; 3]>::try_from(cells).map_err(|_| form())?;
            if !seen.insert(path.clone()) {
                return Err(RecordError::Twice { path });
            }
            rows.push(Row { path, digest, size });
        }
        Ok(Self { rows })
    }

    /// Checks that files, by path, are those that are listed; `own` is the path of RECORD itself.
    pub fn check(&self, files: &BTreeMap<String, Vec<u8>>, own: &str) -> Result<(), RecordError> {
        let unlisted = |path: &str| {
            let ending = path.strip_prefix(own);
            ending.is_some_and(|ending| ending.is_empty() || SIGNATURES.contains(&ending))
        };
        let mut listed = BTreeSet::new();
        for Row { path, digest, size } in &self.rows {
            let path = path.clone();
            listed.insert(path.clone());
            if unlisted(&path) {
                continue;
            }
            let Some(content) = files.get(&path) else {
                return Err(RecordError::Missing { path });
            };
            if !size.is_empty() && size.parse() != Ok(content.len()) {
                let what = "size";
                return Err(RecordError::Differs { path, what });
            }
            let Some(wanted) = digest.strip_prefix("sha256=") else {
                return Err(RecordError::NoDigest { path });
            };
            if wanted.trim_end_matches('=') != base64(&Digest::of(content).hash) {
                let what = "digest";
                return Err(RecordError::Differs { path, what });
            }
        }
        let mut extra = files
            .keys()
            .filter(|path| !listed.contains(*path) && !unlisted(path));
        extra
            .next()
            .map_or(Ok(()), |path| Err(RecordError::Unlisted { path: path.clone() }))
    }

    /// RECORD after its files were put elsewhere or left out.
    #[must_use]
    pub(super) fn moved(&self, to: impl Fn(&str) -> Option<String>) -> String {
        let mut text = String::new();
        for Row { path, digest, size } in &self.rows {
            if let Some(path) = to(path) {
                let path = if path.contains([',', '"']) {
                    format!("\"{}\"", path.replace('"', "\"\""))
                } else {
                    path
                };
                text += &format!("{path},{digest},{size}\n");
            }
        }
        text
    }
}

/// The digits of some bytes, without padding.
fn base64(bytes: &[u8]) -> String {
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let number = (0..3).fold(0_usize, |number, index| {
            number << 8 | usize::from(group.get(index).copied().unwrap_or(0))
        });
        for digit in 0..=group.len() {
            text.push(char::from(DIGITS[number >> (18 - 6 * digit) & 63]));
        }
    }
    text
}

/// The cells of a line of comma-separated values.
fn cells(line: &str) -> Option<Vec<String>> {
    let mut cells = Vec::new();
    let mut rest = line;
    loop {
        let mut cell = String::new();
        if let Some(mut quoted) = rest.strip_prefix('"') {
            loop {
                let (part, after) = quoted.split_once('"')?;
                cell.push_str(part);
                match after.strip_prefix('"') {
                    Some(after) => {
                        cell.push('"');
                        quoted = after;
                    }
                    None => {
                        rest = after;
                        break;
                    }
                }
            }
        } else {
            let end = rest.find(',').unwrap_or(rest.len());
            cell.push_str(&rest[..end]);
            rest = &rest[end..];
        }
        cells.push(cell);
        if rest.is_empty() {
            return Some(cells);
        }
        rest = rest.strip_prefix(',')?;
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    const OWN: &str = "a-1.dist-info/RECORD";

    /// The RECORD of files, whose own path is `own`.
    pub(crate) fn record(files: &BTreeMap<String, Vec<u8>>, own: &str) -> String {
        let rows = files.iter().map(|(path, content)| {
            let digest = base64(&Digest::of(content).hash);
            format!("{path},sha256={digest},{}\n", content.len())
        });
        rows.collect::<String>() + own + ",,\n"
    }

    fn files() -> BTreeMap<String, Vec<u8>> {
        [("a.py", "x = 1\n"), ("b/c.txt", "")]
            .map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()))
            .into()
    }

    #[test]
    fn digests_are_written_as_they_should_be() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg"),
            ("fo", "Zm8"),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg"),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
        let expected = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
        assert_eq!(base64(&Digest::of(b"").hash), expected);
    }

    #[test]
    fn cells_may_be_quoted() {
        assert_eq!(cells("a,b,").unwrap(), ["a", "b", ""]);
        assert_eq!(cells("\"a,\"\"b\"\"\",c").unwrap(), ["a,\"b\"", "c"]);
        assert_eq!(cells("\"a"), None);
        assert_eq!(cells("\"a\"b,c"), None);
    }

    #[test]
    fn all_that_is_listed_is_checked() {
        let files = files();
        let text = record(&files, OWN);
        let check = |text: &str, files: &BTreeMap<String, Vec<u8>>| {
            Record::parse(text).and_then(|record| record.check(files, OWN))
        };
        let mut signed = files.clone();
        signed.insert(OWN.to_owned(), Vec::new());
        signed.insert(format!("{OWN}.jws"), Vec::new());
        assert_eq!(check(&text, &signed), Ok(()));
        assert_eq!(check(&text.replace('\n', "\r\n"), &files), Ok(()));

        let path = || "a.py".to_owned();
        let mut damaged = files.clone();
        damaged.insert(path(), b"x = 2\n".to_vec());
        let what = "digest";
        assert_eq!(
            check(&text, &damaged),
            Err(RecordError::Differs { path: path(), what })
        );
        damaged.insert(path(), b"x = 10\n".to_vec());
        let what = "size";
        assert_eq!(
            check(&text, &damaged),
            Err(RecordError::Differs { path: path(), what })
        );
        damaged.remove("a.py");
        assert_eq!(check(&text, &damaged), Err(RecordError::Missing { path: path() }));
        let less = text.lines().skip(1).collect::<Vec<_>>().join("\n");
        assert_eq!(check(&less, &files), Err(RecordError::Unlisted { path: path() }));
        let twice = text.clone() + &text;
        assert_eq!(check(&twice, &files), Err(RecordError::Twice { path: path() }));
        assert_eq!(
            check("a.py,,\n", &files),
            Err(RecordError::NoDigest { path: path() })
        );
        assert_eq!(check("a.py\n", &files), Err(RecordError::Form { line: 1 }));
    }

    #[test]
    fn what_moves_is_listed_where_it_is() {
        let record = Record::parse("a,sha256=x,1\nb,sha256=y,2\n\"c,d\",,\n").unwrap();
        let moved = record.moved(|path| (path != "b").then(|| path.replace('a', "e")));
        assert_eq!(moved, "e,sha256=x,1\n\"c,d\",,\n");
    }
}

//! `~/.aws/credentials` and `~/.aws/config`, as far as keys, region and endpoint go. Pure.
//!
//! The form is described in the AWS SDKs' reference guide (“shared config and credentials files”):
//! sections in brackets, `key = value`, comments behind `#` or `;` at the beginning of a line. A section of
//! `config` is `[profile NAME]`, but `[default]`; nested settings are indented and not for us.

/// One profile of one file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Profile<'a> {
    lines: &'a str,
}

impl<'a> Profile<'a> {
    /// The profile with this name; nothing where there is none.
    pub(super) fn find(text: &'a str, name: &str) -> Option<Self> {
        let mut begin = None;
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            if let Some(section) = section(line) {
                if let Some(begin) = begin {
                    let lines = &text[begin..at];
                    return Some(Self { lines });
                }
                if section == name {
                    begin = Some(at + line.len());
                }
            }
            at += line.len();
        }
        begin.map(|begin| Self {
            lines: &text[begin..],
        })
    }

    /// What a key has; nothing where it has nothing.
    pub(super) fn get(&self, key: &str) -> Option<&'a str> {
        let lines = self.lines.lines();
        let top = lines.filter(|line| !line.starts_with([' ', '\t', '#', ';']));
        let pairs = top.filter_map(|line| line.split_once('='));
        let mut found = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case(key));
        found
            .next()
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    }
}

/// The name of the section that begins with a line.
fn section(line: &str) -> Option<&str> {
    let inside = line.trim().strip_prefix('[')?;
    let name = inside.split(']').next()?.trim();
    Some(name.strip_prefix("profile ").map_or(name, str::trim))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# of a person
[default]
aws_access_key_id = AK1
aws_secret_access_key=a=b/c
s3 =
    endpoint_url = http://nested

[profile other]
region = eu-west-1 
; no key
aws_access_key_id =
[ empty ]";

    #[test]
    fn finds_what_a_profile_says() {
        let default = Profile::find(TEXT, "default").unwrap();
        assert_eq!(default.get("aws_access_key_id"), Some("AK1"));
        assert_eq!(default.get("AWS_SECRET_ACCESS_KEY"), Some("a=b/c"));
        assert_eq!(default.get("endpoint_url"), None);
        assert_eq!(default.get("region"), None);
        let other = Profile::find(TEXT, "other").unwrap();
        assert_eq!(other.get("region"), Some("eu-west-1"));
        assert_eq!(other.get("aws_access_key_id"), None);
        assert!(Profile::find(TEXT, "empty").unwrap().get("region").is_none());
        assert!(Profile::find(TEXT, "nobody").is_none());
    }
}

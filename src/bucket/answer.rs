//! What servers say in XML: flat documents, of which a few words matter. Pure.
//!
//! The forms are those of the Amazon S3 API reference: `Error`, `InitiateMultipartUploadResult`,
//! `ListMultipartUploadsResult`.

/// The text of the first element with this name.
pub(super) fn text(xml: &str, name: &str) -> Option<String> {
    all(xml, name).next().map(unescaped)
}

/// What is inside of every element with this name; such an element is never in itself.
pub(super) fn all<'a>(xml: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let mut rest = xml;
    std::iter::from_fn(move || {
        let (_, behind) = rest.split_once(open.as_str())?;
        let (inside, behind) = behind.split_once(close.as_str())?;
        rest = behind;
        Some(inside)
    })
}

/// `&` last, so that what it makes is not read again.
fn unescaped(text: &str) -> String {
    let pairs = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&apos;", "'"),
        ("&amp;", "&"),
    ];
    pairs
        .into_iter()
        .fold(text.trim().to_owned(), |text, (name, meant)| {
            text.replace(name, meant)
        })
}

/// The same the other way.
pub(super) fn escaped(text: &str) -> String {
    let pairs = [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;")];
    pairs
        .into_iter()
        .fold(text.to_owned(), |text, (meant, name)| text.replace(meant, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_words() {
        let xml = "<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code><Message>a &lt;b&gt; &amp;lt; c</Message></Error>";
        assert_eq!(text(xml, "Code").as_deref(), Some("NoSuchKey"));
        assert_eq!(text(xml, "Message").as_deref(), Some("a <b> &lt; c"));
        assert_eq!(text(xml, "Region"), None);
        let xml = "<R><Upload><Key>a</Key></Upload><Upload>\n <Key>b</Key></Upload><Upload>";
        let keys: Vec<_> = all(xml, "Upload").filter_map(|one| text(one, "Key")).collect();
        assert_eq!(keys, ["a", "b"]);
        assert_eq!(unescaped(&escaped("\"a&b<\"")), "\"a&b<\"");
    }
}

//! A page for people: all archives in one table. No script, no other file: it works from a disk.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::{Artifact, FileName, Index};

/// What the index does not say of the archives: the licences of what is in each.
pub type Licences = BTreeMap<FileName, BTreeSet<String>>;

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;margin:2rem auto;max-width:90rem;padding:0 1rem}\
table{border-collapse:collapse;width:100%}\
th,td{padding:.3rem .6rem;text-align:left;vertical-align:top;border-bottom:1px solid #8884}\
td.size{text-align:right;white-space:nowrap}code{font-size:.85em;overflow-wrap:anywhere}\
:root{color-scheme:light dark}";

impl Index {
    /// The name of the file in the published directory.
    pub const PAGE: &'static str = "index.html";

    /// The page.
    #[must_use]
    pub fn page(&self, licences: &Licences) -> String {
        let mut html =
            String::from("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        let _ = writeln!(
            html,
            "<meta name=\"viewport\" content=\"width=device-width\">\n\
             <title>CPython distributions</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
             <h1>CPython distributions</h1>\n\
             <p>{} archives; serial {} of <a href=\"{}\">{}</a>, <a href=\"{}\">its signature</a>, \
             <a href=\"{}\">sums</a>, <a href=\"{}\">for uv</a>.</p>",
            self.artifacts.len(),
            self.serial,
            Self::NAME,
            Self::NAME,
            Self::SIGNATURE,
            Self::SUMS,
            Self::UV
        );
        if !self.keys.is_empty() {
            html.push_str("<p>Signed by ");
            let keys: Vec<String> = self
                .keys
                .iter()
                .map(|key| format!("<code>{key}</code>"))
                .collect();
            let _ = writeln!(html, "{}.</p>", keys.join(" or "));
        }
        html.push_str("<table>\n<thead><tr>");
        for head in [
            "Python", "Target", "Options", "Flavour", "Size", "Archive", "Licences", "Evidence",
        ] {
            let _ = write!(html, "<th>{head}</th>");
        }
        html.push_str("</tr></thead>\n<tbody>\n");
        let mut newest: Vec<&Artifact> = self.artifacts.iter().collect();
        newest.sort_by(|a, b| {
            let key = |artifact: &Artifact| (artifact.python.order(), artifact.tag.clone());
            key(b).cmp(&key(a)).then_with(|| a.name.cmp(&b.name))
        });
        for artifact in newest {
            row(&mut html, artifact, licences.get(&artifact.name));
        }
        html.push_str("</tbody>\n</table>\n</body>\n</html>\n");
        html
    }
}

fn row(html: &mut String, artifact: &Artifact, licences: Option<&BTreeSet<String>>) {
    let evidence = &artifact.evidence;
    let documents = [
        ("SPDX", &evidence.spdx),
        ("CycloneDX", &evidence.cyclonedx),
        ("provenance", &evidence.provenance),
    ];
    let links: Vec<String> = documents
        .into_iter()
        .filter_map(|(name, document)| {
            let path = escaped(document.as_ref()?.path.as_str());
            Some(format!("<a href=\"{path}\">{name}</a>"))
        })
        .collect();
    let licences: Vec<String> = licences.into_iter().flatten().map(|text| escaped(text)).collect();
    let _ = writeln!(
        html,
        "<tr><td>{} ({})</td><td>{}</td><td>{}</td><td>{}</td><td class=\"size\">{}</td>\
         <td><a href=\"{}\">{}</a><br><code>{}</code></td><td>{}</td><td>{}</td></tr>",
        escaped(&artifact.python.to_string()),
        artifact.tag,
        escaped(artifact.target.as_str()),
        escaped(&artifact.options.to_string()),
        artifact.flavor.as_str(),
        megabytes(artifact.size),
        escaped(artifact.path.as_str()),
        artifact.name,
        artifact.digest,
        licences.join(", "),
        links.join(" ")
    );
}

/// Bytes in millions, rounded up in the last digit.
fn megabytes(bytes: u64) -> String {
    let tenths = bytes.div_ceil(100_000);
    format!("{}.{} MB", tenths / 10, tenths % 10)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::tests::sample::index;

    #[test]
    fn links_everything_and_lists_the_newest_first() {
        let index = index();
        let name = index.artifacts[1].name.clone();
        let licences = Licences::from([(name, BTreeSet::from(["MIT OR <x>".to_owned(), "Zlib".to_owned()]))]);
        let page = index.page(&licences);
        for artifact in &index.artifacts {
            assert!(page.contains(&format!("href=\"{}\"", artifact.path)));
            for document in artifact.evidence.documents() {
                assert!(page.contains(&format!("href=\"{}\"", document.path)));
            }
        }
        assert!(page.contains("<td>MIT OR &lt;x&gt;, Zlib</td>"));
        let newest = page.find("3.14.0rc1 (20260101)").unwrap();
        let older = page.find("3.13.5 (20260101)").unwrap();
        assert!(newest < older);
        assert!(!page.contains("<script"));
    }

    #[test]
    fn everything_that_opens_closes() {
        let page = index().page(&Licences::new());
        for tag in [
            "html", "head", "body", "table", "thead", "tbody", "tr", "td", "th", "a", "code", "p", "style",
        ] {
            let opened =
                page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
            assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "{tag}");
        }
    }

    #[test]
    fn sizes_are_never_too_small() {
        assert_eq!(megabytes(0), "0.0 MB");
        assert_eq!(megabytes(1), "0.1 MB");
        assert_eq!(megabytes(29_400_000), "29.4 MB");
        assert_eq!(megabytes(29_400_001), "29.5 MB");
    }
}

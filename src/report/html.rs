//! A report for people: one HTML file with everything in it, which asks nothing of the network.
//!
//! The treemap is a drawing that a click enlarges where scripts run; the tables below say the same in words.

use std::fmt::Write as _;

use super::largest::share;
use super::treemap::{Rect, Tile, lay_out};
use super::{Node, Report};

const STYLE: &str = include_str!("html/style.css");
const SCRIPT: &str = include_str!("html/script.js");

/// The drawing, in its own units.
const PAGE: Rect = Rect {
    x: 0.0,
    y: 0.0,
    width: 1200.0,
    height: 720.0,
};
/// How high letters are at most, and how wide one is of that.
const LETTER: (f64, f64) = (11.0, 0.58);
/// Lower letters are not written.
const LEAST_LETTER: f64 = 0.8;

/// The report as an HTML document. The same link gives the same text.
#[must_use]
pub fn render_html(report: &Report) -> String {
    let executable = &report.executable;
    let name = escape(&executable.name);
    let distribution = &report.distribution;
    let mut out = String::new();
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         script-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{name}: what is in it</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<h1>{name}</h1>\n\
         <p>{} bytes, and {} bytes of memory that are zero at the start. CPython {} for {} ({}, {}), linked with {}.<br>\
         <small>SHA-256 {}</small></p>\n",
        grouped(executable.size),
        grouped(executable.memory),
        escape(&distribution.python),
        escape(&distribution.target.to_string()),
        escape(&distribution.options.to_string()),
        escape(&distribution.tag),
        escape(&executable.linker),
        executable.digest.hex(),
    );
    map(&mut out, report);
    sizes(&mut out, report);
    extensions(&mut out, report);
    licenses(&mut out, report);
    let _ = write!(out, "<script>\n{SCRIPT}</script>\n</body>\n</html>\n");
    out
}

fn map(out: &mut String, report: &Report) {
    let mut nodes: Vec<(usize, Node)> = report
        .parts
        .iter()
        .map(|part| (part.part as usize, part.node.clone()))
        .collect();
    nodes.sort_by_key(|(_, node)| std::cmp::Reverse(node.size));
    let (parts, nodes): (Vec<usize>, Vec<Node>) = nodes.into_iter().unzip();
    let _ = writeln!(
        out,
        "<svg id=\"map\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"Sizes as areas; the table below has them as \
         numbers\">",
        PAGE.width, PAGE.height
    );
    let names: Vec<&str> = nodes.iter().map(|node| node.name.as_str()).collect();
    for tile in lay_out(&nodes, PAGE) {
        let index = names
            .iter()
            .position(|name| *name == tile.node.name)
            .unwrap_or_default();
        let _ = write!(out, "<g class=\"part p{}\">", parts[index]);
        draw(out, &tile, "", report.executable.size);
        out.push_str("</g>\n");
    }
    out.push_str("</svg>\n<p id=\"how\" hidden>A click enlarges; where nothing is left to enlarge it goes back, as Escape does.</p>\n");
}

/// Draws a tile and those in it; `above` is the path that leads to it.
fn draw(out: &mut String, tile: &Tile<'_>, above: &str, whole: u64) {
    let Rect { x, y, width, height } = tile.rect;
    let name = escape(&tile.node.name);
    let path = if above.is_empty() {
        name
    } else {
        format!("{above} / {name}")
    };
    let is_leaf = tile.tiles.is_empty();
    let _ = write!(
        out,
        "<g{}><rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height:.2}\"><title>{path}: {} bytes, {}\
         </title></rect>",
        if is_leaf { "" } else { " class=\"in\"" },
        grouped(tile.node.size),
        share(tile.node.size, whole)
    );
    // In the strip above what is in it, or in the tile itself.
    let letter = LETTER.0.min(if is_leaf { height * 0.4 } else { height * 0.1 });
    let letter = letter.min(width / 6.0);
    let fits = (width / (letter * LETTER.1)) as usize;
    if letter >= LEAST_LETTER && fits > 2 {
        let _ = write!(
            out,
            "<text x=\"{:.2}\" y=\"{:.2}\" font-size=\"{letter:.2}\">{}</text>",
            x + letter * 0.3,
            y + letter * 1.05,
            escape(&shortened(last(&tile.node.name), fits - 1))
        );
    }
    for inner in &tile.tiles {
        draw(out, inner, &path, whole);
    }
    out.push_str("</g>");
}

fn sizes(out: &mut String, report: &Report) {
    let whole = report.executable.size;
    out.push_str(
        "<h2>Sizes</h2>\n<table>\n<thead><tr><th scope=\"col\">what</th><th scope=\"col\">bytes</th>\
         <th scope=\"col\">share</th><th scope=\"col\">memory beside</th></tr></thead>\n",
    );
    let mut row = |kind: &str, node: &Node| {
        let memory = if node.memory > 0 {
            grouped(node.memory)
        } else {
            String::new()
        };
        let _ = writeln!(
            out,
            "<tr class=\"{kind}\"><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{memory}</td></tr>",
            escape(&node.name),
            grouped(node.size),
            share(node.size, whole)
        );
    };
    for part in &report.parts {
        row("head", &part.node);
        for child in &part.node.children {
            row("child", child);
        }
    }
    let memory = report.executable.memory;
    row(
        "head",
        &Node {
            name: "the whole file".to_owned(),
            size: whole,
            memory,
            children: Vec::new(),
        },
    );
    out.push_str("</table>\n");
}

fn extensions(out: &mut String, report: &Report) {
    out.push_str(
        "<h2>Extension modules</h2>\n<table>\n<thead><tr><th scope=\"col\">module</th><th scope=\"col\">bytes</th>\
         <th scope=\"col\">of libraries that it alone needs</th><th scope=\"col\">why</th></tr></thead>\n",
    );
    for (name, kept) in &report.extensions.kept {
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td class=\"text\">{}</td></tr>",
            escape(name),
            grouped(kept.size),
            grouped(kept.library_size),
            escape(&kept.why)
        );
    }
    for (name, why) in &report.extensions.dropped {
        let _ = writeln!(
            out,
            "<tr class=\"gone\"><th scope=\"row\">{}</th><td>not there</td><td></td><td class=\"text\">{}</td></tr>",
            escape(name),
            escape(why)
        );
    }
    out.push_str("</table>\n");
}

fn licenses(out: &mut String, report: &Report) {
    out.push_str(
        "<h2>Licences</h2>\n<table>\n<thead><tr><th scope=\"col\">package</th><th scope=\"col\">version</th>\
         <th scope=\"col\">licences</th><th scope=\"col\">texts</th></tr></thead>\n",
    );
    let mut row = |name: &str, version: &str, licenses: &str, texts: &[String]| {
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td class=\"text\">{}</td><td class=\"text\">{}</td><td class=\"text\">{}\
             </td></tr>",
            escape(name),
            escape(version),
            escape(licenses),
            escape(&texts.join(", "))
        );
    };
    for component in &report.components {
        row(
            &component.name,
            &component.version,
            &component.licenses.join(", "),
            &component.license_paths,
        );
    }
    for project in &report.projects {
        let licenses = match &project.license {
            Some(license) => license.clone(),
            None if project.license_said.is_empty() => "it does not say".to_owned(),
            None => project.license_said.join(", "),
        };
        row(&project.name, &project.version, &licenses, &project.license_paths);
    }
    out.push_str("</table>\n");
}

/// What can stand between tags and in attributes; characters that mean nothing in HTML are replaced.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// The last name of a path: where it leads is said by the tiles around it.
fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// At most so many characters, the last of them `…` where some are missing.
fn shortened(text: &str, count: usize) -> String {
    if text.chars().count() <= count {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(count.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// A number with narrow blanks between groups of three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::sample;

    #[test]
    fn nothing_in_it_is_taken_for_markup() {
        let html = render_html(&sample());
        assert!(html.contains("&lt;script&gt;\u{fffd}&quot;&#39;&amp;: 10 bytes, 9.7%"));
        assert!(html.contains("app &lt;1&gt;"));
        assert!(html.contains("&lt;b&gt;free&lt;/b&gt;") || html.contains("MIT OR LicenseRef-Own"));
        assert!(!html.contains("<b>"));
        assert_eq!(html.matches("<script>").count(), 1, "our own");
    }

    #[test]
    fn it_asks_nothing_of_the_network() {
        let html = render_html(&sample());
        for word in [
            "http://", "https://", "src=", "href=", "url(", "@import", "fetch(",
        ] {
            assert!(!html.contains(word), "{word}");
        }
        assert!(html.contains("default-src 'none'"));
    }

    #[test]
    fn tiles_and_tables_say_the_same() {
        let html = render_html(&sample());
        assert!(html.contains("<title>libraries / zlib / libz.a: 40 bytes, 38.8%</title>"));
        assert!(html.contains("<th scope=\"row\">zlib</th><td>40</td><td>38.8%</td>"));
        assert!(html.contains("<th scope=\"row\">_ssl</th><td>not there</td>"));
        assert_eq!(html, render_html(&sample()));
    }

    #[test]
    fn numbers_and_names_are_made_to_be_read() {
        assert_eq!(grouped(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(grouped(12), "12");
        assert_eq!(shortened("standard", 4), "sta…");
        assert_eq!(shortened("json", 4), "json");
        assert_eq!(last("json/tool.py"), "tool.py");
    }
}

//! The largest things in an executable, for a terminal.

use std::fmt::Write as _;

use super::{Part, PartSize, Report};

/// A line of the table: what, and how many bytes.
type Row = (String, u64);

/// The `count` largest things in an executable and what is left, as a table.
///
/// Extension modules, libraries and what is embedded are told one by one, as they can be left out; other parts as a
/// whole.
#[must_use]
pub fn render_largest(report: &Report, count: usize) -> String {
    let mut rows: Vec<Row> = report.parts.iter().flat_map(rows).collect();
    rows.sort_by(|a, b| (b.1, &a.0).cmp(&(a.1, &b.0)));
    let rest = rows.split_off(count.min(rows.len()));
    if !rest.is_empty() {
        let size = rest.iter().map(|row| row.1).sum();
        rows.push((format!("{} others", rest.len()), size));
    }
    rows.push((report.executable.name.clone(), report.executable.size));
    let digits = |size: u64| size.to_string().len();
    let width = rows.iter().map(|row| digits(row.1)).max().unwrap_or(0);
    let mut text = String::new();
    for (name, size) in rows {
        let share = share(size, report.executable.size);
        let _ = writeln!(text, "{size:>width$} B  {share:>6}  {name}");
    }
    text
}

fn rows(part: &PartSize) -> Vec<Row> {
    let title = part.part.title();
    match part.part {
        Part::Extensions | Part::Libraries | Part::StandardLibrary | Part::Wheels | Part::Application => {
            let children = part.node.children.iter();
            children
                .map(|child| (format!("{title}: {}", child.name), child.size))
                .collect()
        }
        _ => vec![(title.to_owned(), part.node.size)],
    }
}

/// A share in percent, with one digit behind the point.
pub(super) fn share(size: u64, whole: u64) -> String {
    let thousandth = (size * 1000 + whole / 2).checked_div(whole).unwrap_or(0);
    format!("{}.{}%", thousandth / 10, thousandth % 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::sample;

    #[test]
    fn tells_what_can_be_left_out() {
        assert_eq!(
            render_largest(&sample(), 2),
            " 50 B   48.5%  interpreter\n 40 B   38.8%  libraries: zlib\n 13 B   12.6%  2 others\n\
             103 B  100.0%  app <1>\n"
        );
        assert_eq!(share(1, 0), "0.0%");
    }
}

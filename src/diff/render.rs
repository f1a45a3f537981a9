//! Differences as people read them.

use std::fmt::{Display, Write as _};

use serde_json::Value;

use super::difference::{
    Alone, BytecodeDifference, CodeDifference, Difference, Explanation, FieldDifference, LibraryDifference,
    ManifestDifference, PackingDifference, PackingKind, SectionDifference, SideFacts, TextDifference,
    Verdict,
};

/// How much is shown of long lists.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shown {
    /// The first of each, and how many there are beyond.
    Some,
    /// Everything.
    All,
}

/// So many files of a list are shown.
const FILES: usize = 20;
/// So many lines on one file.
const LINES: usize = 8;
/// So many symbols of a table.
const SYMBOLS: usize = 5;
/// So many characters of a value or a line.
const WIDTH: usize = 100;

impl Difference {
    /// The differences for people.
    #[must_use]
    pub fn render(&self, shown: Shown) -> String {
        let mut page = Page {
            text: String::new(),
            shown,
        };
        page.side("A", &self.a);
        page.side("B", &self.b);
        for note in &self.notes {
            page.line(0, format_args!("note: {note}"));
        }
        page.text.push('\n');
        page.section("archive", &self.packing, FILES, Page::packing);
        page.section(
            &of_files("only in A", &self.only_in_a),
            &self.only_in_a,
            FILES,
            Page::alone,
        );
        page.section(
            &of_files("only in B", &self.only_in_b),
            &self.only_in_b,
            FILES,
            Page::alone,
        );
        page.section("not the same thing", &self.kinds, FILES, |page, found| {
            page.line(
                1,
                format_args!("{}: {} in A, {} in B", found.path, found.a, found.b),
            );
        });
        page.section(
            &format!("other permissions: {}", self.modes.len()),
            &self.modes,
            FILES,
            |page, found| {
                page.line(
                    1,
                    format_args!("{}: {} in A, {} in B", found.path, found.a, found.b),
                )
            },
        );
        page.section(
            &format!("other content: {}", counted(self.changed.len(), "file")),
            &self.changed,
            FILES,
            |page, found| {
                page.line(1, format_args!("{}", found.path));
                page.explanation(2, &found.explanation, &[found.a.size, found.b.size]);
            },
        );
        page.line(0, format_args!("{}", self.verdict()));
        page.text
    }

    fn verdict(&self) -> String {
        match self.verdict {
            Verdict::Identical => match self.a.digest {
                Some(digest) => format!("identical, byte by byte: {digest}"),
                None => "identical: the same files".to_owned(),
            },
            Verdict::Equal => "equal in all that was compared, though not byte by byte".to_owned(),
            Verdict::Different => {
                let only = |list: &[Alone]| list.iter().map(|alone| alone.files.max(1)).sum::<usize>();
                let counts = [
                    (self.changed.len(), "with other content"),
                    (only(&self.only_in_a), "only in A"),
                    (only(&self.only_in_b), "only in B"),
                    (self.kinds.len(), "of another kind"),
                    (self.modes.len(), "with other permissions"),
                ];
                let mut parts: Vec<String> = counts
                    .into_iter()
                    .filter(|(count, _)| *count > 0)
                    .map(|(count, what)| format!("{} {what}", grouped(count as u64)))
                    .collect();
                if parts.is_empty() {
                    parts.push("the archives, but not what is in them".to_owned());
                }
                format!("different: {}", parts.join(", "))
            }
        }
    }
}

fn of_files(what: &str, list: &[Alone]) -> String {
    let files: usize = list.iter().map(|alone| alone.files).sum();
    let size: u64 = list.iter().map(|alone| alone.size).sum();
    format!("{what}: {}, {}", counted(files, "file"), bytes(size))
}

fn counted(count: usize, what: &str) -> String {
    let count = count as u64;
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {what}{plural}", grouped(count))
}

/// `12,345 bytes`.
fn bytes(count: u64) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} byte{plural}", grouped(count))
}

/// `12,345,678`.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A text cut to what fits on a line.
fn cut(text: &str) -> String {
    let mut chars = text.chars();
    let head: String = chars.by_ref().take(WIDTH).collect();
    match chars.count() {
        0 => head,
        more => format!("{head}… ({more} more)"),
    }
}

fn value(value: Option<&Value>) -> String {
    match value {
        None => "nothing".to_owned(),
        Some(value) => {
            let text = value.to_string();
            match value {
                Value::Object(fields) if text.chars().count() > WIDTH => counted(fields.len(), "field"),
                _ => cut(&text),
            }
        }
    }
}

/// The text as it grows.
struct Page {
    text: String,
    shown: Shown,
}

impl Page {
    fn line(&mut self, depth: usize, text: impl Display) {
        let _ = writeln!(self.text, "{:indent$}{text}", "", indent = depth * 2);
    }

    /// Each of a list, up to `most`, and how many are left out.
    fn each<T>(&mut self, depth: usize, list: &[T], most: usize, mut tell: impl FnMut(&mut Self, &T)) {
        let most = match self.shown {
            Shown::All => list.len(),
            Shown::Some => most,
        };
        list.iter().take(most).for_each(|found| tell(self, found));
        if list.len() > most {
            let more = grouped((list.len() - most) as u64);
            self.line(depth, format_args!("… and {more} more (`--all` shows them)"));
        }
    }

    fn section<T>(&mut self, title: &str, list: &[T], most: usize, tell: impl FnMut(&mut Self, &T)) {
        if list.is_empty() {
            return;
        }
        self.line(0, title);
        self.each(1, list, most, tell);
        self.text.push('\n');
    }

    fn side(&mut self, letter: &str, side: &SideFacts) {
        let flavor = side.flavor.and_then(|flavor| serde_json::to_value(flavor).ok());
        let flavor = flavor
            .as_ref()
            .and_then(Value::as_str)
            .map(|flavor| format!("{flavor}, "));
        let files = counted(side.files, "file");
        self.line(
            0,
            format_args!(
                "{letter}  {}  ({}{}, {files}, {})",
                side.name,
                flavor.unwrap_or_default(),
                side.form,
                bytes(side.size)
            ),
        );
        if let Some(digest) = side.digest {
            self.line(1, format_args!(" {digest}"));
        }
    }

    fn packing(&mut self, found: &PackingDifference) {
        let (a, b) = (&found.a, &found.b);
        let members = counted(found.members.unwrap_or_default(), "member");
        let first = found.first.as_deref().unwrap_or_default();
        match found.kind {
            PackingKind::Compression => self.line(1, format_args!("compression: {a} in A, {b} in B")),
            PackingKind::Order => {
                self.line(
                    1,
                    format_args!("order: {members} elsewhere; {first} is {a} in A, {b} in B"),
                );
            }
            PackingKind::Mtime => {
                self.line(
                    1,
                    format_args!("mtime of {members}: {a} in A, {b} in B; first `{first}`"),
                );
            }
            PackingKind::Owner => {
                self.line(
                    1,
                    format_args!("owner of {members}: {a} in A, {b} in B; first `{first}`"),
                );
            }
            PackingKind::Headers => self.line(
                1,
                "headers: the members are the same in all that a reader sees, but written in another way",
            ),
        }
    }

    fn alone(&mut self, alone: &Alone) {
        if alone.path.ends_with('/') {
            let files = counted(alone.files, "file");
            self.line(1, format_args!("{}  {files}, {}", alone.path, bytes(alone.size)));
        } else if let Some(target) = &alone.link {
            self.line(1, format_args!("{}  a link to `{target}`", alone.path));
        } else {
            self.line(1, format_args!("{}  {}", alone.path, bytes(alone.size)));
        }
    }

    fn explanation(&mut self, depth: usize, explanation: &Explanation, sizes: &[u64; 2]) {
        match explanation {
            Explanation::Elf(found)
            | Explanation::Pe(found)
            | Explanation::Coff(found)
            | Explanation::MachO(found) => self.code(depth, found),
            Explanation::StaticLibrary(found) => self.library(depth, found),
            Explanation::Manifest(found) => self.manifest(depth, found),
            Explanation::Bytecode(found) => self.bytecode(depth, found),
            Explanation::Text(found) => self.texts(depth, found),
            Explanation::Bytes(found) => {
                let [a, b] = [found.a, found.b].map(bytes);
                let size = if found.a == found.b {
                    format!("{a} in both")
                } else {
                    format!("{a} in A, {b} in B")
                };
                self.line(
                    depth,
                    format_args!("bytes: {size}; the first difference is at {}", found.first),
                );
            }
            Explanation::Nature(found) => {
                self.line(depth, format_args!("{} in A, {} in B", found.a, found.b));
            }
            Explanation::TooBig => {
                let [a, b] = sizes.map(bytes);
                self.line(
                    depth,
                    format_args!("too big to be looked into: {a} in A, {b} in B"),
                );
            }
        }
    }

    fn fields(&mut self, depth: usize, fields: &[FieldDifference]) {
        self.each(depth, fields, LINES, |page, field| {
            let (a, b) = (value(field.a.as_ref()), value(field.b.as_ref()));
            page.line(depth, format_args!("{}: {a} in A, {b} in B", field.field));
        });
    }

    fn code(&mut self, depth: usize, found: &CodeDifference) {
        self.fields(depth, &found.facts);
        self.each(depth, &found.sections, LINES, |page, section| {
            page.line(depth, format_args!("section {}", section_line(section)));
        });
        if found.moved > 0 {
            let sections = counted(found.moved, "more section");
            self.line(
                depth,
                format_args!("{sections} with the same content at another address"),
            );
        }
        for table in &found.symbols {
            for (side, names) in [("A", &table.only_in_a), ("B", &table.only_in_b)] {
                if !names.is_empty() {
                    let names = self.names(names);
                    self.line(
                        depth,
                        format_args!("symbols of {} only in {side}: {names}", table.table),
                    );
                }
            }
        }
        if let Some(at) = found.elsewhere {
            self.line(
                depth,
                format_args!("headers or padding, in no section; the first difference is at {at}"),
            );
        }
    }

    /// Some names, and how many more there are.
    fn names(&self, names: &[String]) -> String {
        let most = match self.shown {
            Shown::All => names.len(),
            Shown::Some => SYMBOLS,
        };
        let mut text: Vec<String> = names.iter().take(most).map(|name| format!("`{name}`")).collect();
        if names.len() > most {
            text.push(format!("{} more", grouped((names.len() - most) as u64)));
        }
        text.join(", ")
    }

    fn library(&mut self, depth: usize, found: &LibraryDifference) {
        for (side, names) in [("A", &found.only_in_a), ("B", &found.only_in_b)] {
            if !names.is_empty() {
                let names = self.names(names);
                self.line(depth, format_args!("members only in {side}: {names}"));
            }
        }
        if let Some([a, b]) = &found.order {
            self.line(
                depth,
                format_args!("order of members: `{a}` in A where B has `{b}`"),
            );
        }
        self.each(depth, &found.members, LINES, |page, member| {
            page.line(depth, format_args!("member {}", member.member));
            page.fields(depth + 1, &member.header);
            if let Some(content) = &member.content {
                page.explanation(depth + 1, content, &[0, 0]);
            }
        });
        if let Some(at) = found.elsewhere {
            self.line(
                depth,
                format_args!("index or table of names, in no member; the first difference is at {at}"),
            );
        }
    }

    fn manifest(&mut self, depth: usize, found: &ManifestDifference) {
        self.fields(depth, &found.fields);
        if found.followed > 0 {
            let digests = counted(found.followed, "digest");
            self.line(
                depth,
                format_args!("{digests} in pbs.files, of files that differ or are only in one"),
            );
        }
        if let Some(line) = found.line {
            self.line(
                depth,
                format_args!(
                    "the same fields with the same values, written in another way from line {line} on"
                ),
            );
        }
    }

    fn bytecode(&mut self, depth: usize, found: &BytecodeDifference) {
        self.fields(depth, &found.header);
        match found.code {
            Some(at) => self.line(depth, format_args!("code: the first difference is at {at} of it")),
            None => self.line(depth, "the same code"),
        }
    }

    fn texts(&mut self, depth: usize, found: &TextDifference) {
        self.line(depth, format_args!("text, from line {} on", found.line));
        for (side, line) in [("A", &found.a), ("B", &found.b)] {
            match line {
                Some(line) => {
                    let line = line.escape_debug().to_string();
                    let line = line
                        .strip_suffix("\\n")
                        .map_or(format!("{line} (no line feed)"), cut);
                    self.line(depth + 1, format_args!("{side}: {line}"));
                }
                None => self.line(depth + 1, format_args!("{side}: (ends before it)")),
            }
        }
    }
}

fn section_line(section: &SectionDifference) -> String {
    let name = &section.name;
    match (section.a, section.b) {
        (Some(a), None) => format!("{name}: only in A, {}", bytes(a)),
        (None, Some(b)) => format!("{name}: only in B, {}", bytes(b)),
        (a, b) => {
            let [a, b] = [a, b].map(Option::unwrap_or_default);
            let mut text = if a == b {
                format!("{name}: {} in both", bytes(a))
            } else {
                format!("{name}: {} in A, {} in B", bytes(a), bytes(b))
            };
            if let Some(first) = section.first {
                let _ = write!(text, "; the first difference is at {first:#x}");
            }
            if let Some(symbol) = &section.symbol {
                let _ = write!(text, ", in `{symbol}`");
            }
            text
        }
    }
}

//! Unified diffs: parsed, and applied to bytes. Pure; no fuzz.

/// Changes to one file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct FileChange {
    /// Path before, without its first component; nothing for a new file.
    pub(super) old: Option<String>,
    /// Path after; nothing for a removed file.
    pub(super) new: Option<String>,
    /// Whether the file is executable afterwards, if the patch says so.
    pub(super) executable: Option<bool>,
    pub(super) hunks: Vec<Hunk>,
}

/// One hunk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Hunk {
    /// First line, counted from 1, in the old file. 0 or the line before for an insertion.
    pub(super) old_start: usize,
    /// Lines with their line ends: context and removed ones.
    pub(super) old: Vec<Vec<u8>>,
    /// Context and added ones.
    pub(super) new: Vec<Vec<u8>>,
}

/// Why a text is no patch that we take.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ParsePatchError {
    /// Nothing in it changes anything.
    #[error("it changes no file")]
    Empty,
    /// `---` without `+++`, or a hunk without either.
    #[error("line {line}: a hunk or a file without its header")]
    Header {
        /// Line in the patch.
        line: usize,
    },
    /// `@@ … @@` that cannot be read.
    #[error("line {line}: `{text}` is no hunk header")]
    HunkHeader {
        /// Line in the patch.
        line: usize,
        /// The line.
        text: String,
    },
    /// A hunk that ends before it has as many lines as its header says, or goes on after.
    #[error("line {line}: the hunk has not the number of lines its header says")]
    HunkLength {
        /// Line in the patch.
        line: usize,
    },
    /// A path with fewer than two components, or that leaves the tree.
    #[error("line {line}: `{path}` is no path of the form `a/…`")]
    Path {
        /// Line in the patch.
        line: usize,
        /// The path.
        path: String,
    },
    /// Something that this applier does not know: binary patches, copies, quoted names.
    #[error("line {line}: {what} are not supported")]
    Unsupported {
        /// Line in the patch.
        line: usize,
        /// What it is.
        what: &'static str,
    },
}

/// Reads a patch. What stands before the first file and between files is for people.
pub(super) fn parse(text: &str) -> Result<Vec<FileChange>, ParsePatchError> {
    let mut parser = Parser {
        lines: text.split_inclusive('\n').collect(),
        at: 0,
    };
    let mut changes: Vec<FileChange> = Vec::new();
    // A file that `diff --git` has opened and `---` has not yet named.
    let mut git: Option<FileChange> = None;
    while let Some(line) = parser.next() {
        if let Some(paths) = line.strip_prefix("diff --git ") {
            changes.extend(git.take().filter(says_something));
            git = Some(parser.git_header(paths)?);
        } else if let Some(old) = line.strip_prefix("--- ") {
            let old = parser.path(old)?;
            let Some(new) = parser.next().and_then(|line| line.strip_prefix("+++ ")) else {
                return Err(ParsePatchError::Header { line: parser.at });
            };
            let new = parser.path(new)?;
            let mut change = git.take().unwrap_or_default();
            change.old = old;
            change.new = new;
            change.hunks = parser.hunks()?;
            if change.hunks.is_empty() || (change.old.is_none() && change.new.is_none()) {
                return Err(ParsePatchError::Header { line: parser.at });
            }
            changes.push(change);
        } else if line.starts_with("@@ ") {
            return Err(ParsePatchError::Header { line: parser.at });
        }
    }
    changes.extend(git.filter(says_something));
    if changes.is_empty() {
        return Err(ParsePatchError::Empty);
    }
    Ok(changes)
}

/// Whether a file without hunks is changed at all: renamed, made, removed or given another mode.
fn says_something(change: &FileChange) -> bool {
    change.old != change.new || change.executable.is_some()
}

struct Parser<'a> {
    lines: Vec<&'a str>,
    at: usize,
}

impl<'a> Parser<'a> {
    fn next(&mut self) -> Option<&'a str> {
        let line = self.lines.get(self.at)?;
        self.at += 1;
        Some(line.strip_suffix('\n').unwrap_or(line))
    }

    fn peek(&self) -> Option<&'a str> {
        let line = self.lines.get(self.at)?;
        Some(line.strip_suffix('\n').unwrap_or(line))
    }

    /// The lines between `diff --git` and `---`.
    fn git_header(&mut self, paths: &str) -> Result<FileChange, ParsePatchError> {
        let mut change = FileChange::default();
        // Only for files without hunks; elsewhere `---` and `+++` say it without ambiguity.
        if let Some((old, new)) = paths.split_once(" b/") {
            change.old = self.path(old)?;
            change.new = self.path(&format!("b/{new}"))?;
        }
        while let Some(line) = self.peek() {
            let mode = |text: &str| Some(text.ends_with("755"));
            if let Some(path) = line.strip_prefix("rename from ") {
                change.old = self.path(&format!("a/{path}"))?;
            } else if let Some(path) = line.strip_prefix("rename to ") {
                change.new = self.path(&format!("b/{path}"))?;
            } else if let Some(text) = line.strip_prefix("new file mode ") {
                change.old = None;
                change.executable = mode(text);
            } else if line.starts_with("deleted file mode ") {
                change.new = None;
            } else if let Some(text) = line.strip_prefix("new mode ") {
                change.executable = mode(text);
            } else if line.starts_with("copy ") {
                return Err(self.unsupported("copies"));
            } else if line.starts_with("GIT binary patch") || line.starts_with("Binary files ") {
                return Err(self.unsupported("binary patches"));
            } else if !["index ", "similarity ", "dissimilarity ", "old mode "]
                .iter()
                .any(|known| line.starts_with(known))
            {
                break;
            }
            self.at += 1;
        }
        Ok(change)
    }

    fn unsupported(&self, what: &'static str) -> ParsePatchError {
        ParsePatchError::Unsupported {
            line: self.at + 1,
            what,
        }
    }

    /// A path without its first component; nothing for `/dev/null`.
    fn path(&self, text: &str) -> Result<Option<String>, ParsePatchError> {
        let path = text.split('\t').next().unwrap_or(text).trim_end();
        if path == "/dev/null" {
            return Ok(None);
        }
        if path.starts_with('"') {
            return Err(self.unsupported("quoted names"));
        }
        match path.split_once('/') {
            Some((first, rest))
                if !first.is_empty() && crate::model::TreePath::parse(rest).is_ok() && !rest.is_empty() =>
            {
                Ok(Some(rest.to_owned()))
            }
            _ => Err(ParsePatchError::Path {
                line: self.at,
                path: path.to_owned(),
            }),
        }
    }

    fn hunks(&mut self) -> Result<Vec<Hunk>, ParsePatchError> {
        let mut hunks = Vec::new();
        while let Some(line) = self.peek() {
            if line.starts_with("@@ ") {
                self.at += 1;
                hunks.push(self.hunk(line)?);
                continue;
            }
            // `-- ` is how git signs a mail; `--- ` begins the next file.
            let is_stray = line.starts_with(['+', ' ', '-']) && line != "-- " && !line.starts_with("--- ");
            if is_stray {
                return Err(ParsePatchError::HunkLength { line: self.at + 1 });
            }
            break;
        }
        Ok(hunks)
    }

    fn hunk(&mut self, header: &str) -> Result<Hunk, ParsePatchError> {
        let start = self.at;
        let (old_start, mut old_left, mut new_left) =
            parse_hunk_header(header).ok_or_else(|| ParsePatchError::HunkHeader {
                line: start,
                text: header.to_owned(),
            })?;
        let mut hunk = Hunk {
            old_start,
            old: Vec::new(),
            new: Vec::new(),
        };
        while old_left > 0 || new_left > 0 {
            let wrong = ParsePatchError::HunkLength { line: self.at + 1 };
            let line = *self.lines.get(self.at).ok_or(wrong.clone())?;
            self.at += 1;
            // An editor that trims lines leaves nothing of an empty line of context.
            let (sign, text) = match line.as_bytes().first() {
                Some(b'\n') => (b' ', "\n"),
                Some(sign) => (*sign, line.get(1..).ok_or(wrong.clone())?),
                None => return Err(wrong),
            };
            let mut text = text.as_bytes().to_vec();
            if self.peek().is_some_and(|next| next.starts_with('\\')) {
                self.at += 1;
                text.pop();
            }
            let (in_old, in_new) = match sign {
                b' ' => (true, true),
                b'-' => (true, false),
                b'+' => (false, true),
                _ => return Err(wrong),
            };
            if in_old {
                old_left = old_left.checked_sub(1).ok_or(wrong.clone())?;
                hunk.old.push(text.clone());
            }
            if in_new {
                new_left = new_left.checked_sub(1).ok_or(wrong)?;
                hunk.new.push(text);
            }
        }
        Ok(hunk)
    }
}

/// `@@ -1,2 +3,4 @@ …` → (1, 2, 4).
fn parse_hunk_header(line: &str) -> Option<(usize, usize, usize)> {
    let ranges = line.strip_prefix("@@ ")?.split_once(" @@")?.0;
    let (old, new) = ranges.split_once(' ')?;
    let range = |text: &str| -> Option<(usize, usize)> {
        match text.split_once(',') {
            Some((start, count)) => Some((start.parse().ok()?, count.parse().ok()?)),
            None => Some((text.parse().ok()?, 1)),
        }
    };
    let (start, old_count) = range(old.strip_prefix('-')?)?;
    let (_, new_count) = range(new.strip_prefix('+')?)?;
    Some((start, old_count, new_count))
}

/// Why a hunk does not fit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum HunkFault {
    /// What it makes stands there already.
    Applied,
    /// Something else stands there: line in the file, what the patch expects, what there is
    /// (nothing at the file's end).
    Differs {
        line: usize,
        expected: String,
        found: Option<String>,
    },
}

/// Applies the hunks to a file; gives the new content and, for each hunk, how many lines further
/// down (or up) than the patch says it was applied.
pub(super) fn apply(content: &[u8], hunks: &[Hunk]) -> Result<(Vec<u8>, Vec<isize>), (usize, HunkFault)> {
    let lines: Vec<&[u8]> = content.split_inclusive(|byte| *byte == b'\n').collect();
    let mut result = Vec::with_capacity(content.len());
    let mut offsets = Vec::new();
    // Lines before this one are done.
    let mut done = 0;
    let mut drift: isize = 0;
    for (index, hunk) in hunks.iter().enumerate() {
        // With nothing before it, the header names the line after which is inserted.
        let written = if hunk.old.is_empty() {
            hunk.old_start
        } else {
            hunk.old_start.saturating_sub(1)
        };
        let expected = written.saturating_add_signed(drift);
        let Some(at) = find(&lines, &hunk.old, done, expected) else {
            return Err((index + 1, fault(&lines, hunk, done, expected)));
        };
        drift = at as isize - written as isize;
        offsets.push(drift);
        for line in &lines[done..at] {
            result.extend_from_slice(line);
        }
        for line in &hunk.new {
            result.extend_from_slice(line);
        }
        done = at + hunk.old.len();
    }
    for line in &lines[done..] {
        result.extend_from_slice(line);
    }
    Ok((result, offsets))
}

/// The place nearest to `expected`, not before `least`, where exactly these lines stand.
fn find(lines: &[&[u8]], wanted: &[Vec<u8>], least: usize, expected: usize) -> Option<usize> {
    let last = lines.len().checked_sub(wanted.len())?;
    let fits = |at: usize| {
        at >= least
            && at <= last
            && lines[at..]
                .iter()
                .zip(wanted)
                .all(|(line, wanted)| *line == wanted.as_slice())
    };
    if wanted.is_empty() {
        // Nothing to look for: it is where the patch says or nowhere.
        return fits(expected).then_some(expected);
    }
    (0..=lines.len()).find_map(|distance| {
        let below = expected.checked_add(distance).filter(|at| fits(*at));
        below.or_else(|| expected.checked_sub(distance).filter(|at| fits(*at)))
    })
}

fn fault(lines: &[&[u8]], hunk: &Hunk, least: usize, expected: usize) -> HunkFault {
    if hunk.new != hunk.old && !hunk.new.is_empty() && find(lines, &hunk.new, least, expected).is_some() {
        return HunkFault::Applied;
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end_matches('\n').to_owned();
    let wrong = (0..hunk.old.len())
        .find(|index| lines.get(expected + index).copied() != Some(hunk.old[*index].as_slice()))
        .unwrap_or(0);
    HunkFault::Differs {
        line: expected + wrong + 1,
        expected: hunk.old.get(wrong).map(|line| text(line)).unwrap_or_default(),
        found: lines.get(expected + wrong).map(|line| text(line)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "a\nb\nc\nd\ne\nf\ng\nh\n";
    const PATCH: &str = "Subject: x\n\n--- a/dir/file\n+++ b/dir/file\n@@ -2,3 +2,4 @@ section\n b\n-c\n+C\n+C\n d\n@@ -7,2 +8,1 @@\n g\n-h\n-- \n2.39\n";

    fn hunks(text: &str) -> Vec<Hunk> {
        parse(text).unwrap().remove(0).hunks
    }

    #[test]
    fn applies_where_the_lines_stand() {
        let hunks = hunks(PATCH);
        let (new, offsets) = apply(OLD.as_bytes(), &hunks).unwrap();
        assert_eq!(String::from_utf8(new).unwrap(), "a\nb\nC\nC\nd\ne\nf\ng\n");
        assert_eq!(offsets, [0, 0]);
        let (new, offsets) = apply(format!("x\ny\n{OLD}").as_bytes(), &hunks).unwrap();
        assert_eq!(String::from_utf8(new).unwrap(), "x\ny\na\nb\nC\nC\nd\ne\nf\ng\n");
        assert_eq!(offsets, [2, 2]);
    }

    #[test]
    fn says_what_stands_there_instead() {
        let hunks = hunks(PATCH);
        let (new, _) = apply(OLD.as_bytes(), &hunks).unwrap();
        assert_eq!(apply(&new, &hunks), Err((1, HunkFault::Applied)));
        assert_eq!(
            apply(b"a\nb\nX\nd\n", &hunks),
            Err((
                1,
                HunkFault::Differs {
                    line: 3,
                    expected: "c".into(),
                    found: Some("X".into())
                }
            ))
        );
        // No fuzz: a changed line of context is enough.
        let changed = OLD.replace("d\n", "D\n");
        assert!(matches!(
            apply(changed.as_bytes(), &hunks),
            Err((1, HunkFault::Differs { line: 4, .. }))
        ));
    }

    #[test]
    fn keeps_the_missing_line_end() {
        let patch = "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-old\n\\ No newline at end of file\n+new\n\\ No newline at end of file\n";
        let (new, _) = apply(b"old", &hunks(patch)).unwrap();
        assert_eq!(new, b"new");
        assert!(apply(b"old\n", &hunks(patch)).is_err());
    }

    #[test]
    fn refuses_what_it_does_not_understand() {
        let check = |text: &str, expected: ParsePatchError| assert_eq!(parse(text), Err(expected), "{text}");
        check("Subject: nothing\n", ParsePatchError::Empty);
        check("--- a/f\n", ParsePatchError::Header { line: 1 });
        check("@@ -1 +1 @@\n-a\n+b\n", ParsePatchError::Header { line: 1 });
        check(
            "--- a/f\n+++ b/f\n@@ -1,2 +1 @@\n-a\n",
            ParsePatchError::HunkLength { line: 5 },
        );
        check(
            "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n+c\n",
            ParsePatchError::HunkLength { line: 6 },
        );
        check(
            "--- a/f\n+++ b/f\n@@ nonsense\n",
            ParsePatchError::HunkHeader {
                line: 3,
                text: "@@ nonsense".into(),
            },
        );
        for path in ["f", "a/../../f", "/etc/passwd"] {
            assert!(matches!(
                parse(&format!("--- {path}\n+++ {path}\n@@ -1 +1 @@\n-a\n+b\n")),
                Err(ParsePatchError::Path { .. })
            ));
        }
    }
}

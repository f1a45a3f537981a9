//! What makes a package, known before anything is made: its commands, flags and scripts.
//!
//! It goes into the manifest, so it must not move where nothing is done differently: comments of
//! scripts are no part of it. Versions, sources, patches, the target and the epoch are told by the
//! manifest themselves and are no part of it either.

use std::collections::BTreeMap;

use serde::Serialize;

use super::key::canonical;
use super::{Input, Step, StepId, StepKind, TextFile};
use crate::model::{Digest, GuestPath};

/// Variables that say what the manifest has a field for.
const TOLD_ELSEWHERE: [&str; 3] = ["SOURCE_DATE_EPOCH", "TARGET", "VERSION"];

/// The digest of all commands of a package: arguments, environments, roles of inputs, files.
#[must_use]
pub fn recipe_digest<'a>(package: &str, steps: impl Iterator<Item = (&'a StepId, &'a Step)>) -> Digest {
    #[derive(Serialize)]
    struct Stated<'a> {
        step: &'a StepId,
        argv: &'a [String],
        env: BTreeMap<&'a str, &'a str>,
        cwd: &'a GuestPath,
        inputs: &'a BTreeMap<String, Input>,
        files: Vec<(&'a str, String)>,
    }
    let prefix = format!("{package}/");
    let stated: Vec<_> = steps
        .filter(|(id, _)| id.0.starts_with(&prefix))
        .filter_map(|(step, Step { kind, inputs, .. })| {
            let StepKind::Run(run) = kind else { return None };
            let env = run
                .env
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()));
            Some(Stated {
                step,
                argv: &run.argv,
                env: env.filter(|(name, _)| !TOLD_ELSEWHERE.contains(name)).collect(),
                cwd: &run.cwd,
                inputs,
                files: run
                    .files
                    .iter()
                    .map(|file| (file.name.as_str(), meaning(file)))
                    .collect(),
            })
        })
        .collect();
    Digest::of(canonical(&stated).as_bytes())
}

/// A file without what an interpreter skips: whole lines of comment, and blank ones, of a script.
fn meaning(file: &TextFile) -> String {
    let is_shell = file.name.ends_with(".sh");
    if !is_shell && !file.name.ends_with(".py") && !file.text.starts_with("#!") {
        return file.text.clone();
    }
    let mut kept = String::new();
    // What a shell script writes to a file is no comment, whatever it looks like.
    let mut until: Option<&str> = None;
    for line in file.text.lines() {
        if let Some(end) = until {
            if line.trim() == end {
                until = None;
            }
        } else {
            let code = line.trim();
            if code.is_empty() || (code.starts_with('#') && !code.starts_with("#!")) {
                continue;
            }
            until = here_document(line).filter(|_| is_shell);
        }
        kept.push_str(line);
        kept.push('\n');
    }
    kept
}

/// The word that ends the document which begins behind this line.
fn here_document(line: &str) -> Option<&str> {
    let mut rest = line;
    while let Some(at) = rest.find("<<") {
        let behind = &rest[at + 2..];
        // `<<<` gives a word to a command and begins nothing.
        if let Some(skipped) = behind.strip_prefix('<') {
            rest = skipped;
            continue;
        }
        let word = behind.trim_start_matches(['-', ' ', '"', '\'', '\\']);
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let end = word.find(|c| !is_word(c)).unwrap_or(word.len());
        if word.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            return Some(&word[..end]);
        }
        rest = behind;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(text: &str) -> String {
        meaning(&TextFile {
            name: "build.sh".into(),
            text: text.into(),
        })
    }

    #[test]
    fn comments_and_blank_lines_are_no_part_of_a_recipe() {
        assert_eq!(
            shell("#!/bin/sh\n# Why.\n\ncc a.c # not a whole line\n  # more\n"),
            "#!/bin/sh\ncc a.c # not a whole line\n"
        );
    }

    #[test]
    fn what_a_script_writes_is() {
        let script = "cat > a.h <<END\n#define A\n\nEND\n# Why.\nx=$((1 << 2))\n# Why.\n";
        assert_eq!(
            shell(script),
            "cat > a.h <<END\n#define A\n\nEND\nx=$((1 << 2))\n"
        );
        assert_eq!(shell("read a <<< \"$b\"\n# Why.\n"), "read a <<< \"$b\"\n");
    }

    #[test]
    fn other_files_count_as_they_are() {
        let header = TextFile {
            name: "config.h".into(),
            text: "#define A\n\n".into(),
        };
        assert_eq!(meaning(&header), header.text);
    }
}

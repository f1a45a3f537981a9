//! The log of a running step: complete in a file, its last lines in memory, its lines as events.
//!
//! Owns the files below `<store>/logs/`. It keeps bytes as they come; it never interprets them.

use std::collections::VecDeque;
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};

use super::event::{Event, Listener};
use crate::plan::StepId;
use crate::sandbox::OutputSink;

/// How many lines of a failed step are shown.
pub const TAIL_LINES: usize = 30;

/// A longer line is cut in memory (never in the file), so that a step cannot fill ours.
const MAX_LINE: usize = 4096;

/// The log of one run of one step.
pub(crate) struct Journal {
    step: StepId,
    path: Utf8PathBuf,
    listener: Arc<dyn Listener>,
    state: Mutex<State>,
}

struct State {
    file: fs_err::File,
    written: u64,
    error: Option<std::io::Error>,
    line: Vec<u8>,
    tail: VecDeque<String>,
}

impl Journal {
    /// Starts an empty log at `path`.
    pub(crate) fn create(
        step: StepId,
        path: &Utf8Path,
        listener: Arc<dyn Listener>,
    ) -> Result<Self, std::io::Error> {
        if let Some(parent) = path.parent() {
            fs_err::create_dir_all(parent)?;
        }
        let file = fs_err::File::create(path)?;
        Ok(Self {
            step,
            path: path.to_owned(),
            listener,
            state: Mutex::new(State {
                file,
                written: 0,
                error: None,
                line: Vec::new(),
                tail: VecDeque::new(),
            }),
        })
    }

    /// Where the log stands.
    pub(crate) fn path(&self) -> &Utf8Path {
        &self.path
    }

    /// Adds a line of our own.
    pub(crate) fn say(&self, text: &str) {
        self.write(text.as_bytes());
        self.write(b"\n");
    }

    /// The last lines.
    pub(crate) fn tail(&self) -> Vec<String> {
        let mut state = self.lock();
        self.end_line(&mut state);
        state.tail.iter().cloned().collect()
    }

    /// Ends the log: how many bytes it has, or why it could not be kept.
    pub(crate) fn finish(&self) -> Result<u64, std::io::Error> {
        let mut state = self.lock();
        self.end_line(&mut state);
        match state.error.take() {
            Some(error) => Err(error),
            None => Ok(state.written),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end_line(&self, state: &mut State) {
        if state.line.is_empty() {
            return;
        }
        let text = String::from_utf8_lossy(&state.line);
        // Progress meters overwrite their line: what counts is what stood there last.
        let text = text
            .trim_end_matches('\r')
            .rsplit('\r')
            .next()
            .unwrap_or_default();
        let line: String = text.chars().filter(|c| !c.is_control() || *c == '\t').collect();
        state.line.clear();
        if state.tail.len() == TAIL_LINES {
            state.tail.pop_front();
        }
        state.tail.push_back(line.clone());
        self.listener.event(&Event::StepOutput {
            step: self.step.clone(),
            line,
        });
    }
}

impl OutputSink for Journal {
    fn write(&self, bytes: &[u8]) {
        let mut state = self.lock();
        match state.file.write_all(bytes) {
            Ok(()) => state.written += bytes.len() as u64,
            Err(error) => state.error = state.error.take().or(Some(error)),
        }
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (content, ended) = match part.strip_suffix(b"\n") {
                Some(content) => (content, true),
                None => (part, false),
            };
            let room = MAX_LINE.saturating_sub(state.line.len()).min(content.len());
            state.line.extend_from_slice(&content[..room]);
            if ended {
                if state.line.is_empty() {
                    state.line.push(b' ');
                }
                self.end_line(&mut state);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::event::Silent;

    #[test]
    fn keeps_everything_and_shows_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(dir.path()).unwrap().join("a/b.log");
        let journal = Journal::create(StepId("a/b".into()), &path, Arc::new(Silent)).unwrap();
        for number in 0..100 {
            journal.write(format!("line {number}\n").as_bytes());
        }
        journal.write(b"10%\r50%\r100%\r\nno \x1b[31mcolour\x1b[0m, no end");
        let tail = journal.tail();
        assert_eq!(tail.len(), TAIL_LINES);
        assert_eq!(tail[TAIL_LINES - 2], "100%");
        assert_eq!(tail[TAIL_LINES - 1], "no [31mcolour[0m, no end");
        let text = fs_err::read_to_string(&path).unwrap();
        assert_eq!(journal.finish().unwrap(), text.len() as u64);
        assert!(text.starts_with("line 0\n") && text.ends_with("no end"));
    }
}

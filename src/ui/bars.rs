//! Moving bars on a terminal: what runs and for how long, downloads in bytes, and a summary line.
//!
//! The only file that names the `indicatif` crate.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::plain::line;
use super::reporter::{Reporter, Verbosity};
use crate::engine::{Event, Listener};
use crate::plan::StepId;

/// Draws bars on standard error.
pub(super) struct Bars {
    all: MultiProgress,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    summary: Option<ProgressBar>,
    running: BTreeMap<StepId, ProgressBar>,
    transfers: BTreeMap<String, ProgressBar>,
    suite: Option<ProgressBar>,
    cached: usize,
    run: usize,
}

impl Bars {
    pub(super) fn new() -> Self {
        Self {
            all: MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(8)),
            state: Mutex::new(State::default()),
        }
    }

    fn say(&self, line: &str) {
        // A terminal that is gone cannot be told so.
        let _ = self.all.println(line);
    }

    fn ended(&self, state: &mut State, step: &StepId) {
        if let Some(bar) = state.running.remove(step) {
            bar.finish_and_clear();
            self.all.remove(&bar);
        }
    }
}

impl State {
    fn count(&self) {
        if let Some(summary) = &self.summary {
            summary.set_position((self.cached + self.run) as u64);
            summary.set_message(format!(
                "{} running, {} done, {} cached",
                self.running.len(),
                self.run,
                self.cached
            ));
        }
    }
}

/// A bar in bytes.
fn advance(bar: &ProgressBar, done: u64, total: Option<u64>) {
    if bar.length() != total {
        let template = match total {
            Some(_) => "  {spinner} {prefix} [{bar:24}] {bytes}/{total_bytes} {bytes_per_sec}",
            None => "  {spinner} {prefix} {bytes} {bytes_per_sec}",
        };
        bar.set_style(style(template));
        total.map_or_else(|| bar.unset_length(), |total| bar.set_length(total));
    }
    bar.set_position(done);
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .expect("the templates below are well-formed")
        .progress_chars("=> ")
}

impl Listener for Bars {
    fn event(&self, event: &Event) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::PlanReady { steps, .. } => {
                *state = State::default();
                let bar = self.all.add(ProgressBar::new(*steps as u64));
                bar.set_style(style("[{bar:24}] {pos}/{len} {msg} {elapsed}"));
                bar.enable_steady_tick(Duration::from_millis(250));
                state.summary = Some(bar);
            }
            Event::StepCached { .. } => state.cached += 1,
            Event::StepStarted { step, why, .. } => {
                let bar = ProgressBar::new_spinner();
                let bar = match &state.summary {
                    Some(summary) => self.all.insert_before(summary, bar),
                    None => self.all.add(bar),
                };
                bar.set_style(style("  {spinner} {prefix} {elapsed} {wide_msg}"));
                bar.set_prefix(step.to_string());
                bar.set_message(why.clone());
                bar.enable_steady_tick(Duration::from_millis(250));
                state.running.insert(step.clone(), bar);
            }
            Event::StepProgress { step, done, total } => {
                if let Some(bar) = state.running.get(step) {
                    advance(bar, *done, *total);
                }
            }
            Event::TransferStarted { name, place } => {
                let bar = self.all.add(ProgressBar::new_spinner());
                bar.set_style(style("  {spinner} {prefix} {elapsed} {wide_msg}"));
                bar.set_prefix(name.clone());
                bar.set_message(place.clone());
                bar.enable_steady_tick(Duration::from_millis(250));
                state.transfers.insert(name.clone(), bar);
            }
            Event::TransferProgress { name, done, total } => {
                if let Some(bar) = state.transfers.get(name) {
                    advance(bar, *done, *total);
                }
            }
            Event::TransferFinished { name } | Event::TransferFailed { name, .. } => {
                if let Some(bar) = state.transfers.remove(name) {
                    bar.finish_and_clear();
                    self.all.remove(&bar);
                }
            }
            Event::StepOutput { step, line } => {
                if let Some(bar) = state.running.get(step) {
                    bar.set_message(line.clone());
                }
            }
            Event::StepFinished { step, .. } => {
                state.run += 1;
                self.ended(&mut state, step);
            }
            Event::StepRemade { step, .. } | Event::StepFailed { step, .. } => self.ended(&mut state, step),
            Event::SuiteStarted { .. } => {
                let bar = self.all.add(ProgressBar::new(0));
                bar.set_style(style("[{bar:24}] {pos}/{len} {elapsed} {wide_msg}"));
                bar.enable_steady_tick(Duration::from_millis(250));
                state.suite = Some(bar);
            }
            Event::SuiteProgress {
                module,
                outcome,
                done,
                total,
            } => {
                if let Some(bar) = &state.suite {
                    bar.set_length(total.unwrap_or(*done) as u64);
                    bar.set_position(*done as u64);
                    bar.set_message(format!("{module} {outcome}"));
                }
            }
            Event::Done { .. } => {
                for (_, bar) in std::mem::take(&mut state.running) {
                    bar.finish_and_clear();
                }
                if let Some(summary) = state.summary.take() {
                    summary.finish_and_clear();
                }
            }
            _ => {}
        }
        // What a bar shows needs no line.
        let shown = match event {
            Event::PlanReady { .. }
            | Event::StepStarted { .. }
            | Event::StepProgress { .. }
            | Event::TransferStarted { .. }
            | Event::TransferProgress { .. } => true,
            Event::SuiteProgress { outcome, .. } => {
                outcome.starts_with("passed") || outcome.starts_with("skipped")
            }
            _ => false,
        };
        if !shown && let Some(line) = line(event, Verbosity::Normal) {
            self.say(&line);
        }
        state.count();
    }
}

impl Reporter for Bars {
    fn clear(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for (_, bar) in std::mem::take(&mut state.transfers) {
            bar.finish_and_clear();
        }
        if let Some(suite) = state.suite.take() {
            suite.finish_and_clear();
        }
        // A terminal that is gone cannot be cleared.
        let _ = self.all.clear();
    }
}

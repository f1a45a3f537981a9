//! Which step is next: the state of every needed step, and the cores that are free.
//!
//! A value without time, threads or effects; [`super::conduct`] asks it and tells it what happened.
//!
//! A step that takes all cores starts when nothing else computes; until then steps that fit are
//! started past it. It cannot starve, for a plan is finite, and no core stands idle while it waits.
//! Fetches wait for the network and take no core.

use std::collections::{BTreeMap, BTreeSet};

use crate::plan::{Plan, StepId, StepKind, Weight};

/// Downloads that run at once.
const MAX_FETCHES: usize = 6;

/// Where a step stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// Some inputs are not made yet.
    Waiting,
    /// Its inputs are known; the store has not been asked yet.
    Known,
    /// The store has no result; it waits for cores.
    Ready,
    /// It runs on that many cores.
    Running(usize),
    /// Another process works on it.
    Elsewhere,
    /// Its output is known.
    Done,
    /// It failed.
    Failed,
}

/// The needed steps of a plan and how far they are.
#[derive(Debug)]
pub(crate) struct Schedule {
    /// In plan order.
    order: Vec<StepId>,
    state: BTreeMap<StepId, State>,
    inputs: BTreeMap<StepId, BTreeSet<StepId>>,
    weight: BTreeMap<StepId, Taking>,
    cores: usize,
    free: usize,
    fetches: usize,
    draining: bool,
}

/// What a step takes while it runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Taking {
    Cores(Weight),
    Fetch,
}

/// A wanted step, or an input, that the plan does not have.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the plan has no step `{step}`")]
pub struct UnknownStep {
    /// The name asked for.
    pub step: StepId,
}

impl Schedule {
    /// The steps that `wanted` need, themselves included.
    pub(crate) fn new(plan: &Plan, wanted: &[StepId], cores: usize) -> Result<Self, UnknownStep> {
        let mut inputs: BTreeMap<StepId, BTreeSet<StepId>> = BTreeMap::new();
        let mut open: Vec<StepId> = wanted.to_vec();
        while let Some(id) = open.pop() {
            if inputs.contains_key(&id) {
                continue;
            }
            let step = plan
                .steps
                .get(&id)
                .ok_or_else(|| UnknownStep { step: id.clone() })?;
            // Content and mere success are waited for in the same way.
            let from: BTreeSet<StepId> = step
                .inputs
                .values()
                .map(|input| &input.from)
                .chain(&step.after)
                .cloned()
                .collect();
            open.extend(from.iter().cloned());
            inputs.insert(id, from);
        }
        let order: Vec<StepId> = plan
            .steps
            .keys()
            .filter(|id| inputs.contains_key(*id))
            .cloned()
            .collect();
        let weight = order
            .iter()
            .map(|id| {
                let step = &plan.steps[id];
                let taking = match step.kind {
                    StepKind::Fetch(_) => Taking::Fetch,
                    _ => Taking::Cores(step.weight),
                };
                (id.clone(), taking)
            })
            .collect();
        let state = order.iter().map(|id| (id.clone(), State::Waiting)).collect();
        Ok(Self {
            order,
            state,
            inputs,
            weight,
            cores: cores.max(1),
            free: cores.max(1),
            fetches: 0,
            draining: false,
        })
    }

    /// The needed steps in plan order.
    pub(crate) fn order(&self) -> &[StepId] {
        &self.order
    }

    /// How many steps are needed.
    pub(crate) fn len(&self) -> usize {
        self.order.len()
    }

    /// The next step whose inputs are all known and whose result the store has not been asked for.
    pub(crate) fn next_known(&mut self) -> Option<StepId> {
        if self.draining {
            return None;
        }
        let found = self
            .order
            .iter()
            .find(|id| match self.state[*id] {
                State::Known => true,
                State::Waiting => self.inputs[*id]
                    .iter()
                    .all(|input| self.state[input] == State::Done),
                _ => false,
            })?
            .clone();
        self.state.insert(found.clone(), State::Known);
        Some(found)
    }

    /// The store has no result for this step.
    pub(crate) fn miss(&mut self, id: &StepId) {
        self.state.insert(id.clone(), State::Ready);
    }

    /// The next step to run, and on how many cores. It counts as running from now on.
    pub(crate) fn next_start(&mut self) -> Option<(StepId, usize)> {
        if self.draining {
            return None;
        }
        let (id, cores) = self.order.iter().find_map(|id| {
            if self.state[id] != State::Ready {
                return None;
            }
            let cores = match self.weight[id] {
                Taking::Fetch if self.fetches < MAX_FETCHES => 0,
                Taking::Fetch => return None,
                Taking::Cores(Weight::One) => 1,
                Taking::Cores(Weight::All) => self.cores,
            };
            (cores <= self.free).then(|| (id.clone(), cores))
        })?;
        self.free -= cores;
        if self.weight[&id] == Taking::Fetch {
            self.fetches += 1;
        }
        self.state.insert(id.clone(), State::Running(cores));
        Some((id, cores))
    }

    fn leave(&mut self, id: &StepId, state: State) {
        if let Some(State::Running(cores)) = self.state.insert(id.clone(), state) {
            self.free += cores;
            if self.weight[id] == Taking::Fetch {
                self.fetches -= 1;
            }
        }
    }

    /// The step's output is known.
    pub(crate) fn done(&mut self, id: &StepId) {
        self.leave(id, State::Done);
    }

    /// Another process works on this step; its cores are free meanwhile.
    pub(crate) fn elsewhere(&mut self, id: &StepId) {
        self.leave(id, State::Elsewhere);
    }

    /// The other process is done; the store is to be asked again.
    pub(crate) fn ask_again(&mut self, id: &StepId) {
        self.leave(id, State::Known);
    }

    /// The step failed: what runs may end, nothing new begins.
    pub(crate) fn failed(&mut self, id: &StepId) {
        self.leave(id, State::Failed);
        self.drain();
    }

    /// Nothing new begins any more.
    pub(crate) fn drain(&mut self) {
        self.draining = true;
    }

    /// `producer`'s output is gone: it runs again, and `consumer` after it.
    ///
    /// What has not begun yet and uses the same output is looked at anew: it may be another one.
    pub(crate) fn redo(&mut self, producer: &StepId, consumer: &StepId) {
        self.leave(consumer, State::Waiting);
        for id in &self.order {
            let state = self.state[id];
            if matches!(state, State::Known | State::Ready) && self.inputs[id].contains(producer) {
                self.state.insert(id.clone(), State::Waiting);
            }
        }
        // Another consumer may have noticed first.
        if self.state[producer] == State::Done {
            self.state.insert(producer.clone(), State::Waiting);
        }
    }

    /// Whether every needed step is done.
    pub(crate) fn complete(&self) -> bool {
        self.state.values().all(|state| *state == State::Done)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::{GuestPath, TreePath};
    use crate::plan::{Input, Run, Step};

    fn id(name: &str) -> StepId {
        StepId(name.to_owned())
    }

    fn step(inputs: &[&str], weight: Weight) -> Step {
        Step {
            kind: StepKind::Run(Run {
                argv: Vec::new(),
                env: BTreeMap::new(),
                files: Vec::new(),
                cwd: GuestPath::parse("/work").unwrap(),
                timeout_minutes: 1,
            }),
            inputs: inputs
                .iter()
                .map(|name| {
                    let input = Input {
                        from: id(name),
                        subtree: TreePath::root(),
                    };
                    ((*name).to_owned(), input)
                })
                .collect(),
            after: Vec::new(),
            why: String::new(),
            hint: None,
            weight,
        }
    }

    fn plan(steps: &[(&str, &[&str], Weight)]) -> Plan {
        Plan {
            steps: steps
                .iter()
                .map(|(name, inputs, weight)| (id(name), step(inputs, *weight)))
                .collect(),
            ..Plan::default()
        }
    }

    fn look_up_all(schedule: &mut Schedule) -> Vec<String> {
        let mut seen = Vec::new();
        while let Some(found) = schedule.next_known() {
            schedule.miss(&found);
            seen.push(found.0);
        }
        seen
    }

    #[test]
    fn only_what_is_needed_and_in_order() {
        let plan = plan(&[
            ("a", &[], Weight::One),
            ("unused", &[], Weight::One),
            ("b", &["a"], Weight::One),
        ]);
        let mut schedule = Schedule::new(&plan, &[id("b")], 4).unwrap();
        assert_eq!(schedule.len(), 2);
        assert_eq!(look_up_all(&mut schedule), ["a"]);
        assert_eq!(schedule.next_start(), Some((id("a"), 1)));
        assert_eq!(schedule.next_start(), None);
        schedule.done(&id("a"));
        assert_eq!(look_up_all(&mut schedule), ["b"]);
        assert!(Schedule::new(&plan, &[id("c")], 4).is_err());
    }

    #[test]
    fn waits_for_success_without_content() {
        let mut plan = plan(&[("check", &[], Weight::One), ("pack", &[], Weight::One)]);
        plan.steps[1].after.push(id("check"));
        let mut schedule = Schedule::new(&plan, &[id("pack")], 4).unwrap();
        assert_eq!(look_up_all(&mut schedule), ["check"]);
    }

    #[test]
    fn a_heavy_step_waits_alone_while_light_ones_pass() {
        let plan = plan(&[
            ("a", &[], Weight::One),
            ("heavy", &[], Weight::All),
            ("b", &[], Weight::One),
            ("c", &[], Weight::One),
        ]);
        let wanted = [id("a"), id("heavy"), id("b"), id("c")];
        let mut schedule = Schedule::new(&plan, &wanted, 2).unwrap();
        look_up_all(&mut schedule);
        assert_eq!(schedule.next_start(), Some((id("a"), 1)));
        assert_eq!(schedule.next_start(), Some((id("b"), 1)));
        assert_eq!(schedule.next_start(), None, "two cores, two steps");
        schedule.done(&id("a"));
        assert_eq!(schedule.next_start(), Some((id("c"), 1)));
        schedule.done(&id("b"));
        assert_eq!(schedule.next_start(), None);
        schedule.done(&id("c"));
        assert_eq!(schedule.next_start(), Some((id("heavy"), 2)));
    }

    #[test]
    fn a_failure_starts_nothing_new() {
        let plan = plan(&[("a", &[], Weight::One), ("b", &[], Weight::One)]);
        let mut schedule = Schedule::new(&plan, &[id("a"), id("b")], 1).unwrap();
        look_up_all(&mut schedule);
        assert_eq!(schedule.next_start(), Some((id("a"), 1)));
        schedule.failed(&id("a"));
        assert_eq!(schedule.next_start(), None);
        assert!(!schedule.complete());
    }

    #[test]
    fn a_lost_output_is_made_again_before_its_consumer() {
        let plan = plan(&[("a", &[], Weight::One), ("b", &["a"], Weight::One)]);
        let mut schedule = Schedule::new(&plan, &[id("b")], 1).unwrap();
        assert_eq!(schedule.next_known(), Some(id("a")));
        schedule.done(&id("a"));
        assert_eq!(look_up_all(&mut schedule), ["b"]);
        assert_eq!(schedule.next_start(), Some((id("b"), 1)));
        schedule.redo(&id("a"), &id("b"));
        assert_eq!(look_up_all(&mut schedule), ["a"]);
        assert_eq!(schedule.next_start(), Some((id("a"), 1)));
        schedule.done(&id("a"));
        assert_eq!(look_up_all(&mut schedule), ["b"]);
    }

    #[test]
    fn who_has_not_begun_is_looked_at_anew_when_its_input_is_made_again() {
        let plan = plan(&[
            ("a", &[], Weight::One),
            ("b", &["a"], Weight::One),
            ("c", &["a"], Weight::One),
        ]);
        let mut schedule = Schedule::new(&plan, &[id("b"), id("c")], 1).unwrap();
        assert_eq!(schedule.next_known(), Some(id("a")));
        schedule.done(&id("a"));
        assert_eq!(look_up_all(&mut schedule), ["b", "c"]);
        assert_eq!(schedule.next_start(), Some((id("b"), 1)));
        schedule.redo(&id("a"), &id("b"));
        assert_eq!(look_up_all(&mut schedule), ["a"]);
        assert_eq!(schedule.next_start(), Some((id("a"), 1)), "and not c");
        schedule.done(&id("a"));
        assert_eq!(look_up_all(&mut schedule), ["b", "c"]);
    }
}

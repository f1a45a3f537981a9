//! A plan as text for people and as JSON for machines; deterministic to the byte.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::Value;

use super::{Input, Plan, Step, StepId, StepKind, Weight, definitions};
use crate::model::Digest;

/// Whether a rendered plan shows definition digests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Digests {
    /// The first digits of each.
    Short,
    /// None, so that two plans differ only where what they do differs.
    Hidden,
}

/// A plan as text: each step with what it is for, what it does and what it uses.
#[must_use]
pub fn render_text(plan: &Plan, digests: Digests) -> String {
    let definitions = definitions(plan);
    let shared = shared_env(plan);
    let mut text = String::new();
    if !shared.is_empty() {
        let _ = writeln!(text, "every command");
        for (name, value) in &shared {
            let _ = writeln!(text, "    env {name}={value}");
        }
    }
    for (id, step) in &plan.steps {
        let digest = match digests {
            Digests::Short => format!("  {}", &definitions[id].hex()[..12]),
            Digests::Hidden => String::new(),
        };
        let _ = writeln!(text, "{id}{digest}");
        let _ = writeln!(text, "    {}", step.why);
        for line in details(&step.kind, &shared) {
            let _ = writeln!(text, "    {line}");
        }
        if !step.inputs.is_empty() {
            let inputs: Vec<String> = step
                .inputs
                .iter()
                .map(|(role, input)| input_text(role, input))
                .collect();
            let _ = writeln!(text, "    uses {}", inputs.join(", "));
        }
        if !step.after.is_empty() {
            let after: Vec<&str> = step.after.iter().map(|id| id.0.as_str()).collect();
            let _ = writeln!(text, "    after {}", after.join(", "));
        }
    }
    for (name, id) in &plan.wanted {
        let _ = writeln!(text, "wanted: {name} from {id}");
    }
    text
}

/// A plan as JSON.
#[must_use]
pub fn render_json(plan: &Plan) -> Value {
    let definitions = definitions(plan);
    let document = PlanDocument {
        version: VERSION,
        steps: plan
            .steps
            .iter()
            .map(|(id, step)| PlannedStep::new(id, definitions[id], step))
            .collect(),
        wanted: &plan.wanted,
    };
    serde_json::to_value(document).expect("a plan is maps with text keys, lists, texts and numbers")
}

/// A plan as it is printed. Fields are only ever added; when one changes its meaning the version is
/// raised.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub(super) struct PlanDocument<'a> {
    /// Version of this format.
    #[cfg_attr(test, schemars(extend("const" = VERSION)))]
    version: u32,
    /// Every step, in an order in which they could run one by one.
    steps: Vec<PlannedStep<'a>>,
    /// The steps whose outputs are wanted, by what they are: `full`, `install_only`, …
    wanted: &'a IndexMap<String, StepId>,
}

/// Version of the format of printed plans.
const VERSION: u32 = 1;

/// A step of a printed plan.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
struct PlannedStep<'a> {
    /// Its name.
    id: &'a StepId,
    /// Digest of what it does and of the definitions of everything it uses: where it is the same in
    /// two plans, the step is.
    definition: Digest,
    /// What is done.
    kind: &'a StepKind,
    /// What it is done to: role → the step whose output it is.
    inputs: &'a BTreeMap<String, Input>,
    /// Steps that must have succeeded before this one starts, whatever they made.
    after: &'a [StepId],
    /// What it is for.
    why: &'a str,
    /// What to try when it fails.
    hint: Option<&'a str>,
    /// How many cores it takes.
    weight: Weight,
}

impl<'a> PlannedStep<'a> {
    fn new(id: &'a StepId, definition: Digest, step: &'a Step) -> Self {
        let Step {
            kind,
            inputs,
            after,
            why,
            hint,
            weight,
        } = step;
        Self {
            id,
            definition,
            kind,
            inputs,
            after,
            why,
            hint: hint.as_deref(),
            weight: *weight,
        }
    }
}

/// `zlib`, or `stripped ← dist/strip` where the role does not say where it comes from.
fn input_text(role: &str, input: &Input) -> String {
    let from = &input.from.0;
    match input.subtree.is_root() {
        true if from.split('/').next() == Some(role) => from.clone(),
        true => format!("{role} ← {from}"),
        false => format!("{role} ← {from}:{}", input.subtree.as_str()),
    }
}

/// The variables that all commands of a plan have with one value.
fn shared_env(plan: &Plan) -> BTreeMap<&str, &str> {
    let mut environments = plan.steps.values().filter_map(|step| match &step.kind {
        StepKind::Run(run) => Some(&run.env),
        _ => None,
    });
    let Some(first) = environments.next() else {
        return BTreeMap::new();
    };
    let mut shared: BTreeMap<&str, &str> = first
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    for env in environments {
        shared.retain(|name, value| env.get(*name).is_some_and(|other| other == value));
    }
    shared
}

/// What a step does, a line each.
fn details(kind: &StepKind, shared: &BTreeMap<&str, &str>) -> Vec<String> {
    match kind {
        StepKind::Fetch(fetch) => {
            let places = fetch.places.len();
            vec![format!("fetch {} from one of {places} places", fetch.name)]
        }
        StepKind::Given(given) => vec![format!("take {}", given.tree)],
        StepKind::Patch(patch) => patch
            .patches
            .iter()
            .map(|patch| format!("patch {}", patch.name))
            .collect(),
        StepKind::Root(root) => vec![format!("unpack {} packages", root.packages.len())],
        StepKind::Setup(setup) => vec![format!("set up {} extension modules", setup.modules.len())],
        StepKind::Projects(projects) => {
            let count = projects.modules.len();
            vec![format!("read the project files of {count} extension modules")]
        }
        StepKind::Run(run) => {
            let mut lines = vec![format!("run {}", run.argv.join(" "))];
            let files: Vec<&str> = run.files.iter().map(|file| file.name.as_str()).collect();
            lines.push(format!("files {}", files.join(" ")));
            let own = run
                .env
                .iter()
                .filter(|(name, _)| !shared.contains_key(name.as_str()));
            lines.extend(own.map(|(name, value)| format!("env {name}={value}")));
            lines
        }
        StepKind::Assemble(assemble) => vec![format!(
            "assemble {} libraries and {} licence texts",
            assemble.libraries.values().map(Vec::len).sum::<usize>(),
            assemble.licenses.values().map(Vec::len).sum::<usize>(),
        )],
        StepKind::Manifest(manifest) => {
            let components = manifest.description.components.iter();
            let components = components.map(|component| format!("{} {}", component.name, component.version));
            vec![format!("describe {}", components.collect::<Vec<_>>().join(", "))]
        }
        StepKind::Pack(pack) => vec![format!("pack {}", pack.file)],
        StepKind::Verify(_) => vec!["verify by every rule".to_owned()],
    }
}

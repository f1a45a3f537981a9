//! A plan as text for people and as JSON for machines; deterministic to the byte.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Input, Plan, Step, StepId, StepKind, definitions};
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

/// A plan as JSON: every step whole, with its definition digest.
#[must_use]
pub fn render_json(plan: &Plan) -> Value {
    let definitions = definitions(plan);
    let steps: Vec<Value> = plan
        .steps
        .iter()
        .map(|(id, step)| step_json(id, step, &definitions))
        .collect();
    json!({ "version": 1, "steps": steps, "wanted": plan.wanted })
}

fn step_json(id: &StepId, step: &Step, definitions: &BTreeMap<StepId, Digest>) -> Value {
    let mut value =
        serde_json::to_value(step).expect("a step is maps with text keys, lists, texts and numbers");
    if let Value::Object(fields) = &mut value {
        fields.insert("id".to_owned(), json!(id));
        fields.insert("definition".to_owned(), json!(definitions[id]));
    }
    value
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
        StepKind::Patch(patch) => patch
            .patches
            .iter()
            .map(|patch| format!("patch {}", patch.name))
            .collect(),
        StepKind::Root(root) => vec![format!("unpack {} packages", root.packages.len())],
        StepKind::Setup(setup) => vec![format!("set up {} extension modules", setup.modules.len())],
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

//! Plans as a person sees them: the toy's whole, and one for every combination that is released.
//!
//! Digests are left out, so that a snapshot changes only where what is done changes.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use pbs::model::{Digest, TreeDigest};
use pbs::plan::{Digests, Plan, StepId, StepKind, action, definitions, lower, render_json, render_text};
use pbs::recipe::{GivenSysroot, RecipeSet, SourceFile};
use pbs::workspace::read_workspace;
use serde_json::{Value, json};

use crate::recipe::{mini, request};
use crate::support::requires;

fn plan_of(files: Vec<SourceFile>, words: &[(&str, &str)]) -> Plan {
    let set = RecipeSet::load(files).map_err(|errors| errors.render()).unwrap();
    lower(&set.resolve(&request(words)).unwrap()).unwrap()
}

fn snapshot(name: &str, plan: &Plan) {
    insta::with_settings!({ snapshot_path => "../snapshots/plan", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, render_text(plan, Digests::Hidden));
    });
}

fn edit(files: &mut [SourceFile], path: &str, old: &str, new: &str) {
    let file = files.iter_mut().find(|file| file.path == path).unwrap();
    assert!(file.text.contains(old), "{path} has no `{old}`");
    file.text = file.text.replacen(old, new, 1);
}

/// The steps whose definition differs after an edit.
fn changed(path: &str, old: &str, new: &str) -> Vec<String> {
    let before = definitions(&plan_of(mini(), &[]));
    let mut files = mini();
    edit(&mut files, path, old, new);
    let after = definitions(&plan_of(files, &[]));
    assert_eq!(before.len(), after.len());
    let differs = |(id, digest): (&StepId, &Digest)| (after[id] != *digest).then(|| id.0.clone());
    before.iter().filter_map(differs).collect()
}

#[test]
fn toy() {
    snapshot("mini", &plan_of(mini(), &[]));
    snapshot("mini-debug", &plan_of(mini(), &[("options", "debug")]));
}

#[test]
fn every_released_combination() {
    let files = read_workspace(Utf8Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    let complete = files.iter().any(|file| file.path == "recipes/zlib/recipe.yaml");
    requires!("recipes", complete);
    let set = RecipeSet::load(files).map_err(|errors| errors.render()).unwrap();
    for version in set.packages["cpython"].versions.keys() {
        assert!(
            set.profiles.contains_key(version),
            "`pbs train --python {version}` is due"
        );
    }
    for request in set.released() {
        let build = set.resolve(&request).unwrap();
        let name = format!("{}-{}-{}", build.python, build.target, build.options);
        snapshot(&name, &lower(&build).unwrap());
    }
}

/// What stands in `artifacts-schema/`, as somebody else would use it.
fn published_schema() -> jsonschema::Validator {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/artifacts-schema/plan.schema.json");
    let schema = serde_json::from_slice(&fs_err::read(path).unwrap()).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

#[test]
fn printed_plans_fit_the_published_schema() {
    let validator = published_schema();
    let real = read_workspace(Utf8Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    for files in [mini(), real] {
        let set = RecipeSet::load(files).map_err(|errors| errors.render()).unwrap();
        assert!(!set.released().is_empty());
        for request in set.released() {
            let plan = render_json(&lower(&set.resolve(&request).unwrap()).unwrap());
            let errors: Vec<String> = validator
                .iter_errors(&plan)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert_eq!(errors, [""; 0], "{request:?}");
        }
    }
}

/// The way to a step of a printed plan.
fn at(plan: &Value, id: &str, below: &str) -> String {
    let steps = plan["steps"].as_array().unwrap();
    let index = steps.iter().position(|step| step["id"] == id).unwrap();
    format!("/steps/{index}{below}")
}

#[test]
fn the_schema_refuses_what_is_no_plan() {
    let validator = published_schema();
    let good = render_json(&plan_of(mini(), &[]));
    let of = |id: &str, below: &str| at(&good, id, below);
    let damages = [
        ("/version".to_owned(), json!(2)),
        ("/surprise".to_owned(), json!(1)),
        ("/wanted/full".to_owned(), json!(["dist/pack-full"])),
        unknown(of("toylib1/build", "")),
        (of("toylib1/build", "/id"), json!("toylib1")),
        (of("toylib1/build", "/definition"), json!("sha256:0/0")),
        (of("toylib1/build", "/weight"), json!("some")),
        (of("toylib1/build", "/after"), json!("toylib2/build")),
        (of("toylib1/build", "/inputs/root/subtree"), json!("/usr")),
        (of("toylib1/build", "/kind/kind"), json!("cook")),
        (of("toylib1/build", "/kind/cwd"), json!("work")),
        (of("toylib1/build", "/kind/env/HOME"), json!(7)),
        (of("toylib1/build", "/kind/timeout_minutes"), json!("soon")),
        unknown(of("toylib1/build", "/kind")),
        (of("toylib1/source", "/kind/identity"), json!({ "archive": {} })),
        (
            of("toylib1/source", "/kind/places/0/origin"),
            json!({ "ftp": "x" }),
        ),
        (of("cpython/setup", "/kind/modules/sys/linkage"), json!("gone")),
        (of("dist/manifest", "/kind/description/python"), json!("3")),
        (
            of("dist/manifest", "/kind/description/object_format"),
            json!("a.out"),
        ),
        (of("dist/pack-full", "/kind/flavor"), json!("half")),
        unknown(of("dist/verify", "/kind/limits")),
    ];
    for (pointer, wrong) in damages {
        let mut plan = good.clone();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        plan.pointer_mut(parent).unwrap()[key] = wrong;
        assert!(!validator.is_valid(&plan), "the schema takes {pointer}");
    }
    for step in good["steps"].as_array().unwrap() {
        for field in step.as_object().unwrap().keys() {
            let mut plan = good.clone();
            let pointer = of(step["id"].as_str().unwrap(), "");
            plan.pointer_mut(&pointer)
                .unwrap()
                .as_object_mut()
                .unwrap()
                .remove(field);
            assert!(
                !validator.is_valid(&plan),
                "the schema does not ask for {pointer}/{field}"
            );
        }
    }
}

/// A field that nobody knows.
fn unknown(object: String) -> (String, Value) {
    (format!("{object}/surprise"), json!(null))
}

#[test]
fn a_plan_is_the_same_every_time() {
    let [one, two] = [(), ()].map(|()| render_json(&plan_of(mini(), &[])).to_string());
    assert_eq!(one, two);
}

#[test]
fn inputs_stand_before_what_uses_them() {
    let plan = plan_of(mini(), &[]);
    let mut seen = BTreeSet::new();
    for (id, step) in &plan.steps {
        for input in step.inputs.values() {
            assert!(
                seen.contains(&input.from),
                "{id} uses {} before it is made",
                input.from
            );
        }
        assert!(step.after.iter().all(|after| seen.contains(after)), "{id}");
        seen.insert(id.clone());
    }
    assert!(plan.wanted.values().all(|id| seen.contains(id)));
}

#[test]
fn what_is_for_people_or_the_scheduler_is_in_no_key() {
    let none: [String; 0] = [];
    let toylib = "recipes/toylib1/recipe.yaml";
    assert_eq!(
        changed(toylib, "compiles the one file", "builds the one file"),
        none
    );
    assert_eq!(changed(toylib, "timeout-minutes: 1", "timeout-minutes: 9"), none);
    assert_eq!(changed("recipes/toylib2/recipe.yaml", "look at", "see"), none);
    assert_eq!(
        changed("recipes/cpython/recipe.yaml", "weight: all", "weight: one"),
        none
    );
    assert_eq!(
        changed("docker/worker/image.yaml", "20261101T000000Z", "20261201T000000Z"),
        none
    );
    let version = "recipes/toylib2/versions/2.0.yaml";
    let mirror = "strip: 1\n  mirrors:\n    - { url: \"https://example.invalid/2\" }";
    assert_eq!(changed(version, "strip: 1", mirror), none);
}

#[test]
fn what_decides_the_output_is_in_the_definition() {
    let dist = [
        "dist/assemble",
        "dist/manifest",
        "dist/pack-debuginfo",
        "dist/pack-full",
        "dist/pack-install_only",
        "dist/pack-install_only_stripped",
        "dist/verify",
    ];
    let with_dist = |steps: &[&str]| -> Vec<String> {
        let mut all: Vec<String> = steps.iter().chain(&dist).map(|&step| step.to_owned()).collect();
        all.sort();
        all
    };
    let cpython = ["cpython/build", "cpython/finish"];
    let libraries = ["toylib1/build", "toylib2/build"];
    let from_libraries = with_dist(&[cpython, libraries].concat());
    assert_eq!(changed("recipes/toylib1/build.sh", "-O1", "-O2"), from_libraries);
    assert_eq!(
        changed("recipes/toylib2/build.sh", "-O1", "-O2"),
        with_dist(&[&cpython[..], &["toylib2/build"]].concat())
    );
    assert_eq!(changed("recipes/options.yaml", "-O1", "-O2"), with_dist(&cpython));
    assert_eq!(
        changed("recipes/cpython/finish.sh", "# layout", "# The layout"),
        with_dist(&["cpython/finish"])
    );
    let limits = changed(
        "recipes/targets/x86_64-unknown-linux-gnu.yaml",
        "[ libc.so.6 ]",
        "[ libm.so.6 ]",
    );
    assert_eq!(
        limits,
        ["dist/verify"],
        "limits are verified, nothing is built from them"
    );
    let patched = changed(
        "patches/toylib1/1.0/0001-answer-correctly.patch",
        "return 42",
        "return 43",
    );
    assert!(
        patched.contains(&"toylib1/patched".to_owned()) && !patched.contains(&"toylib1/source".to_owned())
    );
}

#[test]
fn a_given_sysroot_is_one_step_and_known_by_its_content() {
    let set = RecipeSet::load(mini()).unwrap();
    let with = |content: &str| {
        let mut request = request(&[]);
        request.sysroot = Some(GivenSysroot {
            tree: TreeDigest(Digest::of(content.as_bytes())),
            sdk: None,
        });
        lower(&set.resolve(&request).unwrap()).unwrap()
    };
    let (own, one, other) = (plan_of(mini(), &[]), with("one"), with("other"));
    let ids = |plan: &Plan| plan.steps.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(ids(&own), ids(&one), "it has the name of what it stands for");
    let step = &one.steps[&StepId("sysroot/build".to_owned())];
    assert!(matches!(step.kind, StepKind::Given(_)) && step.inputs.is_empty());
    // Commands do not know which of the two they see.
    for (id, step) in &own.steps {
        if let StepKind::Run(run) = &step.kind
            && id.0 != "sysroot/build"
        {
            let StepKind::Run(with_given) = &one.steps[id].kind else {
                panic!("{id} is another kind of step")
            };
            assert_eq!(run, with_given, "{id}");
            assert_eq!(step.inputs, one.steps[id].inputs, "{id}");
        }
    }
    let [one_key, other_key] = [&one, &other].map(definitions);
    for id in one
        .steps
        .keys()
        .filter(|id| !id.0.ends_with("/source") && !id.0.ends_with("/patched"))
    {
        let sees = !matches!(id.0.as_str(), "worker/root" | "toolchain/build" | "cpython/setup");
        assert_eq!(one_key[id] != other_key[id], sees, "{id}");
    }
    let printed = render_text(&one, Digests::Hidden);
    let digest = TreeDigest(Digest::of(b"one"));
    assert!(
        printed.contains(&format!(
            "sysroot/build\n    is the directory that stands in the place of sysroot\n    take {digest}\n"
        )),
        "{printed}"
    );
    let plan = render_json(&one);
    assert!(published_schema().is_valid(&plan));
}

#[test]
fn a_variable_has_one_party_that_sets_it() {
    for (path, old, new) in [
        (
            "recipes/cpython/recipe.yaml",
            "    setup: true\n",
            "    setup: true\n    env: { TOY_CFLAGS: \"-O3\" }\n",
        ),
        (
            "recipes/options.yaml",
            "TOY_CFLAGS: \"-O1\"",
            "TARGET_CFLAGS: \"-O1\"",
        ),
        (
            "recipes/targets/x86_64-unknown-linux-gnu.yaml",
            "  TARGET_CFLAGS",
            "  JOBS: { value: \"1\", why: \"x\" }\n  TARGET_CFLAGS",
        ),
    ] {
        let mut files = mini();
        edit(&mut files, path, old, new);
        let set = RecipeSet::load(files).map_err(|errors| errors.render()).unwrap();
        let error = lower(&set.resolve(&request(&[])).unwrap()).unwrap_err();
        assert!(error.to_string().contains("is set by"), "{error}");
    }
}

#[test]
fn a_step_sees_what_it_declares_and_no_more() {
    let plan = plan_of(mini(), &[]);
    let roles = |id: &str| -> Vec<String> {
        plan.steps[&StepId(id.to_owned())]
            .inputs
            .keys()
            .cloned()
            .collect()
    };
    assert_eq!(
        roles("toylib2/build"),
        ["root", "source", "sysroot", "toolchain", "toylib1"]
    );
    assert_eq!(
        roles("cpython/finish"),
        ["build", "root", "setup", "source", "sysroot", "toolchain"]
    );
    assert_eq!(
        roles("toolchain/build"),
        ["root"],
        "bare, and made of recipe files only"
    );
}

#[test]
fn an_action_names_every_input_by_content() {
    let plan = plan_of(mini(), &[]);
    for (id, step) in &plan.steps {
        let content: BTreeMap<String, TreeDigest> = step
            .inputs
            .keys()
            .map(|role| (role.clone(), TreeDigest(Digest::of(role.as_bytes()))))
            .collect();
        let spec = action(step, &content).unwrap();
        let is_run = matches!(step.kind, StepKind::Run(_));
        assert_eq!(
            spec.inputs.len() + usize::from(spec.root.is_some()),
            step.inputs.len(),
            "{id}"
        );
        assert_eq!(spec.root.is_some(), is_run, "{id}");
        assert_eq!(spec.command.argv[0] == "pbs", !is_run, "{id}");
        assert!(!spec.command.env.contains_key("JOBS"), "{id}");
        if !step.inputs.is_empty() {
            assert!(action(step, &BTreeMap::new()).is_err(), "{id}");
        }
    }
}

//! The engine: a real store, a sandbox whose commands are closures.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use pbs::engine::{
    Class, Engine, EngineError, Event, History, LazySandbox, Listener, Outputs, Prospect, Reuse, StepError,
    Transfers,
};
use pbs::fetch::{FetchOptions, Fetcher, Network};
use pbs::model::{GuestPath, TreePath};
use pbs::plan::{Given, Input, Plan, ROOT, Root, Run, Step, StepId, StepKind, TextFile, Weight};
use pbs::sandbox::{Ending, ExecSpec, Exit, Fake, Leaving, OutputSink, Running, Sandbox, Script};
use pbs::store::Store;
use tokio_util::sync::CancellationToken;

fn id(name: &str) -> StepId {
    StepId(name.to_owned())
}

fn path(text: &str) -> TreePath {
    TreePath::parse(text).unwrap()
}

/// A file in `/out`.
fn leaves(name: &str, content: &str) -> Script {
    Script::leaving(vec![(path(name), Leaving::File(content.into()))])
}

/// A worker root without a package: enough for a sandbox that runs nothing.
fn root() -> Step {
    Step {
        kind: StepKind::Root(Root {
            image: "worker".into(),
            packages: Vec::new(),
            links: BTreeMap::new(),
            files: BTreeMap::new(),
            directories: vec![path("in"), path("work"), path("out")],
            remove: Vec::new(),
            snapshot: "20260101T000000Z".into(),
        }),
        inputs: BTreeMap::new(),
        after: Vec::new(),
        why: "unpack the worker root".into(),
        hint: None,
        weight: Weight::One,
    }
}

/// A step that runs `name` with a script of the given text.
fn run(name: &str, text: &str, needs: &[&str]) -> Step {
    let mut inputs = BTreeMap::from([(ROOT.to_owned(), input("root"))]);
    for need in needs {
        inputs.insert((*need).to_owned(), input(need));
    }
    Step {
        kind: StepKind::Run(Run {
            argv: vec![name.to_owned()],
            env: BTreeMap::from([("TEXT".to_owned(), text.lines().last().unwrap_or("").to_owned())]),
            files: vec![TextFile {
                name: "build.sh".into(),
                text: text.to_owned(),
            }],
            cwd: GuestPath::parse("/work").unwrap(),
            timeout_minutes: 1,
        }),
        inputs,
        after: Vec::new(),
        why: format!("build {name}"),
        hint: Some(format!("look at {name}")),
        weight: Weight::One,
    }
}

fn input(from: &str) -> Input {
    Input {
        from: id(from),
        subtree: TreePath::root(),
    }
}

fn plan(steps: Vec<(&str, Step)>) -> Arc<Plan> {
    let mut plan = Plan::default();
    plan.steps.insert(id("root"), root());
    for (name, step) in steps {
        plan.steps.insert(id(name), step);
    }
    Arc::new(plan)
}

#[derive(Default)]
struct Heard(Mutex<Vec<Event>>);

impl Listener for Heard {
    fn event(&self, event: &Event) {
        self.0.lock().unwrap().push(event.clone());
    }
}

impl Heard {
    /// What became of the steps that run commands: `start a`, `done a`, …
    fn story(&self) -> Vec<String> {
        let events = self.0.lock().unwrap();
        let lines = events.iter().filter_map(|event| {
            let (word, step) = match event {
                Event::StepCached { step, .. } => ("cached", step),
                Event::StepWaiting { step } => ("wait", step),
                Event::StepStarted { step, .. } => ("start", step),
                Event::StepFinished { step, .. } => ("done", step),
                Event::StepRemade { step, .. } => ("again", step),
                Event::StepDiffers { step, .. } => ("differs", step),
                Event::StepFailed { step, .. } => ("failed", step),
                _ => return None,
            };
            (step.0 != "root").then(|| format!("{word} {step}"))
        });
        lines.collect()
    }

    fn reason(&self, wanted: &str) -> String {
        let events = self.0.lock().unwrap();
        let found = events.iter().rev().find_map(|event| match event {
            Event::StepStarted { step, reason, .. } if step.0 == wanted => Some(reason.clone()),
            _ => None,
        });
        found.unwrap()
    }
}

struct Bench {
    store: Utf8PathBuf,
    _dir: Arc<tempfile::TempDir>,
    heard: Arc<Heard>,
    engine: Arc<Engine>,
}

fn bench(sandbox: impl Sandbox + 'static) -> Bench {
    let dir = Arc::new(tempfile::tempdir().unwrap());
    bench_in(&dir, sandbox)
}

fn bench_in(dir: &Arc<tempfile::TempDir>, sandbox: impl Sandbox + 'static) -> Bench {
    let root = Utf8Path::from_path(dir.path()).unwrap().join("store");
    let store = Store::open(&root).unwrap();
    let heard = Arc::new(Heard::default());
    let listener = Arc::clone(&heard) as Arc<dyn Listener>;
    let transfers = Transfers::new(Arc::clone(&listener));
    let options = FetchOptions {
        network: Network::Offline,
        progress: Arc::new(transfers.clone()),
        ..FetchOptions::default()
    };
    let engine = Arc::new(Engine {
        fetcher: Fetcher::new(store.clone(), options).unwrap(),
        transfers,
        sandbox: LazySandbox::ready(Arc::new(sandbox)),
        cores: 2,
        listener,
        cancel: CancellationToken::new(),
        history: History::new(&store, "test"),
        reuse: Reuse::Results,
        store,
    });
    Bench {
        store: root,
        _dir: Arc::clone(dir),
        heard,
        engine,
    }
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

impl Bench {
    fn conduct(&self, plan: &Arc<Plan>, wanted: &[&str]) -> Result<Outputs, EngineError> {
        let wanted: Vec<StepId> = wanted.iter().map(|name| id(name)).collect();
        self.heard.0.lock().unwrap().clear();
        wait(self.engine.conduct(plan, &wanted))
    }

    /// Damages every blob with this content.
    fn remove_blobs_with(&self, content: &str) -> usize {
        let mut removed = 0;
        for entry in walkdir::WalkDir::new(self.store.join("cas-v1")) {
            let entry = entry.unwrap();
            if entry.file_type().is_file() && fs_err::read(entry.path()).unwrap() == content.as_bytes() {
                fs_err::remove_file(entry.path()).unwrap();
                removed += 1;
            }
        }
        removed
    }
}

/// Every command leaves a file with its name that holds the last line of its script.
fn writer() -> Fake {
    Fake::new(|spec| leaves("file", &spec.env["TEXT"]))
}

#[test]
fn runs_in_order_and_only_once() {
    let bench = bench(writer());
    let plan = plan(vec![
        ("a", run("a", "1", &[])),
        ("unused", run("unused", "1", &[])),
        ("b", run("b", "2", &["a"])),
    ]);
    bench.conduct(&plan, &["b"]).unwrap();
    assert_eq!(bench.heard.story(), ["start a", "done a", "start b", "done b"]);
    bench.conduct(&plan, &["b"]).unwrap();
    assert_eq!(bench.heard.story(), ["cached a", "cached b"]);
}

#[test]
fn an_equal_output_changes_nothing_further_on() {
    let bench = bench(writer());
    let before = plan(vec![
        ("a", run("a", "# a comment\nsame", &[])),
        ("b", run("b", "2", &["a"])),
    ]);
    bench.conduct(&before, &["b"]).unwrap();
    let after = plan(vec![
        ("a", run("a", "# another comment\nsame", &[])),
        ("b", run("b", "2", &["a"])),
    ]);
    bench.conduct(&after, &["b"]).unwrap();
    assert_eq!(bench.heard.story(), ["start a", "done a", "cached b"]);
    assert_eq!(
        bench.heard.reason("a"),
        "file `in/recipe/build.sh` changed, first in line 1"
    );
}

#[test]
fn says_why_before_running() {
    let bench = bench(writer());
    let before = plan(vec![("a", run("a", "1", &[])), ("b", run("b", "2", &["a"]))]);
    let survey = |plan: &Plan| bench.engine.survey(plan, &[id("b")]).unwrap();
    let [_, (_, a), (_, b)] = &survey(&before)[..] else {
        panic!("three steps");
    };
    assert!(
        matches!(a, Prospect::Open(inputs) if inputs[..] == [id("root")]),
        "{a:?}"
    );
    assert!(matches!(b, Prospect::Open(_)), "{b:?}");
    bench.conduct(&before, &["b"]).unwrap();
    assert!(
        survey(&before)
            .iter()
            .all(|(_, prospect)| matches!(prospect, Prospect::Cached(_)))
    );
    let after = plan(vec![("a", run("a", "other", &[])), ("b", run("b", "2", &["a"]))]);
    let [_, (_, a), (_, b)] = &survey(&after)[..] else {
        panic!("three steps");
    };
    let Prospect::Runs(reasons) = a else {
        panic!("{a:?}");
    };
    let reasons: Vec<String> = reasons.iter().map(ToString::to_string).collect();
    assert_eq!(
        reasons,
        [
            "env `TEXT` changed: `1` → `other`",
            "file `in/recipe/build.sh` changed, first in line 1"
        ]
    );
    assert!(
        matches!(b, Prospect::Open(inputs) if inputs[..] == [id("a")]),
        "{b:?}"
    );
}

/// Counts how many commands run at once.
#[derive(Debug)]
struct Gauge {
    fake: Fake,
    now: AtomicUsize,
    most: Arc<AtomicUsize>,
}

impl Sandbox for Gauge {
    fn name(&self) -> &'static str {
        "gauge"
    }

    fn exec<'a>(
        &'a self,
        spec: &'a ExecSpec,
        sink: &'a dyn OutputSink,
        cancel: &'a CancellationToken,
    ) -> Running<'a> {
        Box::pin(async move {
            let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
            // A step that takes all cores is never beside another.
            let weight = if spec.env["JOBS"] == "2" { 2 } else { 1 };
            assert!(weight == 1 || now == 1, "{} runs beside others", spec.name);
            self.most.fetch_max(now, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(20)).await;
            let result = self.fake.exec(spec, sink, cancel).await;
            self.now.fetch_sub(1, Ordering::SeqCst);
            result
        })
    }
}

#[test]
fn uses_all_cores_and_no_more() {
    let most = Arc::new(AtomicUsize::new(0));
    let bench = bench(Gauge {
        fake: writer(),
        now: AtomicUsize::new(0),
        most: Arc::clone(&most),
    });
    let names = ["a", "b", "c", "d", "e", "heavy"];
    let steps = names
        .iter()
        .map(|name| {
            let mut step = run(name, name, &[]);
            if *name == "heavy" {
                step.weight = Weight::All;
            }
            (*name, step)
        })
        .collect();
    bench.conduct(&plan(steps), &names).unwrap();
    assert_eq!(most.load(Ordering::SeqCst), 2);
}

#[test]
fn a_failure_is_told_with_everything_needed() {
    let bench = bench(Fake::new(|spec| match spec.name.as_str() {
        "bad" => {
            let lines: String = (1..=100).map(|number| format!("line {number}\n")).collect();
            Script::ending(Ending::Exit(Exit::Code(7))).printing(&lines)
        }
        _ => leaves("file", "x"),
    }));
    let plan = plan(vec![
        ("bad", run("bad", "1", &[])),
        ("beside", run("beside", "1", &[])),
        ("after", run("after", "1", &["bad"])),
    ]);
    let error = bench.conduct(&plan, &["after", "beside"]).unwrap_err();
    assert_eq!(error.class(), Class::Step);
    assert_eq!(error.to_string(), "step `bad` failed");
    let EngineError::Failed { failures } = &error else {
        panic!("{error:?}");
    };
    let [failure] = &failures[..] else {
        panic!("{failures:?}");
    };
    assert!(matches!(failure.error, StepError::Exit(Exit::Code(7))));
    assert_eq!(failure.error.to_string(), "the command exited with status 7");
    assert_eq!(failure.tail.len(), 30);
    assert_eq!(failure.tail[0], "line 71");
    assert_eq!(failure.hint.as_deref(), Some("look at bad"));
    let log = fs_err::read_to_string(failure.log.as_ref().unwrap()).unwrap();
    assert_eq!(log.lines().count(), 100);
    let story = bench.heard.story();
    assert!(!story.contains(&"start after".to_owned()), "{story:?}");
    // What ran beside it is kept.
    if story.contains(&"start beside".to_owned()) {
        assert!(story.contains(&"done beside".to_owned()), "{story:?}");
    }
}

#[test]
fn a_log_is_there_on_a_cache_hit_too() {
    let bench = bench(Fake::new(|_| leaves("file", "x").printing("hello\n")));
    let plan = plan(vec![("a", run("a", "1", &[]))]);
    bench.conduct(&plan, &["a"]).unwrap();
    let made = bench.conduct(&plan, &["a"]).unwrap().remove(&id("a")).unwrap();
    let log = bench.engine.log_file(&id("a"), &made).unwrap().unwrap();
    fs_err::remove_file(&log).unwrap();
    let log = bench.engine.log_file(&id("a"), &made).unwrap().unwrap();
    assert_eq!(fs_err::read_to_string(log).unwrap(), "hello\n");
}

#[test]
fn logs_of_forgotten_actions_are_collected() {
    let bench = bench(Fake::new(|_| leaves("file", "x").printing("hello\n")));
    let plan = plan(vec![("a", run("a", "1", &[])), ("b", run("b", "2", &[]))]);
    let made = bench.conduct(&plan, &["a", "b"]).unwrap();
    let store = &bench.engine.store;
    let log = |name| bench.engine.log_path(&id(name), &made[&id(name)].key);
    store.forget_action(&made[&id("a")].key).unwrap();
    assert_eq!(Engine::collect_logs(store).unwrap(), 1);
    assert!(!log("a").exists() && log("b").exists());
}

#[test]
fn a_lost_blob_is_made_again() {
    let bench = bench(writer());
    let before = plan(vec![
        ("a", run("a", "# the last line is written\nprecious", &[])),
        ("b", run("b", "2", &["a"])),
    ]);
    bench.conduct(&before, &["a"]).unwrap();
    assert_eq!(bench.remove_blobs_with("precious"), 1);
    bench.conduct(&before, &["b"]).unwrap();
    assert_eq!(
        bench.heard.story(),
        [
            "cached a", "start b", "again a", "start a", "done a", "start b", "done b"
        ]
    );
}

#[test]
fn what_is_lost_again_and_again_is_an_error() {
    let count = AtomicUsize::new(0);
    let bench = bench(Fake::new(move |_| {
        // Never the same, so the blob that was lost does not come back.
        leaves("file", &count.fetch_add(1, Ordering::SeqCst).to_string())
    }));
    let plan = plan(vec![("a", run("a", "1", &[])), ("b", run("b", "2", &["a"]))]);
    bench.conduct(&plan, &["a"]).unwrap();
    assert_eq!(bench.remove_blobs_with("0"), 1);
    bench.conduct(&plan, &["b"]).unwrap();
    // It is noticed that the same action made something else.
    assert!(bench.heard.story().contains(&"differs a".to_owned()));
}

#[test]
fn an_interruption_kills_and_keeps_what_is_done() {
    let bench = bench(Fake::new(|spec| match spec.name.as_str() {
        "slow" => Script::ending(Ending::Hangs),
        _ => leaves("file", "x"),
    }));
    let plan = plan(vec![
        ("quick", run("quick", "1", &[])),
        ("slow", run("slow", "1", &["quick"])),
    ]);
    let engine = Arc::clone(&bench.engine);
    let error = wait(async {
        let cancel = engine.cancel.clone();
        let heard = Arc::clone(&bench.heard);
        tokio::spawn(async move {
            while !heard.story().contains(&"start slow".to_owned()) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            cancel.cancel();
        });
        engine.conduct(&plan, &[id("slow")]).await
    })
    .unwrap_err();
    assert!(matches!(error, EngineError::Interrupted), "{error:?}");
    assert_eq!(error.class(), Class::Interrupted);
    // Another run takes up where this one stopped.
    let again = bench_in(&bench._dir, writer());
    again.conduct(&plan, &["slow"]).unwrap();
    assert_eq!(again.heard.story(), ["cached quick", "start slow", "done slow"]);
}

#[test]
fn two_engines_do_the_same_work_once() {
    let dir = Arc::new(tempfile::tempdir().unwrap());
    let count = Arc::new(AtomicUsize::new(0));
    let slow = || {
        let most = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&count);
        Gauge {
            fake: Fake::new(move |_| {
                count.fetch_add(1, Ordering::SeqCst);
                leaves("file", "x")
            }),
            now: AtomicUsize::new(0),
            most,
        }
    };
    let (one, other) = (bench_in(&dir, slow()), bench_in(&dir, slow()));
    let plan = plan(vec![("a", run("a", "1", &[])), ("b", run("b", "2", &["a"]))]);
    let wanted = [id("b")];
    let (first, second) = wait(async {
        tokio::join!(
            one.engine.conduct(&plan, &wanted),
            other.engine.conduct(&plan, &wanted)
        )
    });
    assert_eq!(
        first.unwrap()[&id("b")].record.output,
        second.unwrap()[&id("b")].record.output
    );
    assert_eq!(count.load(Ordering::SeqCst), 2, "a and b once each");
}

#[test]
fn an_unusable_sandbox_is_the_environments_fault() {
    let bench = bench(Fake::new(|_| {
        Script::ending(Ending::Fails(pbs::sandbox::SandboxError::Unusable {
            sandbox: "fake",
            reason: "no namespaces".into(),
            hint: "get some".into(),
        }))
    }));
    let plan = plan(vec![("a", run("a", "1", &[]))]);
    let error = bench.conduct(&plan, &["a"]).unwrap_err();
    assert_eq!(error.class(), Class::Environment);
}

#[test]
fn what_was_given_is_used_while_the_store_has_it() {
    let bench = bench(writer());
    let place = tempfile::tempdir().unwrap();
    fs_err::write(place.path().join("header"), "given").unwrap();
    let tree = bench
        .engine
        .store
        .copy_dir(Utf8Path::from_path(place.path()).unwrap())
        .unwrap();
    let given = Step {
        kind: StepKind::Given(Given { tree }),
        inputs: BTreeMap::new(),
        why: "is given".into(),
        hint: None,
        ..root()
    };
    let plan = plan(vec![("given", given), ("a", run("a", "1", &["given"]))]);
    let outputs = bench.conduct(&plan, &["given", "a"]).unwrap();
    assert_eq!(outputs[&id("given")].record.output, tree);
    // Nobody but the person who gave it can bring it back.
    assert_eq!(bench.remove_blobs_with("given"), 1);
    for name in ["given", "a"] {
        bench.engine.store.forget_action(&outputs[&id(name)].key).unwrap();
    }
    let error = bench.conduct(&plan, &["a"]).unwrap_err();
    assert_eq!(error.class(), Class::Input);
    let EngineError::Failed { failures } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(
        failures[0].error.to_string(),
        format!("the given sysroot {tree} is not in the store any more")
    );
    assert_eq!(failures[0].error.hint().unwrap(), "give `--sysroot DIR` again");
}

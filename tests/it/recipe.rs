//! Recipes: what every mistake looks like to a person, and what a request resolves to.
//!
//! Each mistake is made in the toy recipes of `tests/fixtures/mini` by replacing one text.

mod given;
mod systems;

use std::collections::BTreeMap;

use camino::Utf8Path;
use pbs::recipe::{RecipeSet, Request, SourceFile};
use pbs::workspace::read_workspace;

pub(crate) fn mini() -> Vec<SourceFile> {
    let root = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/mini");
    read_workspace(&root).unwrap()
}

pub(crate) fn request(words: &[(&str, &str)]) -> Request {
    let get = |wanted: &str| {
        let mut found = words.iter().filter(|(key, _)| *key == wanted);
        found.next().map(|(_, value)| (*value).to_owned())
    };
    Request {
        python: get("python"),
        target: get("target").unwrap_or_else(|| "x86_64-unknown-linux-gnu".to_owned()),
        options: get("options"),
        pins: words
            .iter()
            .filter_map(|(key, value)| Some((key.strip_prefix("pin ")?.to_owned(), (*value).to_owned())))
            .collect(),
        ..Request::default()
    }
}

/// The toy recipes with `old` replaced by `new` in one file.
fn edited(path: &str, old: &str, new: &str) -> Vec<SourceFile> {
    let mut files = mini();
    let file = files.iter_mut().find(|file| file.path == path).unwrap();
    assert!(file.text.contains(old), "{path} has no `{old}`");
    file.text = file.text.replacen(old, new, 1);
    files
}

fn mistakes(files: Vec<SourceFile>) -> String {
    RecipeSet::load(files).unwrap_err().render()
}

/// Makes each mistake and compares what is said about all of them with one snapshot.
fn snapshot(name: &str, edits: &[(&str, &str, &str, &str)]) {
    let mut text = String::new();
    for (title, path, old, new) in edits {
        text += &format!("== {title}\n{}\n", mistakes(edited(path, old, new)));
    }
    assert_text(name, &text);
}

fn assert_text(name: &str, text: &str) {
    insta::with_settings!({ snapshot_path => concat!(env!("CARGO_MANIFEST_DIR"), "/tests/snapshots/recipe"), prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, text);
    });
}

const TARGET: &str = "recipes/targets/x86_64-unknown-linux-gnu.yaml";
const TOYLIB1: &str = "recipes/toylib1/recipe.yaml";
const TOYLIB1_V1: &str = "recipes/toylib1/versions/1.0.yaml";
const TOYLIB2: &str = "recipes/toylib2/recipe.yaml";
const CPYTHON: &str = "recipes/cpython/recipe.yaml";
const OLD_PYTHON: &str = "recipes/cpython/versions/3.98.0.yaml";
const EXTENSIONS: &str = "recipes/cpython/extensions.yaml";
const IMAGE: &str = "docker/worker/image.yaml";

#[test]
fn the_toy_has_no_mistakes() {
    let set = RecipeSet::load(mini()).map_err(|errors| errors.render()).unwrap();
    assert_eq!(
        set.released().len(),
        3,
        "two versions × two options, without one exception; no profile is recorded"
    );
}

#[test]
fn mistakes_of_yaml() {
    snapshot(
        "yaml",
        &[
            ("no YAML", TOYLIB1, "summary: \"", "summary: \"\"x"),
            ("tab", TOYLIB1, "    why:", "\twhy:"),
            ("unknown field", TOYLIB1_V1, "  strip: 1", "  strp: 1"),
            ("unknown field with nothing near", TOYLIB1, "summary:", "colour:"),
            ("missing field", TOYLIB1_V1, "  strip: 1\n", ""),
            ("field twice", TOYLIB1_V1, "  strip: 1", "  strip: 1\n  strip: 2"),
            (
                "key twice in a map",
                TARGET,
                "env:\n",
                "env:\n  TARGET_CFLAGS: { value: \"-O1\", why: \"x\" }\n",
            ),
            ("anchor", TOYLIB1, "summary: ", "summary: &summary "),
            (
                "alias of nothing",
                TOYLIB1,
                "homepage: https",
                "homepage: *summary # https",
            ),
            ("empty path", TOYLIB1, "file: LICENSE", "file: \"\""),
            (
                "licence out of its directory",
                TOYLIB1,
                "as: LICENSE",
                "as: ../LICENSE",
            ),
            ("version as a number", TOYLIB1_V1, "\"1.0\"", "1.0"),
            ("flag as a truth value", OLD_PYTHON, "\"1\"", "true"),
            ("series as a number", EXTENSIONS, "[\"3.98\"]", "[3.98]"),
            ("unknown word", EXTENSIONS, "linkage: shared", "linkage: dynamic"),
            (
                "version of an SDK that is none",
                TARGET,
                "platform-tag:",
                "apple-sdk: { name: x1.0, platform: x, version: \"1.x\", deployment-target: \"1.0\" }\nplatform-tag:",
            ),
            ("text for a number", TOYLIB1_V1, "strip: 1", "strip: one"),
            ("wrong digest", TOYLIB1_V1, "sha256: ", "sha256: x"),
            (
                "path out of the tree",
                TOYLIB1,
                "file: LICENSE",
                "file: ../LICENSE",
            ),
            (
                "no version of CPython",
                "recipes/release.yaml",
                "\"3.99.1\"",
                "\"3.99\"",
            ),
            (
                "source that is neither",
                "recipes/sysroot/versions/1.yaml",
                "none",
                "nowhere",
            ),
        ],
    );
}

#[test]
fn mistakes_between_files() {
    let mirror = "mirrors:\n    - { crate: { name: x, version: \"1.0.0\", sha256: 06799d3ed38fb673eb9a41c475692fa7b9be4ff2343c6b2e75bf5b73199b7f5b, strip: 1 } }";
    snapshot(
        "references",
        &[
            (
                "unknown package",
                TOYLIB2,
                "needs: [ toylib1 ]",
                "needs: [ toylbi1 ]",
            ),
            ("unknown step", CPYTHON, "after: [ build ]", "after: [ biuld ]"),
            ("unknown script", CPYTHON, "script: finish.sh", "script: finsh.sh"),
            (
                "patch that does not exist, and one that nobody lists",
                TOYLIB1_V1,
                "0001-answer-correctly",
                "0001-answer-corectly",
            ),
            (
                "version of another name",
                TOYLIB1_V1,
                "version: \"1.0\"",
                "version: \"1.1\"",
            ),
            (
                "package of another name",
                TOYLIB2,
                "package: toylib2",
                "package: toylib3",
            ),
            ("no default version", TOYLIB1_V1, "default: true\n", ""),
            (
                "two default versions",
                "recipes/toylib1/versions/0.9.yaml",
                "version:",
                "default: true\nversion:",
            ),
            (
                "default version of CPython",
                OLD_PYTHON,
                "version:",
                "default: true\nversion:",
            ),
            (
                "licence twice",
                TOYLIB2,
                "LICENSE.toylib2.txt",
                "LICENSE.toylib1.txt",
            ),
            ("library twice", TOYLIB2, "libtoy2.a", "libtoy1.a"),
            ("unknown sysroot", TARGET, "sysroot: sysroot", "sysroot: sysrot"),
            (
                "target of macOS without an SDK",
                TARGET,
                "os: linux",
                "os: darwin",
            ),
            (
                "target with an SDK that it has no use for",
                TARGET,
                "platform-tag:",
                "apple-sdk: { name: x1.0, platform: x, version: \"1.0\", deployment-target: \"1.0\" }\nplatform-tag:",
            ),
            ("unknown worker", TARGET, "worker: worker", "worker: workr"),
            (
                "cycle",
                TOYLIB1,
                "    script: build.sh",
                "    script: build.sh\n    needs: [ toylib2 ]",
            ),
            (
                "absent without a reason",
                EXTENSIONS,
                ", why: \"a toy has no window\"",
                "",
            ),
            (
                "module of an unknown package",
                EXTENSIONS,
                "[ toylib1 ]",
                "[ toylib ]",
            ),
            (
                "module of a package that CPython does not see",
                CPYTHON,
                "needs: [ toylib1, toylib2 ]",
                "needs: [ toylib1 ]",
            ),
            ("unknown series", EXTENSIONS, "[\"3.98\"]", "[\"3.97\"]"),
            (
                "exception that never matches",
                OLD_PYTHON,
                "options: debug",
                "options: debgu",
            ),
            ("exception for everything", OLD_PYTHON, "options: debug, ", ""),
            (
                "unknown default version",
                "recipes/release.yaml",
                "3.99.1",
                "3.99.2",
            ),
            (
                "mirror that packs differently",
                TOYLIB1_V1,
                "strip: 1",
                &format!("strip: 1\n  {mirror}"),
            ),
            (
                "mirror of two kinds",
                TOYLIB1_V1,
                "strip: 1",
                "strip: 1\n  mirrors:\n    - { }",
            ),
            (
                "setup elsewhere",
                TOYLIB1,
                "    script:",
                "    setup: true\n    script:",
            ),
            ("reserved name", TOYLIB1, "name: build", "name: source"),
            (
                "unknown family of a step",
                TOYLIB1,
                "    script:",
                "    family: posix\n    script:",
            ),
            ("unknown family of libraries", TOYLIB1, "{ unix:", "{ linux:"),
            (
                "two steps of one name in a family",
                CPYTHON,
                "name: finish",
                "name: build\n    family: unix",
            ),
            (
                "after a step that some targets do not have",
                CPYTHON,
                "name: build",
                "name: build\n    family: unix",
            ),
            (
                "package without steps for a family that needs it",
                TOYLIB1,
                "    script:",
                "    family: windows\n    script:",
            ),
            (
                "sysroot without steps for a family that needs it",
                "recipes/sysroot/recipe.yaml",
                "    script:",
                "    family: windows\n    script:",
            ),
            (
                "no source to take a licence from",
                "recipes/sysroot/recipe.yaml",
                "steps:",
                "licenses:
  - { spdx: MIT, file: LICENSE, as: LICENSE.sysroot.txt }
steps:",
            ),
            (
                "broken pattern",
                TOYLIB1_V1,
                "strip: 1",
                "strip: 1\n  select: [ LICENSE, \"src/*.{c,h\" ]",
            ),
            (
                "broken pattern of an image",
                IMAGE,
                "directories:",
                "remove: [ \"usr/[a\" ]\ndirectories:",
            ),
            (
                "lock of another format",
                "docker/worker/image.lock",
                "version: 1",
                "version: 2",
            ),
            (
                "lock without a package",
                IMAGE,
                "packages: [ toycompiler ]",
                "packages: [ toycompiler, make ]",
            ),
        ],
    );
}

#[test]
fn missing_and_stray_files() {
    let mut files = mini();
    files
        .retain(|file| file.path != "docker/worker/image.lock" && file.path != "recipes/toylib2/recipe.yaml");
    let mut text = mistakes(files);
    let mut files = mini();
    files.push(SourceFile {
        path: "recipes/toylib1/forgotten.sh".to_owned(),
        text: "true\n".to_owned(),
    });
    text += &mistakes(files);
    assert_text("files", &text);
}

#[test]
fn requests_that_cannot_be_met() {
    let set = RecipeSet::load(mini()).unwrap();
    let mut text = String::new();
    for words in [
        &[("target", "x86_64-unknown-linux-gun")][..],
        &[("target", "sparc-sun-solaris")],
        &[("python", "3.99.2")],
        &[("options", "pgo+lto")],
        &[("options", "pgo++lto")],
        &[("python", "3.98.0"), ("options", "debug")],
        &[("pin toylib1", "0.8")],
        &[("pin toylib3", "1.0")],
        &[("pin cpython", "3.98.0")],
    ] {
        let error = set.resolve(&request(words)).unwrap_err();
        text += &format!("{error}\n  hint: {}\n", error.hint());
    }
    assert_text("requests", &text);
}

#[test]
fn a_target_has_the_steps_and_libraries_of_its_family() {
    let toylib2 = "recipes/toylib2/recipe.yaml";
    let mut files = edited(
        toylib2,
        "    needs: [ toylib1 ]\n",
        "    family: unix\n  - name: build\n    why: \"does it the other way\"\n    family: windows\n    script: other.sh\n    needs: [ toylib1 ]\n",
    );
    let file = files.iter_mut().find(|file| file.path == toylib2).unwrap();
    file.text = file.text.replace(
        "{ unix: [ libtoy2.a ] }",
        "{ unix: [ libtoy2.a ], windows: [ toy2.lib ] }",
    );
    let other = "x86_64-pc-windows-msvc";
    let target = files.iter().find(|file| file.path == TARGET).unwrap().clone();
    files.push(SourceFile {
        path: format!("recipes/targets/{other}.yaml"),
        text: target
            .text
            .replace("x86_64-unknown-linux-gnu", other)
            .replace("family: unix", "family: windows"),
    });
    files.push(SourceFile {
        path: "recipes/toylib2/other.sh".to_owned(),
        text: "true\n".to_owned(),
    });
    let set = RecipeSet::load(files).map_err(|errors| errors.render()).unwrap();
    let check = |target: &str, script: &str, library: &str| {
        let build = set.resolve(&request(&[("target", target)])).unwrap();
        let package = &build.packages["toylib2"];
        let scripts: Vec<&str> = package.steps.iter().map(|step| step.script.as_str()).collect();
        assert_eq!(
            (scripts, &package.libraries),
            (vec![script], &vec![library.to_owned()]),
            "{target}"
        );
        assert!(
            build.packages.contains_key("toylib1"),
            "shared steps are everywhere"
        );
    };
    check("x86_64-unknown-linux-gnu", "build.sh", "libtoy2.a");
    check(other, "other.sh", "toy2.lib");
}

#[test]
fn a_series_means_its_newest_version() {
    let mut files = mini();
    let old = files.iter().find(|file| file.path == OLD_PYTHON).unwrap().clone();
    let mut expected = |versions: &[&str], newest: &str| {
        for version in versions {
            files.push(SourceFile {
                path: format!("recipes/cpython/versions/{version}.yaml"),
                text: old
                    .text
                    .replace("3.98.0", version)
                    .replace("\"3.98\"", "\"3.97\""),
            });
        }
        let set = RecipeSet::load(files.clone())
            .map_err(|errors| errors.render())
            .unwrap();
        let build = set.resolve(&request(&[("python", "3.97")])).unwrap();
        assert_eq!(build.python.to_string(), newest);
    };
    expected(&["3.97.0a2", "3.97.0a10"], "3.97.0a10");
    expected(&["3.97.0rc1"], "3.97.0rc1");
    expected(&["3.97.0"], "3.97.0");
    expected(&["3.97.1rc1"], "3.97.0");
}

#[test]
fn requests_choose() {
    let set = RecipeSet::load(mini()).unwrap();
    let version = |words: &[(&str, &str)]| set.resolve(&request(words)).unwrap().python.to_string();
    assert_eq!(version(&[]), "3.99.1");
    assert_eq!(version(&[("python", "3.98")]), "3.98.0");
    let build = set
        .resolve(&request(&[("python", "3.98.0"), ("pin toylib1", "0.9")]))
        .unwrap();
    assert_eq!(build.packages["toylib1"].version, "0.9");
    assert!(build.packages["toylib1"].patches.is_empty());
    assert!(build.modules.contains_key("_old"));
    assert_eq!(build.tag, "20260101");
    let order: Vec<&String> = build.packages.keys().collect();
    assert_eq!(order, ["sysroot", "toolchain", "toylib1", "toylib2", "cpython"]);
    let linked: BTreeMap<_, _> = build
        .packages
        .iter()
        .map(|(name, package)| (name.as_str(), package.linked))
        .collect();
    assert_eq!(linked["toylib1"], pbs::recipe::Linked::Yes);
    assert_eq!(linked["sysroot"], pbs::recipe::Linked::No);
}

#[test]
fn a_long_line_is_shown_around_its_mistake() {
    let spaces = " ".repeat(1000);
    let text = mistakes(edited(
        TOYLIB1,
        "timeout-minutes: 1",
        &format!("timeout-minutes: [{spaces}]{spaces}"),
    ));
    assert!(text.lines().all(|line| line.chars().count() < 300), "{text}");
    let text = mistakes(edited(
        TOYLIB1,
        "timeout-minutes: 1",
        &format!("timeout-minutes: {spaces}ten"),
    ));
    let (shown, caret) = (text.lines().nth(3).unwrap(), text.lines().nth(4).unwrap());
    assert!(shown.chars().count() < 300, "{text}");
    assert_eq!(shown.find("ten"), caret.find("^^^"), "{text}");
}

#[test]
fn a_mistake_is_told_once_and_says_what_to_add() {
    let without = |wrong: &str| {
        let files = mini().into_iter();
        mistakes(files.filter(|file| !file.path.starts_with(wrong)).collect())
    };
    let text = without("recipes/toylib2/versions/");
    assert!(
        text.contains("hint: add recipes/toylib2/versions/VERSION.yaml\n"),
        "{text}"
    );
    let text = without("recipes/toylib1/");
    let mut all: Vec<&str> = text.split("\nerror: ").collect();
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), count, "{text}");
    assert!(count > 1, "{text}");
}

#[test]
fn two_documents_are_one_too_many() {
    let text = mistakes(edited(TOYLIB1, "steps:", "---\nsteps:"));
    assert!(
        text.starts_with("error: not YAML: there is more than one document; take out the line `---`\n"),
        "{text}"
    );
}

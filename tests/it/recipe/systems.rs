//! What targets of one operating system share, and what it has of its own.

use pbs::recipe::{RecipeSet, SourceFile};

use super::{EXTENSIONS, TARGET, TOYLIB1, assert_text, mini, mistakes, request};

/// The toy recipes with a second target, for macOS, which shares what a file of `recipes/systems/` says.
fn with_macos() -> Vec<SourceFile> {
    let mut files = mini();
    let linux = files.iter().find(|file| file.path == TARGET).unwrap().clone();
    let (facts, rest) = linux.text.split_once("env:\n").unwrap();
    let (_, rest) = rest.split_once("platform-tag").unwrap();
    let (rest, _) = rest.split_once("limits:").unwrap();
    let facts = facts
        .replace("x86_64-unknown-linux-gnu", MACOS)
        .replace("os: linux", "system: macos\nos: darwin")
        .replace("object-format: elf", "object-format: mach-o");
    let sdk =
        "apple-sdk: { name: macosx15.5, platform: macosx, version: \"15.5\", deployment-target: \"11.0\" }";
    files.push(SourceFile {
        path: format!("recipes/targets/{MACOS}.yaml"),
        text: format!("{facts}platform-tag{rest}{sdk}\nrun: none\nenv:\n  OLDEST: {{ value: \"11.0\", why: \"a toy\" }}\n"),
    });
    files.push(SourceFile {
        path: SYSTEM.to_owned(),
        text: "system: macos\nenv:\n  SHARED: { value: both, why: \"a toy\" }\nlimits: { allowed-libraries: [ libSystem ] }\n"
            .to_owned(),
    });
    files
}

const MACOS: &str = "aarch64-apple-darwin";
const SYSTEM: &str = "recipes/systems/macos.yaml";

#[test]
fn a_target_has_what_its_system_says() {
    let mut files = with_macos();
    let mut edit = |path: &str, old: &str, new: &str| {
        let file = files.iter_mut().find(|file| file.path == path).unwrap();
        assert!(file.text.contains(old), "{path} has no `{old}`");
        file.text = file.text.replacen(old, new, 1);
    };
    edit(
        "recipes/toylib2/recipe.yaml",
        "    needs: [ toylib1 ]\n",
        "    os: linux\n    needs: [ toylib1 ]\n  - name: build\n    why: \"does it the other way\"\n    os: darwin\n    script: other.sh\n",
    );
    edit(
        "recipes/toylib2/versions/2.0.yaml",
        "source:",
        "patches-on: { darwin: [ toylib1/1.0/0001-answer-correctly.patch ] }\nsource:",
    );
    edit(
        EXTENSIONS,
        "modules:",
        "systems:\n  darwin:\n    without: [ _old ]\n    modules: { _proxies: { linkage: builtin } }\nmodules:",
    );
    files.push(SourceFile {
        path: "recipes/toylib2/other.sh".to_owned(),
        text: "true\n".to_owned(),
    });
    let set = RecipeSet::load(files).map_err(|errors| errors.render()).unwrap();
    let of = |target| {
        set.resolve(&request(&[("target", target), ("python", "3.98")]))
            .unwrap()
    };
    let seen = |target| {
        let build = of(target);
        let package = &build.packages["toylib2"];
        let env: Vec<String> = build.target_file.env.keys().map(|name| name.0.clone()).collect();
        (
            package.steps[0].script.clone(),
            package.patches.len(),
            build.modules.contains_key("_proxies"),
            build.modules.contains_key("_old"),
            env,
            build.target_file.limits.allowed_libraries.clone(),
        )
    };
    assert_eq!(
        seen(MACOS),
        (
            "other.sh".to_owned(),
            1,
            true,
            false,
            vec!["OLDEST".to_owned(), "SHARED".to_owned()],
            vec!["libSystem".to_owned()]
        )
    );
    let (script, patches, new, old, env, libraries) = seen("x86_64-unknown-linux-gnu");
    assert_eq!((script.as_str(), patches, new, old), ("build.sh", 0, false, true));
    assert!(!env.contains(&"SHARED".to_owned()));
    assert_eq!(libraries, ["libc.so.6"]);
}

#[test]
fn mistakes_in_what_systems_say() {
    let target = format!("recipes/targets/{MACOS}.yaml");
    let mut text = String::new();
    for (title, path, old, new) in [
        ("unknown system", target.as_str(), "system: macos", "system: mac"),
        ("a variable said twice", &target, "OLDEST", "SHARED"),
        (
            "limits said twice",
            &target,
            "run: none",
            "limits: { banned-symbols: [ gets ] }\nrun: none",
        ),
        (
            "another name than the file's",
            SYSTEM,
            "system: macos",
            "system: mac",
        ),
        (
            "a step that no system has",
            TOYLIB1,
            "    script:",
            "    family: windows\n    os: darwin\n    script:",
        ),
    ] {
        let mut files = with_macos();
        let file = files.iter_mut().find(|file| file.path == path).unwrap();
        assert!(file.text.contains(old), "{path} has no `{old}`");
        file.text = file.text.replacen(old, new, 1);
        text += &format!("== {title}\n{}\n", mistakes(files));
    }
    assert_text("systems", &text);
}

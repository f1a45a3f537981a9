//! `pbs link`: single-file executables of a built distribution, run as their users would.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::linking::{link_to, said, single};
use crate::support::{built_distribution, requires, variable};

fn link(dist: &Path, output: &Path, words: &[&str]) -> Output {
    link_to(&single(), dist, output, words)
}

fn linked(dist: &Path, output: &Path, words: &[&str]) {
    let done = link(dist, output, words);
    assert!(done.status.success(), "{}", said(&done));
    assert_eq!(
        String::from_utf8_lossy(&done.stdout).trim(),
        output.to_str().unwrap()
    );
}

/// Runs an executable with an environment of its own, so that nothing but the file itself can help it.
fn command(executable: &Path) -> Command {
    let mut command = Command::new(executable);
    command.env_clear().env("PATH", "/usr/bin:/bin").current_dir("/");
    command
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{}", said(output));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[test]
fn imports_from_memory_feel_like_files() {
    let place = built_distribution();
    requires!("dist", place.is_some());
    let (place, out) = (place.unwrap(), tempfile::tempdir().unwrap());
    for (name, words) in [("plain", &[][..]), ("packed", &["--compress", "--strip"][..])] {
        let executable = out.path().join(name);
        linked(
            place.path(),
            &executable,
            &[&["--script", "features.py"], words].concat(),
        );
        let done = command(&executable)
            .arg("-v")
            .env("PYTHONPATH", "/nowhere")
            .output()
            .unwrap();
        let shown = said(&done);
        assert!(done.status.success(), "{name}: {shown}");
        assert!(shown.contains("test_of_multiprocessing"), "{name}: {shown}");
    }
    let size = |name: &str| fs_err::metadata(out.path().join(name)).unwrap().len();
    assert!(size("packed") < size("plain") * 2 / 3);
}

#[test]
fn an_application_is_a_package_with_resources() {
    let place = built_distribution();
    requires!("dist", place.is_some());
    let (place, out) = (place.unwrap(), tempfile::tempdir().unwrap());
    let executable = out.path().join("shop");
    linked(
        place.path(),
        &executable,
        &["--app", "package", "--module", "shop"],
    );
    let done = command(&executable).args(["3", "x"]).output().unwrap();
    assert_eq!(done.status.code(), Some(3), "{}", said(&done));
    let expected = "good day 42 found in a namespace __main__ shop ['3', 'x']";
    assert_eq!(String::from_utf8_lossy(&done.stdout).trim(), expected);

    let words = [
        "--app",
        "package",
        "--module",
        "shop.parts:main",
        "--keep",
        "bytecode",
    ];
    linked(place.path(), &executable, &words);
    let done = command(&executable).output().unwrap();
    assert_eq!(done.status.code(), Some(3), "{}", said(&done));
    assert_eq!(String::from_utf8_lossy(&done.stdout), "sold 7\n");
    let bytes = fs_err::read(&executable).unwrap();
    let holds = |text: &str| memchr::memmem::find(&bytes, text.as_bytes()).is_some();
    assert!(holds("good day"));
    assert!(!holds("return 7 * count"), "sources are not embedded");

    let again = out.path().join("again");
    linked(place.path(), &again, &words);
    assert!(
        bytes == fs_err::read(&again).unwrap(),
        "the same inputs give the same bytes"
    );
}

#[test]
fn directories_on_the_path_have_their_modules_and_lines() {
    let place = built_distribution();
    requires!("dist", place.is_some());
    let (place, out) = (place.unwrap(), tempfile::tempdir().unwrap());
    let executable = out.path().join("parcel");
    let words = ["--app", "vendored", "--module", "parcel"];
    for more in [&[][..], &["--preset", "auto", "--compress"][..]] {
        linked(place.path(), &executable, &[&words, more].concat());
        let done = command(&executable).output().unwrap();
        let shown = said(&done);
        assert_eq!(done.status.code(), Some(1), "{shown}");
        for line in [
            "UserWarning: this line is shown",
            "warnings.warn(\"this line is shown\")",
            "tape.stick(0)  # and this one",
            "return 1 / length",
            "ZeroDivisionError",
        ] {
            assert!(shown.contains(line), "`{line}` is missing: {shown}");
        }
    }
}

#[test]
fn long_work_is_told() {
    let archive = variable("PBS_TEST_DIST");
    requires!("dist", archive.is_some());
    let (archive, out) = (archive.unwrap(), tempfile::tempdir().unwrap());
    let (app, store) = (out.path().join("app"), out.path().join("store"));
    fs_err::create_dir_all(app.join("large")).unwrap();
    fs_err::write(app.join("large/__init__.py"), "").unwrap();
    fs_err::write(app.join("large/__main__.py"), "print('large')").unwrap();
    let data = fs_err::File::create(app.join("large/data")).unwrap();
    data.set_len(65 << 20).unwrap();
    let executable = out.path().join("large");
    let words = [
        "--app",
        app.to_str().unwrap(),
        "--module",
        "large",
        "--preset",
        "minimal",
        "--compress",
        "--store",
        store.to_str().unwrap(),
    ];
    for unpacks in [true, false] {
        let done = link(Path::new(&archive), &executable, &words);
        let said = said(&done);
        assert!(done.status.success(), "{said}");
        assert_eq!(said.contains("unpacking `"), unpacks, "{said}");
        assert!(said.contains("embedding "), "{said}");
    }
    assert_eq!(stdout(&command(&executable).output().unwrap()), "large");
}

#[test]
fn without_an_application_it_is_python() {
    let place = built_distribution();
    requires!("dist", place.is_some());
    let (place, out) = (place.unwrap(), tempfile::tempdir().unwrap());
    let executable = out.path().join("py");
    linked(place.path(), &executable, &[]);
    let python = |words: &[&str]| command(&executable).args(words).output().unwrap();
    let code = "import sys, ssl, sqlite3; print(sys.argv, sys.flags.isolated, exit.__class__.__name__)";
    assert_eq!(stdout(&python(&["-c", code, "x"])), "['-c', 'x'] 0 Quitter");
    assert!(stdout(&python(&["-m", "json.tool", "--help"])).contains("JSON"));
    assert_eq!(
        stdout(&python(&["-X", "utf8=0", "-O", "-c", "assert False; print(5)"])),
        "5"
    );
    assert_eq!(python(&["-c", "import sys; sys.exit(7)"]).status.code(), Some(7));
    let done = python(&["-c", "1/0"]);
    assert_eq!(done.status.code(), Some(1));
    assert!(said(&done).contains("ZeroDivisionError"));

    let script = out.path().join("given.py");
    fs_err::write(&script, "import beside, sys\nprint(beside.value, sys.path[0])").unwrap();
    fs_err::write(out.path().join("beside.py"), "value = 'beside the script'").unwrap();
    let expected = format!("beside the script {}", out.path().display());
    assert_eq!(stdout(&python(&[script.to_str().unwrap()])), expected);
    let done = command(&executable)
        .args(["-c", "import beside; print(beside.value)"])
        .env("PYTHONPATH", out.path())
        .output()
        .unwrap();
    assert_eq!(stdout(&done), "beside the script");

    let mut child = command(&executable)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"print(6 * 7)").unwrap();
    assert_eq!(stdout(&child.wait_with_output().unwrap()), "42");
}

#[test]
fn imports_ask_the_file_system_nothing() {
    let place = built_distribution();
    requires!("dist", place.is_some());
    requires!("strace", Command::new("strace").arg("-V").output().is_ok());
    let (place, out) = (place.unwrap(), tempfile::tempdir().unwrap());
    let executable = out.path().join("imports");
    let script = out.path().join("imports.py");
    fs_err::write(
        &script,
        "import sys\nfor name in sys.argv[1:]: __import__(name)\n",
    )
    .unwrap();
    linked(place.path(), &executable, &["--script", script.to_str().unwrap()]);
    let names = [
        "json",
        "email.message",
        "http.server",
        "xml.dom.minidom",
        "asyncio",
        "unittest.mock",
        "csv",
    ];
    let calls = |names: &[&str]| {
        let trace = out.path().join("trace");
        let done = Command::new("strace")
            .args(["-f", "-e", "trace=%file,getdents64,read,readlink", "-o"])
            .arg(&trace)
            .arg(&executable)
            .args(names)
            .env_clear()
            .current_dir("/")
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", said(&done));
        let mut counts = BTreeMap::<String, usize>::new();
        for line in fs_err::read_to_string(&trace).unwrap().lines() {
            let call = line.split_once(' ').map_or(line, |(_, call)| call).trim_start();
            if let Some((name, _)) = call.split_once('(') {
                *counts.entry(name.to_owned()).or_default() += 1;
            }
        }
        counts
    };
    let none = calls(&[]);
    assert!(none.values().sum::<usize>() > 5, "strace counts: {none:?}");
    assert_eq!(calls(&names), none);
}

#[test]
fn an_interrupt_ends_it_as_a_signal() {
    let place = built_distribution();
    requires!("dist", place.is_some());
    let (place, out) = (place.unwrap(), tempfile::tempdir().unwrap());
    let executable = out.path().join("waits");
    let script = out.path().join("waits.py");
    let code = "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(60)\n";
    fs_err::write(&script, code).unwrap();
    linked(place.path(), &executable, &["--script", script.to_str().unwrap()]);
    let done = command(&executable).output().unwrap();
    let signal = std::os::unix::process::ExitStatusExt::signal(&done.status);
    assert_eq!(signal, Some(2), "{}", said(&done));
    assert!(said(&done).contains("KeyboardInterrupt"), "{}", said(&done));
}

#[test]
fn licences_travel_in_the_executable() {
    let place = built_distribution();
    requires!("dist", place.is_some());
    let (place, out) = (place.unwrap(), tempfile::tempdir().unwrap());
    let [all, less] = ["all", "less"].map(|name| out.path().join(name));
    linked(place.path(), &all, &["--module", "this"]);
    linked(
        place.path(),
        &less,
        &[
            "--module",
            "this",
            "--exclude-extension=_ssl",
            "--exclude-extension=_hashlib",
        ],
    );
    let licenses = |executable: &Path| {
        let done = command(executable)
            .env("PBS_BUNDLE", "licenses")
            .output()
            .unwrap();
        stdout(&done)
    };
    assert!(licenses(&all).contains("PYTHON SOFTWARE FOUNDATION LICENSE"));
    assert!(licenses(&all).contains("==== LICENSE.openssl"));
    assert!(!licenses(&less).contains("==== LICENSE.openssl"));
    let done = command(&all).env("PBS_BUNDLE", "nonsense").output().unwrap();
    assert_eq!(done.status.code(), Some(2));
}

#[test]
fn what_cannot_be_embedded_is_refused() {
    let place = built_distribution();
    requires!("dist", place.is_some());
    let (place, out) = (place.unwrap(), tempfile::tempdir().unwrap());
    let write = |name: &str, text: &str| {
        let path = out.path().join(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(&path, text).unwrap();
        path.into_os_string().into_string().unwrap()
    };
    let wrong = write("wrong.py", "import sys\nprint('a'\n");
    let twice = write("json.py", "");
    write("library/nothing.py", "");
    let library = out.path().join("library").into_os_string().into_string().unwrap();
    let cases: [(&[&str], &str); 7] = [
        (&["--script", &wrong], "app/wrong.py:2: "),
        (&["--script", &twice], "are both the module `json`"),
        (&["--app", &library], "there is no module `__main__`"),
        (
            &["--app", &library, "--module", "nothinh"],
            "did you mean `nothing`?",
        ),
        (
            &["--module", "email"],
            "`email` cannot be run: it has no `__main__`",
        ),
        (&["--exclude-package", "tkintre"], "did you mean `tkinter`?"),
        (
            &["--stdlib", "files", "--site"],
            "`--site` is of what is embedded",
        ),
    ];
    for (words, expected) in cases {
        let output = out.path().join("out");
        let done = link(place.path(), &output, words);
        assert_eq!(done.status.code(), Some(1), "{words:?}: {}", said(&done));
        assert!(said(&done).contains(expected), "{words:?}: {}", said(&done));
        assert!(!output.exists());
    }
    let left = fs_err::read_dir(out.path()).unwrap().filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        name.to_string_lossy().starts_with(".pbs-link-")
    });
    assert_eq!(left.count(), 0, "scratch is left");
}

#[test]
fn packages_can_be_left_out_and_brought_in() {
    let place = built_distribution();
    requires!("dist", place.is_some());
    let (place, out) = (place.unwrap(), tempfile::tempdir().unwrap());
    let executable = out.path().join("py");
    let has = "import importlib.util as u, sys; print([u.find_spec(n) is not None for n in sys.argv[1:]])";
    linked(
        place.path(),
        &executable,
        &["--exclude-package", "xml", "--exclude-package", "json.tool"],
    );
    let names = ["xml", "json", "json.tool", "test"];
    let found = command(&executable)
        .args(["-c", has])
        .args(names)
        .output()
        .unwrap();
    assert_eq!(stdout(&found), "[False, True, False, False]");
    linked(place.path(), &executable, &["--include-package", "test"]);
    let found = command(&executable)
        .args(["-c", has])
        .args(names)
        .output()
        .unwrap();
    assert_eq!(stdout(&found), "[True, True, True, True]");
}

#[test]
fn distributions_that_cannot_be_linked_are_told() {
    let place = built_distribution();
    requires!("dist", place.is_some());
    let (place, out) = (place.unwrap(), tempfile::tempdir().unwrap());
    let text = fs_err::read_to_string(place.path().join("python/PYTHON.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
    let changed = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut manifest = manifest.clone();
        change(&mut manifest);
        manifest.to_string()
    };
    let without_objects = changed(&|manifest| drop(manifest.as_object_mut().unwrap().remove("build_info")));
    let newer = changed(&|manifest| manifest["pbs"]["format"] = "99".into());
    let without_launcher =
        changed(&|manifest| manifest["pbs"]["interpreter"]["launcher"] = serde_json::Value::Null);
    let cases: [(&str, &str, &str); 4] = [
        (&without_objects, "this archive has no objects", "`full`"),
        (&newer, "newer than the", "use a newer pbs"),
        ("{ \"version\": ", "no readable manifest", "pbs verify"),
        (&without_launcher, "before there were single-file executables", ""),
    ];
    let output = out.path().join("out");
    for (text, says, hint) in cases {
        let dist = out.path().join("dist");
        fs_err::create_dir_all(dist.join("python")).unwrap();
        fs_err::write(dist.join("python/PYTHON.json"), text).unwrap();
        let done = link(&dist, &output, &[]);
        let said = said(&done);
        assert_eq!(done.status.code(), Some(1), "{said}");
        assert!(said.contains(says) && said.contains(hint), "{said}");
        assert!(!output.exists());
    }
    let nowhere = link(&out.path().join("nowhere"), &output, &[]);
    assert!(said(&nowhere).contains("there is no distribution"));
    let empty = out.path().join("empty");
    fs_err::create_dir_all(&empty).unwrap();
    assert!(said(&link(&empty, &output, &[])).contains("it has no directory `python`"));

    fs_err::write(out.path().join("file"), "").unwrap();
    let below = link(place.path(), &out.path().join("file/app"), &[]);
    assert_eq!(below.status.code(), Some(3), "{}", said(&below));
    let directory = link(place.path(), &empty, &[]);
    assert!(said(&directory).contains("is a directory"));
    assert_eq!(fs_err::read_dir(&empty).unwrap().count(), 0);
}

//! The toy pipeline: the real driver, from recipes and sources to archives, with a toy for CPython.
//!
//! Everything is real but for the size: fetching, patching, steps in namespaces, the manifest, all
//! rules, the relink, the archives. What can go wrong on a machine is made to go wrong here.

mod given;
mod profile;
mod reproduce;
mod root;
pub(crate) mod toy;

use std::process::Child;

use camino::Utf8Path;

use toy::{BUILD, FINISH, PATCH, Ran, TOYLIB1, TOYLIB2, Toy, until_said};

use crate::support::{has_unshare, requires};

const ARCHIVES: [&str; 4] = [
    "cpython-3.99.1+20260101-x86_64-unknown-linux-gnu-install_only.tar.gz",
    "cpython-3.99.1+20260101-x86_64-unknown-linux-gnu-install_only_stripped.tar.gz",
    "cpython-3.99.1+20260101-x86_64-unknown-linux-gnu-noopt-debuginfo.tar.zst",
    FULL,
];
const FULL: &str = "cpython-3.99.1+20260101-x86_64-unknown-linux-gnu-noopt-full.tar.zst";

const NOTHING: [&str; 0] = [];

/// A script that waits where it has one core, with half of its output made. How many cores a step
/// has is not part of its key, so with two it is the same action, and goes on.
const WAIT: &str =
    "\nif [ \"$JOBS\" = 1 ]; then echo half > \"$OUT/half\"; echo \"in the middle\"; sleep 7543; fi\n";

#[test]
fn two_places_give_the_same_bytes() {
    let (Some(one), Some(other)) = (Toy::new("one"), Toy::new("a/longer path/to/another")) else {
        return;
    };
    let ran = one.built(&["--jobs", "1"]);
    let lines: Vec<String> = ARCHIVES.map(|name| format!("dist/{name}")).into();
    let mut printed: Vec<&str> = ran.stdout.lines().collect();
    printed.sort_unstable();
    assert_eq!(printed, lines);
    assert_eq!(ran.steps("step-cached"), NOTHING);
    other.built(&["--jobs", "2"]);
    let archives = one.archives("dist");
    assert_eq!(
        archives.iter().map(|(name, _)| name).collect::<Vec<_>>(),
        ARCHIVES
    );
    assert!(archives == other.archives("dist"), "the archives differ");

    // The patch is in it: upstream's answer is 41.
    let expected = "_answer 42\n_twice 84\nposix 1\nsys 0\n";
    for (archive, interpreter) in [
        (ARCHIVES[0], "python/bin/python3"),
        (ARCHIVES[1], "python/bin/python3"),
        (FULL, "python/install/bin/python3"),
    ] {
        assert_eq!(one.modules(archive, interpreter), expected);
        let archive = format!("dist/{archive}");
        let words = [&["verify", &archive][..], &one.running()].concat();
        let verified = Ran::of(one.pbs(&[], &words).output().unwrap());
        verified.check(0);
        // Archives of both kinds; only one has objects.
        let no_objects = "skipped [relink]: there are no objects to link";
        assert_eq!(
            verified.stdout.contains(no_objects),
            !archive.contains("full"),
            "{}",
            verified.stdout
        );
    }
}

#[test]
fn docker_gives_the_same_bytes() {
    let (Some(native), Some(docker)) = (Toy::new("toy"), Toy::in_docker("toy")) else {
        return;
    };
    native.built(&[]);
    // What the driver's user may not share, the container's must see all the same.
    let private = ["bash", "-c", "umask 077; exec \"$@\"", "bash"];
    let words = [&["build"][..], &docker.running()].concat();
    Ran::of(docker.pbs(&private, &words).output().unwrap()).check(0);
    assert!(
        native.archives("dist") == docker.archives("dist"),
        "the archives differ"
    );
}

#[test]
fn only_what_changed_is_built_again() {
    let Some(toy) = Toy::new("toy") else { return };
    let first = toy.built(&[]);
    let archives = toy.archives("dist");

    let ran = toy.built(&[]);
    assert_eq!(ran.steps("step-started"), NOTHING);
    assert_eq!(ran.steps("step-cached"), first.steps("step-finished"));
    assert_eq!(ran.stdout, first.stdout);

    // A comment changes what is done, but not what comes of it.
    toy.append(TOYLIB1, "# Nothing more.\n");
    let ran = toy.built(&[]);
    assert_eq!(ran.steps("step-started"), ["toylib1/build"]);
    assert!(toy.archives("dist") == archives);

    // A patch changes the source, the library and what is linked with it. What toylib2 has of
    // toylib1 is a header only, but a step is held to all that it can see.
    toy.edit(PATCH, "return 42", "return 43");
    let ran = toy.built(&[]);
    let from_patch = [
        "cpython/build",
        "cpython/finish",
        "dist/assemble",
        "dist/manifest",
        "dist/pack-debuginfo",
        "dist/pack-full",
        "dist/pack-install_only",
        "dist/pack-install_only_stripped",
        "dist/verify",
        "toylib1/build",
        "toylib1/patched",
        "toylib2/build",
    ];
    assert_eq!(ran.steps("step-started"), from_patch);
    let modules = toy.modules(FULL, "python/install/bin/python3");
    assert!(
        modules.contains("_answer 43\n") && modules.contains("_twice 86\n"),
        "{modules}"
    );

    // Other options share all but CPython.
    let ran = toy.built(&["--options", "debug", "--out", "debug"]);
    let from_cpython: Vec<_> = from_patch
        .iter()
        .filter(|step| !step.starts_with("toylib"))
        .collect();
    assert_eq!(ran.steps("step-started").iter().collect::<Vec<_>>(), from_cpython);

    // And back: everything is there already, and only the files are written again.
    toy.edit(PATCH, "return 43", "return 42");
    let ran = toy.built(&[]);
    assert_eq!(ran.steps("step-started"), NOTHING);
    assert!(toy.archives("dist") == archives);
}

#[test]
fn a_killed_driver_is_in_nobodys_way() {
    let Some(toy) = Toy::new("toy") else { return };
    toy.append(BUILD, WAIT);
    let undisturbed = toy.built(&["--jobs", "2", "--store", "undisturbed"]);
    let archives = toy.archives("dist");
    fs_err::remove_dir_all(toy.path("dist")).unwrap();

    // Asked to stop, it stops in order.
    let mut driver = until_in_the_middle(&toy);
    interrupt(&driver);
    let status = driver.wait().unwrap();
    assert_eq!(status.code(), Some(130));
    assert_eq!(scratch(&toy), NOTHING);

    let mut driver = until_in_the_middle(&toy);
    driver.kill().unwrap();
    driver.wait().unwrap();
    assert!(!scratch(&toy).is_empty(), "nobody could tidy up");
    assert!(!toy.path("dist").exists());

    let ran = toy.built(&["--jobs", "2"]);
    assert!(toy.archives("dist") == archives, "the archives differ");
    let mut steps = [ran.steps("step-started"), ran.steps("step-cached")].concat();
    steps.sort();
    assert_eq!(steps, undisturbed.steps("step-started"));
    assert!(ran.steps("step-started").contains(&"cpython/build".to_owned()));
    assert!(ran.steps("step-cached").contains(&"toylib2/build".to_owned()));
    assert_eq!(scratch(&toy), NOTHING);
}

/// A build that CPython's script has stopped in the middle.
fn until_in_the_middle(toy: &Toy) -> Child {
    let mut driver = toy.command(&["--jobs", "1", "--verbose"]).spawn().unwrap();
    until_said(&mut driver, "in the middle");
    driver
}

fn interrupt(driver: &Child) {
    let pid = nix::unistd::Pid::from_raw(i32::try_from(driver.id()).unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::SIGINT).unwrap();
}

/// The directories of sessions, which end with them.
fn scratch(toy: &Toy) -> Vec<String> {
    let entries = toy.path("store/tmp").read_dir_utf8().unwrap().map(Result::unwrap);
    let sessions = entries.filter(|entry| entry.file_type().unwrap().is_dir());
    sessions.map(|entry| entry.file_name().to_owned()).collect()
}

#[test]
fn two_drivers_share_a_store() {
    let Some(toy) = Toy::new("toy") else { return };
    let drivers = ["one", "other"].map(|out| toy.command(&["--out", out]).spawn().unwrap());
    let rans = drivers.map(|driver| Ran::of(driver.wait_with_output().unwrap()));
    for ran in &rans {
        ran.check(0);
    }
    assert!(toy.archives("one") == toy.archives("other"));
    // Each step was done by one of them.
    let mut done = rans.map(|ran| ran.steps("step-finished")).concat();
    done.sort();
    let all = toy.built(&[]).steps("step-cached");
    assert_eq!(done, all);
}

#[test]
fn a_failing_step_says_all_that_is_needed() {
    let Some(toy) = Toy::new("toy") else { return };
    toy.append(
        TOYLIB2,
        "for i in 1 2 3 4 5 6 7; do printf '%s\\n' $i.{1,2,3,4,5}; done\nexit 7\n",
    );
    let ran = toy.build(&[]);
    ran.check(2);
    assert_eq!(ran.stdout, "");
    assert!(!toy.path("dist").exists());
    let message = ran.message();
    let log = message
        .lines()
        .find_map(|line| line.strip_prefix("the whole log: "))
        .unwrap();
    let text = fs_err::read_to_string(log).unwrap();
    assert!(text.ends_with("\n7.4\n7.5\n") && text.contains("1.1\n"), "{text}");
    let shown: String = text
        .lines()
        .rev()
        .take(30)
        .fold(String::new(), |below, line| format!("  | {line}\n{below}"));
    assert_eq!(
        message.replace(log, "[LOG]"),
        format!(
            "error: step `toylib2/build` failed: compiles the one file it has\n  \
             caused by: the command exited with status 7\n\
             the last 30 lines of its log:\n{shown}the whole log: [LOG]\n\n\
             hint: `pbs shell toylib2/build` opens a shell in its sandbox\nhint: look at toylib2.c\n"
        )
    );
    // What was done before is kept.
    toy.edit(TOYLIB2, "exit 7", "exit 0");
    let ran = toy.built(&[]);
    assert!(ran.steps("step-cached").contains(&"toylib1/build".to_owned()));
}

#[test]
fn what_no_tree_can_hold_is_the_steps_fault() {
    let Some(toy) = Toy::new("toy") else { return };
    toy.append(TOYLIB2, "ln -s /etc/hostname \"$OUT/link\"\n");
    let ran = toy.build(&[]);
    ran.check(2);
    let message = ran.message();
    assert!(
        message.contains("`link` cannot be taken into the store: it is a symbolic link to the absolute path")
    );
    assert!(message.contains("hint: make it a relative link"), "{message}");
    assert!(!toy.path("dist").exists());
}

#[test]
fn what_breaks_a_rule_is_not_packed() {
    let Some(toy) = Toy::new("toy") else { return };
    // The manifest forgets that `_twice` links a second library. With `_answer`, which brings the
    // same one, nobody would notice.
    toy.edit(FINISH, "for word in \"$@\"; do", "for word in ${1:+\"$1\"}; do");
    let broken = |found: &str| {
        let ran = toy.build(&[]);
        ran.check(1);
        let message = ran.message();
        assert!(message.contains(found), "{message}");
        assert!(
            message.contains("hint: `pbs verify` says the same of an archive"),
            "{message}"
        );
        assert_eq!((ran.stdout.as_str(), toy.path("dist").exists()), ("", false));
        let started = ran.steps("step-started");
        assert!(
            started.iter().all(|step| !step.starts_with("dist/pack")),
            "{started:?}"
        );
        message
    };
    let message = broken("error[relink]: `random-2`: the linker ended with 1: ");
    assert!(
        message.contains("undefined reference to `toylib1_answer'"),
        "{message}"
    );
    assert_eq!(message.matches("error[").count(), 1, "{message}");

    toy.append(FINISH, "echo 'HERE = \"/work/here\"' >> \"$OUT/$stdlib/os.py\"\n");
    broken("error[build-paths]: `install/lib/python3.99/os.py`: it names `/work/here`");
}

#[test]
fn damage_in_the_store_is_noticed_and_repaired() {
    let Some(toy) = Toy::new("toy") else { return };
    let first = toy.built(&[]);
    let archives = toy.archives("dist");

    // One library, of which all that uses it must be built again.
    let library = library(&toy);
    damage(&library);
    toy.append(BUILD, "# Something else.\n");
    let ran = toy.built(&[]);
    assert_eq!(ran.steps("step-remade"), ["toylib1/build"]);
    // It is made again and comes out as it was, so whatever else has used it stays.
    assert_eq!(ran.steps("step-differs"), NOTHING);
    assert_eq!(ran.steps("step-finished"), ["cpython/build", "toylib1/build"]);
    assert!(toy.archives("dist") == archives);

    // Every blob, those of trees and of the worker root among them.
    let blobs = blobs(&toy);
    assert!(blobs.len() > 100, "{}", blobs.len());
    blobs.iter().for_each(|blob| damage(blob));
    fs_err::remove_dir_all(toy.path("dist")).unwrap();
    let ran = toy.built(&[]);
    assert_eq!(ran.steps("step-differs"), NOTHING);
    assert!(toy.archives("dist") == archives);
    let mut made = ran.steps("step-finished");
    made.dedup();
    // Verification's report is read by nobody who packs.
    let needed = first
        .steps("step-finished")
        .into_iter()
        .filter(|step| step != "dist/verify");
    assert_eq!(made, needed.collect::<Vec<_>>());
}

/// The blob of `libtoy1.a`.
fn library(toy: &Toy) -> camino::Utf8PathBuf {
    let is_it = |path: &camino::Utf8PathBuf| {
        let bytes = fs_err::read(path).unwrap();
        let has = |text: &[u8]| bytes.windows(text.len()).any(|part| part == text);
        bytes.starts_with(b"!<arch>\n") && has(b"toylib1.o/")
    };
    let mut found = blobs(toy).into_iter().filter(is_it);
    let library = found.next().unwrap();
    assert_eq!(found.next(), None);
    library
}

fn blobs(toy: &Toy) -> Vec<camino::Utf8PathBuf> {
    let entries = walkdir::WalkDir::new(toy.path("store/cas-v1"))
        .into_iter()
        .map(Result::unwrap);
    let files = entries.filter(|entry| entry.file_type().is_file() && entry.metadata().unwrap().len() > 0);
    files.map(|entry| entry.into_path().try_into().unwrap()).collect()
}

/// Turns one byte over, as a disk might.
fn damage(blob: &camino::Utf8Path) {
    let mut bytes = fs_err::read(blob).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    fs_err::write(blob, bytes).unwrap();
}

/// Runs a script as the root of a namespace of its own, where it may mount; `"$@"` is a build.
fn in_namespace(toy: &Toy, script: &str) -> Ran {
    let program = ["unshare", "-Urm", "bash", "-eu", "-c", script, "bash"];
    let words = [&["build"][..], &toy.running()].concat();
    Ran::of(toy.pbs(&program, &words).output().unwrap())
}

#[test]
fn a_full_disk_is_told_and_leaves_nothing_half_done() {
    requires!("userns", has_unshare());
    let Some(toy) = Toy::new("toy") else { return };
    let package = fs_err::metadata(toy.path("sources/toycompiler_1.0-1_amd64.deb"))
        .unwrap()
        .len()
        >> 10;
    // Too small for the package; then for its files too; then for nothing.
    let script = format!(
        "mkdir store; mount -t tmpfs -o size={}k tmpfs store
         if \"$@\"; then exit 90; else echo \"ended with $?\"; fi
         mount --options-mode ignore -o remount,size={}k store
         if \"$@\"; then exit 91; else echo \"ended with $?\"; fi
         mount --options-mode ignore -o remount,size=1g store
         \"$@\"",
        package / 2,
        package * 5 / 4,
    );
    let ran = in_namespace(&toy, &script);
    ran.check(0);
    let told: Vec<&str> = ran
        .stderr
        .lines()
        .filter(|line| line.contains("no space is left"))
        .collect();
    assert_eq!(
        told, ["  caused by: no space is left on the store's disk: taking in a blob failed"; 2],
        "{}",
        ran.stderr
    );
    assert_eq!(
        ran.stderr
            .matches("hint: free some space, run `pbs cache gc`")
            .count(),
        2,
        "{}",
        ran.stderr
    );
    assert!(
        ran.stdout.starts_with("ended with 3\nended with 3\ndist/"),
        "{}",
        ran.stdout
    );
    let archives = toy.archives("dist");
    toy.built(&["--store", "another"]);
    assert!(toy.archives("dist") == archives);
}

#[test]
fn a_store_that_may_not_be_written_is_told() {
    requires!("userns", has_unshare());
    let Some(toy) = Toy::new("toy") else { return };
    toy.built(&[]);
    let archives = toy.archives("dist");
    // Everybody may be the root of these tests, to whom modes are nothing.
    let read_only = "mount --bind store store; mount -o remount,bind,ro store; \"$@\"";
    let ran = in_namespace(&toy, read_only);
    ran.check(3);
    let message = ran.message();
    assert!(
        message.starts_with("error: the store may not be written: opening the store failed\n"),
        "{message}"
    );
    assert!(message.contains("hint: "), "{message}");
    // It is as it was.
    assert_eq!(toy.built(&[]).steps("step-started"), NOTHING);
    assert!(toy.archives("dist") == archives);
}

#[test]
fn archives_that_cannot_be_written_are_told() {
    requires!("userns", has_unshare());
    let Some(toy) = Toy::new("toy") else { return };
    toy.built(&[]);
    let archives = toy.archives("dist");
    fs_err::write(toy.path("a-file"), "").unwrap();
    let told = |ran: &Ran| {
        ran.check(3);
        assert_eq!(ran.stdout, "");
        let message = ran.message();
        let message = &message[message.find("error: ").unwrap()..];
        assert!(
            message.starts_with("error: the archives cannot be written\n"),
            "{message}"
        );
        assert!(
            message.contains("`--out DIR` names another directory"),
            "{message}"
        );
        // The store is not to blame, and is not to be cleaned.
        assert!(!message.contains("cache gc"), "{message}");
    };
    told(&toy.build(&["--out", "a-file"]));
    let small = "mkdir small; mount -t tmpfs -o size=8k tmpfs small; code=0
                 \"$@\" --out small/dist || code=$?
                 test -z \"$(ls -A small/dist)\" || exit 90; exit $code";
    told(&in_namespace(&toy, small));
    toy.built(&["--out", "other"]);
    assert!(toy.archives("other") == archives);
}

#[test]
fn single_steps_can_be_built() {
    let Some(toy) = Toy::new("toy") else { return };
    let ran = toy.built(&["--only", "toylib2", "--only", "toylib1/build"]);
    let places: Vec<&Utf8Path> = ran.stdout.lines().map(Utf8Path::new).collect();
    let libraries = ["lib/libtoy2.a", "lib/libtoy1.a"];
    assert_eq!(places.len(), libraries.len(), "{}", ran.stdout);
    for (place, library) in places.iter().zip(libraries) {
        assert!(place.join(library).is_file(), "{place}");
    }
    assert!(!ran.stderr.contains("cpython/build"), "{}", ran.stderr);
    let ran = toy.build(&["--only", "toylib3"]);
    ran.check(1);
    assert!(
        ran.message().contains("the build has no step `toylib3`"),
        "{}",
        ran.message()
    );
    toy.build(&["--only", "toylib2", "--out", "other"]).check(1);
}

#[test]
fn a_mirror_directory_is_all_that_a_build_needs() {
    let Some(toy) = Toy::new("toy") else { return };
    let sources = |words: &[&str]| {
        let from = ["--offline", "--source-dir", "sources"];
        Ran::of(
            toy.pbs(&[], &[&["sources"], words, &from].concat())
                .output()
                .unwrap(),
        )
    };
    let ran = sources(&["fetch"]);
    ran.check(0);
    assert!(
        ran.stderr.ends_with(" files are in the store\n"),
        "{}",
        ran.stderr
    );
    // Failures only, and there is none.
    let ran = sources(&["fetch", "--quiet"]);
    ran.check(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
    let ran = sources(&["mirror", "mirror"]);
    ran.check(0);
    assert!(
        ran.stdout.lines().all(|line| toy.path(line).is_file()),
        "{}",
        ran.stdout
    );
    fs_err::remove_dir_all(toy.path("store")).unwrap();
    fs_err::remove_dir_all(toy.path("sources")).unwrap();
    fs_err::rename(toy.path("mirror"), toy.path("sources")).unwrap();
    toy.built(&[]);
}

//! The command itself: what it prints where, exit codes, full disks, the shell snippet.

use std::process::{Command, Output};

use super::*;

struct Shell {
    kept: Customer,
}

impl Shell {
    fn new() -> Self {
        Self {
            kept: Customer::new(),
        }
    }

    fn root(&self) -> &Utf8Path {
        &self.kept.root
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.root())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.root());
        command
    }

    fn pbs(&self, args: &[&str]) -> Output {
        let mut command = self.command(env!("CARGO_BIN_EXE_pbs"));
        command.arg("fetch").args(args).output().unwrap()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What toys are published for: any machine's own.
fn publisher() -> Publisher {
    let mut publisher = Publisher::empty();
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    publisher.add_for("3.13.5", &target, Flavor::InstallOnlyStripped, toy("3.13.5"));
    publisher.publish();
    publisher
}

#[test]
fn standard_output_is_the_path_and_nothing_else() {
    let publisher = publisher();
    let server = publisher.serve([]);
    let shell = Shell::new();
    let key = public(&publisher.key);
    let args = ["3.13", "--from", &server.base, "--key", key.as_str()];
    let output = shell.pbs(&args);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let path = text(&output.stdout);
    assert!(
        path.ends_with("/python/bin/python3\n") && path.lines().count() == 1,
        "{path}"
    );
    assert!(Utf8Path::new(path.trim_end()).is_file());
    assert!(
        text(&output.stderr).contains("got     cpython-3.13.5"),
        "{}",
        text(&output.stderr)
    );

    let output = shell.pbs(&[&args[..], &["--json"]].concat());
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["interpreter"], path.trim_end());
    assert_eq!(value["archive"]["python"], "3.13.5");
    assert_eq!(value["serial"], 1);
    assert_eq!(value["downloaded"], false);
    assert_eq!(text(&output.stderr), "", "there is nothing to tell");

    // The same from the environment.
    let output = shell
        .command(env!("CARGO_BIN_EXE_pbs"))
        .arg("fetch")
        .env("PBS_FETCH_FROM", &server.base)
        .env("PBS_FETCH_KEY", format!("{} {key}", public(&super::key())))
        .output()
        .unwrap();
    assert_eq!(text(&output.stdout), path, "{}", text(&output.stderr));
}

#[test]
fn exit_codes_tell_whose_matter_it_is() {
    let publisher = publisher();
    let from = publisher.dir.as_str();
    let shell = Shell::new();
    let check = |args: &[&str], code: i32, said: &str| {
        let output = shell.pbs(args);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {stderr}");
        assert!(stderr.contains(said), "{args:?}: {stderr}");
        assert!(stderr.contains("\nhint: ") || code == 0, "{args:?}: {stderr}");
        assert_eq!(text(&output.stdout), "", "{args:?}");
    };
    check(&[], 1, "PBS_FETCH_FROM");
    check(
        &["latest", "--from", from],
        1,
        "`latest` is no choice of a version",
    );
    check(&["3.99", "--from", from], 1, "3.13.5+20260101");
    check(&["--from", "ftp://bucket/"], 1, "https://");
    check(&["--from", "s3:///prefix"], 1, "names no bucket");
    check(&["--from", "oci://host/Name"], 1, "no registry takes");
    check(&["--from", from, "--key", "nobody.pub"], 1, "nobody.pub");
    check(&["--from", from, "--target", "linux"], 1, "not a target");
    check(&["--from", from, "--options", "a++b"], 1, "empty option");
    check(&["--from", "nowhere"], 3, "nowhere/index.json");
    check(&["--from", "http://127.0.0.1:1/"], 3, "cannot be reached");
    let stranger = public(&super::key());
    check(
        &["--from", from, "--key", stranger.as_str()],
        1,
        "not to be trusted",
    );
    fs_err::create_dir(shell.root().join("full")).unwrap();
    fs_err::write(shell.root().join("full/x"), "").unwrap();
    check(&["--from", from, "--dest", "full"], 1, "other things");
}

/// A disk that is full, for real: a small file system of memory, in namespaces of our own.
#[test]
fn a_full_disk_leaves_nothing() {
    let can = Command::new("unshare")
        .args([
            "--user",
            "--map-root-user",
            "--mount",
            "mount",
            "-t",
            "tmpfs",
            "none",
            "/mnt",
        ])
        .output();
    requires!("userns", can.is_ok_and(|output| output.status.success()));
    let publisher = publisher();
    let shell = Shell::new();
    fs_err::create_dir(shell.root().join("small")).unwrap();
    // What is in it does not fit; the archive does not fit; the archive fits, and what is in it not beside it.
    for (size, args) in [
        ("200k", "--dest small/python"),
        ("100k", "--store small/store"),
        ("500k", "--store small/store"),
    ] {
        let script = format!(
            "mount -t tmpfs -o size={size} none small || exit 99\n\
             '{}' fetch --from '{}' {args} && exit 98\n\
             code=$?\n\
             test ! -e small/python || exit 97\n\
             test -z \"$(ls -A small/store/fetched-v1/python small/store/fetched-v1/parts 2>/dev/null | \
             grep -v ':$')\" || exit 96\n\
             exit $code",
            env!("CARGO_BIN_EXE_pbs"),
            publisher.dir
        );
        let output = shell
            .command("unshare")
            .args(["--user", "--map-root-user", "--mount", "sh", "-c", &script])
            .output()
            .unwrap();
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{size}: {stderr}");
        assert!(
            stderr.contains("No space left") && stderr.contains("\nhint: "),
            "{size}: {stderr}"
        );
    }
}

#[test]
fn a_shell_gets_python_on_its_path() {
    let publisher = publisher();
    let shell = Shell::new();
    let snippet = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("ci/fetch.sh");
    let script = format!(
        "set -euo pipefail\n. '{snippet}' 3.13 --from '{}' --locked pbs.lock\npython3",
        publisher.dir
    );
    for _ in 0..2 {
        let output = shell
            .command("bash")
            .args(["-c", &script])
            .env("PBS", env!("CARGO_BIN_EXE_pbs"))
            .env("GITHUB_PATH", shell.root().join("github-path"))
            .env("GITHUB_OUTPUT", shell.root().join("github-output"))
            .output()
            .unwrap();
        assert_eq!(
            text(&output.stdout),
            "Python 3.13.5\n",
            "{}",
            text(&output.stderr)
        );
    }
    let lines = fs_err::read_to_string(shell.root().join("github-path")).unwrap();
    assert_eq!(lines.lines().count(), 2);
    assert!(lines.lines().all(|line| line.ends_with("/python/bin")));
    let lines = fs_err::read_to_string(shell.root().join("github-output")).unwrap();
    assert!(lines.starts_with("python=/"), "{lines}");
    // What fails, fails the job.
    let script = script.replace("3.13 ", "3.12 ");
    let output = shell
        .command("bash")
        .args(["-c", &script])
        .env("PBS", env!("CARGO_BIN_EXE_pbs"))
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert_eq!(text(&output.stdout), "");
}

/// What GitHub would run, with the inputs as it would give them.
#[test]
fn the_action_gives_the_same() {
    let publisher = publisher();
    let shell = Shell::new();
    let dir = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("ci/fetch-action");
    let text_of = fs_err::read_to_string(dir.join("action.yml")).unwrap();
    let action: serde_yaml::Value = serde_yaml::from_str(&text_of).unwrap();
    let step = &action["runs"]["steps"][0];
    let run = |given: &[(&str, &str)]| {
        let mut command = shell.command("bash");
        command.args(["-c", &format!("{}\npython3", step["run"].as_str().unwrap())]);
        for (name, value) in step["env"].as_mapping().unwrap() {
            let value = value.as_str().unwrap();
            let input = value
                .strip_prefix("${{ inputs.")
                .and_then(|rest| rest.strip_suffix(" }}"));
            let value = match input {
                Some(input) => {
                    let default = action["inputs"][input]["default"].as_str().unwrap();
                    let found = given.iter().find(|(name, _)| *name == input);
                    found.map_or(default, |(_, value)| value).to_owned()
                }
                None => value.replace("${{ github.action_path }}", dir.as_str()),
            };
            command.env(name.as_str().unwrap(), value);
        }
        let output = command
            .env("GITHUB_OUTPUT", shell.root().join("github-output"))
            .output()
            .unwrap();
        (text(&output.stdout), text(&output.stderr))
    };
    let key = public(&publisher.key);
    let pbs = ("pbs", env!("CARGO_BIN_EXE_pbs"));
    let first = [
        pbs,
        ("from", publisher.dir.as_str()),
        ("key", key.as_str()),
        ("version", "3.13"),
    ];
    let (printed, said) = run(&first);
    assert_eq!(printed, "Python 3.13.5\n", "{said}");
    assert!(shell.root().join("pbs.lock").is_file());
    // With the lock file there nothing else is needed.
    let (printed, said) = run(&[pbs]);
    assert_eq!(printed, "Python 3.13.5\n", "{said}");
    assert_eq!(said, "");
    // What is written in an input is a word and never a command.
    let (printed, said) = run(&[pbs, ("version", "$(touch hacked)")]);
    assert_eq!(printed, "");
    assert!(
        said.contains("`$(touch hacked)` is no choice of a version"),
        "{said}"
    );
    assert!(!shell.root().join("hacked").exists());
}

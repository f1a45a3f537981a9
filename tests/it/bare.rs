//! `pbs link` where there is a linker and libc, and nothing else: no compiler, no shell, no other tool.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::{built_distribution, has_unshare, requires};

/// Puts a program, and the shared libraries that it loads, into a root; without a place, the libraries alone.
fn install(root: &Path, program: &Path, at: Option<&str>) {
    let mut files = BTreeSet::new();
    files.extend(at.map(|at| (program.to_owned(), PathBuf::from(at))));
    let listed = Command::new("ldd").arg(program).output().unwrap();
    for line in String::from_utf8_lossy(&listed.stdout).lines() {
        // `libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x…)`, or the loader's path by itself.
        if let Some(path) = line.split_whitespace().find(|word| word.starts_with('/')) {
            files.insert((PathBuf::from(path), PathBuf::from(path)));
        }
    }
    for (from, at) in files {
        let to = root.join(at.strip_prefix("/").unwrap());
        fs_err::create_dir_all(to.parent().unwrap()).unwrap();
        if !to.exists() {
            fs_err::copy(&from, &to).unwrap();
        }
    }
}

/// Runs a program in the root, with the distribution at `/dist`, a `/proc` and a `/dev`.
fn inside(root: &Path, dist: &Path, words: &[&str]) -> Output {
    let script = "mount --bind \"$2\" \"$1/dist\" && mount --rbind /proc \"$1/proc\" && \
                  mount --rbind /dev \"$1/dev\" && root=$1 && shift 2 && exec chroot \"$root\" \"$@\"";
    Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"])
        .args([root, dist])
        .args(words)
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("HOME", "/home")
        .output()
        .unwrap()
}

#[test]
fn a_link_needs_a_linker_and_nothing_else() {
    let dist = built_distribution();
    requires!("dist", dist.is_some());
    let which = |name: &str| {
        let places = ["/usr/bin", "/bin", "/usr/local/bin"];
        places
            .iter()
            .map(|place| Path::new(place).join(name))
            .find(|path| path.exists())
    };
    let linkers: Vec<PathBuf> = ["ld.lld", "mold", "ld"]
        .iter()
        .filter_map(|name| which(name))
        .collect();
    requires!("linkers", !linkers.is_empty());
    requires!("userns", has_unshare());
    let dist = dist.unwrap();

    for linker in linkers {
        let place = tempfile::tempdir().unwrap();
        let root = place.path();
        for directory in ["dist", "proc", "dev", "home", "tmp", "work"] {
            fs_err::create_dir_all(root.join(directory)).unwrap();
        }
        install(root, Path::new(env!("CARGO_BIN_EXE_pbs")), Some("/usr/bin/pbs"));
        // What the distribution's interpreter, which compiles the application, and the executable load of libc.
        let python = fs_err::read_dir(dist.path().join("python/install/bin")).unwrap();
        let python = python
            .map(|entry| entry.unwrap().path())
            .find(|path| path.ends_with("python3"));
        install(root, &python.unwrap(), None);
        let name = linker.file_name().unwrap().to_str().unwrap();
        // By its name: one program may be many linkers.
        install(
            root,
            &linker.canonicalize().unwrap(),
            Some(&format!("/usr/bin/{name}")),
        );
        fs_err::write(
            root.join("work/app.py"),
            "import ssl, sqlite3\nprint(ssl.OPENSSL_VERSION_INFO[0] >= 3)",
        )
        .unwrap();
        let tools: Vec<_> = fs_err::read_dir(root.join("usr/bin"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(tools.len(), 2, "{tools:?}");

        let words = [
            "/usr/bin/pbs",
            "link",
            "/dist",
            "--script",
            "/work/app.py",
            "--output",
            "/work/app",
            "--linker",
            name.trim_start_matches("ld."),
        ];
        let done = inside(root, dist.path(), &words);
        assert!(
            done.status.success(),
            "{name}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
        let done = inside(root, dist.path(), &["/work/app"]);
        assert!(
            done.status.success(),
            "{name}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
        assert_eq!(String::from_utf8_lossy(&done.stdout), "True\n", "{name}");
    }
}

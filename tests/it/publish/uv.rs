//! Stock `uv` installs what is published, makes environments of it, and runs programs in them.

use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use pbs::index::Index;

use super::place::Place;
use crate::nginx::{Nginx, has_nginx};
use crate::support::{install_archives, requires, tool};
use crate::wheels::make::Wheel;

/// Somebody who has uv, and nothing of it in their home.
struct Person<'a> {
    place: &'a Place,
    index: String,
}

impl Person<'_> {
    fn home(&self) -> Utf8PathBuf {
        self.place.root().join("home")
    }

    /// Runs uv, which must succeed; gives standard output.
    fn uv(&self, words: &[&str]) -> String {
        let mut command = Command::new(tool("uv").unwrap());
        let output = command
            .args(words)
            .current_dir(self.place.root())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.home())
            .env("UV_PYTHON_DOWNLOADS_JSON_URL", &self.index)
            .env("UV_PYTHON_INSTALL_BIN", "0")
            .env("UV_MANAGED_PYTHON", "1")
            .output()
            .unwrap();
        let (said, told) = (output.stdout, String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "uv {words:?}: {told}");
        String::from_utf8(said).unwrap()
    }

    /// Where uv has put interpreters.
    fn installed(&self) -> Vec<String> {
        let found = self.uv(&["python", "list", "--only-installed"]);
        let paths = found
            .lines()
            .filter_map(|line| line.split_ascii_whitespace().nth(1));
        paths.map(str::to_owned).collect()
    }
}

/// A package that the program imports, as a wheel.
fn wheel(directory: &Utf8Path) {
    let code = "def greet():\n    return 'hello from a wheel'\n";
    Wheel::new("shop-1.0-py3-none-any.whl")
        .info(
            "WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        .file("shop/__init__.py", code)
        .write(directory.as_std_path());
}

#[test]
fn uv_installs_ours_and_runs_programs_with_wheels() {
    requires!("dist", install_archives().is_some());
    requires!("nginx", has_nginx());
    requires!("uv", tool("uv").is_some());
    let archives: Vec<Utf8PathBuf> = install_archives().unwrap().into_iter().map(Into::into).collect();
    let place = Place::new();
    fs_err::create_dir(place.public_root()).unwrap();
    let server = Nginx::start(&place.public_root());
    let archives: Vec<&Utf8PathBuf> = archives.iter().collect();
    place.publish(&archives, &["--url", &server.base()]);
    let version = place.read_back().unwrap().artifacts[0].python.to_string();
    let person = Person {
        place: &place,
        index: format!("{}/{}", server.base(), Index::UV),
    };

    // It is what there is to download, and the only one.
    let offered = person.uv(&["python", "list", "--only-downloads"]);
    assert_eq!(offered.lines().count(), 1, "{offered}");
    assert!(offered.starts_with(&format!("cpython-{version}-")), "{offered}");
    person.uv(&["python", "install", &version]);
    let asked = server.requests();
    let of_archives: Vec<&String> = asked
        .iter()
        .filter(|asked| asked.contains("/archives/"))
        .collect();
    assert_eq!(of_archives.len(), 1, "{asked:?}");
    assert!(of_archives[0].contains("install_only_stripped"), "{asked:?}");
    let installed = person.installed();
    assert_eq!(installed.len(), 1, "{installed:?}");
    assert!(installed[0].contains("/python3"), "{installed:?}");

    person.uv(&["venv", "--python", &version, "venv"]);
    let program = "import sys, ssl, sqlite3; print(sys.version.split()[0], sys.prefix != sys.base_prefix)";
    let python = place.root().join("venv/bin/python");
    let said = duct::cmd!(python.as_std_path(), "-c", program).read().unwrap();
    assert_eq!(said, format!("{version} True"));

    let wheels = place.root().join("wheels");
    wheel(&wheels);
    let script = place.root().join("script.py");
    fs_err::write(
        &script,
        "import platform, shop\nprint(platform.python_version(), shop.greet())\n",
    )
    .unwrap();
    let words = [
        "run",
        "--no-project",
        "--python",
        &version,
        "--no-index",
        "--find-links",
        wheels.as_str(),
        "--with",
        "shop",
        script.as_str(),
    ];
    assert_eq!(person.uv(&words).trim(), format!("{version} hello from a wheel"));

    person.uv(&["python", "uninstall", &version]);
    assert_eq!(person.installed(), Vec::<String>::new());

    // A directory that nobody serves is as good, by its path and by its address.
    let path = place.public_root().join(Index::UV);
    for index in [path.to_string(), format!("file://{path}")] {
        let person = Person { place: &place, index };
        let offered = person.uv(&["python", "list", "--only-downloads"]);
        assert!(offered.starts_with(&format!("cpython-{version}-")), "{offered}");
    }
}

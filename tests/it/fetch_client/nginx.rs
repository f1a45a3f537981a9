//! A published directory that nginx serves: broken connections, certificates.

use std::path::PathBuf;
use std::process::Command;

use super::*;
use crate::nginx::{Nginx, Serving, has_nginx};
use crate::support::program;

/// How much of an archive has come.
fn arrived(customer: &Customer) -> u64 {
    let parts = walkdir::WalkDir::new(customer.root.join("store/fetched-v1/parts"));
    let files = parts
        .into_iter()
        .flatten()
        .filter(|entry| entry.file_type().is_file());
    files.filter_map(|entry| Some(entry.metadata().ok()?.len())).sum()
}

#[test]
fn a_broken_download_goes_on_where_it_was() {
    requires!("nginx", has_nginx());
    let publisher = Publisher::new();
    let length = publisher.archive().len();
    // Six seconds for all of it.
    let slow = Serving {
        rate: Some(u32::try_from(length / 6).unwrap()),
        ..Serving::default()
    };
    let mut server = Nginx::serve(&publisher.dir, &slow);
    let mut customer = Customer::new();
    // Time enough for the next server to come.
    customer.tools.limits.pause = Duration::from_secs(2);
    let obtained = std::thread::scope(|scope| {
        let base = server.base();
        let customer = &customer;
        let job = scope.spawn(move || customer.get(&base));
        while arrived(customer) == 0 {
            assert!(!job.is_finished(), "it fails before anything comes");
            std::thread::sleep(Duration::from_millis(20));
        }
        let port = server.port();
        server.kill();
        let again = Serving {
            port: Some(port),
            ..Serving::default()
        };
        server = Nginx::serve(&publisher.dir, &again);
        job.join().unwrap()
    });
    let heard = customer.heard.all();
    let obtained = obtained.unwrap_or_else(|error| panic!("{}\n{heard}", told(&error)));
    assert_eq!(runs(&obtained), "Python 3.13.5");
    assert!(heard.contains("again: "), "{heard}");
    // The archive was asked for once more, from the middle on.
    let asked = server.requests();
    assert_eq!(asked.len(), 1, "{asked:?}");
    let from = asked[0].rsplit_once("bytes=").unwrap().1.trim_end_matches('-');
    assert!(asked[0].starts_with("206 /archives/"), "{asked:?}");
    assert!((1..length).contains(&from.parse().unwrap()), "{asked:?}");
}

/// A certificate authority for tests, and what it vouches for.
struct Authority {
    dir: tempfile::TempDir,
}

impl Authority {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let authority = Self { dir };
        authority.openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=tests \
             -addext basicConstraints=critical,CA:TRUE -keyout ca.key -out ca.pem",
        );
        authority.openssl(
            "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost \
             -keyout server.key -out server.csr",
        );
        fs_err::write(authority.path("names"), "subjectAltName=DNS:localhost\n").unwrap();
        authority.openssl(
            "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names \
             -out server.pem",
        );
        authority
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn openssl(&self, words: &str) {
        let mut command = Command::new("openssl");
        let output = command
            .args(words.split_whitespace())
            .current_dir(self.dir.path())
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "openssl {words}: {error}");
    }
}

#[test]
fn certificates_are_those_that_the_machine_trusts() {
    requires!("nginx", has_nginx() && program("openssl").is_some());
    let publisher = Publisher::new();
    let authority = Authority::new();
    let (certificate, key) = (authority.path("server.pem"), authority.path("server.key"));
    let encrypted = Serving {
        certificate: Some((&certificate, &key)),
        ..Serving::default()
    };
    let server = Nginx::serve(&publisher.dir, &encrypted);
    let customer = Customer::new();
    let fetch = |trusted: Option<PathBuf>| {
        let key = public(&publisher.key);
        let words = [
            "--from",
            &server.base(),
            "--key",
            key.as_str(),
            "--target",
            TARGET,
        ];
        Command::new(env!("CARGO_BIN_EXE_pbs"))
            .arg("fetch")
            .args(words)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", &customer.root)
            .envs(trusted.map(|file| ("SSL_CERT_FILE", file)))
            .output()
            .unwrap()
    };
    let output = fetch(None);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{error}");
    assert!(error.contains("certificate"), "{error}");
    let output = fetch(Some(authority.path("ca.pem")));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    let interpreter = String::from_utf8(output.stdout).unwrap();
    assert!(Utf8Path::new(interpreter.trim_end()).is_file(), "{interpreter}");
}

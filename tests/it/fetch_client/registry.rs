//! Fetching from a registry, and over TLS.

use std::process::{Command, Output, Stdio};

use super::*;
use crate::registry::{
    Action, Door, Gate, PASSWORD, Registry, USER, certificates, client, client_with_password, error,
    free_port, needs_registry, wait_for,
};

/// Puts what a publisher has into a repository.
fn push(publisher: &Publisher, client: &pbs::registry::Client) {
    client.put_configuration().unwrap();
    let files = walkdir::WalkDir::new(&publisher.dir)
        .into_iter()
        .map(Result::unwrap);
    for entry in files.filter(|entry| entry.file_type().is_file()) {
        let path = Utf8Path::from_path(entry.path()).unwrap();
        let name = TreePath::parse(path.strip_prefix(&publisher.dir).unwrap().as_str()).unwrap();
        let digest = Digest::of(&fs_err::read(path).unwrap());
        client
            .put_blob(name.as_str(), &digest, pbs::registry::Source::File(path))
            .unwrap();
        let manifest = pbs::registry::Manifest::of_file("test", path.file_name().unwrap(), &digest);
        client
            .put_manifest(&pbs::registry::tag_of(&name), &manifest)
            .unwrap();
    }
}

fn pbs(customer: &Customer, from: &str, variables: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pbs"))
        .args(["fetch", "--from", from, "--target", TARGET])
        .current_dir(&customer.root)
        .env_clear()
        .env("HOME", &customer.root)
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

fn says(output: &Output, code: i32, words: &[&str]) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    assert!(!stderr.contains("horse"), "{stderr}");
    for word in words {
        assert!(stderr.contains(word), "{word}: {stderr}");
    }
}

#[test]
fn a_registry_is_as_good_as_a_server() {
    needs_registry!();
    let (registry, publisher, customer) = (Registry::open(), Publisher::new(), Customer::new());
    push(&publisher, &client(&registry.address()));
    let gate = Gate::before(registry.port, |_| Action::Pass);
    let first = customer.get(&gate.address()).unwrap();
    assert_eq!(runs(&first), "Python 3.13.5");
    assert_eq!(first.from, gate.address());
    let archives = || {
        gate.asked()
            .iter()
            .filter(|asked| asked.line.contains("/archives_."))
            .count()
    };
    assert_eq!(archives(), 1);
    assert!(!customer.get(&gate.address()).unwrap().downloaded);
    assert_eq!(archives(), 1, "it was there");
}

#[test]
fn what_broke_off_is_gone_on_with() {
    needs_registry!();
    let (registry, publisher, customer) = (Registry::open(), Publisher::new(), Customer::new());
    push(&publisher, &client(&registry.address()));
    // A part is there from before.
    let digest = publisher.index.artifacts[0].digest();
    let parts = customer.root.join("store/fetched-v1/parts");
    fs_err::create_dir_all(&parts).unwrap();
    fs_err::write(parts.join(digest.hex()), &publisher.archive()[..100_000]).unwrap();
    let gate = Gate::before(registry.port, |asked| match asked.before {
        0 if asked.line.contains("/blobs/") => error(503, "UNAVAILABLE"),
        _ => Action::Pass,
    });
    assert_eq!(runs(&customer.get(&gate.address()).unwrap()), "Python 3.13.5");
    assert!(customer.heard.all().contains("503"), "{}", customer.heard.all());
}

#[test]
fn what_is_not_there_or_not_right_is_told() {
    needs_registry!();
    let (registry, publisher, customer) = (Registry::open(), Publisher::new(), Customer::new());
    let error = customer.get(&registry.address()).unwrap_err();
    assert_eq!(error.class(), Class::Environment, "{}", told(&error));
    assert!(
        told(&error).contains("team/python:index.json"),
        "{}",
        told(&error)
    );
    assert!(error.hint().unwrap().contains("--from"));
    let client = client(&registry.address());
    push(&publisher, &client);
    // The tag of the archive shows something else of the same length.
    let wrong = vec![7; publisher.archive().len()];
    let digest = Digest::of(&wrong);
    client
        .put_blob("x", &digest, pbs::registry::Source::Bytes(&wrong))
        .unwrap();
    let path = &publisher.index.artifacts[0].path;
    let tag = pbs::registry::tag_of(path);
    client
        .put_manifest(&tag, &pbs::registry::Manifest::of_file("test", "x", &digest))
        .unwrap();
    let error = customer.get(&registry.address()).unwrap_err();
    assert!(matches!(error, ObtainError::Content { .. }), "{}", told(&error));
    assert_eq!(customer.remains(), Vec::<String>::new());
}

#[test]
fn credentials_stay_with_the_registry() {
    needs_registry!();
    let (registry, publisher, customer) =
        (Registry::start(Door::Password), Publisher::new(), Customer::new());
    push(&publisher, &client_with_password(&registry.address()));
    // Blobs are elsewhere, as large registries have them.
    let open = Registry::open();
    push(&publisher, &client(&open.address()));
    let elsewhere = Gate::before(open.port, |_| Action::Pass);
    let port = elsewhere.port;
    let gate = Gate::before(registry.port, move |asked| {
        if !asked.line.contains("/blobs/") || asked.authorization.is_none() {
            return Action::Pass;
        }
        let path = asked.line.split(' ').nth(1).unwrap();
        Action::Answer(
            307,
            format!("Location: http://127.0.0.1:{port}{path}\r\n"),
            String::new(),
        )
    });
    let from = gate.address();
    says(
        &pbs(&customer, &from, &[]),
        3,
        &["wants credentials", "PBS_REGISTRY_USER"],
    );
    let wrong = [
        ("PBS_REGISTRY_USER", USER),
        ("PBS_REGISTRY_PASSWORD", "wrong horse"),
    ];
    says(
        &pbs(&customer, &from, &wrong),
        3,
        &["does not accept", "PBS_REGISTRY_USER"],
    );
    let right = [("PBS_REGISTRY_USER", USER), ("PBS_REGISTRY_PASSWORD", PASSWORD)];
    let output = pbs(&customer, &from, &right);
    says(&output, 0, &[]);
    assert!(String::from_utf8_lossy(&output.stdout).ends_with("/python/bin/python3\n"));
    let seen = elsewhere.asked();
    assert!(!seen.is_empty());
    assert!(seen.iter().all(|asked| asked.authorization.is_none()), "{seen:?}");
}

#[test]
fn a_token_that_expires_meanwhile_is_renewed() {
    needs_registry!();
    let (registry, publisher, customer) = (Registry::open(), Publisher::new(), Customer::new());
    push(&publisher, &client(&registry.address()));
    let archive = publisher.index.artifacts[0].digest.hex();
    let gate = Gate::before(registry.port, move |asked| match asked.before {
        0 if asked.line.contains(&archive) => error(503, "UNAVAILABLE"),
        1 if asked.line.contains(&archive) => error(401, "UNAUTHORIZED"),
        _ => Action::Pass,
    });
    assert_eq!(runs(&customer.get(&gate.address()).unwrap()), "Python 3.13.5");
    assert!(
        customer.heard.all().contains("wants a new token"),
        "{}",
        customer.heard.all()
    );
}

#[test]
fn a_registry_with_tls_needs_an_authority() {
    needs_registry!();
    let (registry, publisher, customer) = (
        Registry::start(Door::Encrypted),
        Publisher::new(),
        Customer::new(),
    );
    drop(publisher);
    let from = format!("oci+https://localhost:{}/team/python", registry.port);
    says(&pbs(&customer, &from, &[]), 3, &["UnknownIssuer", "PBS_CA_FILE"]);
    let ca = registry.root().join("ca.pem");
    // It is trusted, and has nothing.
    says(
        &pbs(&customer, &from, &[("PBS_CA_FILE", ca.as_str())]),
        3,
        &["has no `localhost"],
    );
}

/// A web server with TLS; it ends with this.
struct Web(std::process::Child);

impl Drop for Web {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_server_with_tls_needs_an_authority() {
    let has = |program: &str| Command::new(program).arg("--help").output().is_ok();
    requires!("python3", has("python3") && has("openssl"));
    let (publisher, customer) = (Publisher::new(), Customer::new());
    let keys = tempfile::tempdir().unwrap();
    let keys = Utf8Path::from_path(keys.path()).unwrap();
    certificates(keys);
    let port = free_port();
    let program = format!(
        "import http.server, ssl\n\
         server = http.server.ThreadingHTTPServer(('127.0.0.1', {port}), http.server.SimpleHTTPRequestHandler)\n\
         context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)\n\
         context.load_cert_chain('{keys}/server.pem', '{keys}/server.key')\n\
         server.socket = context.wrap_socket(server.socket, server_side=True)\n\
         server.serve_forever()"
    );
    let mut server = Command::new("python3");
    server
        .args(["-c", &program])
        .current_dir(&publisher.dir)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let _server = Web(server.spawn().unwrap());
    wait_for(port);
    let from = format!("https://localhost:{port}");
    says(&pbs(&customer, &from, &[]), 3, &["UnknownIssuer", "PBS_CA_FILE"]);
    let other = keys.join("other");
    fs_err::create_dir(&other).unwrap();
    certificates(&other);
    let (wrong, right) = (other.join("ca.pem"), keys.join("ca.pem"));
    says(
        &pbs(&customer, &from, &[("PBS_CA_FILE", wrong.as_str())]),
        3,
        &["PBS_CA_FILE"],
    );
    let right = [("PBS_CA_FILE", right.as_str())];
    let elsewhere = format!("https://127.0.0.1:{port}");
    says(
        &pbs(&customer, &elsewhere, &right),
        3,
        &["not valid for name", "PBS_CA_FILE"],
    );
    says(&pbs(&customer, &from, &right), 0, &["first use"]);
}

//! Publishing to a registry: what is there, who may, and what goes wrong on the way.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::registry::{
    Action, Door, Gate, PASSWORD, Registry, USER, client, client_with_password, error, file, needs_registry,
    read_back,
};

/// Publishes and fails; gives standard error, in which no password stands.
fn fails(place: &Place, archives: &[&Utf8PathBuf], to: &str, code: i32) -> String {
    let output = place.try_publish(archives, &["--to", to]);
    assert_eq!(output.code, code, "{}{}", output.stdout, output.stderr);
    assert_eq!(output.stdout, "");
    assert!(output.stderr.contains("\nhint: "), "{}", output.stderr);
    assert!(!output.stderr.contains("horse"), "{}", output.stderr);
    output.stderr
}

/// Publishes, which must succeed; gives standard error.
fn succeeds(place: &Place, archives: &[&Utf8PathBuf], to: &str) -> String {
    let output = place.try_publish(archives, &["--to", to, "-v"]);
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert!(!output.stderr.contains("horse"), "{}", output.stderr);
    output.stderr
}

#[test]
fn a_registry_has_everything_and_publishing_again_changes_nothing() {
    needs_cc!();
    needs_registry!();
    let (registry, place) = (Registry::open(), Place::new());
    let (to, noopt, debug) = (registry.address(), place.archive("noopt"), place.archive("debug"));
    let said = place.publish(&[&noopt, &debug], &["--to", &to]);
    assert_eq!(said.lines().last(), Some("serial 1"), "{said}");
    let client = client(&to);
    let index = read_back(&client, &place.public()).unwrap();
    assert_eq!(index.artifacts.len(), 2);
    assert!(
        file(&client, Index::UV).is_none(),
        "nobody knows where it is served"
    );
    // What `oras pull` reads: one layer, and the name of its file.
    let tag = pbs::registry::tag_of(&index.artifacts[0].path);
    let (manifest, _) = client.manifest(&tag).unwrap().unwrap();
    let manifest = json(&manifest.write());
    let title = &manifest["layers"][0]["annotations"]["org.opencontainers.image.title"];
    assert_eq!(title, index.artifacts[0].name.as_str());

    let tags = || {
        let mut tags = client.tags().unwrap();
        tags.retain(|tag| tag != "_Lock");
        let digest = |tag: &String| client.manifest(tag).unwrap().unwrap().1;
        tags.iter()
            .map(|tag| (tag.clone(), digest(tag)))
            .collect::<std::collections::BTreeMap<_, _>>()
    };
    let before = tags();
    let said = place.publish(&[&noopt, &debug], &["--to", &to]);
    assert_eq!(said.lines().last(), Some("serial 1, unchanged"), "{said}");
    assert_eq!(tags(), before);
    let lto = place.archive("lto");
    place.publish(&[&lto], &["--to", &to]);
    let lists = [Index::NAME, Index::SIGNATURE, Index::SUMS, Index::PAGE];
    let after = tags();
    for (tag, digest) in &before {
        assert_eq!(after[tag] == *digest, !lists.contains(&tag.as_str()), "{tag}");
    }
    assert_eq!(read_back(&client, &place.public()).unwrap().serial, 2);
}

#[test]
fn a_name_in_a_registry_never_gets_other_bytes() {
    needs_cc!();
    needs_registry!();
    let (registry, place) = (Registry::open(), Place::new());
    let (to, noopt, debug) = (registry.address(), place.archive("noopt"), place.archive("debug"));
    place.publish(&[&noopt], &["--to", &to]);
    place.pack_otherwise("noopt");
    let said = fails(&place, &[&noopt, &debug], &to, 1);
    assert!(said.contains("is published already with other content"), "{said}");
    let index = read_back(&client(&to), &place.public()).unwrap();
    assert_eq!((index.serial, index.artifacts.len()), (1, 1));
}

#[test]
fn two_at_once_publish_to_a_registry() {
    needs_cc!();
    needs_registry!();
    let (registry, place) = (Registry::open(), Place::new());
    let to = registry.address();
    let archives =
        ["noopt", "debug", "lto", "pgo", "lto+pgo", "debug+lto"].map(|options| place.archive(options));
    for (round, pair) in archives.chunks(2).enumerate() {
        let running: Vec<_> = pair
            .iter()
            .map(|archive| place.start(&[archive], &["--to", &to]))
            .collect();
        for process in running {
            let output = process.wait_with_output().unwrap();
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        let index = read_back(&client(&to), &place.public()).unwrap();
        assert_eq!(index.artifacts.len(), 2 * (round + 1));
    }
}

#[test]
fn whoever_may_not_is_told_what_to_do() {
    needs_cc!();
    needs_registry!();
    let (registry, mut place) = (Registry::start(Door::Password), Place::new());
    let (to, noopt) = (registry.address(), place.archive("noopt"));
    let before = registry.stored();
    let said = fails(&place, &[&noopt], &to, 3);
    assert!(
        said.contains("wants credentials") && said.contains("PBS_REGISTRY_USER"),
        "{said}"
    );
    place.set("PBS_REGISTRY_USER", USER);
    let said = fails(&place, &[&noopt], &to, 1);
    assert!(said.contains("PBS_REGISTRY_PASSWORD is not"), "{said}");
    place.set("PBS_REGISTRY_PASSWORD", "wrong horse");
    let said = fails(&place, &[&noopt], &to, 3);
    assert!(said.contains("does not accept the credentials of `me`"), "{said}");
    assert_eq!(registry.stored(), before, "nothing was put");
    place.set("PBS_REGISTRY_PASSWORD", PASSWORD);
    succeeds(&place, &[&noopt], &to);
    let client = client_with_password(&to);
    assert_eq!(read_back(&client, &place.public()).unwrap().artifacts.len(), 1);
}

#[test]
fn dockers_file_says_who_one_is() {
    needs_cc!();
    needs_registry!();
    let (registry, mut place) = (Registry::start(Door::Password), Place::new());
    let (to, noopt) = (registry.address(), place.archive("noopt"));
    let docker = place.root().join("docker");
    fs_err::create_dir(&docker).unwrap();
    let write = |text: &str| fs_err::write(docker.join("config.json"), text).unwrap();
    place.set("DOCKER_CONFIG", docker.as_str());
    write(r#"{"credsStore": "desktop"}"#);
    let said = fails(&place, &[&noopt], &to, 3);
    assert!(said.contains("helper `desktop`, which is not asked"), "{said}");
    write(r#"{"auths": "correct horse"}"#);
    let said = fails(&place, &[&noopt], &to, 3);
    assert!(said.contains("config.json"), "{said}");
    // `me:correct horse`.
    let auth = "bWU6Y29ycmVjdCBob3JzZQ==";
    write(&format!(
        r#"{{"auths": {{"127.0.0.1:{}": {{"auth": "{auth}"}}}}}}"#,
        registry.port
    ));
    let said = succeeds(&place, &[&noopt], &to);
    assert!(!said.contains(auth), "{said}");
}

#[test]
fn tokens_are_got_where_the_registry_says() {
    needs_cc!();
    needs_registry!();
    let (registry, mut place) = (Registry::open(), Place::new());
    let noopt = place.archive("noopt");
    let given = AtomicUsize::new(0);
    // A token is good for five requests.
    let gate = std::sync::Arc::new(std::sync::OnceLock::<u16>::new());
    let port = std::sync::Arc::clone(&gate);
    let used = AtomicUsize::new(0);
    let of_gate = Gate::before(registry.port, move |asked| {
        let port = port.get().unwrap();
        if asked.line.starts_with("GET /token?") {
            assert!(asked.line.contains("service=test"), "{}", asked.line);
            assert!(
                asked
                    .line
                    .contains("scope=repository%3Ateam%2Fpython%3Apull%2Cpush"),
                "{}",
                asked.line
            );
            if asked.authorization.as_deref() != Some("Basic bWU6Y29ycmVjdCBob3JzZQ==") {
                return error(401, "UNAUTHORIZED");
            }
            used.store(0, Ordering::SeqCst);
            let number = given.fetch_add(1, Ordering::SeqCst) + 1;
            return Action::Answer(200, String::new(), format!("{{\"token\": \"token-{number}\"}}"));
        }
        let token = format!("Bearer token-{}", given.load(Ordering::SeqCst));
        let is_known = asked.authorization.as_deref() == Some(&token);
        if is_known && used.fetch_add(1, Ordering::SeqCst) < 5 {
            return Action::Pass;
        }
        let challenge = format!(
            "WWW-Authenticate: Bearer realm=\"http://127.0.0.1:{port}/token\",service=\"test\",\
             scope=\"repository:team/python:pull,push\"\r\n"
        );
        Action::Answer(401, challenge, String::new())
    });
    gate.set(of_gate.port).unwrap();
    let to = of_gate.address();
    let said = fails(&place, &[&noopt], &to, 3);
    assert!(said.contains("wants credentials"), "{said}");
    place.set("PBS_REGISTRY_USER", USER);
    place.set("PBS_REGISTRY_PASSWORD", "wrong horse");
    let said = fails(&place, &[&noopt], &to, 3);
    assert!(said.contains("does not accept the credentials of `me`"), "{said}");
    place.set("PBS_REGISTRY_PASSWORD", PASSWORD);
    let said = succeeds(&place, &[&noopt], &to);
    assert!(!said.contains("token-"), "{said}");
    assert_eq!(
        read_back(&client(&registry.address()), &place.public())
            .unwrap()
            .serial,
        1
    );
}

#[test]
fn only_authorities_that_are_known_are_trusted() {
    needs_cc!();
    needs_registry!();
    let (registry, mut place) = (Registry::start(Door::Encrypted), Place::new());
    let noopt = place.archive("noopt");
    let to = format!("oci+https://localhost:{}/team/python", registry.port);
    let other = place.root().join("other");
    fs_err::create_dir(&other).unwrap();
    crate::registry::certificates(&other);
    let said = fails(&place, &[&noopt], &to, 3);
    assert!(
        said.contains("UnknownIssuer") && said.contains("PBS_CA_FILE"),
        "{said}"
    );
    place.set("PBS_CA_FILE", other.join("ca.pem"));
    let said = fails(&place, &[&noopt], &to, 3);
    assert!(said.contains("PBS_CA_FILE"), "{said}");
    for nothing in ["nowhere.pem", noopt.as_str()] {
        place.set("PBS_CA_FILE", nothing);
        let said = fails(&place, &[&noopt], &to, 3);
        assert!(said.contains("PBS_CA_FILE names"), "{said}");
    }
    place.set("PBS_CA_FILE", registry.root().join("ca.pem"));
    let elsewhere = to.replace("localhost", "127.0.0.1");
    let said = fails(&place, &[&noopt], &elsewhere, 3);
    assert!(said.contains("PBS_CA_FILE"), "{said}");
    // Spoken to without encryption, it says so in its own words.
    let plainly = to.replace("oci+https", "oci");
    let said = fails(&place, &[&noopt], &plainly, 3);
    assert!(said.contains("oci+https://"), "{said}");
    succeeds(&place, &[&noopt], &to);
}

#[test]
fn what_is_no_registry_is_told() {
    needs_cc!();
    let place = Place::new();
    let noopt = place.archive("noopt");
    let server = crate::server::Server::start([("/", crate::server::Reply::Status(404))]);
    let address = server.base.replace("http://", "oci://");
    let said = fails(&place, &[&noopt], &format!("{address}/python"), 3);
    assert!(said.contains("is no registry: it answers 404"), "{said}");
    let said = fails(&place, &[&noopt], "oci://127.0.0.1:1/python", 3);
    assert!(said.contains("cannot be reached"), "{said}");
    let said = fails(&place, &[&noopt], "oci://127.0.0.1:1/Python", 1);
    assert!(said.contains("no registry takes `Python`"), "{said}");
    let said = fails(&place, &[&noopt], "oci://me:correct horse@host/python", 1);
    assert!(said.contains("holds credentials"), "{said}");
}

#[test]
fn a_busy_registry_is_asked_again() {
    needs_cc!();
    needs_registry!();
    let (registry, place) = (Registry::open(), Place::new());
    let noopt = place.archive("noopt");
    let gate = Gate::before(registry.port, |asked| match asked.before {
        0 if asked.line.starts_with("POST ") => error(503, "UNAVAILABLE"),
        0 if asked.line.starts_with("PUT ") && asked.line.ends_with("/index.json") => Action::Lose,
        // It does not see yet what was put a moment ago.
        1 if asked.line.starts_with("PUT ") && asked.line.ends_with("/index.json") => {
            error(400, "MANIFEST_BLOB_UNKNOWN")
        }
        _ => Action::Pass,
    });
    let said = succeeds(&place, &[&noopt], &gate.address());
    for status in [503, 400] {
        assert!(
            said.contains(&format!("the server answered {status}; attempt ")),
            "{said}"
        );
    }
    assert_eq!(
        read_back(&client(&registry.address()), &place.public())
            .unwrap()
            .serial,
        1
    );
}

#[test]
fn what_stays_wrong_leaves_nothing_that_is_listed() {
    needs_cc!();
    needs_registry!();
    for (status, code, message) in [
        (403, "DENIED", "may not: DENIED (because)"),
        (429, "TOOMANYREQUESTS", "answered 429: TOOMANYREQUESTS (because)"),
        (500, "UNKNOWN", "answered 500"),
    ] {
        let (registry, place) = (Registry::open(), Place::new());
        let noopt = place.archive("noopt");
        // All but the lease, which is held when archives are put.
        let gate = Gate::before(registry.port, move |asked| {
            let is_archive = asked.line.starts_with("PUT ") && asked.line.contains("/archives_.");
            if is_archive {
                error(status, code)
            } else {
                Action::Pass
            }
        });
        let said = fails(&place, &[&noopt], &gate.address(), 3);
        assert!(said.contains(message), "{status}: {said}");
        let client = client(&registry.address());
        assert!(read_back(&client, &place.public()).is_none());
        assert_eq!(client.tags().unwrap(), ["_Lock"]);
        succeeds(&place, &[&noopt], &registry.address());
        assert_eq!(read_back(&client, &place.public()).unwrap().artifacts.len(), 1);
    }
}

#[test]
fn an_upload_that_breaks_off_is_begun_again() {
    needs_cc!();
    needs_registry!();
    let (registry, place) = (Registry::open(), Place::new());
    // Three parts.
    let large = place.ballast("noopt", 20_000_000);
    let cuts = AtomicUsize::new(0);
    let gate = Gate::before(registry.port, move |asked| {
        let is_part = asked.line.starts_with("PATCH ");
        match is_part.then(|| cuts.fetch_add(1, Ordering::SeqCst)) {
            Some(1) => Action::Cut(3_000_000),
            Some(5) => Action::Lose,
            _ => Action::Pass,
        }
    });
    let said = succeeds(&place, &[&large], &gate.address());
    assert!(said.contains("from its beginning, attempt 2 of 3"), "{said}");
    let index = read_back(&client(&registry.address()), &place.public()).unwrap();
    assert_eq!(index.artifacts.len(), 1);
}

#[test]
fn an_upload_goes_on_where_the_registry_says_that_it_is() {
    needs_cc!();
    needs_registry!();
    let (registry, place) = (Registry::open(), Place::new());
    let large = place.ballast("noopt", 20_000_000);
    let parts = AtomicUsize::new(0);
    let gate = Gate::before(registry.port, move |asked| {
        if asked.line.starts_with("PATCH ") {
            return match parts.fetch_add(1, Ordering::SeqCst) {
                // The second part is there, but nobody heard so; sent again, it is out of order.
                1 => Action::Lose,
                2 => error(416, "BLOB_UPLOAD_INVALID"),
                _ => Action::Pass,
            };
        }
        match asked.line.starts_with("GET ") && asked.line.contains("/blobs/uploads/") {
            true => Action::Find(204),
            false => Action::Pass,
        }
    });
    let said = succeeds(&place, &[&large], &gate.address());
    assert!(said.contains("going on behind 16777216 bytes"), "{said}");
    let asked = gate.asked();
    let parts = asked.iter().filter(|asked| asked.line.starts_with("PATCH "));
    assert_eq!(parts.count(), 4);
    assert_eq!(
        read_back(&client(&registry.address()), &place.public())
            .unwrap()
            .serial,
        1
    );
}

#[test]
fn an_index_that_somebody_else_put_is_not_signed() {
    needs_cc!();
    needs_registry!();
    let (registry, place) = (Registry::open(), Place::new());
    let (to, noopt) = (registry.address(), place.archive("noopt"));
    place.publish(&[&noopt], &["--to", &to]);
    // Somebody who has no key moves the tag.
    let client = client(&to);
    let text = file(&client, Index::NAME).unwrap();
    let text = String::from_utf8(text)
        .unwrap()
        .replace("\"serial\": 1", "\"serial\": 9");
    let digest = pbs::model::Digest::of(text.as_bytes());
    let source = pbs::registry::Source::Bytes(text.as_bytes());
    client.put_blob("index", &digest, source).unwrap();
    let manifest = pbs::registry::Manifest::of_file("application/vnd.pbs.file.v1", Index::NAME, &digest);
    client.put_manifest(Index::NAME, &manifest).unwrap();
    let said = fails(&place, &[&noopt], &to, 1);
    assert!(said.contains("is not ours to change"), "{said}");
}

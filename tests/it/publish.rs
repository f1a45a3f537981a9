//! `pbs publish` to a directory, to buckets and to registries: what readers find there, whatever happens meanwhile.

mod bazel;
mod bucket;
mod conditions;
mod evidence;
mod hundred;
mod interrupted;
mod moto;
mod oci;
mod place;
mod scanner;
mod unleased;
mod uv;

use camino::{Utf8Path, Utf8PathBuf};
use pbs::index::{Index, PublicKey};
use serde_json::Value;

use crate::distribution::needs_cc;
use place::{Place, json};

#[test]
fn readers_find_everything_and_can_check_it() {
    needs_cc!();
    let place = Place::new();
    let (noopt, debug) = (place.archive("noopt"), place.archive("debug"));
    let said = place.publish(&[&noopt, &debug], &[]);
    assert_eq!(said.lines().last(), Some("serial 1"), "{said}");
    let index = place.read_back().unwrap();
    assert_eq!(index.artifacts.len(), 2);
    for artifact in &index.artifacts {
        assert_eq!(artifact.evidence.documents().count(), 3);
        let (by, statement) = place.statement(artifact);
        assert_eq!(by, place.public());
        let statement: Value = serde_json::from_slice(&statement).unwrap();
        assert_eq!(statement["subject"][0]["digest"]["sha256"], artifact.digest.hex());
        let spdx = json(&place.file(artifact.evidence.spdx.as_ref().unwrap().path.as_str()));
        assert_eq!(spdx["packages"][1]["name"], "cpython");
    }
    let schema = json(include_bytes!("../../artifacts-schema/index.schema.json"));
    let validator = jsonschema::validator_for(&schema).unwrap();
    let written = json(&place.file(Index::NAME));
    assert!(validator.is_valid(&written));
    let page = String::from_utf8(place.file(Index::PAGE)).unwrap();
    assert!(page.contains("<td>PSF-2.0, Zlib</td>"), "{page}");
    let uv = json(&place.file(Index::UV));
    let entries = uv.as_object().unwrap();
    assert_eq!(entries.len(), 2, "{uv}");
    for entry in entries.values() {
        let path = entry["url"].as_str().unwrap().strip_prefix("file://").unwrap();
        assert!(fs_err::metadata(path.replace("%2B", "+")).is_ok(), "{path}");
    }
    let sums = duct::cmd!("sha256sum", "--check", "--strict", Index::SUMS).dir(place.public_root());
    assert!(sums.stdout_null().run().is_ok());
}

#[test]
fn publishing_again_changes_nothing() {
    needs_cc!();
    let place = Place::new();
    let (noopt, debug) = (place.archive("noopt"), place.archive("debug"));
    place.publish(&[&noopt], &["--url", "https://example.org/python/"]);
    let before = place.look();
    let said = place.publish(&[&noopt], &[]);
    let name = noopt.file_name().unwrap();
    assert_eq!(said, format!("unchanged  {name}\nserial 1, unchanged\n"));
    assert_eq!(place.look(), before);
    // Another one changes what lists archives, and nothing else; the address is remembered.
    let report = json(place.publish(&[&noopt, &debug], &["--format", "json"]).as_bytes());
    assert_eq!(report["serial"], 2);
    assert_eq!(report["archives"][0]["change"], "new");
    assert_eq!(report["archives"][1]["change"], "unchanged");
    let after = place.look();
    let lists = [Index::NAME, Index::SIGNATURE, Index::UV, Index::SUMS, Index::PAGE];
    for (path, seen) in &before {
        let same = after.get(path) == Some(seen);
        assert_eq!(same, !lists.contains(&path.as_str()), "{path}");
    }
    let uv = String::from_utf8(place.file(Index::UV)).unwrap();
    assert!(
        uv.contains("\"https://example.org/python/archives/cpython-"),
        "{uv}"
    );
    assert_eq!(place.read_back().unwrap().serial, 2);
}

#[test]
fn what_was_lost_comes_back() {
    needs_cc!();
    let place = Place::new();
    let noopt = place.archive("noopt");
    place.publish(&[&noopt], &[]);
    let before = place.contents();
    for lost in [Index::SUMS, Index::PAGE, Index::UV, Index::SIGNATURE] {
        fs_err::remove_file(place.public_root().join(lost)).unwrap();
    }
    fs_err::remove_dir_all(place.public_root().join(Index::EVIDENCE)).unwrap();
    let said = place.publish(&[&noopt], &[]);
    assert_eq!(said.lines().last(), Some("serial 1, unchanged"));
    // A signature is another one each time; all the rest is the same.
    let signatures = |path: &str| path.ends_with(".minisig");
    let mut after = place.contents();
    let mut expected = before;
    expected.retain(|path, _| !signatures(path));
    after.retain(|path, _| !signatures(path));
    assert_eq!(after, expected);
    place.read_back().unwrap();
}

#[test]
fn a_name_never_gets_other_bytes() {
    needs_cc!();
    let place = Place::new();
    let (noopt, debug) = (place.archive("noopt"), place.archive("debug"));
    place.publish(&[&noopt], &[]);
    let before = place.look();
    place.pack_otherwise("noopt");
    let error = place.refused(&[&noopt, &debug], &[]);
    assert!(
        error.contains("is published already with other content"),
        "{error}"
    );
    assert!(error.contains("another release tag"), "{error}");
    assert_eq!(place.look(), before, "not even the other one was put");
}

#[test]
fn two_at_once_both_publish() {
    needs_cc!();
    let place = Place::new();
    let archives = ["noopt", "debug", "lto", "pgo"].map(|options| place.archive(options));
    let running = archives.each_ref().map(|archive| place.start(&[archive], &[]));
    for process in running {
        let output = process.wait_with_output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let index = place.read_back().unwrap();
    assert_eq!((index.artifacts.len(), index.serial), (4, 4));
}

#[test]
fn only_whoever_signed_so_far_may_go_on() {
    needs_cc!();
    let place = Place::new();
    let (noopt, debug) = (place.archive("noopt"), place.archive("debug"));
    place.publish(&[&noopt], &[]);
    let old = place.public();
    let new: PublicKey = place.new_key("new.key");
    let error = place.refused::<&Utf8PathBuf>(&[], &["--previous-key", "first.key.pub"]);
    assert!(error.contains("no key would be left"), "{error}");
    let error = place.refused_by("new.key", &[&debug], &[]);
    assert!(error.contains("is not ours to change"), "{error}");
    assert!(error.contains("--previous-key"), "{error}");
    // It is announced, and then it signs; the old one is dropped.
    let said = place.publish(&[], &["--next-key", "new.key.pub"]);
    assert_eq!(said, "serial 2\n");
    assert_eq!(place.read_back().unwrap().keys, [old.clone(), new.clone()]);
    place.publish_by("new.key", &[&debug], &["--previous-key", "first.key.pub"]);
    let index = place.read_back_by(&new).unwrap();
    assert_eq!((index.keys, index.serial), (vec![new.clone()], 3));
    let error = place.refused(&[&debug], &[]);
    assert!(error.contains("by a key that is not known"), "{error}");
    // Two may take turns, where each names the other.
    place.publish_by("new.key", &[], &["--next-key", "first.key.pub"]);
    let said = place.publish(&[], &["--next-key", "new.key.pub"]);
    assert_eq!(said, "serial 5\n");
    assert_eq!(place.read_back().unwrap().keys, [old.clone(), new.clone()]);
    place.publish_by("new.key", &[], &["--previous-key", "first.key.pub"]);
    // The first archive's provenance is still what the old key signed.
    let (by, _) = place.statement_by(&index.artifacts[1], &[old.clone(), new]);
    assert_eq!(by, old);
}

#[test]
fn an_index_that_somebody_changed_is_not_signed() {
    needs_cc!();
    let place = Place::new();
    let noopt = place.archive("noopt");
    place.publish(&[&noopt], &[]);
    let index = place.public_root().join(Index::NAME);
    let good = fs_err::read_to_string(&index).unwrap();
    fs_err::write(&index, good.replace("\"serial\": 1", "\"serial\": 9")).unwrap();
    let error = place.refused(&[&noopt], &[]);
    assert!(error.contains("is not ours to change"), "{error}");
    fs_err::write(&index, &good).unwrap();
    fs_err::remove_file(place.public_root().join(Index::SIGNATURE)).unwrap();
    fs_err::remove_dir_all(place.public_root().join(Index::SIGNATURES)).unwrap();
    let error = place.refused(&[&noopt], &[]);
    assert!(error.contains("has no signature"), "{error}");
}

#[test]
fn keys_are_kept_and_never_shown() {
    let place = Place::new();
    place.new_key("a.key");
    let mode = |file: &str| {
        use std::os::unix::fs::PermissionsExt as _;
        fs_err::metadata(place.root().join(file))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!((mode("a.key"), mode("a.key.pub")), (0o600, 0o644));
    let secret = fs_err::read_to_string(place.root().join("a.key")).unwrap();
    let output = place.run(&["publish", "key", "new", "a.key"], None);
    assert_eq!(output.code, 1);
    assert!(output.stderr.contains("is there already"), "{}", output.stderr);
    assert_eq!(
        fs_err::read_to_string(place.root().join("a.key")).unwrap(),
        secret
    );
    let output = place.run(&["publish", "key", "new", "b.key"], None);
    assert!(output.stderr.contains("has no password"), "{}", output.stderr);
    let output = place.run(&["publish", "key", "new", "c.key"], Some("correct horse"));
    assert_eq!(output.code, 0);
    assert!(!output.stderr.contains("has no password"), "{}", output.stderr);
    let locked = fs_err::read_to_string(place.root().join("c.key")).unwrap();
    let words = [
        "publish", "--to", "public", "--key", "c.key", "--log", "plain", "-v",
    ];
    let output = place.run(&words, None);
    assert_eq!(output.code, 1);
    assert!(output.stderr.contains("PBS_KEY_PASSWORD"), "{}", output.stderr);
    let output = place.run(&words, Some("wrong"));
    assert!(
        output.stderr.contains("is not the one of the key"),
        "{}",
        output.stderr
    );
    let output = place.run(&words, Some("correct horse"));
    assert_eq!(
        (output.code, output.stdout.as_str()),
        (0, "serial 1\n"),
        "{}",
        output.stderr
    );
    let published = place.contents().into_values().flatten().collect::<Vec<u8>>();
    let published = String::from_utf8_lossy(&published);
    for text in [output.stderr.as_str(), &output.stdout, &published] {
        assert!(!text.contains("horse"));
        assert!(!text.contains(locked.lines().nth(1).unwrap()));
    }
}

#[test]
fn what_is_no_archive_of_ours_is_told() {
    needs_cc!();
    let place = Place::new();
    let noopt = place.archive("noopt");
    let copy = |name: &str| {
        let to = place.root().join(name);
        fs_err::copy(&noopt, &to).unwrap();
        to
    };
    let name = noopt.file_name().unwrap();
    let check = |archive: &Utf8Path, message: &str| {
        let error = place.refused(&[archive], &[]);
        assert!(error.contains(message), "{message}: {error}");
        assert!(place.read_back().is_none());
    };
    check(&place.root().join("nothing.tar.zst"), "failed to read");
    check(place.root(), "is a directory");
    check(&copy("python.tar.zst"), "cannot be published");
    check(&copy("python 3.tar.zst"), "cannot be published");
    check(
        &copy(&name.replace("20260101", "20260102")),
        "of another release tag by its name",
    );
    check(
        &copy(&name.replace("noopt", "debug")),
        "of another options by its name",
    );
    check(
        &copy(&name.replace("full.tar.zst", "install_only.tar.gz")),
        "of another flavour",
    );
    check(&place.truncated("noopt"), "failed to unpack");
    check(&place.damaged("noopt"), "is damaged");
    let error = place.refused::<&Utf8PathBuf>(&[], &["--to", "ftp://bucket"]);
    assert!(error.contains("cannot publish to `ftp://`"), "{error}");
    let error = place.refused::<&Utf8PathBuf>(&[], &["--to", "s3:///prefix"]);
    assert!(error.contains("names no bucket"), "{error}");
    let error = place.refused::<&Utf8PathBuf>(&[], &["--url", "example.org"]);
    assert!(error.contains("is not an address"), "{error}");
}

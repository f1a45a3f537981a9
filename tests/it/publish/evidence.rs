//! `pbs verify --evidence`: archives and directories held against what was published of them.

use camino::{Utf8Path, Utf8PathBuf};
use pbs::evidence::Envelope;
use pbs::index::{Index, Published, Sum, trusted_comment};
use pbs::model::Digest;
use pbs::sign::SecretKey;
use serde_json::Value;

use super::place::{Output, Place, json};
use crate::distribution::needs_cc;

/// A place where something is published, and a directory that it was unpacked to.
struct Checked {
    place: Place,
    archive: Utf8PathBuf,
    unpacked: Utf8PathBuf,
}

impl Checked {
    fn new() -> Self {
        let place = Place::new();
        let archive = place.archive("noopt");
        place.publish(&[&archive], &[]);
        let unpacked = place.root().join("unpacked");
        let checked = Self {
            place,
            archive,
            unpacked,
        };
        checked.unpack();
        checked
    }

    fn unpack(&self) {
        let _ = fs_err::remove_dir_all(&self.unpacked);
        let file = fs_err::File::open(&self.archive).unwrap();
        let mut archive = tar::Archive::new(zstd::Decoder::new(file).unwrap());
        archive.unpack(&self.unpacked).unwrap();
    }

    fn verify(&self, what: &Utf8Path, more: &[&str]) -> Output {
        let mut words = vec!["verify", what.as_str()];
        if !more.contains(&"--evidence") {
            words.extend(["--evidence", "public"]);
        }
        words.extend(more);
        self.place.run(&words, None)
    }

    /// Both an archive and a directory pass.
    fn pass(&self, what: &Utf8Path, more: &[&str]) -> String {
        let output = self.verify(what, &[&["--key", "first.key.pub"], more].concat());
        assert_eq!(output.code, 0, "{}{}", output.stdout, output.stderr);
        assert_eq!(output.stderr, "");
        output.stdout
    }

    /// It is refused with this in the report.
    fn broken(&self, what: &Utf8Path, expected: &str) {
        let output = self.verify(what, &["--key", "first.key.pub"]);
        assert!(output.stdout.contains(expected), "{expected}:\n{}", output.stdout);
        assert!(
            output.stderr.contains("is not what was published"),
            "{}",
            output.stderr
        );
        assert_eq!(output.code, 1);
    }

    /// Nothing can be said, for this reason.
    fn refused(&self, what: &Utf8Path, more: &[&str], expected: &str) {
        let output = self.verify(what, more);
        assert!(output.stderr.contains(expected), "{expected}:\n{}", output.stderr);
        assert!(output.stderr.contains("hint: "), "{}", output.stderr);
        assert_eq!((output.code, output.stdout.as_str()), (1, ""));
    }

    fn public(&self, path: &str) -> Utf8PathBuf {
        self.place.public_root().join(path)
    }

    /// Publishes another index, signed as the publisher would.
    fn sign_anew(&self, change: impl FnOnce(&mut Index)) {
        let mut index = Index::read(&self.place.file(Index::NAME)).unwrap();
        change(&mut index);
        let bytes = index.write();
        let key = self.secret();
        let signature = key.sign(&bytes, &trusted_comment(index.serial)).unwrap();
        fs_err::write(self.public(Index::NAME), &bytes).unwrap();
        fs_err::write(self.public(&Index::signature_of(&bytes)), signature).unwrap();
    }

    fn secret(&self) -> SecretKey {
        let text = fs_err::read_to_string(self.place.root().join("first.key")).unwrap();
        SecretKey::read(&text, None).unwrap()
    }

    /// Publishes another document in the place of one, which the index then names.
    fn exchange(&self, which: fn(&mut Index) -> &mut Option<Published>, bytes: &[u8]) {
        self.sign_anew(|index| {
            let document = which(index).as_mut().unwrap();
            (document.size, document.digest) = (bytes.len() as u64, Sum::of(&Digest::of(bytes)));
            fs_err::write(self.public(document.path.as_str()), bytes).unwrap();
        });
    }
}

#[test]
fn what_was_published_is_what_it_is() {
    needs_cc!();
    let checked = Checked::new();
    let said = checked.pass(&checked.archive, &[]);
    let name = checked.archive.file_name().unwrap();
    assert!(
        said.starts_with(&format!("{name}, of index 1, signed by ")),
        "{said}"
    );
    assert!(
        said.ends_with("8 rules applied, 0 errors, 0 warnings\n"),
        "{said}"
    );
    let said = checked.pass(&checked.unpacked, &[]);
    assert!(
        said.contains("skipped [archive]: not an archive but a directory"),
        "{said}"
    );
    // What people download by hand: everything in one directory, under another name.
    let flat = checked.place.root().join("flat");
    fs_err::create_dir(&flat).unwrap();
    for (path, bytes) in checked.place.contents() {
        fs_err::write(flat.join(Utf8Path::new(&path).file_name().unwrap()), bytes).unwrap();
    }
    let renamed = checked.place.root().join("renamed.tar.zst");
    fs_err::copy(&checked.archive, &renamed).unwrap();
    let said = checked.pass(&renamed, &["--evidence", "flat/index.json", "--format", "json"]);
    let said = json(said.as_bytes());
    assert_eq!((&said["version"], &said["serial"]), (&1.into(), &1.into()));
    assert_eq!(said["archive"]["name"], name);
    assert_eq!(said["signed_by"], checked.place.public().as_str());
    assert_eq!(said["findings"], Value::Array(vec![]));
}

#[test]
fn every_file_counts_but_for_what_people_installed() {
    needs_cc!();
    let checked = Checked::new();
    let python = checked.unpacked.join("python");
    let packages = python.join("install/lib/python3.13/site-packages");
    let list = "pkg/__init__.py,,\n../../../bin/pkg,,\n";
    for (path, text) in [("pkg/__init__.py", ""), ("pkg-1.dist-info/RECORD", list)] {
        let path = packages.join(path);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, text).unwrap();
    }
    let program = python.join("install/bin/pkg");
    fs_err::create_dir_all(program.parent().unwrap()).unwrap();
    fs_err::write(&program, "").unwrap();
    let said = checked.pass(&checked.unpacked, &[]);
    assert!(
        said.contains("/site-packages/pkg`: a file that nobody published"),
        "{said}"
    );
    assert!(
        said.contains("install/bin/pkg`: a file that nobody published"),
        "{said}"
    );
    assert!(said.contains("0 errors, 3 warnings"), "{said}");
    // Where the package is gone and its program is not, nobody brought it.
    fs_err::remove_dir_all(packages.join("pkg-1.dist-info")).unwrap();
    checked.broken(
        &checked.unpacked,
        "error[files]: `install/bin/pkg`: nobody published it",
    );
    checked.unpack();
    let os = python.join("install/lib/python3.13/os.py");
    let text = fs_err::read_to_string(&os).unwrap();
    fs_err::write(&os, format!("{text}# more\n")).unwrap();
    checked.broken(&checked.unpacked, "os.py`: it was changed");
    fs_err::remove_file(&os).unwrap();
    checked.broken(&checked.unpacked, "os.py`: it is not there");
    fs_err::os::unix::fs::symlink("/etc/passwd", &os).unwrap();
    checked.broken(
        &checked.unpacked,
        "os.py`: it was replaced by a link to `/etc/passwd`",
    );
    checked.unpack();
    // What the manifest lists counts only where the manifest is the published one.
    let manifest = python.join("PYTHON.json");
    let text = fs_err::read_to_string(&manifest).unwrap();
    fs_err::write(&manifest, text + "\n").unwrap();
    checked.broken(&checked.unpacked, "error[manifest]: `PYTHON.json`: it is sha256:");
    fs_err::write(&manifest, "{}").unwrap();
    let key = ["--key", "first.key.pub"];
    checked.refused(&checked.unpacked, &key, "no archive whose manifest is its");
}

#[test]
fn another_archive_is_not_looked_into() {
    needs_cc!();
    let checked = Checked::new();
    checked.place.pack_otherwise("noopt");
    checked.broken(&checked.archive, "error[archive]: it is sha256:");
    fs_err::write(&checked.archive, "no archive at all").unwrap();
    checked.broken(&checked.archive, "is not looked into");
    let key = ["--key", "first.key.pub"];
    let debug = checked.place.archive("debug");
    checked.refused(&debug, &key, "no archive of its name or with its digest, sha256:");
    checked.refused(
        &checked.place.root().join("none"),
        &key,
        "there is no distribution",
    );
}

#[test]
fn only_a_trusted_key_makes_an_index_count() {
    needs_cc!();
    let checked = Checked::new();
    let archive = &checked.archive;
    checked.refused(archive, &[], "it is not said whose signature counts");
    let other = checked.place.new_key("other.key").to_string();
    let other = ["--key", other.as_str()];
    checked.refused(archive, &other, "it is by a key that is not known");
    let key = ["--key", "first.key.pub"];
    let index = checked.public(Index::NAME);
    let good = fs_err::read_to_string(&index).unwrap();
    fs_err::write(&index, good.replace("\"serial\": 1", "\"serial\": 2")).unwrap();
    checked.refused(archive, &key, "it is the signature of something else");
    // A signature of the same key that is about another serial.
    fs_err::write(&index, &good).unwrap();
    let comment = checked
        .secret()
        .sign(good.as_bytes(), &trusted_comment(2))
        .unwrap();
    let by_sum = checked.public(&Index::signature_of(good.as_bytes()));
    let signature = fs_err::read(&by_sum).unwrap();
    fs_err::write(&by_sum, comment).unwrap();
    checked.refused(archive, &key, "which is not about it");
    fs_err::write(&by_sum, signature).unwrap();
    checked.pass(archive, &[]);
    checked.sign_anew(|index| index.serial = 7);
    let said = checked.pass(archive, &[]);
    assert!(said.contains("of index 7"), "{said}");
    let newer = good.replace("\"version\": 1", "\"version\": 2");
    let signature = checked
        .secret()
        .sign(newer.as_bytes(), &trusted_comment(1))
        .unwrap();
    fs_err::write(checked.public(&Index::signature_of(newer.as_bytes())), signature).unwrap();
    fs_err::write(&index, newer).unwrap();
    checked.refused(archive, &key, "use a newer pbs");
    fs_err::remove_file(&index).unwrap();
    checked.refused(archive, &key, "there is no `index.json`");
}

#[test]
fn documents_are_there_and_true() {
    needs_cc!();
    let checked = Checked::new();
    let archive = &checked.archive;
    let artifact = checked.place.read_back().unwrap().artifacts.remove(0);
    let evidence = &artifact.evidence;
    let at = |document: &Option<Published>| checked.public(document.as_ref().unwrap().path.as_str());
    for (rule, document) in [
        ("spdx", &evidence.spdx),
        ("cyclonedx", &evidence.cyclonedx),
        ("provenance", &evidence.provenance),
    ] {
        let path = at(document);
        let good = fs_err::read(&path).unwrap();
        fs_err::remove_file(&path).unwrap();
        checked.broken(archive, &format!("error[{rule}]: `evidence/"));
        fs_err::write(&path, [&good[..], b"\n"].concat()).unwrap();
        checked.broken(archive, "and the index names sha256:");
        fs_err::write(&path, good).unwrap();
    }
    checked.pass(archive, &[]);
    // A publisher's own mistakes: signed, and not true.
    let text = |document: &Option<Published>| fs_err::read_to_string(at(document)).unwrap();
    let (spdx, cyclonedx) = (text(&evidence.spdx), text(&evidence.cyclonedx));
    let other = spdx.replace("\"versionInfo\": \"1.3.1\"", "\"versionInfo\": \"1.3\"");
    checked.exchange(spdx_of, other.as_bytes());
    checked.broken(archive, "version of `zlib`: 1.3 in it, 1.3.1 in the manifest");
    checked.exchange(spdx_of, spdx.as_bytes());
    checked.exchange(cyclonedx_of, spdx.as_bytes());
    checked.broken(archive, "error[cyclonedx]: ");
    checked.exchange(cyclonedx_of, cyclonedx.as_bytes());
    checked.pass(archive, &[]);
    // A statement by somebody else, and one that is about something else.
    let (_, statement) = checked.place.statement(&artifact);
    checked.place.new_key("other.key");
    let other = fs_err::read_to_string(checked.place.root().join("other.key")).unwrap();
    let other = SecretKey::read(&other, None).unwrap();
    let seal = |key: &SecretKey, statement: &[u8]| {
        Envelope::seal(statement, &[key.sign_statement(statement).unwrap()]).write()
    };
    checked.exchange(provenance_of, &seal(&other, &statement));
    checked.broken(archive, "error[statement-signature]: `evidence/");
    // An older key may be given with the one that signs now.
    checked.pass(archive, &["--key", "other.key.pub"]);
    let zeros = String::from_utf8(statement)
        .unwrap()
        .replace(&artifact.digest.hex(), &"0".repeat(64));
    checked.exchange(provenance_of, &seal(&checked.secret(), zeros.as_bytes()));
    checked.broken(archive, "error[provenance]: ");
    checked.sign_anew(|index| index.artifacts[0].evidence.spdx = None);
    checked.broken(archive, "error[spdx]: the index names no such document");
}

fn spdx_of(index: &mut Index) -> &mut Option<Published> {
    &mut index.artifacts[0].evidence.spdx
}

fn cyclonedx_of(index: &mut Index) -> &mut Option<Published> {
    &mut index.artifacts[0].evidence.cyclonedx
}

fn provenance_of(index: &mut Index) -> &mut Option<Published> {
    &mut index.artifacts[0].evidence.provenance
}

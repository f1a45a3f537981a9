//! `pbs diff` on archives of a made distribution, one of them changed in a known way.

use camino::{Utf8Path, Utf8PathBuf};
use pbs::manifest::Manifest;
use pbs::model::{Entry, TreePath};

use crate::distribution::{Distribution, made, needs_cc, path};

/// How an archive is written.
#[derive(Clone, Copy)]
pub(crate) struct Writing {
    pub(crate) level: i32,
    pub(crate) mtime: u64,
    pub(crate) uid: u64,
    pub(crate) mode: u32,
    pub(crate) backwards: bool,
}

pub(crate) const USUAL: Writing = Writing {
    level: 1,
    mtime: 1_767_225_600,
    uid: 0,
    mode: 0o644,
    backwards: false,
};

pub(crate) fn write(distribution: &Distribution, to: &Utf8Path, writing: Writing) {
    let mut entries: Vec<(&TreePath, &Entry)> = distribution.tree.iter().collect();
    if writing.backwards {
        // What is in a directory may come before it.
        entries.reverse();
    }
    let file = fs_err::File::create(to).unwrap();
    let mut tar = tar::Builder::new(zstd::Encoder::new(file, writing.level).unwrap());
    for (at, entry) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_mtime(writing.mtime);
        header.set_uid(writing.uid);
        header.set_gid(0);
        header.set_size(0);
        match entry {
            Entry::Directory => {
                header.set_entry_type(tar::EntryType::Directory);
                header.set_mode(0o755);
                tar.append_data(&mut header, at.as_str(), std::io::empty())
                    .unwrap();
            }
            Entry::Symlink { target } => {
                header.set_entry_type(tar::EntryType::Symlink);
                header.set_mode(0o777);
                tar.append_link(&mut header, at.as_str(), target).unwrap();
            }
            Entry::File { digest, executable } => {
                let bytes = &distribution.blobs[digest];
                header.set_size(bytes.len() as u64);
                header.set_mode(if *executable { 0o755 } else { writing.mode });
                tar.append_data(&mut header, at.as_str(), bytes.as_slice())
                    .unwrap();
            }
        }
    }
    tar.into_inner().unwrap().finish().unwrap();
}

/// A directory with `a.tar.zst`, and what `pbs diff` says of it and others.
struct Place {
    _dir: tempfile::TempDir,
    root: Utf8PathBuf,
}

impl Place {
    fn new(good: &Distribution) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::from_path_buf(dir.path().to_owned()).unwrap();
        write(good, &root.join("a.tar.zst"), USUAL);
        Self { _dir: dir, root }
    }

    /// Exit code and standard output.
    fn pbs(&self, words: &[&str]) -> (i32, String) {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_pbs"))
            .arg("diff")
            .args(words)
            .args(["--store", "store"])
            .current_dir(&self.root)
            .env_clear()
            .output()
            .unwrap();
        assert!(
            output.stderr.is_empty(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let text = String::from_utf8(output.stdout).unwrap();
        (output.status.code().unwrap(), text)
    }

    /// What is said of `a` and this one.
    fn said(&self, other: &Distribution, writing: Writing, words: &[&str]) -> (i32, String) {
        write(other, &self.root.join("b.tar.zst"), writing);
        self.pbs(&[&["a.tar.zst", "b.tar.zst"], words].concat())
    }
}

/// Every text must be among what is said of a distribution that was changed so.
fn told(place: &Place, good: &Distribution, change: impl FnOnce(&mut Distribution), texts: &[&str]) {
    let mut bad = good.clone();
    change(&mut bad);
    bad.digest_again();
    let (code, said) = place.said(&bad, USUAL, &[]);
    assert_eq!(code, 1, "{said}");
    for text in texts {
        assert!(said.contains(text), "`{text}` is not in:\n{said}");
    }
}

#[test]
fn each_damage_is_explained_in_the_right_words() {
    needs_cc!();
    let good = made();
    let place = Place::new(&good);
    let exe = Distribution::below(&good.manifest().python_exe);
    let stdlib = Distribution::below(&good.manifest().python_paths["stdlib"]);
    let follows = "1 digest in pbs.files, of files that differ or are only in one";
    told(
        &place,
        &good,
        |bad| bad.edit(&stdlib.join(&path("os.py")), |bytes| bytes.extend(b"x = 1\n")),
        &[
            "os.py\n    text, from line ",
            "A: (ends before it)",
            "B: x = 1\n",
            follows,
            "different: 2 with other content",
        ],
    );
    told(
        &place,
        &good,
        |bad| bad.executable_stack(&exe),
        &["stack: \"not executable\" in A, \"executable\" in B"],
    );
    told(
        &place,
        &good,
        |bad| bad.replace(&path("python/build/lib/libz.a"), "inflate\0", "inflat3\0"),
        &[
            "libz.a\n    member inflate.o\n",
            "section .strtab: ",
            "symbols of symtab only in A: `inflate`",
            "symbols of symtab only in B: `inflat3`",
        ],
    );
    told(
        &place,
        &good,
        |bad| {
            bad.tree.remove(&path("python/licenses"));
            bad.link(&stdlib.join(&path("os.py")), "other.py");
            bad.put(&path("python/build/new.o"), b"new".to_vec(), false);
        },
        &[
            "only in A: 2 files, ",
            "python/licenses/  2 files, ",
            "only in B: 1 file, 3 bytes\n  python/build/new.o  3 bytes\n",
            "os.py: a file in A, a link to `other.py` in B",
        ],
    );
    told(
        &place,
        &good,
        |bad| bad.describe(|manifest| manifest.pbs.components[1].version = "9.9".into()),
        &["python/PYTHON.json\n    pbs.components[zlib].version: \"1.3.1\" in A, \"9.9\" in B\n"],
    );
    told(
        &place,
        &good,
        |bad| bad.put(&exe, b"#!/bin/sh\n".to_vec(), true),
        &["an ELF file in A, text in B"],
    );
    // A lie of the manifest is no consequence.
    let mut lie = good.clone();
    lie.describe(|manifest| {
        let (_, digest) = manifest.pbs.files.iter_mut().next().unwrap();
        digest.size += 1;
    });
    let (_, said) = place.said(&lie, USUAL, &[]);
    assert!(said.contains("pbs.files[build/"), "{said}");
    // A manifest that cannot be read is a text.
    let mut broken = good.clone();
    broken.edit(&path(Manifest::PATH), |bytes| bytes[0] = b'[');
    let (_, said) = place.said(&broken, USUAL, &[]);
    assert!(said.contains("PYTHON.json\n    text, from line 1 on\n"), "{said}");
}

#[test]
fn what_only_archives_have_is_told_and_can_be_left_out() {
    needs_cc!();
    let good = made();
    let place = Place::new(&good);
    let said = |writing, words: &[&str]| place.said(&good, writing, words);
    let (code, text) = said(USUAL, &[]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("\nidentical, byte by byte: sha256:"), "{text}");
    for (writing, kind, expected) in [
        (
            Writing { level: 19, ..USUAL },
            "compression",
            "  compression: zstd, ",
        ),
        (
            Writing { mtime: 5, ..USUAL },
            "mtime",
            ": 1767225600 in A, 5 in B; first `python`",
        ),
        (
            Writing { uid: 1000, ..USUAL },
            "owner",
            ": 0:0 in A, 1000:0 in B; first `python`",
        ),
        (
            Writing { mode: 0o664, ..USUAL },
            "mode",
            "PYTHON.json: 0644 in A, 0664 in B",
        ),
        (
            Writing {
                backwards: true,
                ..USUAL
            },
            "order",
            "elsewhere; member 1 is `python` in A, ",
        ),
    ] {
        let (code, text) = said(writing, &[]);
        assert_eq!(code, 1, "{kind}: {text}");
        assert!(text.contains(expected), "`{expected}` is not in:\n{text}");
        let (code, text) = said(writing, &["--ignore", kind]);
        assert_eq!(code, 0, "{kind}: {text}");
        assert!(
            text.ends_with("equal in all that was compared, though not byte by byte\n"),
            "{text}"
        );
    }
    // Nothing stays in the store.
    let blobs = walkdir::WalkDir::new(place.root.join("store/cas-v1")).into_iter();
    assert_eq!(
        blobs
            .filter(|entry| entry.as_ref().unwrap().file_type().is_file())
            .count(),
        0
    );
}

#[test]
fn a_directory_is_compared_too_and_programs_get_json() {
    needs_cc!();
    let good = made();
    let place = Place::new(&good);
    let file = fs_err::File::open(place.root.join("a.tar.zst")).unwrap();
    tar::Archive::new(zstd::Decoder::new(file).unwrap())
        .unpack(place.root.join("b"))
        .unwrap();
    let (code, text) = place.pbs(&["a.tar.zst", "b"]);
    assert_eq!(code, 0, "{text}");
    let os = place
        .root
        .join("b")
        .join(Distribution::below(&good.manifest().python_paths["stdlib"]).as_str());
    fs_err::write(os.join("os.py"), "other\n").unwrap();
    let (code, text) = place.pbs(&["a.tar.zst", "b", "--format", "json"]);
    assert_eq!(code, 1);
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&value["version"], &value["verdict"]),
        (&1.into(), &"different".into())
    );
    let explanation = &value["changed"][0]["explanation"];
    assert_eq!(
        (&explanation["kind"], &explanation["b"]),
        (&"text".into(), &"other\n".into())
    );
}

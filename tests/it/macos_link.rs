//! `pbs link` for macOS: what is linked of a built distribution, looked at. Nothing here runs it: `ci/on-a-mac` does.

use std::path::Path;
use std::process::{Command, Output};

use object::{Architecture, Object as _, ObjectSection as _, macho};
use pbs::inspect::{MachO, MachOKind, Pages, c_name};
use pbs::link::write_universal;

use crate::distribution::made_macho::Image;
use crate::linking::{link_to, said, single};
use crate::support::{program, requires, unpacked, variable};
use crate::wheels::make::Wheel;

fn built() -> Option<tempfile::TempDir> {
    Some(unpacked(&variable("PBS_TEST_MACOS_DIST")?))
}

fn link(dist: &Path, output: &Path, words: &[&str]) -> Output {
    link_to(&single(), dist, output, words)
}

/// Links, and sees that the executable has all that macOS and extension modules ask of it.
fn linked(dist: &Path, output: &Path, words: &[&str]) -> (MachO, String) {
    let done = link(dist, output, words);
    assert!(done.status.success(), "{}", said(&done));
    (seen(&fs_err::read(output).unwrap(), "app"), said(&done))
}

fn seen(bytes: &[u8], identifier: &str) -> MachO {
    let file = MachO::parse(bytes).unwrap();
    assert_eq!((file.kind, file.stack), (MachOKind::Executable, Some(16 << 20)));
    for dylib in &file.dylibs {
        let system = ["/usr/lib/", "/System/Library/"];
        assert!(
            system.iter().any(|place| dylib.name.starts_with(place)),
            "{}",
            dylib.name
        );
    }
    let signature = file.signature.as_ref().unwrap();
    let [directory] = signature.directories.as_slice() else {
        panic!("one directory is enough");
    };
    assert_eq!(directory.identifier, identifier);
    assert_eq!((directory.pages, directory.main_binary), (Pages::Hold, true));
    let exports: Vec<&str> = file.exports.iter().map(|name| c_name(name)).collect();
    for name in ["Py_IncRef", "PyModule_Create2", "_Py_NoneStruct"] {
        assert!(exports.contains(&name), "{name} is hidden");
    }
    let foreign = exports
        .iter()
        .find(|name| !name.trim_start_matches('_').starts_with("Py"));
    assert_eq!(foreign, None, "nothing of static libraries is seen");
    assert!(file.debug_map.is_empty());
    file
}

fn refused(dist: &Path, words: &[&str], why: &str) {
    let output = dist.join("never");
    let done = link(dist, &output, words);
    assert_eq!(done.status.code(), Some(1), "{words:?}: {}", said(&done));
    assert!(said(&done).contains(why), "{}", said(&done));
    assert!(!output.exists());
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// What is embedded.
fn bundle(program: &[u8]) -> Vec<u8> {
    let file = object::File::parse(program).unwrap();
    let section = file.section_by_name("__pbs").unwrap();
    assert_eq!(section.address() % (1 << 14), 0);
    section.data().unwrap().to_vec()
}

fn has(bytes: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(bytes, part).is_some()
}

#[test]
fn executables_for_macos_are_the_same_each_time() {
    let place = built();
    requires!("macos-dist", place.is_some());
    let (place, out) = (place.unwrap(), tempfile::tempdir().unwrap());
    let at = |name: &str| out.path().join(name);
    for linker in ["lld", "rust-lld"] {
        let words = ["--script", "features.py", "--linker", linker];
        let (first, again) = (at("a/app"), at("b/app"));
        linked(place.path(), &first, &words);
        linked(place.path(), &again, &words);
        let bytes = fs_err::read(&first).unwrap();
        assert!(
            bytes == fs_err::read(&again).unwrap(),
            "{linker} does not give the same bytes twice"
        );
        assert!(has(&bundle(&bytes), b"test_of_multiprocessing"));
        for here in [place.path(), out.path(), Path::new(env!("CARGO_MANIFEST_DIR"))] {
            assert!(
                !has(&bytes, path(here).as_bytes()),
                "{linker} leaves {} in it",
                here.display()
            );
        }
    }
}

#[test]
fn executables_for_macos_are_what_was_asked_for() {
    let place = built();
    requires!("macos-dist", place.is_some());
    let (place, out) = (place.unwrap(), tempfile::tempdir().unwrap());
    let at = |name: &str| out.path().join(name);
    let whole = at("whole/app");
    let (all, _) = linked(place.path(), &whole, &["--script", "features.py"]);
    let names = |file: &MachO| {
        file.dylibs
            .iter()
            .map(|dylib| dylib.name.clone())
            .collect::<Vec<_>>()
    };
    assert!(
        names(&all)
            .iter()
            .any(|name| name.ends_with("/SystemConfiguration"))
    );
    let hello = at("hello.py");
    fs_err::write(&hello, "print('hello')\n").unwrap();
    let words = [
        "--preset",
        "minimal",
        "--strip",
        "--compress",
        "--script",
        path(&hello),
    ];
    let (small, _) = linked(place.path(), &at("small/app"), &words);
    assert_eq!(names(&small), ["/usr/lib/libSystem.B.dylib"]);
    let size = |name: &str| fs_err::metadata(at(name)).unwrap().len();
    assert!(size("small/app") * 4 < size("whole/app"), "{}", size("small/app"));

    // Another name is another signature, unless it is said.
    let words = ["--preset", "minimal", "--script", path(&hello)];
    let named = |name: &str, more: &[&str]| {
        let done = link(place.path(), &at(name), &[&words[..], more].concat());
        assert!(done.status.success(), "{}", said(&done));
        fs_err::read(at(name)).unwrap()
    };
    let (one, two) = (named("one", &[]), named("two", &[]));
    seen(&one, "one");
    assert!(one != two);
    let identifier = ["--identifier", "com.example.shop"];
    let (one, two) = (named("one", &identifier), named("two", &identifier));
    seen(&one, "com.example.shop");
    assert!(one == two);

    requires!("openssl", program("openssl").is_some());
    let (key, certificate, store) = (at("key"), at("certificate"), at("store.p12"));
    let (key, certificate, store) = (path(&key), path(&certificate), path(&store));
    for words in [
        &[
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            key,
            "-out",
            certificate,
            "-subj",
            "/CN=Me",
        ][..],
        &[
            "pkcs12",
            "-export",
            "-inkey",
            key,
            "-in",
            certificate,
            "-out",
            store,
            "-passout",
            "pass:",
        ],
    ] {
        assert!(
            Command::new("openssl")
                .args(words)
                .output()
                .unwrap()
                .status
                .success()
        );
    }
    let signed = named("app", &["--sign", store]);
    let signature = seen(&signed, "app").signature.unwrap();
    assert!(signature.cms && signature.directories[0].flags == 0);
}

#[test]
fn wheels_of_macos_are_embedded_with_what_they_load() {
    let place = built();
    requires!("macos-dist", place.is_some());
    let (place, out) = (place.unwrap(), tempfile::tempdir().unwrap());
    let manifest = fs_err::read(place.path().join("python/PYTHON.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    let tag = manifest["python_tag"].as_str().unwrap();
    let is_arm = manifest["target_triple"].as_str().unwrap().starts_with("aarch64");
    let (own, other) = match is_arm {
        true => (Architecture::Aarch64, Architecture::X86_64),
        false => (Architecture::X86_64, Architecture::Aarch64),
    };
    let suffix = format!(
        ".{}-darwin.so",
        manifest["python_implementation_cache_tag"].as_str().unwrap()
    );
    let both = |image: &Image<'static>, text: &[&'static [u8]; 2]| {
        let written = [(own, text[0]), (other, text[1])].map(|(arch, text)| {
            let image = Image {
                arch,
                text,
                ..image.clone()
            };
            image.write()
        });
        write_universal(&[&written[0], &written[1]]).unwrap()
    };
    let mut module = Image {
        kind: macho::MH_BUNDLE,
        install_name: None,
        defined: vec!["_PyInit__core"],
        ..Image::dylib("")
    };
    module
        .dylibs
        .push((macho::LC_LOAD_DYLIB, "@loader_path/.dylibs/libq.dylib"));
    module
        .dylibs
        .push((macho::LC_LOAD_DYLIB, "/opt/homebrew/lib/libnone.dylib"));
    module
        .dylibs
        .push((macho::LC_LOAD_WEAK_DYLIB, "@rpath/libmaybe.dylib"));
    let library = Image {
        arch: own,
        ..Image::dylib("@rpath/libq.dylib")
    };
    let wheel = Wheel::new(&format!("fast-1-{tag}-{tag}-macosx_26_3_universal2.whl"))
        .file("fast/__init__.py", "from fast import _core\n")
        .file(
            &format!("fast/_core{suffix}"),
            both(&module, &[b"of this processor", b"of another processor"]),
        )
        .file("fast/.dylibs/libq.dylib", library.write())
        .write(&out.path().join("wheels"));
    let app = out.path().join("app");
    let words = ["--requirement", path(&wheel)];
    let (_, told) = linked(place.path(), &app, &words);
    assert!(
        told.contains("needs macOS 26.3 or later, because of `fast-1-"),
        "{told}"
    );
    assert!(told.contains("/opt/homebrew/lib/libnone.dylib"), "{told}");
    assert!(!told.contains("libmaybe"), "{told}");
    let embedded = bundle(&fs_err::read(&app).unwrap());
    assert!(
        has(&embedded, b".needed/fast._core") && has(&embedded, b"site-packages/fast/.dylibs/libq.dylib")
    );
    assert!(has(&embedded, b"of this processor") && !has(&embedded, b"of another processor"));

    let other = if is_arm { "x86_64" } else { "arm64" };
    let foreign = out
        .path()
        .join(format!("slow-1-{tag}-{tag}-macosx_11_0_{other}.whl"));
    fs_err::write(&foreign, "").unwrap();
    refused(
        place.path(),
        &["--requirement", path(&foreign)],
        "another platform",
    );
}

#[test]
fn what_cannot_be_linked_for_macos_is_refused() {
    let place = built();
    requires!("macos-dist", place.is_some());
    let place = place.unwrap();
    let dist = place.path();
    refused(dist, &["--kind", "staticlib"], "only executables are linked");
    refused(
        dist,
        &["--linker", "mold"],
        "`mold` links no objects of the format `mach-o`",
    );
    refused(dist, &["--gui"], "`--gui` is of executables for Windows");
    refused(dist, &["--universal", path(dist)], "both distributions are for `");
    refused(
        dist,
        &["--universal", path(dist), "--sizes"],
        "`--sizes` is of an executable for one processor",
    );
}

#[test]
fn what_is_of_macos_is_refused_elsewhere() {
    let linux = variable("PBS_TEST_DIST").map(|archive| unpacked(&archive));
    requires!("dist", linux.is_some());
    let linux = linux.unwrap();
    let dist = linux.path();
    refused(
        dist,
        &["--identifier", "a"],
        "`--identifier` is of executables for macOS",
    );
    refused(
        dist,
        &["--universal", path(dist)],
        "`--universal` is of executables for macOS",
    );
}

/// Two distributions, for the two processors.
#[test]
fn one_executable_is_for_both_processors() {
    let place = built();
    requires!("macos-dist", place.is_some());
    let other = variable("PBS_TEST_MACOS_OTHER_DIST").map(|archive| unpacked(&archive));
    requires!("macos-other-dist", other.is_some());
    let (place, other, out) = (place.unwrap(), other.unwrap(), tempfile::tempdir().unwrap());
    let app = out.path().join("app");
    let words = ["--script", "features.py", "--universal", path(other.path())];
    let done = link(place.path(), &app, &words);
    assert!(done.status.success(), "{}", said(&done));
    let universal = fs_err::read(&app).unwrap();
    let parts = pbs::inspect::Universal::parse(&universal).unwrap();
    let names: Vec<&str> = parts.slices.iter().map(|slice| slice.name.as_str()).collect();
    assert_eq!(names, ["x86_64", "arm64"]);
    let again = out.path().join("again/app");
    let words = ["--script", "features.py", "--universal", path(place.path())];
    let done = link(other.path(), &again, &words);
    assert!(done.status.success(), "{}", said(&done));
    assert!(
        universal == fs_err::read(&again).unwrap(),
        "whichever is named first"
    );
    for arch in [pbs::model::Arch::X86_64, pbs::model::Arch::Aarch64] {
        let part = pbs::link::part_for(&universal, arch).unwrap();
        seen(part, "app");
        let alone = out.path().join("alone/app");
        let dist = [&place, &other].into_iter().find(|dist| {
            let manifest = fs_err::read(dist.path().join("python/PYTHON.json")).unwrap();
            pbs::manifest::Manifest::read(&manifest)
                .unwrap()
                .target_triple
                .arch()
                == Some(arch)
        });
        linked(dist.unwrap().path(), &alone, &["--script", "features.py"]);
        assert!(
            part == fs_err::read(&alone).unwrap(),
            "a part is what is linked alone"
        );
    }
}

//! What is written of executables for macOS, held against what LLVM's linker writes and what a reader of others (LIEF) reads.

use std::path::Path;
use std::process::Command;

use camino::Utf8Path;
use object::write::{Object, StandardSection, Symbol, SymbolSection};
use object::{Architecture, BinaryFormat, Endianness, SymbolFlags, SymbolKind, SymbolScope};
use pbs::link::{
    Console, Deployment, InittabEntry, LinkPlan, OwnFiles, Runtime, Signer, Unsigned, command, set_stack,
    sign_ad_hoc, write_archive, write_embed, write_inittab, write_universal,
};
use pbs::manifest::StartRecord;
use pbs::model::{Arch, ObjectFormat, Secret, TreePath};
use pbs::sign::{Certificate, CertificateError};
use serde_json::{Value, json};

use crate::linking::{link, said};
use crate::support::{program, requires, tool};

/// Of each processor's part of a file: what stands where, and what the signature says; as JSON.
const READER: &str = r#"
import hashlib, json, lief, struct, sys
content = open(sys.argv[1], "rb").read()
fat = lief.MachO.parse(sys.argv[1])
parts = []
for part in [fat.at(index) for index in range(fat.size)]:
    start, command = part.fat_offset, part.code_signature
    code = content[start:start + command.data_offset]
    signature = content[start + command.data_offset:start + command.data_offset + command.data_size]
    magic, length, count = struct.unpack_from(">3I", signature)
    slot, at = struct.unpack_from(">2I", signature, 12)
    fields = struct.unpack_from(">9I4B4IQQQQ", signature, at)
    (kind, size, version, flags, sums, name, special, pages, limit, width, algorithm, _, bits) = fields[:13]
    page = 1 << bits
    told = [signature[at + sums + width * index:at + sums + width * (index + 1)] for index in range(pages)]
    true = [hashlib.sha256(code[offset:offset + page]).digest() for offset in range(0, len(code), page)]
    text, linkedit = part.get_segment("__TEXT"), part.get_segment("__LINKEDIT")
    # Rebased by the loader, in one of two ways: addresses, or distances from the image's beginning.
    table, names = part.get_section("__data"), []
    for pointer, function in struct.iter_unpack("<2Q", bytes(table.content)):
        target = pointer & 0xfffffffff
        target += part.imagebase if target < part.imagebase else 0
        names += [bytes(part.get_content_from_virtual_address(target, 5)).partition(b"\0")[0].decode()] if pointer else []
    parts.append({
        "cpu": part.header.cpu_type.name,
        "at": start,
        "stack": part.main_command.stack_size,
        "layout": list(lief.MachO.check_layout(part)),
        "magics": [hex(magic), hex(kind), hex(version), hex(flags)],
        "slots": [count, slot, special],
        "whole": length == command.data_size == len(signature) and size == length - at,
        "name": signature[at + name:signature.index(0, at + name)].decode(),
        "sums": [algorithm, told == true, limit == len(code)],
        "executable": list(fields[-3:]) == [text.file_offset, text.file_size, 1],
        "last": linkedit.file_offset + linkedit.file_size == command.data_offset + command.data_size,
        "exports": sorted(export.symbol.name for export in part.dyld_exports_trie.exports)
            if part.has_dyld_exports_trie else sorted(export.symbol.name for export in part.dyld_info.exports),
        "modules": names,
        "bound": sorted(binding.symbol.name for binding in part.bindings),
        "libraries": [library.name for library in part.libraries],
        "sections": [section.name for section in text.sections],
    })
print(json.dumps(parts))
"#;

/// What stands for the system's library.
const STUB: &str = "--- !tapi-tbd
tbd-version: 4
targets: [ x86_64-macos, arm64-macos ]
install-name: '/usr/lib/libSystem.B.dylib'
exports:
  - targets: [ x86_64-macos, arm64-macos ]
    symbols: [ _far_away, dyld_stub_binder ]
...
";

/// A linker that may be told that it links for Apple's system.
fn linker() -> Option<Command> {
    let mut linker = Command::new("lld");
    linker.args(["-flavor", "darwin"]);
    let said = Command::new("lld")
        .args(["-flavor", "darwin", "--version"])
        .output()
        .ok()?;
    said.status.success().then_some(linker)
}

/// An object with functions that return at once, in machine code.
fn functions(arch: Arch, names: &[&str]) -> Vec<u8> {
    let (architecture, code): (_, &[u8]) = match arch {
        Arch::Aarch64 => (Architecture::Aarch64, &[0xc0, 0x03, 0x5f, 0xd6]),
        Arch::X86_64 => (Architecture::X86_64, &[0xc3]),
    };
    let mut object = Object::new(BinaryFormat::MachO, architecture, Endianness::Little);
    let text = object.section_id(StandardSection::Text);
    for name in names {
        let value = object.append_section_data(text, code, 4);
        object.add_symbol(Symbol {
            name: name.as_bytes().to_vec(),
            value,
            size: code.len() as u64,
            kind: SymbolKind::Text,
            scope: SymbolScope::Dynamic,
            weak: false,
            section: SymbolSection::Section(text),
            flags: SymbolFlags::None,
        });
    }
    object.write().unwrap()
}

/// An executable as `pbs link` has it linked, with a table of modules and a bundle.
fn linked(place: &Utf8Path, arch: Arch, name: &str) -> Vec<u8> {
    let entry = |name: &str, init_fn: Option<&str>| InittabEntry {
        name: name.to_owned(),
        init_fn: init_fn.map(str::to_owned),
    };
    let table = [
        entry("zlib", Some("PyInit_zlib")),
        entry("sys", None),
        entry("far", Some("far_away")),
        // Somebody refers to what is embedded.
        entry("kept", Some("pbs_bundle")),
        entry("wide", Some("pbs_bundle_inflate")),
    ];
    let names = [
        "main",
        "PyInit_zlib",
        "Py_Main",
        "_PyThing",
        "inflate",
        "pbs_inflate",
    ];
    let bundle = vec![7; 40_000];
    let write = |name: &str, content: Vec<u8>| fs_err::write(place.join(name), content).unwrap();
    write("main.o", functions(arch, &names));
    write(
        "inittab.o",
        write_inittab(ObjectFormat::MachO, arch, &table).unwrap(),
    );
    write(
        "bundle.o",
        write_embed(ObjectFormat::MachO, arch, &bundle, true).unwrap(),
    );
    write("builtins.a", write_archive(&[]).unwrap());
    fs_err::create_dir_all(place.join("usr/lib")).unwrap();
    write("usr/lib/libSystem.tbd", STUB.as_bytes().to_vec());
    let path = |path: &str| TreePath::parse(path).unwrap();
    let plan = LinkPlan {
        objects: vec![path("main.o")],
        archives: Vec::new(),
        system: Vec::new(),
        frameworks: Vec::new(),
        inittab: Vec::new(),
        start: StartRecord {
            directory: path("usr"),
            first: Vec::new(),
            first_position_independent: Vec::new(),
            last: Vec::new(),
            builtins: path("builtins.a"),
            nonshared: Vec::new(),
        },
        loader: None,
        position_independent: true,
        deployment: Some(Deployment {
            arch,
            minimum: "11.0".to_owned(),
            sdk: "14.0".to_owned(),
            stack: None,
        }),
    };
    let files = OwnFiles {
        output: name,
        inittab: "inittab.o",
        bundle: Some("bundle.o"),
        resources: None,
        console: Console::Given,
        runtime: Runtime::Redistributed,
        stripped: true,
        map: None,
    };
    // The root is the directory above.
    let at = |path: &TreePath| path.as_str().replace("usr", ".");
    let words = command(ObjectFormat::MachO, &plan, at, &files).unwrap();
    let mut linker = linker().unwrap();
    let output = linker.args(words).current_dir(place).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    fs_err::read(place.join(name)).unwrap()
}

fn read(python: &Path, file: &Utf8Path) -> Value {
    let read = Command::new(python)
        .args(["-c", READER, file.as_str()])
        .output()
        .unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    serde_json::from_slice(&read.stdout).unwrap()
}

#[test]
fn a_signature_is_what_the_linker_writes() {
    requires!("lld", linker().is_some());
    let scratch = tempfile::tempdir().unwrap();
    let place = Utf8Path::from_path(scratch.path()).unwrap();
    for arch in [Arch::Aarch64, Arch::X86_64] {
        for name in ["a", "a-program-with-a-longer-name"] {
            let written = linked(place, arch, name);
            assert_eq!(sign_ad_hoc(written.clone(), name).unwrap(), written);
            let other = sign_ad_hoc(written.clone(), "another").unwrap();
            assert!(other != written);
            assert_eq!(sign_ad_hoc(other, name).unwrap(), written);
        }
    }
}

#[test]
fn a_reader_of_others_finds_what_was_written() {
    requires!("lld", linker().is_some());
    let python = tool("python");
    requires!("test-tools", python.is_some());
    let scratch = tempfile::tempdir().unwrap();
    let place = Utf8Path::from_path(scratch.path()).unwrap();
    let programs = [Arch::X86_64, Arch::Aarch64].map(|arch| {
        let mut program = linked(place, arch, "python");
        set_stack(&mut program, 16 << 20).unwrap();
        sign_ad_hoc(program, "shop").unwrap()
    });
    let universal = place.join("shop");
    let files = programs.each_ref().map(Vec::as_slice);
    fs_err::write(&universal, write_universal(&files).unwrap()).unwrap();
    let parts = read(&python.unwrap(), &universal);
    let told = |cpu: &str, at: usize| {
        json!({
            "cpu": cpu,
            "at": at,
            "stack": 16 << 20,
            "layout": [true, ""],
            "magics": ["0xfade0cc0", "0xfade0c02", "0x20400", "0x20002"],
            "slots": [1, 0, 0],
            "whole": true,
            "name": "shop",
            "sums": [2, true, true],
            "executable": true,
            "last": true,
            "exports": ["_PyInit_zlib", "_Py_Main", "__PyThing"],
            "modules": ["zlib", "sys", "far", "kept", "wide"],
            "bound": ["_far_away"],
            "libraries": ["/usr/lib/libSystem.B.dylib"],
            "sections": ["__text", "__cstring", "__pbs"],
        })
    };
    let second = (4096 + programs[0].len()).next_multiple_of(1 << 14);
    assert_eq!(parts, json!([told("X86_64", 4096), told("ARM64", second),]));
}

/// Takes the blobs of a signature apart: each slot's content into a file, and what the directory says; as JSON.
const SIGNATURE: &str = r#"
import hashlib, json, lief, os, struct, sys
path, place = sys.argv[1:]
content = open(path, "rb").read()
command = lief.MachO.parse(path).at(0).code_signature
signature = content[command.data_offset:command.data_offset + command.data_size]
magic, length, count = struct.unpack_from(">3I", signature)
blobs = {}
for index in range(count):
    slot, at = struct.unpack_from(">2I", signature, 12 + 8 * index)
    kind, size = struct.unpack_from(">2I", signature, at)
    blobs[slot] = signature[at:at + size]
    last = at + size
directory = blobs[0]
fields = struct.unpack_from(">9I4B4IQQQQ", directory)
(_, _, version, flags, sums, name, special, pages, limit) = fields[:9]
text = lambda at: directory[at:directory.index(0, at)].decode()
sum_at = lambda index: directory[sums + 32 * index:sums + 32 * (index + 1)]
true = all(sum_at(index) == hashlib.sha256(content[4096 * index:min(4096 * index + 4096, limit)]).digest() for index in range(pages))
open(os.path.join(place, "directory"), "wb").write(directory)
open(os.path.join(place, "cms"), "wb").write(blobs[0x10000][8:])
print(json.dumps({
    "slots": sorted(blobs), "flags": flags, "name": text(name), "team": text(fields[15]), "pages": true and limit == command.data_offset,
    "special": [special, sum_at(-2) == hashlib.sha256(blobs[2]).digest(), sum_at(-1) == bytes(32)],
    "whole": length == last and command.data_size - last < 16 and len(content) == command.data_offset + command.data_size,
}))
"#;

/// Runs openssl.
fn openssl(place: &Utf8Path, words: &str) -> String {
    let mut command = Command::new("openssl");
    let output = command
        .args(words.split(' '))
        .current_dir(place)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(output.status.success(), "openssl {words}: {said}");
    said
}

/// A certificate of nobody's, with its key, in `NAME.p12`; its password is `pass`.
fn certificate(place: &Utf8Path, name: &str, export: &str) {
    let subject = format!("/CN=Developer:{name}/OU=ABCDE12345");
    openssl(
        place,
        &format!(
            "req -x509 -newkey rsa:2048 -nodes -keyout {name}.key -out {name}.pem -days 30 -subj {subject} \
             -addext extendedKeyUsage=codeSigning"
        ),
    );
    openssl(
        place,
        format!(
            "pkcs12 -export -inkey {name}.key -in {name}.pem -out {name}.p12 -passout pass:pass {export}"
        )
        .trim_end(),
    );
}

#[test]
fn a_certificates_owner_signs() {
    requires!("lld", linker().is_some());
    requires!("openssl", program("openssl").is_some());
    let python = tool("python");
    requires!("test-tools", python.is_some());
    let scratch = tempfile::tempdir().unwrap();
    let place = Utf8Path::from_path(scratch.path()).unwrap();
    // As openssl encrypts today, and as Keychain Access does.
    certificate(place, "new", "");
    certificate(place, "old", "-legacy");
    let program = linked(place, Arch::Aarch64, "python");
    for name in ["new", "old"] {
        let file = fs_err::read(place.join(format!("{name}.p12"))).unwrap();
        let read = |password: &str| Certificate::read(&file, &Secret::new(password.to_owned()));
        assert!(matches!(read("other"), Err(CertificateError::Password)));
        let certificate = read("pass").unwrap();
        assert_eq!(certificate.team.as_deref(), Some("ABCDE12345"));
        assert!(certificate.name.contains(name) && certificate.vouched);
        let sign = || {
            let signer = Signer::Owner {
                team: certificate.team.as_deref(),
                size: certificate.sign(b"").unwrap().len() as u32,
            };
            let unsigned = Unsigned::prepare(program.clone(), "shop", signer).unwrap();
            let signature = certificate.sign(unsigned.directory()).unwrap();
            unsigned.finish(&signature)
        };
        let signed = sign();
        assert!(signed == sign(), "not the same bytes twice");
        let path = place.join(format!("{name}-signed"));
        fs_err::write(&path, &signed).unwrap();
        let mut reader = Command::new(python.as_ref().unwrap());
        let told = reader
            .args(["-c", SIGNATURE, path.as_str(), place.as_str()])
            .output()
            .unwrap();
        assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
        assert_eq!(
            serde_json::from_slice::<Value>(&told.stdout).unwrap(),
            json!({
                "slots": [0, 2, 0x10000], "flags": 0, "name": "shop", "team": "ABCDE12345", "pages": true,
                "special": [2, true, true], "whole": true,
            })
        );
        let verify =
            "cms -verify -binary -inform DER -in cms -content directory -purpose any -out same -CAfile";
        openssl(place, &format!("{verify} {name}.pem"));
        assert_eq!(
            fs_err::read(place.join("same")).unwrap(),
            fs_err::read(place.join("directory")).unwrap()
        );
        let said = openssl(place, "cms -cmsout -print -inform DER -in cms");
        for attribute in ["1.2.840.113635.100.9.1", "1.2.840.113635.100.9.2", "contentType"] {
            assert!(said.contains(attribute), "{said}");
        }
        assert!(!said.contains("signingTime"));
        // A byte of the program is a byte of a page.
        assert_eq!(sign_ad_hoc(signed, "python").unwrap(), program);
    }
}

#[test]
fn what_signs_nothing_is_refused() {
    requires!("openssl", program("openssl").is_some());
    let scratch = tempfile::tempdir().unwrap();
    let place = Utf8Path::from_path(scratch.path()).unwrap();
    certificate(place, "good", "");
    openssl(
        place,
        "pkcs12 -export -nokeys -in good.pem -out alone.p12 -passout pass:pass",
    );
    openssl(place, "ecparam -name prime256v1 -genkey -noout -out curve.key");
    openssl(
        place,
        "req -x509 -key curve.key -out curve.pem -days 30 -subj /CN=Curve",
    );
    openssl(
        place,
        "pkcs12 -export -inkey curve.key -in curve.pem -out curve.p12 -passout pass:pass",
    );
    for (name, text) in [
        ("password", "pass\n"),
        ("other", "pas\n"),
        ("none.p12", "no certificate\n"),
    ] {
        fs_err::write(place.join(name), text).unwrap();
    }
    let check = |words: &[&str], expected: &[&str]| {
        let done = link(place.as_std_path(), Path::new("nowhere"), words);
        assert_eq!(done.status.code(), Some(1));
        for part in expected {
            assert!(said(&done).contains(part), "{words:?}: {}", said(&done));
        }
    };
    let sign = |file: &str, password: &str, expected: &[&str]| {
        check(&["--sign", file, "--sign-password-file", password], expected);
    };
    sign(
        "good.p12",
        "other",
        &["the password is not the one of the file", "in one line"],
    );
    check(
        &["--sign", "good.p12"],
        &["the password is not the one", "`--sign-password-file FILE`"],
    );
    sign(
        "alone.p12",
        "password",
        &["no certificate with its private key", "Keychain Access"],
    );
    sign("curve.p12", "password", &["no RSA key"]);
    sign("none.p12", "password", &["it is no PKCS#12 file"]);
    sign(
        "missing.p12",
        "password",
        &["missing.p12", "`--sign` names a PKCS#12 file"],
    );
    sign(
        "good.p12",
        "missing",
        &["missing", "`--sign-password-file` names a file"],
    );
    check(
        &["--sign-password-file", "password"],
        &["of a certificate, and there is none"],
    );
    check(&["--identifier", " "], &["`--identifier` is empty"]);
    // What is right is not spoken of: the distribution is missing.
    sign("good.p12", "password", &["nowhere"]);
}

#[test]
fn a_certificate_that_no_longer_holds_is_warned_of() {
    requires!("openssl", program("openssl").is_some());
    let scratch = tempfile::tempdir().unwrap();
    let place = Utf8Path::from_path(scratch.path()).unwrap();
    for (name, text) in [
        ("database", ""),
        ("serial", "01\n"),
        (
            "ca.cnf",
            "[ca]\ndefault_ca=own\n[own]\ndatabase=database\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=any\n\
             [any]\ncommonName=optional\n",
        ),
    ] {
        fs_err::write(place.join(name), text).unwrap();
    }
    openssl(
        place,
        "req -newkey rsa:2048 -nodes -keyout late.key -out late.csr -subj /CN=Late",
    );
    openssl(
        place,
        "ca -batch -config ca.cnf -selfsign -keyfile late.key -in late.csr -out late.pem -notext \
         -startdate 20200101000000Z -enddate 20200201000000Z",
    );
    openssl(
        place,
        "pkcs12 -export -inkey late.key -in late.pem -out late.p12 -passout pass:pass",
    );
    fs_err::write(place.join("password"), "pass").unwrap();
    let words = ["--sign", "late.p12", "--sign-password-file", "password"];
    let done = link(place.as_std_path(), Path::new("nowhere"), &words);
    assert!(
        said(&done).contains("warning: the certificate of `Late` held until Feb  1 "),
        "{}",
        said(&done)
    );
}

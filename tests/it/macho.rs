//! What linkers make for macOS, as `pbs::inspect` and a reader of others (LIEF) find it.
//!
//! LIEF does not look into signatures: the reader's few lines do, with the digests of Python.

use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use object::Architecture;
use pbs::inspect::{CodeDirectory, Dylib, Library, Load, MachO, MachOKind, Pages};
use pbs::manifest::Manifest;
use pbs::model::PackedVersion;
use serde_json::{Value, json};

use crate::distribution::made_macho::object_for;
use crate::support::{requires, tool, unpacked, variable};

/// What is in each file, as JSON.
const READER: &str = r#"
import hashlib, json, struct, sys
import lief
lief.logging.disable()

def version(parts):
    return parts[0] << 16 | parts[1] << 8 | parts[2]

def signature(data, content):
    magic, _, count = struct.unpack_from(">3I", content, 0)
    assert magic == 0xfade0cc0
    directories, cms = [], False
    for number in range(count):
        slot, at = struct.unpack_from(">2I", content, 12 + 8 * number)
        magic, length = struct.unpack_from(">2I", content, at)
        cms |= slot == 0x10000 and length > 8
        if magic != 0xfade0c02:
            continue
        (_, flags, digests, name, special, slots, limit) = struct.unpack_from(">7I", content, at + 8)
        size, kind, _, page = struct.unpack_from("4B", content, at + 36)
        page = 1 << page
        pages = [data[place:min(place + page, limit)] for place in range(0, limit, page)]
        wanted = [content[at + digests + size * n:][:size] for n in range(slots)]
        end = content.index(b"\0", at + name)
        directories.append({"name": content[at + name:end].decode(), "flags": flags, "kind": kind, "page": page,
            "limit": limit, "slots": slots, "special": special,
            "holds": wanted == [hashlib.sha256(page).digest() for page in pages]})
    return {"cms": cms, "directories": directories}

def read(path):
    # What is in it lives only as long as the whole.
    whole = lief.MachO.parse(path)
    assert whole.size == 1
    file = whole.at(0)
    data = open(path, "rb").read()
    said = {"cpu": int(file.header.cpu_type.value) & 0xffffffff, "flags": int(file.header.flags),
        "type": int(file.header.file_type.value), "dylibs": [], "name": None, "stack": None}
    for command in file.commands:
        kind = command.command.name
        if isinstance(command, lief.MachO.DylibCommand):
            told = [command.name, version(command.current_version), version(command.compatibility_version)]
            if kind == "ID_DYLIB":
                said["name"] = told
            else:
                said["dylibs"].append([kind, *told])
        elif kind == "MAIN":
            said["stack"] = command.stack_size
    build = file.build_version
    said["system"] = build and [int(build.platform.value), version(build.minos), version(build.sdk),
        [version(tool.version) for tool in build.tools]]
    said["uuid"] = bytes(file.uuid.uuid).hex() if file.has_uuid else None
    said["rpaths"] = [rpath.path for rpath in file.rpaths]
    said["loader"] = file.dylinker.name if file.has_dylinker else None
    said["segments"] = [[segment.name, segment.virtual_size, segment.file_size, int(segment.init_protection),
        int(segment.max_protection), [[section.segment_name, section.name, section.size] for section in segment.sections]]
        for segment in file.segments]
    table = [symbol for symbol in file.symbols if symbol.origin == lief.MachO.Symbol.ORIGIN.SYMTAB]
    outside = [symbol for symbol in table if symbol.raw_type & 0xe0 == 0 and symbol.raw_type & 1 and symbol.name]
    said["symbols"] = []
    for symbol in outside:
        undefined = symbol.raw_type & 0xe == 0
        common = undefined and symbol.value != 0
        weak = symbol.description & (0x40 if undefined else 0x80) != 0 and not common
        # What is undefined in an image says in which library it is.
        home = symbol.description >> 8 if undefined and not common and said["type"] != 1 else None
        said["symbols"].append([symbol.name, not undefined or common, weak, symbol.raw_type & 0x10 != 0, home])
    said["symbols"].sort()
    if said["type"] != 1:
        said["exports"] = sorted(symbol.name for symbol in file.symbols if symbol.has_export_info)
    said["debug map"] = [symbol.name for symbol in table if symbol.raw_type == 0x66]
    said["signature"] = signature(data, bytes(file.code_signature.content)) if file.has_code_signature else None
    return said

print(json.dumps([read(path) for path in sys.argv[1:]]))
"#;

/// The same as the reader says, of what we read.
fn said(file: &MachO) -> Value {
    let of = |version: PackedVersion| version.0;
    let command = |dylib: &Dylib| match dylib.load {
        Load::Required => "LOAD_DYLIB",
        Load::Weak => "LOAD_WEAK_DYLIB",
        Load::ReExport => "REEXPORT_DYLIB",
        Load::Lazy => "LAZY_LOAD_DYLIB",
        Load::Upward => "LOAD_UPWARD_DYLIB",
    };
    let dylibs = file.dylibs.iter();
    let dylibs = dylibs.map(|dylib| {
        json!([
            command(dylib),
            dylib.name,
            of(dylib.current),
            of(dylib.compatibility)
        ])
    });
    let system = file.systems.first().map(|system| {
        let tools: Vec<u32> = system.tools.iter().map(|(_, version)| version.0).collect();
        json!([system.platform, of(system.minimum), of(system.sdk), tools])
    });
    let segments = file.segments.iter().map(|segment| {
        let sections = segment.sections.iter().map(|section| {
            let (home, name) = section.name.split_once(',').unwrap();
            json!([home, name, section.size])
        });
        let sections: Vec<Value> = sections.collect();
        let (initial, maximum) = (segment.initial, segment.maximum);
        json!([
            segment.name,
            segment.size,
            segment.file_size,
            initial,
            maximum,
            sections
        ])
    });
    let ordinal = |library: &Library| match library {
        Library::Own => 0,
        Library::Any => 0xfe,
        Library::Executable => 0xff,
        Library::Dylib(name) => 1 + file.dylibs.iter().position(|dylib| dylib.name == *name).unwrap(),
    };
    let symbols = file.symbols.iter().map(|symbol| {
        let weak = symbol.binding == pbs::inspect::Binding::Weak;
        let home = symbol.library.as_ref().map(ordinal);
        json!([symbol.name, symbol.defined, weak, symbol.private, home])
    });
    let directory = |directory: &CodeDirectory| {
        json!({ "name": directory.identifier, "flags": directory.flags, "kind": 2, "page": directory.page_size,
            "limit": directory.code_limit, "slots": directory.slots, "special": directory.special_slots,
            "holds": directory.pages == Pages::Hold })
    };
    let signature = file.signature.as_ref().map(|signature| {
        let directories: Vec<Value> = signature.directories.iter().map(directory).collect();
        json!({ "cms": signature.cms, "directories": directories })
    });
    let install_name = file.install_name.as_ref();
    let install_name = install_name.map(|own| json!([own.name, of(own.current), of(own.compatibility)]));
    let mut told = json!({
        "cpu": file.cpu,
        "flags": file.flags,
        "type": match file.kind {
            MachOKind::Object => 1,
            MachOKind::Executable => 2,
            MachOKind::Dylib => 6,
            MachOKind::Bundle => 8,
            MachOKind::DebugSymbols => 10,
        },
        "dylibs": dylibs.collect::<Vec<_>>(),
        "name": install_name,
        "stack": file.stack,
        "system": system,
        "uuid": file.uuid,
        "rpaths": file.rpaths,
        "loader": file.loader,
        "segments": segments.collect::<Vec<_>>(),
        "symbols": symbols.collect::<Vec<_>>(),
        "debug map": file.debug_map,
        "signature": signature,
    });
    if file.kind != MachOKind::Object {
        told["exports"] = json!(file.exports);
    }
    told
}

/// Reads all files twice, and tells the first fact that the two do not agree on.
fn compare(python: &std::path::Path, files: &[Utf8PathBuf]) {
    let mut reader = Command::new(python);
    let read = reader.args(["-c", READER]).args(files).output().unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    let theirs: Vec<Value> = serde_json::from_slice(&read.stdout).unwrap();
    assert_eq!(theirs.len(), files.len());
    for (path, theirs) in files.iter().zip(&theirs) {
        let file = MachO::parse(&fs_err::read(path).unwrap()).unwrap();
        let ours = said(&file);
        for (fact, ours) in ours.as_object().unwrap() {
            assert_eq!(ours, &theirs[fact], "{fact} of {path}");
        }
        assert_eq!(ours.as_object().unwrap().len(), theirs.as_object().unwrap().len());
    }
}

const STUB: &str = "--- !tapi-tbd
tbd-version: 4
targets: [ x86_64-macos, arm64-macos ]
install-name: '/usr/lib/libSystem.B.dylib'
current-version: 1345.120.2
exports:
  - targets: [ x86_64-macos, arm64-macos ]
    symbols: [ _exit, _puts, dyld_stub_binder ]
...
";

#[test]
fn what_is_linked_here_is_read_as_others_read_it() {
    let lld = Command::new("lld")
        .args(["-flavor", "darwin", "--version"])
        .output();
    requires!("linkers", lld.is_ok());
    let python = tool("python");
    requires!("test-tools", python.is_some());
    let scratch = tempfile::tempdir().unwrap();
    let place = Utf8Path::from_path(scratch.path()).unwrap();
    fs_err::write(place.join("system.tbd"), STUB).unwrap();
    let mut files = Vec::new();
    for (name, arch) in [("arm64", Architecture::Aarch64), ("x86_64", Architecture::X86_64)] {
        let object = place.join(format!("{name}.o"));
        fs_err::write(
            &object,
            object_for(arch, &["main", "it"], &["own"], &["puts", "exit"]),
        )
        .unwrap();
        files.push(object.clone());
        for (kind, words) in [
            ("exe", &["-rpath", "@loader_path/../lib", "-adhoc_codesign"][..]),
            (
                "dylib",
                &[
                    "-dylib",
                    "-install_name",
                    "@rpath/libit.dylib",
                    "-current_version",
                    "1.2.3",
                ],
            ),
            ("so", &["-bundle", "-adhoc_codesign"]),
        ] {
            let output = place.join(format!("{name}.{kind}"));
            let linked = Command::new("lld")
                .args([
                    "-flavor",
                    "darwin",
                    "-arch",
                    name,
                    "-platform_version",
                    "macos",
                    "11.0",
                    "14.0",
                ])
                .args(words)
                .args([
                    object.as_str(),
                    place.join("system.tbd").as_str(),
                    "-o",
                    output.as_str(),
                ])
                .output()
                .unwrap();
            assert!(
                linked.status.success(),
                "{}",
                String::from_utf8_lossy(&linked.stderr)
            );
            files.push(output);
        }
    }
    compare(&python.unwrap(), &files);
}

#[test]
fn a_built_distribution_is_read_as_others_read_it() {
    let distribution = variable("PBS_TEST_MACOS_DIST");
    requires!("macos-dist", distribution.is_some());
    let python = tool("python");
    requires!("test-tools", python.is_some());
    let place = unpacked(&distribution.unwrap());
    let root = Utf8Path::from_path(place.path()).unwrap().join("python");
    let manifest = Manifest::read(&fs_err::read(root.join("PYTHON.json")).unwrap()).unwrap();
    let build = manifest.build_info.unwrap();
    let libraries = build.extensions.values().flatten();
    let libraries = libraries.filter_map(|variant| variant.shared_lib.as_ref());
    let images = [&manifest.python_exe]
        .into_iter()
        .chain(&build.core.shared_lib)
        .chain(libraries);
    let objects = build.core.objs.iter().chain([&build.inittab_object]);
    let files: Vec<_> = images
        .chain(objects)
        .map(|path| root.join(path.as_str()))
        .collect();
    compare(&python.unwrap(), &files);
}

//! What a Mach-O file says of itself.

use std::collections::{BTreeMap, BTreeSet};

use object::macho;
use serde_json::{Value, json};

use super::Told;
use crate::inspect::macho::cpu_name;
use crate::inspect::{
    Binding, BuildVersion, CodeDirectory, Dylib, Library, Load, MachO, MachOKind, Pages, Signature,
};

pub(super) fn of_macho(file: &MachO) -> Told {
    let kind = match file.kind {
        MachOKind::Object => "object",
        MachOKind::Executable if file.position_independent() => "position-independent executable",
        MachOKind::Executable => "executable at fixed addresses",
        MachOKind::Dylib => "shared library",
        MachOKind::Bundle => "bundle",
        MachOKind::DebugSymbols => "debug symbols of another file",
    };
    let sections = file
        .sections()
        .map(|section| (section.name.clone(), section.size));
    let mut sizes = BTreeMap::<String, u64>::new();
    for (name, size) in sections {
        *sizes.entry(name).or_default() += size;
    }
    let install_name = file.install_name.as_ref().map(|known| {
        let (name, current, oldest) = (&known.name, known.current, known.compatibility);
        format!("{name} {current}, compatible with {oldest}")
    });
    let facts = vec![
        ("format", json!("Mach-O")),
        ("machine", json!(cpu_name(file))),
        ("kind", json!(kind)),
        ("flags", json!(flags(file))),
        (
            "systems",
            json!(file.systems.iter().map(system).collect::<Vec<_>>()),
        ),
        ("tools", json!(file.tools())),
        ("uuid", json!(file.uuid)),
        ("install name", json!(install_name)),
        (
            "libraries",
            json!(file.dylibs.iter().map(library).collect::<Vec<_>>()),
        ),
        ("rpaths", json!(file.rpaths)),
        ("loader", json!(file.loader)),
        ("stack", json!(file.stack)),
        ("segments", segments(file)),
        ("sections", json!(sizes)),
        ("words for the linker", json!(file.linker_options)),
        ("objects for debuggers", json!(file.debug_map)),
        (
            "signature",
            file.signature.as_ref().map_or(Value::Null, signature),
        ),
    ];
    let names = vec![
        ("exports", file.exports.iter().cloned().collect()),
        ("imports", imports(file)),
    ];
    Told { facts, names }
}

fn flags(file: &MachO) -> Vec<&'static str> {
    let known = [
        (macho::MH_NOUNDEFS, "NOUNDEFS"),
        (macho::MH_DYLDLINK, "DYLDLINK"),
        (macho::MH_TWOLEVEL, "TWOLEVEL"),
        (macho::MH_SUBSECTIONS_VIA_SYMBOLS, "SUBSECTIONS_VIA_SYMBOLS"),
        (macho::MH_WEAK_DEFINES, "WEAK_DEFINES"),
        (macho::MH_BINDS_TO_WEAK, "BINDS_TO_WEAK"),
        (macho::MH_ALLOW_STACK_EXECUTION, "ALLOW_STACK_EXECUTION"),
        (macho::MH_NO_REEXPORTED_DYLIBS, "NO_REEXPORTED_DYLIBS"),
        (macho::MH_PIE, "PIE"),
        (macho::MH_HAS_TLV_DESCRIPTORS, "HAS_TLV_DESCRIPTORS"),
        (macho::MH_NO_HEAP_EXECUTION, "NO_HEAP_EXECUTION"),
        (macho::MH_APP_EXTENSION_SAFE, "APP_EXTENSION_SAFE"),
    ];
    let set = known.into_iter().filter(|(flag, _)| file.has(*flag));
    set.map(|(_, name)| name).collect()
}

fn system(build: &BuildVersion) -> String {
    let name = match macho::Platform(build.platform) {
        macho::PLATFORM_MACOS => "macOS".to_owned(),
        other => format!("platform {}", other.0),
    };
    format!("{name} {}, SDK {}", build.minimum, build.sdk)
}

fn library(dylib: &Dylib) -> String {
    let Dylib {
        name,
        current,
        compatibility,
        load,
    } = dylib;
    let how = match load {
        Load::Required => "",
        Load::Weak => ", may be missing",
        Load::ReExport => ", given to others",
        Load::Lazy => ", when it is called",
        Load::Upward => ", upward",
    };
    format!("{name} {current}, at least {compatibility}{how}")
}

fn segments(file: &MachO) -> Value {
    let letters = |bits: u32| -> String {
        let all = [
            (macho::VM_PROT_READ, 'r'),
            (macho::VM_PROT_WRITE, 'w'),
            (macho::VM_PROT_EXECUTE, 'x'),
        ];
        let one = |(bit, letter): (macho::VmProt, char)| if bits & bit.0 == 0 { '-' } else { letter };
        all.map(one).iter().collect()
    };
    let told = file.segments.iter().map(|segment| {
        let (initial, maximum) = (letters(segment.initial), letters(segment.maximum));
        let how = if initial == maximum {
            initial
        } else {
            format!("{initial} up to {maximum}")
        };
        format!("{} {how} {}", segment.name, segment.size)
    });
    json!(told.collect::<Vec<_>>())
}

fn signature(signature: &Signature) -> Value {
    let directory = |directory: &CodeDirectory| {
        let CodeDirectory {
            identifier,
            team,
            flags,
            hash,
            page_size,
            code_limit,
            slots,
            special_slots,
            main_binary,
            pages,
        } = directory;
        json!({
            "identifier": identifier,
            "team": team,
            "flags": format!("{flags:#x}"),
            "ad hoc": directory.adhoc(),
            "by a linker": directory.linker_signed(),
            "digest": hash.name(),
            "page": page_size,
            "signed bytes": code_limit,
            "slots": slots,
            "special slots": special_slots,
            "main binary": main_binary,
            "pages": match pages {
                Pages::Hold => "hold".to_owned(),
                Pages::Differ(page) => format!("page {page} differs"),
                Pages::Unknown => "not computed".to_owned(),
            },
        })
    };
    json!({
        "at": signature.at,
        "cms": signature.cms,
        "directories": signature.directories.iter().map(directory).collect::<Vec<_>>(),
    })
}

/// The names that it wants, with the library that has them where the file says so.
fn imports(file: &MachO) -> BTreeSet<String> {
    let wanted = file.symbols.iter().filter(|symbol| !symbol.defined);
    wanted
        .map(|symbol| {
            let name = &symbol.name;
            let home = match &symbol.library {
                Some(Library::Dylib(dylib)) => format!("{dylib}: "),
                Some(Library::Own) => "itself: ".to_owned(),
                Some(Library::Any) => "any: ".to_owned(),
                Some(Library::Executable) => "the executable: ".to_owned(),
                None => String::new(),
            };
            let weak = match symbol.binding {
                Binding::Weak => " (may be missing)",
                Binding::Global => "",
            };
            format!("{home}{name}{weak}")
        })
        .collect()
}

//! What a loader or a linker is told of a file, each with its name.

mod macho;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::{
    Archive, Code, Coff, Content, Elf, ElfKind, Imported, Imports, Pe, Role, Stack, Subsystem, Universal,
};

/// What a file says of itself.
#[derive(Clone, PartialEq, Debug)]
pub struct Told {
    /// Values.
    pub facts: Vec<(&'static str, Value)>,
    /// Lists of names that are too long for a value.
    pub names: Vec<(&'static str, BTreeSet<String>)>,
}

impl Told {
    /// What machine code or a static library says; nothing of other files.
    #[must_use]
    pub fn of(content: &Content) -> Option<Self> {
        match (content, content.code()) {
            (_, Some(Code::Elf(elf))) => Some(of_elf(elf)),
            (_, Some(Code::Pe(pe))) => Some(of_pe(pe)),
            (_, Some(Code::Coff(coff))) => Some(of_coff(coff)),
            (_, Some(Code::MachO(file))) => Some(macho::of_macho(file)),
            (Content::MachO(file), None) => Some(macho::of_macho(file)),
            (Content::Universal(universal), None) => Some(of_universal(universal)),
            (Content::Archive(archive), None) => Some(of_archive(archive)),
            _ => None,
        }
    }
}

impl Told {
    /// For people: a line a value, then the lists.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = String::new();
        for (name, value) in &self.facts {
            match value {
                Value::Null => {}
                Value::String(value) => drop(writeln!(text, "{name}: {value}")),
                value => drop(writeln!(text, "{name}: {value}")),
            }
        }
        for (name, list) in self.names.iter().filter(|(_, list)| !list.is_empty()) {
            let _ = writeln!(text, "\n{name} ({}):", list.len());
            for entry in list {
                let _ = writeln!(text, "  {entry}");
            }
        }
        text
    }

    /// For programs: an object.
    #[must_use]
    pub fn json(&self) -> Value {
        let facts = self.facts.iter().cloned();
        let names = self.names.iter().map(|(name, list)| (*name, json!(list)));
        let all = facts.chain(names).map(|(name, value)| (name.to_owned(), value));
        Value::Object(all.collect::<Map<_, _>>())
    }
}

fn of_elf(elf: &Elf) -> Told {
    let kind = match elf.kind {
        ElfKind::Relocatable => "object",
        ElfKind::Executable => "executable at fixed addresses",
        ElfKind::PositionIndependentExecutable => "position-independent executable",
        ElfKind::SharedLibrary => "shared library",
    };
    let stack = match elf.stack {
        Stack::Unsaid => "unsaid",
        Stack::NotExecutable => "not executable",
        Stack::Executable => "executable",
    };
    let facts = vec![
        ("format", json!("ELF")),
        ("machine", json!(elf.machine)),
        ("kind", json!(kind)),
        ("interpreter", json!(elf.interpreter)),
        ("soname", json!(elf.soname)),
        ("needed", json!(elf.needed)),
        ("rpath", json!(elf.rpath)),
        ("runpath", json!(elf.runpath)),
        ("symbol versions", json!(elf.versions)),
        ("stack", json!(stack)),
        ("relro", json!(elf.relro)),
        ("bind now", json!(elf.bind_now)),
        ("text relocations", json!(elf.text_relocations)),
        ("writable code", json!(elf.writable_code)),
        ("build id", json!(elf.build_id)),
        ("compilers", json!(elf.comments)),
    ];
    let names = Vec::new();
    Told { facts, names }
}

fn of_pe(pe: &Pe) -> Told {
    let subsystem = match pe.subsystem {
        Subsystem::Console => json!("console"),
        Subsystem::Gui => json!("GUI"),
        Subsystem::Other(number) => json!(number),
    };
    let role = if pe.dll {
        Role::SharedLibrary
    } else {
        Role::Program
    };
    let safe = pe.protection;
    let facts = vec![
        ("format", json!("PE")),
        ("machine", json!(pe.machine)),
        ("kind", json!(role.as_str())),
        ("subsystem", subsystem),
        ("name", json!(pe.name)),
        ("DYNAMIC_BASE", json!(safe.dynamic_base)),
        ("HIGH_ENTROPY_VA", json!(safe.high_entropy)),
        ("NX_COMPAT", json!(safe.no_execute)),
        ("GUARD_CF", json!(safe.guard)),
        ("LARGE_ADDRESS_AWARE", json!(safe.large_addresses)),
        ("stack", json!(pe.stack)),
        ("time", json!(pe.time)),
        ("time is a digest", json!(pe.reproducible())),
    ];
    let exports = pe.exports.iter().map(|export| {
        let name = export
            .name
            .clone()
            .unwrap_or_else(|| format!("#{}", export.ordinal));
        match &export.forward {
            Some(forward) => format!("{name} → {forward}"),
            None => name,
        }
    });
    let names = vec![
        ("exports", exports.collect()),
        ("imports", imported(&pe.imports)),
        ("delayed imports", imported(&pe.delayed)),
    ];
    Told { facts, names }
}

fn imported(imports: &Imports) -> BTreeSet<String> {
    let all = imports.iter();
    all.flat_map(|(dll, names)| {
        names.iter().map(move |name| match name {
            Imported::Name(name) => format!("{dll}: {name}"),
            Imported::Ordinal(ordinal) => format!("{dll}: #{ordinal}"),
        })
    })
    .collect()
}

fn of_coff(coff: &Coff) -> Told {
    let facts = vec![
        ("format", json!("COFF")),
        ("machine", json!(coff.machine)),
        ("time", json!(coff.time)),
        ("words for the linker", json!(coff.directives)),
    ];
    let names = Vec::new();
    Told { facts, names }
}

/// A library of names in DLLs is a static library as any other; its members are not code.
fn of_archive(archive: &Archive) -> Told {
    let (mut members, mut imports) = (BTreeSet::new(), BTreeSet::new());
    for member in &archive.members {
        match &member.content {
            Content::Import(import) => imports.insert(format!("{}: {}", import.dll, import.symbol)),
            _ => members.insert(member.name.clone()),
        };
    }
    let facts = vec![("format", json!("static library"))];
    let names = vec![("members", members), ("imports", imports)];
    Told { facts, names }
}

/// Each part with what it says of itself.
fn of_universal(universal: &Universal) -> Told {
    let parts = universal.slices.iter().map(|slice| {
        let told = Told::of(&slice.content).map(|told| told.json());
        (slice.name.clone(), told.unwrap_or_default())
    });
    let facts = vec![
        ("format", json!("Mach-O, universal")),
        ("parts", Value::Object(parts.collect())),
    ];
    let names = Vec::new();
    Told { facts, names }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::coff::tests::{import, sample};
    use crate::inspect::macho::made::{Image, object, universal};
    use crate::inspect::made_archive;

    #[test]
    fn files_of_macos_tell_all_that_was_read() {
        let mut image = Image::executable();
        image.undefined.push(("_new", 1, true));
        let told = Told::of(&Content::inspect(&image.write()).unwrap()).unwrap();
        insta::assert_snapshot!(told.render(), @r#"
        format: Mach-O
        machine: arm64
        kind: position-independent executable
        flags: ["NOUNDEFS","DYLDLINK","TWOLEVEL","PIE"]
        systems: ["macOS 11.0, SDK 14.0"]
        tools: ["lld 22.0"]
        uuid: 07070707070707070707070707070707
        libraries: ["/usr/lib/libSystem.B.dylib 1356.0, at least 1.0"]
        rpaths: []
        loader: /usr/lib/dyld
        stack: 16777216
        segments: ["__PAGEZERO --- 4294967296","__TEXT r-x 16384","__LINKEDIT r-- 16384"]
        sections: {"__TEXT,__text":4}
        words for the linker: []
        objects for debuggers: []
        signature: {"at":16544,"cms":false,"directories":[{"identifier":"python","team":null,"flags":"0x20002","ad hoc":true,"by a linker":true,"digest":"SHA-256","page":4096,"signed bytes":16544,"slots":5,"special slots":0,"main binary":true,"pages":"hold"}]}

        exports (2):
          __mh_execute_header
          _main

        imports (2):
          /usr/lib/libSystem.B.dylib: _exit
          /usr/lib/libSystem.B.dylib: _new (may be missing)
        "#);
        let object = Content::inspect(&object(&["it"], &[], &["puts"])).unwrap();
        assert_eq!(Told::of(&object).unwrap().json()["imports"], json!(["_puts"]));
        let both = [(object::macho::CPU_TYPE_ARM64, 0, &image.write()[..])];
        let both = Told::of(&Content::inspect(&universal(&both)).unwrap()).unwrap();
        assert_eq!(both.json()["parts"]["arm64"]["stack"], json!(0x0100_0000));
    }

    #[test]
    fn libraries_tell_what_they_lead_to() {
        let (object, name) = (sample("it", "puts"), import("c.dll", "puts", None));
        let library = made_archive(0, &[("a.obj", &object), ("c.dll", &name)]);
        let told = Told::of(&Content::inspect(&library).unwrap()).unwrap();
        assert_eq!(told.names[0].1, BTreeSet::from(["a.obj".to_owned()]));
        assert_eq!(told.names[1].1, BTreeSet::from(["c.dll: puts".to_owned()]));
        assert_eq!(
            told.render(),
            "format: static library\n\nmembers (1):\n  a.obj\n\nimports (1):\n  c.dll: puts\n"
        );
        assert_eq!(told.json()["imports"], json!(["c.dll: puts"]));
        assert_eq!(Told::of(&Content::Other), None);
    }
}

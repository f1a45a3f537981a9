//! What linkers of Windows make, as `pbs::inspect` reads it: lld-link of this machine links objects that the test writes.

use std::collections::BTreeSet;

use camino::Utf8Path;
use pbs::inspect::{CoffLibrary, Imported, Pe, Subsystem};
use pbs::model::Arch;

use crate::distribution::{lld_link, needs_lld_link};

fn object(defined: &[&str], wanted: &[&str]) -> Vec<u8> {
    crate::distribution::object(defined, wanted, "")
}

fn link(place: &Utf8Path, words: &[&str]) {
    lld_link(
        place,
        &[&["/nologo", "/nodefaultlib", "/opt:noref"], words].concat(),
    );
}

fn read(place: &Utf8Path, name: &str) -> Pe {
    Pe::parse(&fs_err::read(place.join(name)).unwrap()).unwrap()
}

fn names(words: &[&str]) -> BTreeSet<Imported> {
    words
        .iter()
        .map(|word| Imported::Name((*word).to_owned()))
        .collect()
}

#[test]
fn libraries_and_programs_say_what_they_need_and_have() {
    needs_lld_link!();
    let scratch = tempfile::tempdir().unwrap();
    let place = Utf8Path::from_path(scratch.path()).unwrap();
    fs_err::write(place.join("toy.obj"), object(&["answer", "question"], &[])).unwrap();
    let exports = [
        "/export:answer",
        "/export:question,@7,NONAME",
        "/export:gone=other.thing",
    ];
    let words = ["/dll", "/noentry", "/brepro", "/out:toy.dll", "toy.obj"];
    link(place, &[&words[..], &exports].concat());

    let toy = read(place, "toy.dll");
    assert!(toy.dll && toy.is_for(Arch::X86_64) && !toy.is_for(Arch::Aarch64));
    assert!(toy.reproducible(), "{:?}", toy.debug);
    assert_eq!(toy.name.as_deref(), Some("toy.dll"));
    assert!(toy.imports.is_empty() && toy.delayed.is_empty());
    let mut exported: Vec<_> = toy
        .exports
        .iter()
        .map(|export| (export.name.as_deref(), export.forward.as_deref()))
        .collect();
    exported.sort_unstable();
    assert_eq!(
        exported,
        [
            (None, None),
            (Some("answer"), None),
            (Some("gone"), Some("other.thing"))
        ]
    );
    assert!(
        toy.exports
            .iter()
            .any(|export| export.name.is_none() && export.ordinal == 7)
    );

    let library = CoffLibrary::parse(&fs_err::read(place.join("toy.lib")).unwrap()).unwrap();
    let defined = library.defined();
    assert!(
        defined.contains("answer") && defined.contains("__imp_answer"),
        "{defined:?}"
    );
    assert_eq!(library.dlls().into_iter().collect::<Vec<_>>(), ["toy.dll"]);

    let own = object(&["start", "__delayLoadHelper2"], &["answer", "question"]);
    fs_err::write(place.join("program.obj"), own).unwrap();
    let program = ["/entry:start", "/stack:2000000", "program.obj", "toy.lib"];
    let console = ["/subsystem:console", "/brepro", "/out:console.exe"];
    link(place, &[&program[..], &console].concat());
    let console = read(place, "console.exe");
    assert_eq!(
        (console.dll, console.subsystem, console.stack),
        (false, Subsystem::Console, 2_000_000)
    );
    let asked = &console.imports["toy.dll"];
    assert_eq!(
        *asked,
        &names(&["answer"]) | &BTreeSet::from([Imported::Ordinal(7)])
    );
    let safe = console.protection;
    assert!(safe.dynamic_base && safe.high_entropy && safe.no_execute && safe.large_addresses);
    assert!(!safe.guard && console.sections.iter().all(|section| !section.writable_code));

    let careless = [
        "/subsystem:windows",
        "/delayload:toy.dll",
        "/dynamicbase:no",
        "/nxcompat:no",
        "/out:gui.exe",
    ];
    link(
        place,
        &[&program[..], &careless, &["/section:.text,RWE"]].concat(),
    );
    let gui = read(place, "gui.exe");
    assert_eq!(gui.subsystem, Subsystem::Gui);
    assert!(gui.imports.is_empty(), "{:?}", gui.imports);
    assert_eq!(gui.delayed["toy.dll"], *asked);
    assert!(!gui.reproducible() && !gui.protection.dynamic_base && !gui.protection.no_execute);
    assert!(
        gui.sections
            .iter()
            .any(|section| section.name == ".text" && section.writable_code)
    );
}

#[test]
fn damage_is_an_error_or_harmless() {
    needs_lld_link!();
    let scratch = tempfile::tempdir().unwrap();
    let place = Utf8Path::from_path(scratch.path()).unwrap();
    fs_err::write(place.join("toy.obj"), object(&["answer"], &[])).unwrap();
    link(
        place,
        &["/dll", "/noentry", "/export:answer", "/out:toy.dll", "toy.obj"],
    );
    let whole = fs_err::read(place.join("toy.dll")).unwrap();
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 0xff;
        let _ = Pe::parse(&damaged);
        let _ = Pe::parse(&whole[..at]);
    }
}

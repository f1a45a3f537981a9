//! Two objects, libraries or programs of one format: what a loader is told, which sections differ, which symbols came and
//! went.

use std::collections::{BTreeMap, BTreeSet};

use super::bytes::first_difference;
use super::difference::{CodeDifference, FieldDifference, SectionDifference, SymbolDifference};
use crate::inspect::{Content, Told};
use object::BinaryFormat;
use object::read::{Object as _, ObjectSection as _, ObjectSymbol as _};

/// A section by its name and how many of that name came before it.
type Key = (String, usize);

struct Section<'a> {
    address: u64,
    size: u64,
    index: object::SectionIndex,
    data: &'a [u8],
}

/// What differs; nothing where one of them cannot be read.
pub(super) fn compare(a: &[u8], b: &[u8]) -> Option<CodeDifference> {
    let (file_a, file_b) = (object::File::parse(a).ok()?, object::File::parse(b).ok()?);
    let mut found = CodeDifference::default();
    let told = |bytes| Told::of(&Content::inspect(bytes).ok()?);
    let (told_a, told_b) = (told(a), told(b));
    if let (Some(a), Some(b)) = (&told_a, &told_b) {
        let facts = a.facts.iter().zip(&b.facts);
        found.facts = facts
            .filter(|((_, a), (_, b))| a != b)
            .map(|((field, a), (_, b))| FieldDifference {
                field: (*field).to_owned(),
                a: Some(a.clone()),
                b: Some(b.clone()),
            })
            .collect();
    }
    let (of_a, of_b) = (sections(&file_a), sections(&file_b));
    let names: BTreeSet<&Key> = of_a.keys().chain(of_b.keys()).collect();
    for key in names {
        let (a, b) = (of_a.get(key), of_b.get(key));
        let mut section = SectionDifference {
            name: key.0.clone(),
            a: a.map(|section| section.size),
            b: b.map(|section| section.size),
            first: None,
            symbol: None,
        };
        if let (Some(a), Some(b)) = (a, b) {
            section.first = first_difference(a.data, b.data);
            if section.first.is_none() && a.size == b.size {
                found.moved += usize::from(a.address != b.address);
                continue;
            }
            section.symbol = section.first.and_then(|at| symbol_at(&file_a, a, at));
        }
        found.sections.push(section);
    }
    let told = told_a.zip(told_b).into_iter();
    let told = told.flat_map(|(a, b)| a.names.into_iter().zip(b.names));
    let told = told.map(|((table, of_a), (_, of_b))| (table, of_a, of_b));
    let tables = [
        ("symtab", names_of(file_a.symbols()), names_of(file_b.symbols())),
        (
            "dynsym",
            names_of(file_a.dynamic_symbols()),
            names_of(file_b.dynamic_symbols()),
        ),
    ];
    for (table, of_a, of_b) in tables.into_iter().chain(told) {
        let only = |these: &BTreeSet<String>, those: &BTreeSet<String>| -> Vec<String> {
            these.difference(those).cloned().collect()
        };
        let (only_in_a, only_in_b) = (only(&of_a, &of_b), only(&of_b, &of_a));
        // A table that is not there at all is told by its section.
        let both = !of_a.is_empty() && !of_b.is_empty();
        if both && (!only_in_a.is_empty() || !only_in_b.is_empty()) {
            let table = table.to_owned();
            found.symbols.push(SymbolDifference {
                table,
                only_in_a,
                only_in_b,
            });
        }
    }
    if found == CodeDifference::default() {
        found.elsewhere = first_difference(a, b);
    }
    Some(found)
}

fn sections<'a>(file: &object::File<'a>) -> BTreeMap<Key, Section<'a>> {
    let mut sections = BTreeMap::new();
    let mut seen = BTreeMap::<String, usize>::new();
    for section in file.sections() {
        let mut name = String::from_utf8_lossy(section.name_bytes().unwrap_or_default()).into_owned();
        // Names of Mach-O say little without their segment.
        if let Ok(Some(segment)) = section.segment_name() {
            name = format!("{segment},{name}");
        }
        let number = seen.entry(name.clone()).or_default();
        let key = (name, *number);
        *number += 1;
        let section = Section {
            address: section.address(),
            size: section.size(),
            index: section.index(),
            data: section.data().unwrap_or_default(),
        };
        sections.insert(key, section);
    }
    sections
}

/// The symbol of a file that an offset in a section belongs to.
fn symbol_at(file: &object::File<'_>, section: &Section<'_>, offset: u64) -> Option<String> {
    let at = section.address.checked_add(offset)?;
    let symbols = file.symbols().chain(file.dynamic_symbols());
    let inside = symbols.filter(|symbol| symbol.section_index() == Some(section.index));
    let name = |symbol: object::Symbol<'_, '_>| symbol.name().ok().map(str::to_owned);
    if file.format() == BinaryFormat::MachO {
        // Symbols have no sizes there: each goes on to the next.
        let before = inside.filter(|symbol| symbol.address() <= at);
        return before.max_by_key(|symbol| symbol.address()).and_then(name);
    }
    let covers = inside.filter(|symbol| {
        let end = symbol.address().saturating_add(symbol.size());
        (symbol.address()..end).contains(&at)
    });
    let mut names = covers.filter_map(name);
    names.find(|name| !name.is_empty())
}

fn names_of<'a>(symbols: impl Iterator<Item = object::Symbol<'a, 'a>>) -> BTreeSet<String> {
    symbols
        .filter_map(|symbol| symbol.name().ok().map(str::to_owned))
        .filter(|name| !name.is_empty())
        .collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::inspect::macho_made::{Image, object as made_object};
    use object::write::{Object, Symbol, SymbolSection};
    use object::{Architecture, Endianness, SectionKind, SymbolFlags, SymbolKind, SymbolScope};

    /// An object with one function of this code and this read-only data.
    pub(in crate::diff) fn object(function: &str, code: &[u8], data: &[u8]) -> Vec<u8> {
        let mut object = Object::new(BinaryFormat::Elf, Architecture::X86_64, Endianness::Little);
        let text = object.add_section(Vec::new(), b".text".to_vec(), SectionKind::Text);
        object.append_section_data(text, code, 1);
        if !data.is_empty() {
            let section = object.add_section(Vec::new(), b".rodata".to_vec(), SectionKind::ReadOnlyData);
            object.append_section_data(section, data, 1);
        }
        object.add_symbol(Symbol {
            name: function.into(),
            value: 0,
            size: code.len() as u64,
            kind: SymbolKind::Text,
            scope: SymbolScope::Dynamic,
            weak: false,
            section: SymbolSection::Section(text),
            flags: SymbolFlags::None,
        });
        object.write().unwrap()
    }

    #[test]
    fn names_the_section_and_the_function() {
        let found = compare(
            &object("f", b"\x90\x90\xc3", b""),
            &object("f", b"\x90\xc3\xc3", b""),
        );
        let found = found.unwrap();
        assert_eq!(found.sections.len(), 1, "{found:?}");
        let section = &found.sections[0];
        assert_eq!(
            (
                section.name.as_str(),
                section.a,
                section.first,
                section.symbol.as_deref()
            ),
            (".text", Some(3), Some(1), Some("f"))
        );
        assert_eq!((found.symbols.len(), found.elsewhere), (0, None));
    }

    #[test]
    fn names_what_came_and_went() {
        let found = compare(&object("f", b"\xc3", b"data"), &object("g", b"\xc3", b"")).unwrap();
        let rodata = found.sections.iter().find(|section| section.name == ".rodata");
        assert_eq!(rodata.unwrap().b, None);
        assert_eq!(found.symbols[0].only_in_a, ["f"]);
        assert_eq!(found.symbols[0].only_in_b, ["g"]);
    }

    #[test]
    fn objects_of_windows_are_told_alike() {
        let object = |code: &[u8], time: u8| {
            let mut object = Object::new(BinaryFormat::Coff, Architecture::X86_64, Endianness::Little);
            let text = object.add_section(Vec::new(), b".text".to_vec(), SectionKind::Text);
            object.append_section_data(text, code, 1);
            let mut bytes = object.write().unwrap();
            bytes[4] = time;
            bytes
        };
        let found = compare(&object(b"\x90\xc3", 0), &object(b"\xc3\xc3", 7)).unwrap();
        assert_eq!((found.facts.len(), found.facts[0].field.as_str()), (1, "time"));
        assert_eq!(
            (found.sections[0].name.as_str(), found.sections[0].first),
            (".text", Some(0))
        );
    }

    #[test]
    fn files_of_macos_are_told_alike() {
        let program = |text: &'static [u8], stack| {
            let mut image = Image::executable();
            (image.text, image.stack) = (text, Some(stack));
            image.undefined.push(("_new", 1, stack == 1));
            image.write()
        };
        let found = compare(&program(b"abcd", 0), &program(b"abXd", 1)).unwrap();
        let fields: Vec<_> = found.facts.iter().map(|fact| fact.field.as_str()).collect();
        assert_eq!(fields, ["stack"]);
        assert_eq!(found.sections.len(), 1, "{found:?}");
        let section = &found.sections[0];
        assert_eq!((section.name.as_str(), section.first), ("__TEXT,__text", Some(2)));
        assert_eq!(section.symbol.as_deref(), Some("_main"));
        let [imports] = found.symbols.as_slice() else {
            panic!("{found:?}")
        };
        assert_eq!((imports.table.as_str(), imports.only_in_b.len()), ("imports", 1));
        let object = |name| made_object(&[name], &[], &[]);
        let found = compare(&object("one"), &object("two")).unwrap();
        assert_eq!(found.symbols[0].only_in_b, ["_two"]);
        // Nothing but the signature.
        let mut signed = Image::executable();
        let one = signed.write();
        signed.signature = signed.signature.map(|(name, flags)| (name, flags | 0x1_0000));
        let found = compare(&one, &signed.write()).unwrap();
        assert_eq!(found.facts[0].field, "signature");
    }

    #[test]
    fn what_is_in_no_section_is_found_too() {
        let one = object("f", b"\xc3", b"");
        let mut other = one.clone();
        // e_flags, which mean nothing on this machine.
        other[48] ^= 1;
        assert_eq!(compare(&one, &other).unwrap().elsewhere, Some(48));
        assert!(compare(b"\x7fELF", &one).is_none());
    }
}

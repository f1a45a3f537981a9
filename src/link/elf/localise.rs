//! One relocatable object of many: only chosen names stay visible, so that a program may have others of the same names.
//!
//! Linkers hide names when they write executables and libraries, not with `-r`. So the table of symbols is written again
//! with the hidden ones among the local symbols, which stand first in it, and whatever counts symbols is counted anew.
//! Nothing else moves: no section changes its place or size, except that `.bss` grows by the common symbols that become
//! local, as there are no local common symbols.

use std::collections::BTreeSet;

use super::tables::{ElfObject, ReadObjectError, SYMBOL, elf};

/// An object with few visible names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Localised {
    /// The object.
    pub object: Vec<u8>,
    /// The names that it gives, in order of its table.
    pub public: Vec<String>,
    /// The names that it must be given.
    pub wanted: BTreeSet<String>,
}

/// Why names cannot be hidden.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum LocaliseError {
    /// The object is damaged or of another kind.
    #[error(transparent)]
    Read(#[from] ReadObjectError),
    /// A common symbol, and nowhere to put it.
    #[error("`{name}` is a common symbol, and the object has no `.bss` for it")]
    Common {
        /// The symbol.
        name: String,
    },
}

/// The flag of a group of sections that linkers keep once of all that have its name.
const GROUP_ONCE: u32 = elf::GRP_COMDAT;

/// Hides every name that the object gives, except where it is visible and `public`.
pub fn localise(object: Vec<u8>, public: &dyn Fn(&str) -> bool) -> Result<Localised, LocaliseError> {
    let mut object = ElfObject::read(object)?;
    let mut symbols = object.symbols()?;
    let mut names = (Vec::new(), BTreeSet::new());
    // Local symbols as they stood, then those that become local, then the others.
    let mut ranks = vec![0_u8; symbols.len()];
    for (symbol, rank) in symbols.iter_mut().zip(&mut ranks) {
        if symbol.binding() == elf::STB_LOCAL {
            continue;
        }
        *rank = 2;
        let name = object.symbol_name(symbol)?;
        if symbol.section == u32::from(elf::SHN_UNDEF) {
            if symbol.binding() != elf::STB_WEAK {
                names.1.insert(name.to_owned());
            }
        } else if symbol.is_visible() && public(name) {
            names.0.push(name.to_owned());
        } else {
            let name = name.to_owned();
            *rank = 1;
            symbol.make_local();
            if symbol.is_common() {
                let (section, value) = object
                    .grow_zeroed(symbol.size, symbol.value)?
                    .ok_or(LocaliseError::Common { name })?;
                (symbol.section, symbol.value) = (section, value);
                symbol.make_object();
            }
        }
    }
    let mut order: Vec<usize> = (0..symbols.len()).collect();
    order.sort_by_key(|index| ranks[*index]);
    let mut moved = vec![0_u32; symbols.len()];
    for (new, old) in (0_u32..).zip(&order) {
        moved[*old] = new;
    }
    let locals = ranks.iter().filter(|rank| **rank < 2).count();
    let sorted: Vec<_> = order.iter().map(|index| symbols[*index]).collect();
    object.write_symbols(&sorted, u32::try_from(locals).unwrap_or(u32::MAX))?;
    follow(&mut object, &moved)?;
    Ok(Localised {
        object: object.into_bytes(),
        public: names.0,
        wanted: names.1,
    })
}

/// Counts symbols anew wherever they are counted.
fn follow(object: &mut ElfObject, moved: &[u32]) -> Result<(), ReadObjectError> {
    let renumber = |old: u32| {
        let new = moved.get(usize::try_from(old).unwrap_or(usize::MAX));
        new.copied().ok_or(ReadObjectError::Damaged {
            what: "a symbol that is counted",
        })
    };
    for index in 0..object.sections.len() {
        let section = object.sections[index];
        let of_symbols = section.link == object.table;
        match section.kind {
            elf::SHT_RELA | elf::SHT_REL if of_symbols => {
                let entry = if section.kind == elf::SHT_RELA { SYMBOL } else { 16 };
                // An address, then the symbol in the upper half of eight bytes.
                for at in (section.at..section.at + section.size).step_by(entry) {
                    let symbol = renumber(object.u32_at(at + 12)?)?;
                    object.put(at + 12, &symbol.to_le_bytes())?;
                }
            }
            elf::SHT_GROUP if of_symbols => {
                let symbol = renumber(section.info)?;
                object.set_info(index, symbol)?;
                // What was left out elsewhere because the same group is here is wanted from here, and not from another's.
                let flags = object.u32_at(section.at)? & !GROUP_ONCE;
                object.put(section.at, &flags.to_le_bytes())?;
            }
            // A list of symbols by number, whose absence means the same to linkers as no list.
            elf::SHT_LLVM_ADDRSIG => object.set_link(index, 0)?,
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use object::write::{Comdat, Object, Relocation, Symbol, SymbolSection};
    use object::{
        Architecture, BinaryFormat, Endianness, Object as _, ObjectSection as _, ObjectSymbol as _,
        RelocationEncoding, RelocationFlags, RelocationKind, RelocationTarget, SectionKind, SymbolFlags,
        SymbolKind, SymbolScope,
    };

    fn symbol(name: &str, section: SymbolSection, value: u64) -> Symbol {
        Symbol {
            name: name.into(),
            value,
            size: 8,
            kind: SymbolKind::Data,
            scope: SymbolScope::Dynamic,
            weak: false,
            section,
            flags: SymbolFlags::None,
        }
    }

    /// Two words of data that point to `Py_kept`, `hidden`, `inflate` and `elsewhere`, and what is said.
    fn made(change: impl Fn(&mut Object<'_>)) -> Vec<u8> {
        let mut object = Object::new(BinaryFormat::Elf, Architecture::X86_64, Endianness::Little);
        let data = object.add_section(Vec::new(), b".data".to_vec(), SectionKind::Data);
        object.append_section_data(data, &[0; 32], 8);
        let bss = object.add_section(Vec::new(), b".bss".to_vec(), SectionKind::UninitializedData);
        object.append_section_bss(bss, 4, 4);
        let here = SymbolSection::Section(data);
        let hidden = Symbol {
            scope: SymbolScope::Linkage,
            ..symbol("Py_hidden", here, 24)
        };
        let all = [
            symbol("Py_kept", here, 0),
            symbol("inflate", here, 8),
            symbol("elsewhere", SymbolSection::Undefined, 0),
            hidden,
        ];
        for (index, symbol) in (0_u64..).zip(all) {
            let symbol = object.add_symbol(symbol);
            let flags = RelocationFlags::Generic {
                kind: RelocationKind::Absolute,
                encoding: RelocationEncoding::Generic,
                size: 64,
            };
            let offset = index * 8;
            let relocation = Relocation {
                offset,
                symbol,
                addend: 0,
                flags,
            };
            object.add_relocation(data, relocation).unwrap();
        }
        change(&mut object);
        object.write().unwrap()
    }

    fn hide(object: Vec<u8>) -> Localised {
        localise(object, &|name| name.starts_with("Py")).unwrap()
    }

    #[test]
    fn only_public_names_stay() {
        let done = hide(made(|_| ()));
        assert_eq!(done.public, ["Py_kept"]);
        assert_eq!(done.wanted, ["elsewhere".to_owned()].into());
        let file = object::File::parse(&*done.object).unwrap();
        let find = |name: &str| {
            let mut all = file.symbols();
            all.find(|symbol| symbol.name() == Ok(name)).unwrap()
        };
        assert!(find("Py_kept").is_global() && find("elsewhere").is_undefined());
        assert!(find("inflate").is_local() && find("Py_hidden").is_local());
        let last_local = file
            .symbols()
            .filter(object::ObjectSymbol::is_local)
            .last()
            .unwrap();
        assert!(last_local.index().0 < find("Py_kept").index().0);
        assert!(last_local.index().0 < find("elsewhere").index().0);
        // Each relocation still means what it meant.
        let section = file.section_by_name(".data").unwrap();
        let names: Vec<&str> = section
            .relocations()
            .map(|(_, relocation)| {
                let RelocationTarget::Symbol(symbol) = relocation.target() else {
                    panic!("to a symbol");
                };
                file.symbol_by_index(symbol).unwrap().name().unwrap()
            })
            .collect();
        assert_eq!(names, ["Py_kept", "inflate", "elsewhere", "Py_hidden"]);
        let again = hide(done.object.clone());
        assert_eq!(again, done, "hiding twice changes nothing");
    }

    #[test]
    fn common_symbols_get_a_place() {
        let with_common = made(|object| {
            let common = symbol("shared", SymbolSection::Undefined, 0);
            object.add_common_symbol(common, 24, 16);
        });
        let done = hide(with_common);
        let file = object::File::parse(&*done.object).unwrap();
        let common = file
            .symbols()
            .find(|symbol| symbol.name() == Ok("shared"))
            .unwrap();
        let bss = file.section_by_name(".bss").unwrap();
        assert!(common.is_local());
        assert_eq!(common.section_index(), Some(bss.index()));
        assert_eq!((common.address(), bss.size(), bss.align()), (16, 40, 16));
    }

    #[test]
    fn common_symbols_that_are_called_absolute_get_a_place() {
        let absolute = |value| {
            made(|object| {
                let absolute = symbol("shared", SymbolSection::Absolute, value);
                object.add_symbol(Symbol { size: 24, ..absolute });
            })
        };
        let section = |value| {
            let done = hide(absolute(value));
            let file = object::File::parse(&*done.object).unwrap();
            let found = file
                .symbols()
                .find(|symbol| symbol.name() == Ok("shared"))
                .unwrap();
            found.section_index()
        };
        assert!(section(8).is_some());
        assert_eq!(section(0x1234), None, "a number stays one");
    }

    #[test]
    fn a_group_is_not_shared_with_others() {
        let with_group = made(|object| {
            let section = object.add_section(Vec::new(), b".text.inline".to_vec(), SectionKind::Text);
            let section_symbol = object.add_symbol(Symbol {
                weak: true,
                ..symbol("an_inline", SymbolSection::Section(section), 0)
            });
            object.add_comdat(Comdat {
                kind: object::ComdatKind::Any,
                symbol: section_symbol,
                sections: vec![section],
            });
        });
        let flags = |bytes: &[u8]| {
            let object = ElfObject::read(bytes.to_vec()).unwrap();
            let group = object
                .sections
                .iter()
                .find(|section| section.kind == elf::SHT_GROUP);
            let group = *group.unwrap();
            let symbols = object.symbols().unwrap();
            let signature = object
                .symbol_name(&symbols[group.info as usize])
                .unwrap()
                .to_owned();
            (object.u32_at(group.at).unwrap(), signature)
        };
        assert_eq!(flags(&with_group), (GROUP_ONCE, "an_inline".to_owned()));
        assert_eq!(flags(&hide(with_group).object), (0, "an_inline".to_owned()));
    }

    #[test]
    fn damage_is_an_error() {
        let whole = made(|_| ());
        for size in [0, 10, 63, whole.len() / 2, whole.len() - 1] {
            let result = localise(whole[..size].to_vec(), &|_| true);
            assert!(matches!(result, Err(LocaliseError::Read(_))), "{size}");
        }
        assert_eq!(
            localise(b"#!/bin/sh".to_vec(), &|_| true),
            Err(LocaliseError::Read(ReadObjectError::Kind))
        );
    }
}

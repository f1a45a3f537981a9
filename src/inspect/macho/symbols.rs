//! Reads the symbols of a Mach-O file, and the objects that debuggers are led to.

use object::Endianness;
use object::macho;
use object::read::macho::{MachHeader, Nlist as _, SymbolTable};

use super::{Binding, Dylib, Library, MachOError, MachOSymbol, text};

/// What the symbol table says.
#[derive(Default)]
pub(super) struct Symbols {
    /// Those that are not local, sorted by name.
    pub(super) symbols: Vec<MachOSymbol>,
    /// The objects that debuggers are told to look into.
    pub(super) debug_map: Vec<String>,
}

/// Reads a symbol table. `dylibs` is what symbols refer to by number, in files whose symbols do.
pub(super) fn read_symbols<Header: MachHeader<Endian = Endianness>>(
    endian: Endianness,
    table: SymbolTable<'_, Header>,
    dylibs: Option<&Vec<Dylib>>,
) -> Result<Symbols, MachOError> {
    let mut found = Symbols::default();
    for symbol in table.iter() {
        let kind = symbol.n_type();
        if let Some(stab) = kind.stab() {
            if stab == macho::N_OSO {
                found.debug_map.push(text(table.symbol_name(endian, symbol)?));
            }
            continue;
        }
        if !kind.is_ext() {
            continue;
        }
        let name = text(table.symbol_name(endian, symbol)?);
        if name.is_empty() {
            continue;
        }
        let words = symbol.n_desc(endian);
        let defined = !symbol.is_undefined() && kind.typ() != macho::N_PBUD;
        // Of a common symbol these bits are its alignment.
        let weak = if symbol.is_common() {
            false
        } else if defined {
            words.contains(macho::N_WEAK_DEF)
        } else {
            words.contains(macho::N_WEAK_REF)
        };
        let library = match dylibs {
            Some(dylibs) if !defined => Some(library(&name, words.library(), dylibs)?),
            _ => None,
        };
        found.symbols.push(MachOSymbol {
            name,
            defined,
            binding: if weak { Binding::Weak } else { Binding::Global },
            private: kind.is_pext(),
            library,
        });
    }
    found.symbols.sort();
    Ok(found)
}

fn library(symbol: &str, ordinal: macho::SymbolLibrary, dylibs: &[Dylib]) -> Result<Library, MachOError> {
    match ordinal {
        macho::SELF_LIBRARY_ORDINAL => Ok(Library::Own),
        macho::DYNAMIC_LOOKUP_ORDINAL => Ok(Library::Any),
        macho::EXECUTABLE_ORDINAL => Ok(Library::Executable),
        macho::SymbolLibrary(ordinal) => match dylibs.get(usize::from(ordinal) - 1) {
            Some(dylib) => Ok(Library::Dylib(dylib.name.clone())),
            None => Err(MachOError::Ordinal {
                symbol: symbol.to_owned(),
                ordinal,
                libraries: dylibs.len(),
            }),
        },
    }
}

//! Damages ELF files in place: a few fields of 64-bit little-endian files.

use super::Distribution;
use pbs::model::TreePath;

fn number(bytes: &[u8], at: usize, width: usize) -> usize {
    bytes[at..at + width]
        .iter()
        .rev()
        .fold(0, |number, byte| number << 8 | usize::from(*byte))
}

const PT_LOAD: usize = 1;
const PT_DYNAMIC: usize = 2;
const PT_GNU_STACK: usize = 0x6474_e551;
const PT_GNU_RELRO: usize = 0x6474_e552;

/// Calls `change` with each program header of this type.
fn headers(bytes: &mut [u8], kind: usize, mut change: impl FnMut(&mut [u8])) {
    let (start, size, count) = (number(bytes, 32, 8), number(bytes, 54, 2), number(bytes, 56, 2));
    let mut changed = 0;
    for header in bytes[start..start + size * count].chunks_exact_mut(size) {
        if number(header, 0, 4) == kind {
            change(header);
            changed += 1;
        }
    }
    assert!(changed > 0, "no program header of type {kind:x}");
}

/// Calls `change` with each entry of the dynamic section: tag, value.
fn dynamic(bytes: &mut [u8], mut change: impl FnMut(&mut [u8])) {
    let mut place = (0, 0);
    headers(bytes, PT_DYNAMIC, |header| {
        place = (number(header, 8, 8), number(header, 32, 8))
    });
    bytes[place.0..place.0 + place.1]
        .chunks_exact_mut(16)
        .for_each(&mut change);
}

impl Distribution {
    pub(crate) fn wrong_machine(&mut self, at: &TreePath) {
        self.edit(at, |bytes| bytes[18] = 243);
    }

    pub(crate) fn executable_stack(&mut self, at: &TreePath) {
        self.edit(at, |bytes| headers(bytes, PT_GNU_STACK, |header| header[4] |= 1));
    }

    pub(crate) fn no_relro(&mut self, at: &TreePath) {
        self.edit(at, |bytes| {
            headers(bytes, PT_GNU_RELRO, |header| header[..4].fill(0))
        });
    }

    pub(crate) fn writable_code(&mut self, at: &TreePath) {
        self.edit(at, |bytes| headers(bytes, PT_LOAD, |header| header[4] |= 3));
    }

    /// Turns flags off, or on where `on`.
    pub(crate) fn late_binding(&mut self, at: &TreePath) {
        self.edit(at, |bytes| {
            dynamic(bytes, |entry| match number(entry, 0, 8) {
                // DT_BIND_NOW, DT_FLAGS, DT_FLAGS_1.
                24 => entry[0] = 21,
                30 => entry[8] &= !8,
                0x6fff_fffb => entry[8] &= !1,
                _ => {}
            });
        });
    }

    pub(crate) fn text_relocations(&mut self, at: &TreePath) {
        // DT_DEBUG becomes DT_TEXTREL.
        self.edit(at, |bytes| {
            dynamic(bytes, |entry| {
                if number(entry, 0, 8) == 21 {
                    entry[0] = 22;
                }
            });
        });
    }

    /// Replaces a text by another one of the same length, everywhere in the file.
    pub(crate) fn replace(&mut self, at: &TreePath, from: &str, to: &str) {
        assert_eq!(from.len(), to.len());
        self.edit(at, |bytes| {
            let places: Vec<_> = memchr::memmem::find_iter(bytes, from).collect();
            assert!(!places.is_empty(), "{from:?} is not in the file");
            for place in places {
                bytes[place..place + to.len()].copy_from_slice(to.as_bytes());
            }
        });
    }
}

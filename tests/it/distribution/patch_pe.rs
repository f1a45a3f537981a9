//! Damages files of Windows in place: a few fields of objects, and of executables and DLLs of 64 bits.

use pbs::model::TreePath;

use super::Distribution;

fn number(bytes: &[u8], at: usize, width: usize) -> usize {
    let digits = bytes[at..at + width].iter().rev();
    digits.fold(0, |number, byte| number << 8 | usize::from(*byte))
}

/// Where the optional header is, behind the signature and the file header.
fn optional(bytes: &[u8]) -> usize {
    number(bytes, 0x3c, 4) + 24
}

impl Distribution {
    /// Turns flags of `DllCharacteristics` off.
    pub(crate) fn unprotected(&mut self, at: &TreePath, flags: u16) {
        self.edit(at, |bytes| {
            let place = optional(bytes) + 70;
            let said = u16::try_from(number(bytes, place, 2)).unwrap();
            assert_eq!(said & flags, flags, "{said:x} has no {flags:x}");
            bytes[place..place + 2].copy_from_slice(&(said & !flags).to_le_bytes());
        });
    }

    /// Sets `SizeOfStackReserve`.
    pub(crate) fn small_stack(&mut self, at: &TreePath) {
        self.edit(at, |bytes| {
            let place = optional(bytes) + 72;
            bytes[place..place + 8].copy_from_slice(&0x10_0000_u64.to_le_bytes());
        });
    }

    /// Sets `Subsystem`: 2 without a console, 3 with one.
    pub(crate) fn subsystem(&mut self, at: &TreePath, subsystem: u8) {
        self.edit(at, |bytes| {
            let place = optional(bytes) + 68;
            bytes[place] = subsystem;
        });
    }

    /// Takes the debug directory away, which says that the time is a digest.
    pub(crate) fn a_real_time(&mut self, at: &TreePath) {
        self.edit(at, |bytes| {
            let place = optional(bytes) + 112 + 6 * 8;
            assert_ne!(number(bytes, place, 4), 0, "there is no debug directory");
            bytes[place..place + 8].fill(0);
        });
    }

    /// Makes every section writable.
    pub(crate) fn writable_sections(&mut self, at: &TreePath) {
        self.edit(at, |bytes| {
            let optional = optional(bytes);
            let (count, size) = (number(bytes, optional - 18, 2), number(bytes, optional - 4, 2));
            for section in 0..count {
                bytes[optional + size + section * 40 + 39] |= 0x80;
            }
        });
    }
}

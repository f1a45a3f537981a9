//! Every byte of an executable gets an owner.

use std::collections::{BTreeMap, HashMap};

use super::content::Contents;
use super::image::{Image, Section, Span};
use super::map::{Input, Piece};
use super::owner::{Owners, Place};
use super::tree::{Amount, Growing};
use super::{Evidence, Part, ReportError};
use crate::bundle::read_bundle;

/// Sections that linkers make. GNU ld's map gives them to the first input.
const MADE: [&str; 19] = [
    ".interp",
    ".dynsym",
    ".dynstr",
    ".hash",
    ".gnu.hash",
    ".gnu.version",
    ".gnu.version_d",
    ".gnu.version_r",
    ".rela.dyn",
    ".rela.plt",
    ".relr.dyn",
    ".plt",
    ".plt.got",
    ".plt.sec",
    ".got",
    ".got.plt",
    ".dynamic",
    ".eh_frame_hdr",
    ".relro_padding",
];

/// Sections with names that only debuggers and profilers want, and how those of debug information begin.
const SYMBOLS: [&str; 2] = [".symtab", ".strtab"];
const DEBUG: &str = ".debug";

/// Sizes by part.
pub(super) type Parts = BTreeMap<Part, Growing>;

/// Whom each byte of the file, and of memory beside it, belongs to. The sum of all sizes is the size of the file.
pub(super) fn measure(
    evidence: &Evidence<'_>,
    image: &Image,
    pieces: &[Piece],
    owners: &Owners<'_>,
) -> Result<Parts, ReportError> {
    let mut by_section = HashMap::<&str, Vec<&Piece>>::new();
    for piece in pieces {
        by_section.entry(&piece.section).or_default().push(piece);
    }
    for pieces in by_section.values_mut() {
        pieces.sort_by_key(|piece| piece.address);
    }
    let mut sums = Sums {
        by_section,
        inputs: BTreeMap::new(),
        parts: Parts::new(),
        bundle: evidence.files.bundle.filter(|_| evidence.bundle.is_some()),
        bundle_left: evidence.bundle.map(|(_, bytes)| bytes.len() as u64),
    };
    for span in &image.spans {
        match span {
            Span::Section(section) if section.loaded => sums.section(section, Amount::file),
            Span::Section(section) => sums.unloaded(section),
            Span::Headers(size) => sums.linker("headers", Amount::file(*size)),
            Span::Padding(size) => sums.linker(PADDING, Amount::file(*size)),
            Span::Table(size) => sums.linker("table of sections", Amount::file(*size)),
        }
    }
    for section in &image.zero {
        sums.section(section, Amount::zero);
    }
    let Sums {
        inputs,
        mut parts,
        bundle_left,
        ..
    } = sums;
    for (input, amount) in inputs {
        put(&mut parts, &owners.of(input), amount);
    }
    if let Some((bundle, bytes)) = evidence.bundle {
        if bundle_left.is_some() {
            return Err(ReportError::Bundle);
        }
        let contents = Contents::new(bundle);
        let mut left = bytes.len() as u64;
        for held in read_bundle(bytes)? {
            left = left.saturating_sub(held.size);
            put(&mut parts, &contents.of(&held), Amount::file(held.size));
        }
        let index = Place::new(Part::Launcher, &["index of what is embedded"]);
        put(&mut parts, &index, Amount::file(left));
    }
    Ok(parts)
}

const PADDING: &str = "padding";

fn put(parts: &mut Parts, place: &Place, amount: Amount) {
    if amount != Amount::default() {
        parts.entry(place.part).or_default().add(&place.path, amount);
    }
}

struct Sums<'a> {
    by_section: HashMap<&'a str, Vec<&'a Piece>>,
    inputs: BTreeMap<&'a Input, Amount>,
    parts: Parts,
    /// The object with what is embedded.
    bundle: Option<&'a str>,
    /// Its length, until the piece that is this long is found.
    bundle_left: Option<u64>,
}

impl Sums<'_> {
    fn linker(&mut self, name: &str, amount: Amount) {
        put(&mut self.parts, &Place::new(Part::Linker, &[name]), amount);
    }

    /// Gives a section that is not loaded to those who read it.
    fn unloaded(&mut self, section: &Section) {
        let name = section.name.as_str();
        let part = if SYMBOLS.contains(&name) || name.starts_with(DEBUG) {
            Part::Symbols
        } else {
            Part::Linker
        };
        put(
            &mut self.parts,
            &Place::new(part, &[name]),
            Amount::file(section.size),
        );
    }

    /// Gives a section that is loaded to those whose pieces are in it.
    fn section(&mut self, section: &Section, amount: fn(u64) -> Amount) {
        let made = MADE.contains(&section.name.as_str());
        let pieces = self.by_section.get(section.name.as_str()).filter(|_| !made);
        let Some(pieces) = pieces.cloned() else {
            return self.linker(&section.name, amount(section.size));
        };
        let end = section.address.saturating_add(section.size);
        let mut at = section.address;
        let (mut merged, mut given) = (0, 0);
        for piece in pieces {
            let from = piece.address.max(at);
            let to = piece.address.saturating_add(piece.size).min(end);
            if from >= to {
                continue;
            }
            at = to;
            let size = to - from;
            given += size;
            match &piece.input {
                Some(input) if Some(input.file.as_str()) == self.bundle && Some(size) == self.bundle_left => {
                    self.bundle_left = None;
                }
                Some(input) => {
                    let sum = self.inputs.entry(input).or_default();
                    let amount = amount(size);
                    sum.size += amount.size;
                    sum.memory += amount.memory;
                }
                None => merged += size,
            }
        }
        self.linker(&section.name, amount(merged));
        let left = section.size - given;
        // A section without inputs in the map is the linker's as a whole.
        let name = if given == 0 { &section.name } else { PADDING };
        self.linker(name, amount(left));
    }
}

//! Sections of an executable for Windows. Addresses are those in the image, as lld-link's map has them.

use object::LittleEndian;
use object::read::pe::{ImageNtHeaders as _, ImageOptionalHeader as _, PeFile64};

use super::{Image, ReadImageError, Section, Span, cover};

pub(super) fn read(bytes: &[u8]) -> Result<Image, ReadImageError> {
    let file = PeFile64::parse(bytes)?;
    let size = bytes.len() as u64;
    let headers = u64::from(file.nt_headers().optional_header().size_of_headers()).min(size);
    let mut spans = vec![Span::Headers(headers)];
    let mut zero = Vec::new();
    let mut placed = Vec::new();
    for header in file.section_table().iter() {
        let raw = u64::from(header.size_of_raw_data.get(LittleEndian));
        let memory = u64::from(header.virtual_size.get(LittleEndian));
        let section = Section {
            name: String::from_utf8_lossy(header.raw_name()).into_owned(),
            loaded: true,
            address: header.virtual_address.get(LittleEndian).into(),
            size: raw.min(memory),
        };
        if memory > raw {
            zero.push(Section {
                address: section.address + raw,
                size: memory - raw,
                ..section.clone()
            });
        }
        if section.size > 0 {
            placed.push((u64::from(header.pointer_to_raw_data.get(LittleEndian)), section));
        }
    }
    cover(&mut spans, placed, headers..size, |spans, from, to| {
        spans.extend((to > from).then(|| Span::Padding(to - from)));
    });
    Ok(Image { spans, zero })
}

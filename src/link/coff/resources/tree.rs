//! The directory of resources: their kinds, of each kind its numbers, of each number its language.

/// The numbers of kinds.
pub(super) mod kind {
    pub(in super::super) const ICON: u32 = 3;
    pub(in super::super) const GROUP_ICON: u32 = 14;
    pub(in super::super) const VERSION: u32 = 16;
    pub(in super::super) const MANIFEST: u32 = 24;
}

/// English of the United States, which the system takes where there is nothing in another language.
pub(super) const LANGUAGE: u16 = 0x0409;

/// A resource.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Resource {
    pub(super) kind: u32,
    /// Its number among those of its kind.
    pub(super) id: u32,
    pub(super) content: Vec<u8>,
}

/// Bytes of a directory before its entries, of an entry, and of what leads to a content.
const HEAD: usize = 16;
const ENTRY: usize = 8;
const LEAF: usize = 16;
/// The mark of an entry that leads to another directory.
const DEEPER: u32 = 1 << 31;

/// The directory, and where in it the address of each content belongs, which only a linker knows. The resources are
/// sorted by kind and number.
pub(super) fn lay_out(resources: &[Resource]) -> (Vec<u8>, Vec<u64>) {
    let kinds: Vec<&[Resource]> = resources.chunk_by(|one, other| one.kind == other.kind).collect();
    let of_kinds = HEAD + ENTRY * kinds.len();
    let of_numbers = HEAD * kinds.len() + ENTRY * resources.len();
    let languages = of_kinds + of_numbers;
    let leaves = languages + (HEAD + ENTRY) * resources.len();

    let mut bytes = Vec::with_capacity(leaves + LEAF * resources.len());
    head(&mut bytes, kinds.len());
    let mut at = of_kinds;
    for kind in &kinds {
        entry(&mut bytes, kind[0].kind, place(at) | DEEPER);
        at += HEAD + ENTRY * kind.len();
    }
    let mut at = languages;
    for kind in &kinds {
        head(&mut bytes, kind.len());
        for resource in *kind {
            entry(&mut bytes, resource.id, place(at) | DEEPER);
            at += HEAD + ENTRY;
        }
    }
    let places = (leaves..).step_by(LEAF);
    for (_, at) in resources.iter().zip(places.clone()) {
        head(&mut bytes, 1);
        entry(&mut bytes, LANGUAGE.into(), place(at));
    }
    for resource in resources {
        let size = place(resource.content.len());
        // The address, the size, no code page, nothing.
        for word in [0, size, 0, 0] {
            bytes.extend(word.to_le_bytes());
        }
    }
    let addresses = places.take(resources.len()).map(|at| u64::from(place(at)));
    (bytes, addresses.collect())
}

fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// A directory of `count` numbers and no names; no time, no version.
fn head(bytes: &mut Vec<u8>, count: usize) {
    bytes.extend([0; HEAD - 2]);
    bytes.extend(u16::try_from(count).unwrap_or(u16::MAX).to_le_bytes());
}

fn entry(bytes: &mut Vec<u8>, number: u32, place: u32) {
    bytes.extend(number.to_le_bytes());
    bytes.extend(place.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use object::pe::IMAGE_RESOURCE_NAME_IS_STRING;
    use object::read::pe::{ResourceDirectory, ResourceDirectoryEntryData, ResourceNameOrId};

    #[test]
    fn a_reader_finds_every_resource() {
        let resource = |kind, id, size| Resource {
            kind,
            id,
            content: vec![0; size],
        };
        let resources = [
            resource(3, 1, 5),
            resource(3, 2, 6),
            resource(14, 1, 7),
            resource(24, 1, 8),
        ];
        let (bytes, addresses) = lay_out(&resources);
        let root = ResourceDirectory::new(&bytes);
        let id = |name: ResourceNameOrId| match name {
            ResourceNameOrId::Id(id) => u32::from(id),
            ResourceNameOrId::Name(_) => panic!("{IMAGE_RESOURCE_NAME_IS_STRING:?}"),
        };
        let mut found = Vec::new();
        for kind in root.root().unwrap().entries {
            let Some(numbers) = kind.data(root).unwrap().table() else {
                panic!("a kind is a directory")
            };
            for number in numbers.entries {
                let Some(languages) = number.data(root).unwrap().table() else {
                    panic!("so is a number")
                };
                let [language] = languages.entries else {
                    panic!("one language")
                };
                assert_eq!(id(language.name_or_id()), u32::from(LANGUAGE));
                let ResourceDirectoryEntryData::Data(leaf) = language.data(root).unwrap() else {
                    panic!("a language leads to a content")
                };
                let size = usize::try_from(leaf.size.get(object::LittleEndian)).unwrap();
                found.push(resource(id(kind.name_or_id()), id(number.name_or_id()), size));
            }
        }
        assert_eq!(found, resources);
        let last = bytes.len() as u64 - LEAF as u64;
        assert_eq!(addresses, [last - 48, last - 32, last - 16, last]);
    }
}

//! Icons: one picture in several sizes, as `.ico` files have them.
//!
//! A file has a header of 6 bytes, 16 bytes for each image, and the images. In an executable the images are resources of
//! their own, and the table of them has their numbers instead of their places.

use super::tree::{Resource, kind};

/// An icon.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Icon {
    images: Vec<Image>,
}

/// An image of an icon.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Image {
    /// Width, height, colours, planes and depth, as they stand in the table.
    look: [u8; 8],
    /// A bitmap without its file's header, or a PNG.
    content: Vec<u8>,
}

/// Why a file is no icon.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum IconError {
    /// It is a file of another kind.
    #[error("it is no `.ico` file")]
    Kind,
    /// There is no image in it.
    #[error("it has no image")]
    Empty,
    /// An image is not where the table has it.
    #[error("it ends before its image {image} does")]
    Damaged {
        /// The image, from 1.
        image: usize,
    },
}

const HEADER: usize = 6;
const ENTRY: usize = 16;
/// What every icon begins with: nothing, and that it is one.
const MAGIC: [u8; 4] = [0, 0, 1, 0];

impl Icon {
    /// Reads an `.ico` file.
    pub fn read(file: &[u8]) -> Result<Self, IconError> {
        let header = file.first_chunk::<HEADER>().ok_or(IconError::Kind)?;
        if header[..4] != MAGIC {
            return Err(IconError::Kind);
        }
        let count = usize::from(u16::from_le_bytes([header[4], header[5]]));
        if count == 0 {
            return Err(IconError::Empty);
        }
        let image = |index: usize| {
            let entry = file.get(HEADER + index * ENTRY..)?.first_chunk::<ENTRY>()?;
            let (look, place) = entry.split_first_chunk::<8>()?;
            let number = |bytes: &[u8]| usize::try_from(u32::from_le_bytes(*bytes.first_chunk()?)).ok();
            let (size, at) = (number(place)?, number(&place[4..])?);
            let content = file.get(at..at.checked_add(size)?)?;
            (size > 0).then(|| Image {
                look: *look,
                content: content.to_vec(),
            })
        };
        let images = (0..count).map(|index| image(index).ok_or(IconError::Damaged { image: index + 1 }));
        Ok(Self {
            images: images.collect::<Result<_, _>>()?,
        })
    }

    /// The images, and the table of them.
    pub(super) fn resources(&self) -> Vec<Resource> {
        let count = u16::try_from(self.images.len()).unwrap_or(u16::MAX);
        let mut table = MAGIC.to_vec();
        table.extend(count.to_le_bytes());
        let mut resources = Vec::new();
        for (image, id) in self.images.iter().zip(1..=count) {
            let size = u32::try_from(image.content.len()).unwrap_or(u32::MAX);
            table.extend(image.look);
            table.extend(size.to_le_bytes());
            table.extend(id.to_le_bytes());
            resources.push(Resource {
                kind: kind::ICON,
                id: id.into(),
                content: image.content.clone(),
            });
        }
        resources.push(Resource {
            kind: kind::GROUP_ICON,
            id: 1,
            content: table,
        });
        resources
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file with images of 16 and 256 pixels.
    fn file() -> Vec<u8> {
        let mut file = vec![0, 0, 1, 0, 2, 0];
        file.extend([16, 16, 0, 0, 1, 0, 32, 0, 3, 0, 0, 0, 38, 0, 0, 0]);
        file.extend([0, 0, 0, 0, 1, 0, 32, 0, 5, 0, 0, 0, 41, 0, 0, 0]);
        file.extend(b"onelarge");
        file
    }

    #[test]
    fn images_are_resources_and_their_table_has_numbers() {
        let resources = Icon::read(&file()).unwrap().resources();
        let contents: Vec<_> = resources
            .iter()
            .map(|resource| (resource.kind, resource.id, resource.content.as_slice()))
            .collect();
        let table = [
            &[0, 0, 1, 0, 2, 0][..],
            &[16, 16, 0, 0, 1, 0, 32, 0, 3, 0, 0, 0, 1, 0],
            &[0, 0, 0, 0, 1, 0, 32, 0, 5, 0, 0, 0, 2, 0],
        ]
        .concat();
        assert_eq!(contents, [(3, 1, &b"one"[..]), (3, 2, b"large"), (14, 1, &table)]);
    }

    #[test]
    fn anything_else_is_refused() {
        assert_eq!(Icon::read(b"\x89PNG\r\n"), Err(IconError::Kind));
        assert_eq!(Icon::read(&[0, 0, 1, 0, 0, 0]), Err(IconError::Empty));
        assert_eq!(Icon::read(b""), Err(IconError::Kind));
        for (size, image) in [(10, 1), (30, 1), (40, 1), (45, 2)] {
            let damaged = Err(IconError::Damaged { image });
            assert_eq!(Icon::read(&file()[..size]), damaged, "{size}");
        }
    }
}

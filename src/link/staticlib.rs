//! Static libraries: an `ar` archive, with the index by which linkers find members.
//!
//! As GNU ar writes them: a header of 60 characters before each member, members begin at even places. No time, no owner:
//! the same content gives the same bytes.

/// A member of an archive.
#[derive(Clone, Copy, Debug)]
pub struct ArchiveMember<'a> {
    /// Its name, of at most 15 characters.
    pub name: &'a str,
    /// The object.
    pub object: &'a [u8],
    /// The names that linkers may take from it.
    pub symbols: &'a [String],
}

/// An archive that cannot be written.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a static library of more than 4 GiB cannot be written")]
pub struct WriteArchiveError;

const MAGIC: &[u8] = b"!<arch>\n";

/// Writes an archive.
pub fn write_archive(members: &[ArchiveMember<'_>]) -> Result<Vec<u8>, WriteArchiveError> {
    let count: usize = members.iter().map(|member| member.symbols.len()).sum();
    let texts = members
        .iter()
        .flat_map(|member| member.symbols)
        .map(|name| name.len() + 1);
    let index_size = 4 + 4 * count + texts.sum::<usize>();
    let content: usize = members
        .iter()
        .map(|member| HEADER + member.object.len() + 1)
        .sum();
    let mut archive = Vec::with_capacity(MAGIC.len() + HEADER + index_size + 1 + content);
    archive.extend(MAGIC);
    if count > 0 {
        // Numbers are big-endian here, whatever the target.
        let number = |number: usize| {
            Ok(u32::try_from(number)
                .map_err(|_| WriteArchiveError)?
                .to_be_bytes())
        };
        let mut index = number(count)?.to_vec();
        let mut at = MAGIC.len() + HEADER + index_size.next_multiple_of(2);
        for member in members {
            for _ in member.symbols {
                index.extend(number(at)?);
            }
            at += HEADER + member.object.len().next_multiple_of(2);
        }
        for name in members.iter().flat_map(|member| member.symbols) {
            index.extend(name.as_bytes());
            index.push(0);
        }
        append(&mut archive, "/", &index);
    }
    for member in members {
        append(&mut archive, &format!("{:.15}/", member.name), member.object);
    }
    Ok(archive)
}

/// The names of an archive's members, in order.
pub fn member_names(archive: &[u8]) -> Result<Vec<String>, object::read::Error> {
    let file = object::read::archive::ArchiveFile::parse(archive)?;
    let name = |member: object::read::archive::ArchiveMember<'_>| {
        String::from_utf8_lossy(member.name()).into_owned()
    };
    file.members().map(|member| Ok(name(member?))).collect()
}

/// Characters before each member.
const HEADER: usize = 60;

fn append(archive: &mut Vec<u8>, name: &str, content: &[u8]) {
    let size = content.len();
    archive.extend(format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n", 0, 0, 0, 644).bytes());
    archive.extend(content);
    if size % 2 == 1 {
        archive.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use object::read::archive::ArchiveFile;

    #[test]
    fn members_are_found_by_their_symbols() {
        let symbols = [
            &["one".to_owned(), "two".to_owned()][..],
            &["three".to_owned()][..],
        ];
        let members = [
            ArchiveMember {
                name: "first.o",
                object: b"odd",
                symbols: symbols[0],
            },
            ArchiveMember {
                name: "second.o",
                object: b"even",
                symbols: symbols[1],
            },
        ];
        let archive = write_archive(&members).unwrap();
        assert_eq!(member_names(&archive).unwrap(), ["first.o", "second.o"]);
        let file = ArchiveFile::parse(&*archive).unwrap();
        let read: Vec<(&[u8], &[u8])> = file
            .members()
            .map(|member| {
                let member = member.unwrap();
                assert_eq!(
                    (member.date(), member.uid(), member.gid()),
                    (Some(0), Some(0), Some(0))
                );
                (member.name(), member.data(&*archive).unwrap())
            })
            .collect();
        let expected: [(&[u8], &[u8]); 2] = [(b"first.o", b"odd"), (b"second.o", b"even")];
        assert_eq!(read, expected);
        let index = file.symbols().unwrap().unwrap();
        let found: Vec<(&[u8], &[u8])> = index
            .map(|symbol| {
                let symbol = symbol.unwrap();
                (symbol.name(), file.member(symbol.offset()).unwrap().name())
            })
            .collect();
        let expected: [(&[u8], &[u8]); 3] = [
            (b"one", b"first.o"),
            (b"two", b"first.o"),
            (b"three", b"second.o"),
        ];
        assert_eq!(found, expected);
    }
}

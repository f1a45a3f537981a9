//! Finds out by the first bytes how a stream is packed, and unpacks it.

use std::io::{self, BufRead, BufReader, Read};

use super::ArchiveError;
use crate::store::CHUNK;

/// More than any window or dictionary we have met (64 MiB for `xz -9`), and not all of a small machine.
const DECODER_MEMORY: u64 = 160 << 20;

/// What a stream turned out to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Format {
    Gzip,
    Xz,
    Bzip2,
    Zstd,
    Zip,
    Plain,
}

const MAGIC: [(&[u8], Format); 6] = [
    (b"\x1f\x8b", Format::Gzip),
    (b"\xfd7zXZ\0", Format::Xz),
    (b"BZh", Format::Bzip2),
    (b"\x28\xb5\x2f\xfd", Format::Zstd),
    (b"PK\x03\x04", Format::Zip),
    (b"PK\x05\x06", Format::Zip),
];

fn format(start: &[u8]) -> Format {
    MAGIC
        .iter()
        .find(|(magic, _)| start.starts_with(magic))
        .map_or(Format::Plain, |(_, format)| *format)
}

/// How what begins like this is packed, for people.
pub(super) fn compression(start: &[u8]) -> &'static str {
    match format(start) {
        Format::Gzip => "gzip",
        Format::Xz => "xz",
        Format::Bzip2 => "bzip2",
        Format::Zstd => "zstd",
        Format::Zip => "zip",
        Format::Plain => "not compressed",
    }
}

/// An unpacked stream, or word that it is a zip.
pub(super) enum Opened<'a> {
    Stream(Box<dyn Read + 'a>),
    Zip,
}

/// Opens a stream by its first bytes. What is not compressed is passed on.
pub(super) fn open<'a>(reader: impl Read + 'a) -> Result<Opened<'a>, ArchiveError> {
    let mut reader = BufReader::with_capacity(CHUNK, reader);
    let start = reader.fill_buf().map_err(ArchiveError::read)?;
    let stream: Box<dyn Read + 'a> = match format(start) {
        Format::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(reader)),
        Format::Xz => {
            let decoder =
                liblzma::stream::Stream::new_stream_decoder(DECODER_MEMORY, liblzma::stream::CONCATENATED)
                    .map_err(|error| ArchiveError::read(error.into()))?;
            Box::new(liblzma::bufread::XzDecoder::new_stream(reader, decoder))
        }
        Format::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(reader)),
        Format::Zstd => {
            Box::new(zstd::stream::read::Decoder::with_buffer(reader).map_err(ArchiveError::read)?)
        }
        Format::Zip => return Ok(Opened::Zip),
        Format::Plain => Box::new(reader),
    };
    Ok(Opened::Stream(stream))
}

/// Reads to the end, so that checksums behind the last entry are looked at.
pub(super) fn drain(reader: &mut dyn Read) -> Result<(), ArchiveError> {
    io::copy(reader, &mut io::sink())
        .map(|_| ())
        .map_err(ArchiveError::read)
}

//! Archives: round trips, hostile ones of each kind, packages with links, patches.

mod figures;
mod pack;
mod patch;
mod root;
mod unpack;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::Instant;

use pbs::archive::{
    ArchiveError, Compression, EntryFault, PackSpec, PatchError, RootError, UnpackLimits, UnpackSpec,
    apply_patches, pack, unpack, unpack_root,
};
use pbs::model::{Digest, Entry, Tree};
use pbs::plan::{LockedPackage, Root, TextFile};
use pbs::store::{BlobState, Store, StoreError};
use proptest::prelude::*;
use tar::EntryType;

use crate::store::{path, test_store, tree_of};

/// An entry of a tar archive made for a test: any name, as bytes, without the checks of a tool.
struct Raw<'a> {
    name: &'a [u8],
    kind: EntryType,
    link: &'a [u8],
    content: &'a [u8],
    mode: u32,
}

fn file<'a>(name: &'a str, content: &'a str) -> Raw<'a> {
    Raw {
        name: name.as_bytes(),
        kind: EntryType::Regular,
        link: b"",
        content: content.as_bytes(),
        mode: 0o644,
    }
}

fn link<'a>(kind: EntryType, name: &'a str, target: &'a str) -> Raw<'a> {
    Raw {
        kind,
        link: target.as_bytes(),
        ..file(name, "")
    }
}

fn directory(name: &str) -> Raw<'_> {
    Raw {
        kind: EntryType::Directory,
        ..file(name, "")
    }
}

fn tar_of(entries: &[Raw<'_>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in entries {
        let mut header = tar::Header::new_gnu();
        let gnu = header.as_gnu_mut().unwrap();
        gnu.name[..entry.name.len()].copy_from_slice(entry.name);
        gnu.linkname[..entry.link.len()].copy_from_slice(entry.link);
        header.set_entry_type(entry.kind);
        header.set_size(entry.content.len() as u64);
        header.set_mode(entry.mode);
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        header.set_cksum();
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(entry.content);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    }
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 1);
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn unpack_bytes(store: &Store, bytes: &[u8], spec: &UnpackSpec) -> Result<Tree, ArchiveError> {
    let archive = store.put_bytes(bytes).unwrap();
    unpack(store, &archive, spec).map(|unpacked| unpacked.tree)
}

fn stripped(strip: u32) -> UnpackSpec {
    UnpackSpec {
        strip,
        ..Default::default()
    }
}

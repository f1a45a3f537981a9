//! Wheels, made byte by byte, so that each can be wrong in its own way.

use std::path::{Path, PathBuf};

use pbs::model::Digest;
use zip::write::{SimpleFileOptions, ZipWriter};

/// URL-safe Base64 without padding, as RECORD has it.
fn base64(bytes: &[u8]) -> String {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits: Vec<u8> = bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1))
        .collect();
    let digit = |bits: &[u8]| (0..6).fold(0, |number, at| number << 1 | bits.get(at).copied().unwrap_or(0));
    bits.chunks(6)
        .map(|bits| char::from(digits[usize::from(digit(bits))]))
        .collect()
}

/// A wheel in the making.
pub(crate) struct Wheel {
    file: String,
    info: String,
    files: Vec<(String, Vec<u8>)>,
}

impl Wheel {
    /// A wheel of this file name, with what every wheel has.
    pub(crate) fn new(file: &str) -> Self {
        let mut parts = file.split('-');
        let (name, version) = (parts.next().unwrap(), parts.next().unwrap());
        let info = format!("{name}-{version}.dist-info");
        let metadata = format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n");
        let wheel = Self {
            file: file.to_owned(),
            info,
            files: Vec::new(),
        };
        wheel
            .info("METADATA", &metadata)
            .info("WHEEL", "Wheel-Version: 1.0\n")
    }

    pub(crate) fn file(mut self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.files.retain(|(other, _)| other != path);
        self.files.push((path.to_owned(), content.as_ref().to_vec()));
        self
    }

    pub(crate) fn info(self, name: &str, content: &str) -> Self {
        let path = format!("{}/{name}", self.info);
        self.file(&path, content)
    }

    pub(crate) fn metadata(self, more: &str) -> Self {
        let path = format!("{}/METADATA", self.info);
        let (_, old) = self.files.iter().find(|(other, _)| *other == path).unwrap();
        let new = String::from_utf8_lossy(old).into_owned() + more;
        self.file(&path, new)
    }

    pub(crate) fn record(&self) -> String {
        let rows = self.files.iter().map(|(path, content)| {
            let digest = base64(&Digest::of(content).hash);
            format!("{path},sha256={digest},{}\n", content.len())
        });
        rows.collect::<String>() + &format!("{}/RECORD,,\n", self.info)
    }

    pub(crate) fn write(self, directory: &Path) -> PathBuf {
        let record = self.record();
        self.write_with(directory, &record)
    }

    pub(crate) fn write_with(self, directory: &Path, record: &str) -> PathBuf {
        let path = directory.join(&self.file);
        fs_err::create_dir_all(directory).unwrap();
        let mut zip = ZipWriter::new(fs_err::File::create(&path).unwrap());
        let own = (format!("{}/RECORD", self.info), record.as_bytes().to_vec());
        for (name, content) in self.files.into_iter().chain([own]) {
            zip.start_file(name, SimpleFileOptions::default()).unwrap();
            std::io::Write::write_all(&mut zip, &content).unwrap();
        }
        zip.finish().unwrap();
        path
    }
}

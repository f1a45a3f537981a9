//! The toy's worker root: this machine's own compiler and shell, with what they load and read, as
//! one package that Debian could have made.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use pbs::model::Digest;

/// The package as a file, and what a lock says of it.
pub(super) struct Package {
    pub(super) path: Utf8PathBuf,
    pub(super) sha256: String,
    pub(super) size: u64,
}

const PROGRAMS: [&str; 19] = [
    "ar", "as", "bash", "cat", "cc", "chmod", "cp", "dirname", "grep", "head", "ld", "ln", "ls", "mkdir",
    "sed", "setsid", "sleep", "strip", "uname",
];

/// What the driver of the compiler starts.
const PARTS: [&str; 2] = ["cc1", "collect2"];

/// What a link needs beside what it is given.
const FILES: [&str; 15] = [
    "Scrt1.o",
    "crt1.o",
    "crtbegin.o",
    "crtbeginS.o",
    "crtend.o",
    "crtendS.o",
    "crti.o",
    "crtn.o",
    "ld-linux-x86-64.so.2",
    "libc.so",
    "libc.so.6",
    "libc_nonshared.a",
    "libgcc.a",
    "libgcc_s.so",
    "libgcc_s.so.1",
];

/// The names that a relink looks for, and what stands in for LLVM's.
const LINKS: [(&str, &str); 2] = [("usr/bin/sh", "bash"), ("usr/bin/ld.lld", "ld")];
const BUILTINS: &str = "usr/lib/llvm-0/lib/clang/0/lib/linux/libclang_rt.builtins.a";

/// The package, made once and shared by all processes of the tests; nothing where this machine
/// lacks a part of it.
pub(super) fn package(source: &Utf8Path) -> Option<Package> {
    let files = gather(source)?;
    let mut listing = String::from("layout 1\n");
    for (to, from) in &files {
        let metadata = fs_err::metadata(from).unwrap();
        let _ = writeln!(listing, "{to} {from} {} {}", metadata.len(), metadata.mtime());
    }
    let name = format!("toycompiler-{}", &Digest::of(listing.as_bytes()).hex()[..16]);
    let shared = Utf8Path::new(env!("CARGO_TARGET_TMPDIR"));
    let find = || {
        let entries = shared.read_dir_utf8().unwrap().flatten();
        entries.into_iter().find_map(|entry| {
            let sha256 = entry.file_name().strip_prefix(&name)?.strip_prefix('-')?;
            Some(Package {
                sha256: sha256.strip_suffix(".deb")?.to_owned(),
                size: entry.metadata().ok()?.len(),
                path: entry.into_path(),
            })
        })
    };
    find().or_else(|| {
        let deb = deb(&files);
        let digest = Digest::of(&deb);
        let mut made = tempfile::NamedTempFile::new_in(shared).unwrap();
        std::io::Write::write_all(&mut made, &deb).unwrap();
        made.persist(shared.join(format!("{name}-{}.deb", digest.hex())))
            .unwrap();
        find()
    })
}

/// Where each file goes, and where it comes from.
fn gather(source: &Utf8Path) -> Option<BTreeMap<String, Utf8PathBuf>> {
    let mut files = BTreeMap::new();
    let mut loaded = Vec::new();
    for name in PROGRAMS {
        let from = find_program(name)?;
        loaded.push(from.clone());
        files.insert(format!("usr/bin/{name}"), from);
    }
    for name in PARTS {
        let from = compiler(&[&format!("-print-prog-name={name}")])?;
        let from = absolute(from.trim())?;
        loaded.push(from.clone());
        files.insert(place(&from)?, from);
    }
    for name in FILES {
        let from = absolute(compiler(&[&format!("-print-file-name={name}")])?.trim())?;
        files.insert(place(&from)?, from);
    }
    // A compiler may have been built without.
    let plugin = compiler(&["-print-file-name=liblto_plugin.so"])?;
    if let Some(from) = absolute(plugin.trim()) {
        files.insert(place(&from)?, from);
    }
    let libgcc = compiler(&["-print-libgcc-file-name"])?;
    files.insert(BUILTINS.to_owned(), absolute(libgcc.trim())?);
    // Without it programs complain of `LC_ALL`; some C libraries have it inside.
    for entry in walkdir::WalkDir::new("/usr/lib/locale/C.utf8")
        .into_iter()
        .flatten()
    {
        if entry.file_type().is_file() {
            let from = Utf8PathBuf::from_path_buf(entry.into_path()).ok()?;
            files.insert(place(&from)?, from);
        }
    }
    for from in libraries(&loaded).into_iter().chain(headers(source)?) {
        files.insert(place(&from)?, from);
    }
    Some(files)
}

fn find_program(name: &str) -> Option<Utf8PathBuf> {
    let dirs = ["/usr/bin", "/bin", "/usr/local/bin"];
    let mut places = dirs.iter().map(|dir| Utf8Path::new(dir).join(name));
    places.find(|place| place.exists())
}

/// What the compiler's driver answers.
fn compiler(args: &[&str]) -> Option<String> {
    let output = Command::new("cc").args(args).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8(output.stdout).unwrap())
}

/// The compiler repeats the name of what it does not know.
fn absolute(path: &str) -> Option<Utf8PathBuf> {
    let path = Utf8Path::new(path);
    (path.is_absolute() && path.exists()).then(|| path.to_owned())
}

/// The libraries that these programs load, the loader among them.
fn libraries(programs: &[Utf8PathBuf]) -> Vec<Utf8PathBuf> {
    let output = Command::new("ldd").args(programs).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let words = text
        .lines()
        .filter(|line| line.starts_with('\t'))
        .flat_map(str::split_whitespace);
    words.filter_map(absolute).collect()
}

/// The headers of the system that the toy's sources read.
fn headers(source: &Utf8Path) -> Option<Vec<Utf8PathBuf>> {
    let include = format!("-I{}", source.join("Include"));
    let toy = source.join("Python/toy.c");
    let rule = compiler(&["-M", "-O1", "-D_FORTIFY_SOURCE=2", &include, toy.as_str()])?;
    let words = rule.split_whitespace().filter_map(absolute);
    Some(words.filter(|path| !path.starts_with(source)).collect())
}

/// The same place in the root, without links on the way.
fn place(path: &Utf8Path) -> Option<String> {
    let parent = path.parent()?.canonicalize_utf8().ok()?;
    Some(
        parent
            .join(path.file_name()?)
            .as_str()
            .trim_start_matches('/')
            .to_owned(),
    )
}

fn deb(files: &BTreeMap<String, Utf8PathBuf>) -> Vec<u8> {
    let mut data = tar::Builder::new(Vec::new());
    let header = |kind, mode, size| {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(size);
        header
    };
    for (to, from) in files {
        let bytes = fs_err::read(from).unwrap();
        let mode = fs_err::metadata(from).unwrap().mode() & 0o777;
        let mut header = header(tar::EntryType::Regular, mode, bytes.len() as u64);
        data.append_data(&mut header, to, bytes.as_slice()).unwrap();
    }
    for (link, target) in LINKS {
        let mut header = header(tar::EntryType::Symlink, 0o777, 0);
        data.append_link(&mut header, link, target).unwrap();
    }
    let data = data.into_inner().unwrap();
    let mut deb = ar::Builder::new(Vec::new());
    for (name, bytes) in [("debian-binary", &b"2.0\n"[..]), ("data.tar", &data)] {
        let header = ar::Header::new(name.as_bytes().to_vec(), bytes.len() as u64);
        deb.append(&header, bytes).unwrap();
    }
    deb.into_inner().unwrap()
}

//! Which linker: the places where one may be, in order of preference, and what was looked for where there is none.

use camino::{Utf8Path, Utf8PathBuf};

use crate::model::ObjectFormat;

/// A linker that takes the arguments of its format: GNU ld's for ELF, those of Microsoft's link.exe for COFF, those of
/// Apple's ld for Mach-O.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Linker {
    /// What it is called: `lld`, `rust-lld`, `mold`, `ld`, or a path that was given.
    pub name: String,
    /// The program.
    pub program: Utf8PathBuf,
    /// What it is told before all else.
    pub leading: &'static [&'static str],
}

/// Where a machine keeps programs.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Places {
    /// The directories of `PATH`, in order.
    pub path: Vec<Utf8PathBuf>,
    /// Where Rust's toolchains keep programs of their own.
    pub rust: Vec<Utf8PathBuf>,
}

/// No linker was found.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoLinker {
    /// A name that means none.
    #[error("`{wanted}` is no linker that is known: {}", NAMES.join(", "))]
    Unknown {
        /// What was asked for.
        wanted: String,
    },
    /// One that links other objects.
    #[error("`{wanted}` links no objects of the format `{format}`: {} do", known(*format).1.join(", "))]
    Format {
        /// What was asked for.
        wanted: String,
        /// The format of the objects.
        format: ObjectFormat,
    },
    /// None of the programs is there.
    #[error("there is no linker{}", for_what(*format))]
    Missing {
        /// The format of the objects, where one that was named is not there for any.
        format: Option<ObjectFormat>,
        /// The programs, each with where it was looked for.
        looked_for: Vec<String>,
    },
}

/// The names that `find_linker` understands.
const NAMES: [&str; 5] = ["auto", "lld", "rust-lld", "mold", "ld"];

/// LLVM's linker is told which one it is, where its file's name says nothing or something else.
const AS_GNU: &[&str] = &["-flavor", "gnu"];
const AS_LINK: &[&str] = &["-flavor", "link"];
const AS_APPLE: &[&str] = &["-flavor", "darwin"];

/// Name, program, what it is told first. `auto` takes the first that is there: lld first, as distributions are linked with it.
type Known = &'static [(&'static str, &'static str, &'static [&'static str])];

const FOR_ELF: Known = &[
    ("lld", "ld.lld", &[]),
    ("lld", "lld", AS_GNU),
    ("rust-lld", "rust-lld", AS_GNU),
    ("mold", "mold", &[]),
    ("ld", "ld", &[]),
];
const FOR_COFF: Known = &[
    ("lld", "lld-link", &[]),
    ("lld", "lld", AS_LINK),
    ("lld", "ld.lld", AS_LINK),
    ("rust-lld", "rust-lld", AS_LINK),
];
const FOR_MACH_O: Known = &[
    ("lld", "ld64.lld", &[]),
    ("lld", "lld", AS_APPLE),
    ("lld", "ld.lld", AS_APPLE),
    ("rust-lld", "rust-lld", AS_APPLE),
];

/// The linkers for a format, and their names.
fn known(format: ObjectFormat) -> (Known, Vec<&'static str>) {
    let known = match format {
        ObjectFormat::Elf => FOR_ELF,
        ObjectFormat::Coff => FOR_COFF,
        ObjectFormat::MachO => FOR_MACH_O,
    };
    let mut names: Vec<_> = known.iter().map(|(name, ..)| *name).collect();
    names.dedup();
    (known, names)
}

fn for_what(format: Option<ObjectFormat>) -> &'static str {
    match format {
        None | Some(ObjectFormat::Elf) => "",
        Some(ObjectFormat::Coff) => " for Windows",
        Some(ObjectFormat::MachO) => " for macOS",
    }
}

/// What the linker in a file of this name is told first.
fn leading(file: Option<&str>, format: ObjectFormat) -> &'static [&'static str] {
    match (file, format) {
        (Some("lld" | "rust-lld"), ObjectFormat::Elf) => AS_GNU,
        (Some("lld" | "rust-lld" | "ld.lld"), ObjectFormat::Coff) => AS_LINK,
        (Some("lld" | "rust-lld" | "ld.lld"), ObjectFormat::MachO) => AS_APPLE,
        _ => &[],
    }
}

/// Whether `wanted` may be a linker: one of `NAMES`, or the path of a program that is there.
pub fn check_linker(wanted: &str, exists: &dyn Fn(&Utf8Path) -> bool) -> Result<(), NoLinker> {
    if wanted.contains('/') && !exists(Utf8Path::new(wanted)) {
        let looked_for = vec![format!("`{wanted}`")];
        return Err(NoLinker::Missing {
            format: None,
            looked_for,
        });
    }
    if wanted.contains('/') || NAMES.contains(&wanted) {
        return Ok(());
    }
    let wanted = wanted.to_owned();
    Err(NoLinker::Unknown { wanted })
}

/// Finds the linker that is `wanted` for objects of a format: one of `NAMES`, or the path of a program. `exists` says
/// whether there is a program.
pub fn find_linker(
    wanted: &str,
    format: ObjectFormat,
    places: &Places,
    exists: &dyn Fn(&Utf8Path) -> bool,
) -> Result<Linker, NoLinker> {
    check_linker(wanted, exists)?;
    if wanted.contains('/') {
        let program = Utf8PathBuf::from(wanted);
        return Ok(Linker {
            name: wanted.to_owned(),
            leading: leading(program.file_name(), format),
            program,
        });
    }
    let (known, names) = known(format);
    if wanted != "auto" && !names.contains(&wanted) {
        let wanted = wanted.to_owned();
        return Err(NoLinker::Format { wanted, format });
    }
    let mut looked_for = Vec::new();
    for (name, program, leading) in known.iter().copied() {
        if wanted != "auto" && wanted != name {
            continue;
        }
        let in_rust = name == "rust-lld";
        let dirs = if in_rust { &places.rust } else { &places.path };
        if let Some(program) = dirs.iter().map(|dir| dir.join(program)).find(|at| exists(at)) {
            return Ok(Linker {
                name: name.to_owned(),
                program,
                leading,
            });
        }
        looked_for.push(match (in_rust, dirs.as_slice()) {
            (true, []) => format!("`{program}`, which comes with Rust: there is no Rust toolchain"),
            (true, dirs) => format!("`{program}` in {}", listed(dirs)),
            (false, dirs) => format!("`{program}` on PATH: {}", listed(dirs)),
        });
    }
    let format = Some(format);
    Err(NoLinker::Missing { format, looked_for })
}

fn listed(dirs: &[Utf8PathBuf]) -> String {
    let dirs: Vec<&str> = dirs.iter().map(|dir| dir.as_str()).collect();
    if dirs.is_empty() {
        "it is empty".to_owned()
    } else {
        dirs.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places() -> Places {
        Places {
            path: vec!["/usr/local/bin".into(), "/usr/bin".into()],
            rust: vec!["/rust/bin".into()],
        }
    }

    fn find(wanted: &str, there: &[&str]) -> Result<(String, String), NoLinker> {
        find_for(ObjectFormat::Elf, wanted, there)
    }

    fn find_for(format: ObjectFormat, wanted: &str, there: &[&str]) -> Result<(String, String), NoLinker> {
        find_linker(wanted, format, &places(), &|path| there.contains(&path.as_str()))
            .map(|linker| (linker.program.to_string(), linker.leading.join(" ")))
    }

    #[test]
    fn takes_the_best_that_is_there() {
        let all = [
            "/usr/bin/ld",
            "/usr/bin/mold",
            "/rust/bin/rust-lld",
            "/usr/bin/ld.lld",
        ];
        let plain = |program: &str| Ok((program.to_owned(), String::new()));
        assert_eq!(find("auto", &all), plain("/usr/bin/ld.lld"));
        let rust = Ok(("/rust/bin/rust-lld".to_owned(), "-flavor gnu".to_owned()));
        assert_eq!(find("auto", &all[..3]), rust);
        assert_eq!(find("auto", &all[..2]), plain("/usr/bin/mold"));
        assert_eq!(find("ld", &all), plain("/usr/bin/ld"));
        assert_eq!(find("/usr/bin/mold", &all), plain("/usr/bin/mold"));
        // Cargo's tools may be on PATH; this one is none of PATH's.
        assert!(find("rust-lld", &["/usr/bin/rust-lld"]).is_err());
    }

    #[test]
    fn windows_is_linked_by_lld() {
        let coff = |wanted, there: &[&str]| find_for(ObjectFormat::Coff, wanted, there);
        let found = |program: &str, leading: &str| Ok((program.to_owned(), leading.to_owned()));
        let all = [
            "/usr/bin/ld",
            "/usr/bin/mold",
            "/usr/bin/ld.lld",
            "/usr/bin/lld-link",
        ];
        assert_eq!(coff("auto", &all), found("/usr/bin/lld-link", ""));
        assert_eq!(coff("lld", &all[..3]), found("/usr/bin/ld.lld", "-flavor link"));
        assert_eq!(
            coff("auto", &["/rust/bin/rust-lld"]),
            found("/rust/bin/rust-lld", "-flavor link")
        );
        assert_eq!(
            coff("/usr/bin/ld.lld", &all),
            found("/usr/bin/ld.lld", "-flavor link")
        );
        assert_eq!(coff("/usr/bin/lld-link", &all), found("/usr/bin/lld-link", ""));
        assert_eq!(
            coff("mold", &all).unwrap_err().to_string(),
            "`mold` links no objects of the format `coff`: lld, rust-lld do"
        );
        assert_eq!(
            coff("auto", &all[..2]).unwrap_err().to_string(),
            "there is no linker for Windows"
        );
    }

    #[test]
    fn macos_is_linked_by_lld() {
        let apple = |wanted, there: &[&str]| find_for(ObjectFormat::MachO, wanted, there);
        let found = |program: &str, leading: &str| Ok((program.to_owned(), leading.to_owned()));
        let all = [
            "/usr/bin/ld",
            "/usr/bin/ld.lld",
            "/usr/bin/lld",
            "/usr/bin/ld64.lld",
        ];
        assert_eq!(apple("auto", &all), found("/usr/bin/ld64.lld", ""));
        assert_eq!(apple("auto", &all[..3]), found("/usr/bin/lld", "-flavor darwin"));
        assert_eq!(
            apple("lld", &all[..2]),
            found("/usr/bin/ld.lld", "-flavor darwin")
        );
        let rust = found("/rust/bin/rust-lld", "-flavor darwin");
        assert_eq!(apple("auto", &["/rust/bin/rust-lld"]), rust);
        assert_eq!(
            apple("/usr/bin/lld", &all),
            found("/usr/bin/lld", "-flavor darwin")
        );
        assert_eq!(apple("/usr/bin/ld64.lld", &all), found("/usr/bin/ld64.lld", ""));
        assert_eq!(
            apple("ld", &all).unwrap_err().to_string(),
            "`ld` links no objects of the format `mach-o`: lld, rust-lld do"
        );
        let missing = apple("auto", &all[..1]).unwrap_err();
        assert_eq!(missing.to_string(), "there is no linker for macOS");
        let NoLinker::Missing { looked_for, .. } = missing else {
            panic!("it is missing");
        };
        assert_eq!(looked_for[0], "`ld64.lld` on PATH: /usr/local/bin, /usr/bin");
    }

    #[test]
    fn says_what_was_looked_for() {
        let Err(NoLinker::Missing { looked_for, .. }) = find("auto", &[]) else {
            panic!("there is none");
        };
        assert_eq!(
            looked_for,
            [
                "`ld.lld` on PATH: /usr/local/bin, /usr/bin",
                "`lld` on PATH: /usr/local/bin, /usr/bin",
                "`rust-lld` in /rust/bin",
                "`mold` on PATH: /usr/local/bin, /usr/bin",
                "`ld` on PATH: /usr/local/bin, /usr/bin",
            ]
        );
        assert_eq!(
            find("gold", &[]).unwrap_err().to_string(),
            "`gold` is no linker that is known: auto, lld, rust-lld, mold, ld"
        );
    }
}

//! Which linker: the places where one may be, in order of preference, and what was looked for where there is none.

use camino::{Utf8Path, Utf8PathBuf};

/// A linker that takes GNU ld's arguments for ELF.
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
    /// None of the programs is there.
    #[error("there is no linker")]
    Missing {
        /// The programs, each with where it was looked for.
        looked_for: Vec<String>,
    },
}

/// The names that `find_linker` understands.
const NAMES: [&str; 5] = ["auto", "lld", "rust-lld", "mold", "ld"];

/// LLVM's linker asks under which name it runs, where its file does not tell.
const AS_GNU: &[&str] = &["-flavor", "gnu"];

/// Name, program, what it is told first. `auto` takes the first that is there: lld first, as distributions are linked with it.
const KNOWN: [(&str, &str, &[&str]); 5] = [
    ("lld", "ld.lld", &[]),
    ("lld", "lld", AS_GNU),
    ("rust-lld", "rust-lld", AS_GNU),
    ("mold", "mold", &[]),
    ("ld", "ld", &[]),
];

/// Finds the linker that is `wanted`: one of `NAMES`, or the path of a program. `exists` says whether there is a program.
pub fn find_linker(
    wanted: &str,
    places: &Places,
    exists: &dyn Fn(&Utf8Path) -> bool,
) -> Result<Linker, NoLinker> {
    if wanted.contains('/') {
        let program = Utf8PathBuf::from(wanted);
        if !exists(&program) {
            let looked_for = vec![format!("`{wanted}`")];
            return Err(NoLinker::Missing { looked_for });
        }
        let generic = matches!(program.file_name(), Some("lld" | "rust-lld"));
        return Ok(Linker {
            name: wanted.to_owned(),
            program,
            leading: if generic { AS_GNU } else { &[] },
        });
    }
    if !NAMES.contains(&wanted) {
        let wanted = wanted.to_owned();
        return Err(NoLinker::Unknown { wanted });
    }
    let mut looked_for = Vec::new();
    for (name, program, leading) in KNOWN {
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
    Err(NoLinker::Missing { looked_for })
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
        find_linker(wanted, &places(), &|path| there.contains(&path.as_str()))
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
    fn says_what_was_looked_for() {
        let Err(NoLinker::Missing { looked_for }) = find("auto", &[]) else {
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

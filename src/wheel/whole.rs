//! A wheel as a whole: its parts hold against each other.

use std::collections::BTreeMap;

use super::metadata::check_wheel;
use super::spread::{Place, is_cache, place, spread};
use super::{Metadata, MetadataError, Record, RecordError, Version, WheelName, console_scripts, normalized};

/// A wheel that was read and checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wheel {
    /// What its file name says.
    pub name: WheelName,
    /// What METADATA says.
    pub metadata: Metadata,
    /// The directory with METADATA: `NAME-VERSION.dist-info`.
    pub info: String,
    /// The commands that it would install, as `module:function`.
    pub scripts: BTreeMap<String, String>,
    /// Its files by path in a directory that `sys.path` would name.
    pub files: BTreeMap<String, Vec<u8>>,
    /// What would go elsewhere and was left out: scheme → number of files.
    pub left_out: BTreeMap<String, usize>,
}

/// Why a wheel is none, or not the one that its name says.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum WheelError {
    /// There is not one directory with metadata.
    #[error("it has {count} directories `*.dist-info`, where a wheel has one")]
    Info {
        /// How many there are.
        count: usize,
    },
    /// A file of the directory with metadata is not there.
    #[error("it has no `{path}`")]
    Missing {
        /// The file.
        path: String,
    },
    /// A file of the directory with metadata is no text.
    #[error("`{path}` is not UTF-8")]
    Text {
        /// The file.
        path: String,
    },
    /// It is of another project or version.
    #[error("its name says `{name}`, its METADATA says `{said}`")]
    Other {
        /// Project or version by the file name.
        name: String,
        /// By METADATA.
        said: String,
    },
    /// Two files would be installed to one path.
    #[error("two of its files would be installed as `{path}`")]
    Twice {
        /// The path.
        path: String,
    },
    /// METADATA or WHEEL.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// Its files are not what RECORD lists.
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// Who installed it, as PEP 376 has it.
const INSTALLER: &str = "pbs\n";

impl Wheel {
    /// Reads a wheel: its name and its files by path.
    pub fn read(name: WheelName, files: BTreeMap<String, Vec<u8>>) -> Result<Self, WheelError> {
        let mut infos: Vec<&str> = files
            .keys()
            .filter_map(|path| path.split_once('/'))
            .map(|(directory, _)| directory)
            .filter(|directory| directory.ends_with(".dist-info"))
            .collect();
        infos.dedup();
        let [info] = infos[..] else {
            return Err(WheelError::Info { count: infos.len() });
        };
        let info = info.to_owned();
        let text = |file: &str| {
            let path = format!("{info}/{file}");
            let bytes = files
                .get(&path)
                .ok_or_else(|| WheelError::Missing { path: path.clone() })?;
            std::str::from_utf8(bytes).map_err(|_| WheelError::Text { path })
        };
        check_wheel(text("WHEEL")?)?;
        let record = Record::parse(text("RECORD")?)?;
        let own = format!("{info}/RECORD");
        record.check(&files, &own)?;
        let metadata = Metadata::parse(text("METADATA")?)?;
        if normalized(&metadata.name) != normalized(&name.project) {
            return Err(WheelError::Other {
                name: name.project,
                said: metadata.name,
            });
        }
        if !same_version(&metadata.version, &name.version) {
            return Err(WheelError::Other {
                name: name.version,
                said: metadata.version,
            });
        }
        let scripts = match text("entry_points.txt") {
            Ok(text) => console_scripts(text),
            Err(_) => BTreeMap::new(),
        };
        let data = format!("{}.data", info.trim_end_matches(".dist-info"));
        let mut spread = spread(files, &data);
        if let Some(path) = spread.twice {
            return Err(WheelError::Twice { path });
        }
        let record = record.moved(|path| match place(path, &data) {
            Place::Inside(place) if !is_cache(place) => Some(place.to_owned()),
            _ => None,
        });
        spread.files.insert(own, record.into_bytes());
        let installer = format!("{info}/INSTALLER");
        spread.files.insert(installer, INSTALLER.as_bytes().to_vec());
        Ok(Self {
            name,
            metadata,
            info,
            scripts,
            files: spread.files,
            left_out: spread.left_out,
        })
    }

    /// The texts of its licences, by path in its files: those it names, and those that are called so.
    #[must_use]
    pub fn license_paths(&self) -> Vec<&str> {
        const WORDS: [&str; 4] = ["LICENSE", "LICENCE", "COPYING", "NOTICE"];
        let paths = self.files.keys().filter(|path| {
            let Some(below) = path
                .strip_prefix(&self.info)
                .and_then(|rest| rest.strip_prefix('/'))
            else {
                return false;
            };
            let named = self.metadata.licenses.iter().any(|license| license == below);
            let upper = below.to_ascii_uppercase();
            named || below.starts_with("licenses/") || WORDS.iter().any(|word| upper.starts_with(word))
        });
        paths.map(String::as_str).collect()
    }
}

/// Whether two texts are one version; file names have `_` where a version has `-`.
fn same_version(said: &str, name: &str) -> bool {
    match (Version::parse(said), Version::parse(name)) {
        (Some(said), Some(name)) => said == name,
        _ => said.replace('-', "_") == name,
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::tests::record;
    use super::*;

    fn files(more: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
        let mut files: BTreeMap<String, Vec<u8>> = [
            ("shop/__init__.py", "value = 1\n"),
            ("shop-1.0.dist-info/METADATA", "Name: Shop\nVersion: 1.0\n"),
            ("shop-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\n"),
            ("shop-1.0.dist-info/LICENSE.txt", "free\n"),
            (
                "shop-1.0.dist-info/entry_points.txt",
                "[console_scripts]\nsell = shop:main\n",
            ),
        ]
        .iter()
        .chain(more)
        .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()))
        .collect();
        let own = "shop-1.0.dist-info/RECORD";
        let text = record(&files, own);
        files.insert(own.to_owned(), text.into_bytes());
        files
    }

    fn read(files: BTreeMap<String, Vec<u8>>) -> Result<Wheel, WheelError> {
        Wheel::read(WheelName::parse("shop-1-py3-none-any.whl").unwrap(), files)
    }

    #[test]
    fn a_wheel_is_what_it_says() {
        let wheel = read(files(&[
            ("shop-1.0.data/purelib/more.py", "x = 2\n"),
            ("shop-1.0.data/scripts/sell", "#!python\n"),
        ]))
        .unwrap();
        assert_eq!(wheel.metadata.name, "Shop");
        assert_eq!(wheel.scripts["sell"], "shop:main");
        assert_eq!(wheel.left_out["scripts"], 1);
        assert_eq!(wheel.files["more.py"], b"x = 2\n");
        assert_eq!(wheel.license_paths(), ["shop-1.0.dist-info/LICENSE.txt"]);
        let record = std::str::from_utf8(&wheel.files["shop-1.0.dist-info/RECORD"]).unwrap();
        assert!(record.contains("\nmore.py,sha256=") || record.starts_with("more.py,sha256="));
        assert!(!record.contains("scripts"), "{record}");
    }

    #[test]
    fn what_is_not_what_it_says_is_refused() {
        let mut lacking = files(&[]);
        lacking.remove("shop-1.0.dist-info/WHEEL");
        assert!(matches!(read(lacking), Err(WheelError::Missing { .. })));
        let two = files(&[("other-1.dist-info/METADATA", "")]);
        assert_eq!(read(two), Err(WheelError::Info { count: 2 }));
        assert_eq!(read(BTreeMap::new()), Err(WheelError::Info { count: 0 }));
        let twice = files(&[("shop-1.0.data/platlib/shop/__init__.py", "")]);
        let path = "shop/__init__.py".to_owned();
        assert_eq!(read(twice), Err(WheelError::Twice { path }));
        let mut damaged = files(&[]);
        damaged.insert("shop/__init__.py".to_owned(), b"value = 2\n".to_vec());
        assert!(matches!(read(damaged), Err(WheelError::Record(_))));
        for file in ["shop-2-py3-none-any.whl", "stop-1.0-py3-none-any.whl"] {
            let found = Wheel::read(WheelName::parse(file).unwrap(), files(&[]));
            assert!(matches!(found, Err(WheelError::Other { .. })), "{file}");
        }
    }

    #[test]
    fn spellings_of_a_version_are_one() {
        assert!(same_version("1.0", "1"));
        assert!(same_version("1.0-local", "1.0_local"));
        assert!(!same_version("1.1", "1.0"));
    }
}

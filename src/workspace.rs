//! Reads the facts — `recipes/`, `patches/`, `docker/` — into memory; nobody else opens them.
//!
//! It knows nothing of what the files mean and never looks outside these three directories.

use camino::{Utf8Path, Utf8PathBuf};

use crate::recipe::{PROFILE_ARCHIVE, SourceFile};

/// The directories that hold facts.
const DIRECTORIES: [&str; 3] = ["recipes", "patches", "docker"];

/// No file written by a person is larger; what is larger got there by mistake.
const LARGEST: u64 = 4 << 20;

/// Why the facts could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkspaceError {
    /// There are no recipes.
    #[error("`{root}` has no directory `recipes`")]
    NoRecipes {
        /// Where they were looked for.
        root: Utf8PathBuf,
    },
    /// The file system refused.
    #[error("cannot read the recipes")]
    Read(#[from] std::io::Error),
    /// A name that is not UTF-8.
    #[error("`{shown}` has a name that is not UTF-8")]
    Name {
        /// The name as far as it can be shown.
        shown: String,
    },
    /// A file that is not text.
    #[error("`{path}` is not UTF-8 text")]
    NotText {
        /// The file.
        path: String,
    },
    /// A file that is far too large for a fact.
    #[error("`{path}` has {size} bytes; the limit is {LARGEST}")]
    TooLarge {
        /// The file.
        path: String,
        /// Its size.
        size: u64,
    },
    /// Something that is neither a file nor a directory.
    #[error("`{path}` is neither a file nor a directory")]
    Special {
        /// Where.
        path: String,
    },
}

impl WorkspaceError {
    /// What a person can do about it.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::NoRecipes { .. } => {
                "name a checkout of pbs, or a copy of its recipes/, patches/ and docker/"
            }
            Self::Read(_) => "all of recipes/, patches/ and docker/ must be readable",
            Self::Name { .. } => "rename it",
            Self::NotText { .. } | Self::TooLarge { .. } => "only text that people write belongs there",
            Self::Special { .. } => "put a file in its place, or take it away",
        }
    }
}

/// Reads every file of `recipes/`, `patches/` and `docker/` below `root`, sorted by path.
///
/// Hidden files and editors' backups (`*~`) are left out, and so are archives of profiles: they are
/// sources, and the fetcher opens them.
pub fn read_workspace(root: &Utf8Path) -> Result<Vec<SourceFile>, WorkspaceError> {
    if !root.join("recipes").is_dir() {
        return Err(WorkspaceError::NoRecipes {
            root: root.to_owned(),
        });
    }
    let mut files = Vec::new();
    for directory in DIRECTORIES {
        if root.join(directory).is_dir() {
            read_directory(root, directory, &mut files)?;
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn read_directory(root: &Utf8Path, below: &str, files: &mut Vec<SourceFile>) -> Result<(), WorkspaceError> {
    for entry in fs_err::read_dir(root.join(below))? {
        let entry = entry?;
        let name = entry
            .file_name()
            .into_string()
            .map_err(|name| WorkspaceError::Name {
                shown: name.to_string_lossy().into_owned(),
            })?;
        if name.starts_with('.') || name.ends_with('~') || name.ends_with(PROFILE_ARCHIVE) {
            continue;
        }
        let path = format!("{below}/{name}");
        let full = root.join(&path);
        let kind = entry.file_type()?;
        if kind.is_dir() {
            read_directory(root, &path, files)?;
        } else if kind.is_file() {
            let size = entry.metadata()?.len();
            if size > LARGEST {
                return Err(WorkspaceError::TooLarge { path, size });
            }
            let bytes = fs_err::read(full)?;
            let text =
                String::from_utf8(bytes).map_err(|_| WorkspaceError::NotText { path: path.clone() })?;
            files.push(SourceFile { path, text });
        } else {
            return Err(WorkspaceError::Special { path });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace(files: &[(&str, &[u8])]) -> (tempfile::TempDir, Utf8PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::from_path_buf(dir.path().to_owned()).unwrap();
        for (path, bytes) in files {
            let path = root.join(path);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, bytes).unwrap();
        }
        (dir, root)
    }

    #[test]
    fn reads_three_directories_in_order() {
        let (_dir, root) = workspace(&[
            ("recipes/z/recipe.yaml", b"z"),
            ("recipes/a.yaml", b"a"),
            ("recipes/.hidden", b"\xff"),
            ("recipes/a.yaml~", b"old"),
            ("docker/worker/image.yaml", b"w"),
            ("src/main.rs", b"no"),
        ]);
        let files = read_workspace(&root).unwrap();
        let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "docker/worker/image.yaml",
                "recipes/a.yaml",
                "recipes/z/recipe.yaml"
            ]
        );
    }

    #[test]
    fn refuses_what_is_no_text() {
        let (_dir, root) = workspace(&[("recipes/a.yaml", b"\xff\xfe")]);
        let error = read_workspace(&root).unwrap_err();
        assert_eq!(error.to_string(), "`recipes/a.yaml` is not UTF-8 text");
        let (_dir, root) = workspace(&[("recipes/a.yaml", &vec![b'x'; 5 << 20])]);
        let error = read_workspace(&root).unwrap_err();
        assert!(matches!(error, WorkspaceError::TooLarge { .. }));
    }

    #[test]
    fn says_when_there_is_nothing() {
        let (_dir, root) = workspace(&[("other", b"")]);
        assert!(matches!(
            read_workspace(&root),
            Err(WorkspaceError::NoRecipes { .. })
        ));
    }
}

//! What rules look at, and where they put what they find.

use super::{ArchiveFacts, ArchiveMember, Limits};
use crate::inspect::{Code, MachO, Pe};
use crate::manifest::{BuildInfo, Inventory, Manifest, ReadBlob, own_library};
use crate::model::{Entry, ObjectFormat, Tree, TreePath};
use crate::plan::Flavor;

/// What rules look at.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The whole archive.
    pub tree: &'a Tree,
    /// Its manifest.
    pub manifest: &'a Manifest,
    /// What was seen in it; paths relative to `python/`.
    pub inventory: &'a Inventory,
    /// What the target allows.
    pub limits: &'a Limits,
    /// Reads a file's content.
    pub read: ReadBlob<'a>,
    /// Order, times and owners, where the archive itself is verified.
    pub archive: Option<&'a ArchiveFacts>,
}

impl std::fmt::Debug for Subject<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subject")
            .field("files", &self.inventory.files.len())
            .finish_non_exhaustive()
    }
}

impl<'a> Subject<'a> {
    /// The objects and libraries, where the archive has them.
    #[must_use]
    pub fn build(&self) -> Option<&'a BuildInfo> {
        self.manifest.build_info.as_ref()
    }

    /// The members of the archive; none where it is not an archive that is verified.
    #[must_use]
    pub fn members(&self) -> &'a [ArchiveMember] {
        self.archive
            .map(|archive| archive.members.as_slice())
            .unwrap_or_default()
    }

    /// The directory that Python is installed in, relative to `python/`.
    #[must_use]
    pub fn install(&self) -> TreePath {
        match self.manifest.pbs.flavor {
            Flavor::Full => TreePath::parse("install").expect("a path"),
            Flavor::InstallOnly | Flavor::InstallOnlyStripped | Flavor::DebugInfo => TreePath::root(),
        }
    }

    /// The format of its machine code.
    #[must_use]
    pub fn format(&self) -> ObjectFormat {
        self.manifest.pbs.os.object_format()
    }

    /// Whether something stands where wheels are installed: their files are as their makers made them.
    #[must_use]
    pub fn is_of_a_wheel(&self, path: &TreePath) -> bool {
        let exe = &self.manifest.python_exe;
        ["purelib", "platlib", "scripts"].iter().any(|name| {
            let place = self.manifest.python_paths.get(*name);
            // Where scripts stand beside the interpreter, the place tells nothing.
            place.is_some_and(|place| path.strip_prefix(place).is_some() && exe.strip_prefix(place).is_none())
        })
    }

    /// The libraries and programs that were built for it: of its format, and of no wheel.
    pub fn images(&self) -> impl Iterator<Item = (&'a TreePath, Code<'a>)> {
        let this = *self;
        let images = this.inventory.images();
        images.filter(move |(path, code)| code.format() == this.format() && !this.is_of_a_wheel(path))
    }

    /// Those of Windows.
    pub fn pe_images(&self) -> impl Iterator<Item = (&'a TreePath, &'a Pe)> {
        self.images().filter_map(|(path, code)| match code {
            Code::Pe(pe) => Some((path, pe)),
            Code::Elf(_) | Code::Coff(_) | Code::MachO(_) => None,
        })
    }

    /// Those of macOS.
    pub fn macho_images(&self) -> impl Iterator<Item = (&'a TreePath, &'a MachO)> {
        self.images().filter_map(|(path, code)| match code {
            Code::MachO(macho) => Some((path, macho)),
            Code::Elf(_) | Code::Pe(_) | Code::Coff(_) => None,
        })
    }

    /// The file of the distribution that a library's name means in the file at `path`.
    #[must_use]
    pub fn own_library(&self, path: &TreePath, name: &str) -> Option<TreePath> {
        own_library(self.inventory, &self.manifest.python_exe, path, name)
    }

    /// The content of a text file; `None` where there is none, or none that is text.
    #[must_use]
    pub fn text(&self, path: &TreePath) -> Option<String> {
        let path = self.inventory.resolve(path)?;
        match self.inventory.tree.get(&path)? {
            Entry::File { digest, .. } => String::from_utf8((self.read)(digest).ok()?).ok(),
            _ => None,
        }
    }

    /// Whether a path leads to a file or a directory.
    #[must_use]
    pub fn exists(&self, path: &TreePath) -> bool {
        self.inventory.resolve(path).is_some()
    }
}

/// Where a rule puts what it finds.
#[derive(Debug, Default)]
pub struct Found {
    /// (path, message).
    pub(super) findings: Vec<(Option<String>, String)>,
}

impl Found {
    /// Something wrong with a file.
    pub fn at(&mut self, path: impl ToString, message: impl Into<String>) {
        self.findings.push((Some(path.to_string()), message.into()));
    }

    /// Something wrong with a member of a static library, or with the file itself.
    pub fn at_member(&mut self, path: &TreePath, member: Option<&str>, message: impl Into<String>) {
        match member {
            Some(member) => self.at(format!("{path}({member})"), message),
            None => self.at(path, message),
        }
    }

    /// Something wrong with the manifest.
    pub fn in_manifest(&mut self, message: impl Into<String>) {
        self.at(Manifest::NAME, message);
    }

    /// Something wrong with the whole.
    pub fn say(&mut self, message: impl Into<String>) {
        self.findings.push((None, message.into()));
    }
}

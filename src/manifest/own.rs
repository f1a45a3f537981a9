//! Which file of a distribution a loader takes for a name.

use super::Inventory;
use crate::inspect::Code;
use crate::model::TreePath;

/// The file of the distribution that a library's name means in the file at `path`, when the program at `exe` runs; `None`
/// where it is one of the system's, or nowhere.
#[must_use]
pub fn own_library(inventory: &Inventory, exe: &TreePath, path: &TreePath, name: &str) -> Option<TreePath> {
    let code = inventory.code(path)?;
    let found = match code {
        Code::MachO(macho) => {
            let rpaths = macho.rpaths.iter().map(String::as_str);
            return places(name, rpaths)
                .iter()
                .find_map(|place| inventory.resolve(&expand(place, exe, path)?));
        }
        Code::Elf(_) | Code::Pe(_) | Code::Coff(_) => path.parent()?.join(&TreePath::parse(name).ok()?),
    };
    inventory.files.contains_key(&found).then_some(found)
}

/// The places that a name stands for, in the order in which they are looked at.
fn places<'a>(name: &str, rpaths: impl Iterator<Item = &'a str>) -> Vec<String> {
    match name.strip_prefix("@rpath/") {
        Some(rest) => rpaths
            .map(|rpath| format!("{}/{rest}", rpath.trim_end_matches('/')))
            .collect(),
        None => vec![name.to_owned()],
    }
}

/// Where a place that is told by the file that is loaded, or by the program, is in the distribution.
fn expand(place: &str, exe: &TreePath, path: &TreePath) -> Option<TreePath> {
    let (home, rest) = match place.strip_prefix("@executable_path/") {
        Some(rest) => (exe.parent()?, rest),
        None => (path.parent()?, place.strip_prefix("@loader_path/")?),
    };
    home.leads_to(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::macho_made::Image;
    use crate::manifest::FileFacts;
    use crate::model::{Digest, Entry};
    use object::macho;

    fn path(text: &str) -> TreePath {
        TreePath::parse(text).unwrap()
    }

    #[test]
    fn names_of_macos_are_looked_for_as_its_loader_does() {
        let mut inventory = Inventory::default();
        let mut image = Image::executable();
        image.rpaths = vec!["@executable_path/../nowhere", "@loader_path/../lib/"];
        image.dylibs.push((macho::LC_LOAD_DYLIB, "@rpath/libit.dylib"));
        for (at, bytes) in [
            ("install/bin/python", image.write()),
            (
                "install/lib/libit.dylib",
                Image::dylib("@rpath/libit.dylib").write(),
            ),
        ] {
            let digest = Digest::of(&bytes);
            let entry = Entry::File {
                digest,
                executable: true,
            };
            inventory.tree.insert(path(at), entry).unwrap();
            let facts = FileFacts::observe(&path(at), &bytes).unwrap();
            inventory.files.insert(path(at), facts);
        }
        let exe = path("install/bin/python");
        let library = path("install/lib/libit.dylib");
        let check = |from: &TreePath, name: &str, expected: Option<&TreePath>| {
            assert_eq!(
                own_library(&inventory, &exe, from, name).as_ref(),
                expected,
                "{name}"
            );
        };
        check(&exe, "@rpath/libit.dylib", Some(&library));
        check(&exe, "@executable_path/../lib/libit.dylib", Some(&library));
        check(&library, "@loader_path/libit.dylib", Some(&library));
        // It has no run path of its own; nor does a name alone mean a file beside.
        check(&library, "@rpath/libit.dylib", None);
        check(&library, "libit.dylib", None);
        check(&exe, "/usr/lib/libSystem.B.dylib", None);
        check(&exe, "@executable_path/../../../libit.dylib", None);
    }
}

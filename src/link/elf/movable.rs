//! Objects of the interpreter that can stand at any address.
//!
//! Those of the executable may be made for fixed addresses, which is faster; then `libpythonX.Y.a` has others of the same
//! sources, of which the shared library was linked. They have the names of the first without directories, each once.

use std::collections::BTreeMap;

use object::read::archive::ArchiveFile;

use crate::link::{ArchiveMember, LinkPlan, WriteArchiveError, write_archive};
use crate::model::TreePath;

/// Why there are no such objects.
#[derive(Debug, thiserror::Error)]
pub enum MovableError {
    /// The library cannot be read.
    #[error("`{library}` is no static library that can be read")]
    Library {
        /// The library.
        library: TreePath,
        /// Why.
        #[source]
        source: object::read::Error,
    },
    /// Two members have one name.
    #[error("`{library}` has two members `{member}`: which one is which cannot be known")]
    Twice {
        /// The library.
        library: TreePath,
        /// The member.
        member: String,
    },
    /// An object has none that stands for it.
    #[error("`{library}` has no member for `{object}`")]
    Missing {
        /// The library.
        library: TreePath,
        /// The object.
        object: TreePath,
    },
    /// The chosen members cannot be written.
    #[error(transparent)]
    Write(#[from] WriteArchiveError),
}

/// Takes the objects of `replaced` out of the plan: a static library of those that stand for them in `library`.
pub fn movable(
    plan: &mut LinkPlan,
    replaced: &dyn Fn(&TreePath) -> bool,
    library: &TreePath,
    content: &[u8],
) -> Result<Vec<u8>, MovableError> {
    let unreadable = |source| MovableError::Library {
        library: library.clone(),
        source,
    };
    let mut found: BTreeMap<String, Option<&[u8]>> = BTreeMap::new();
    let file = ArchiveFile::parse(content).map_err(unreadable)?;
    for member in file.members() {
        let member = member.map_err(unreadable)?;
        let data = member.data(content).map_err(unreadable)?;
        let name = String::from_utf8_lossy(member.name()).into_owned();
        found
            .entry(name)
            .and_modify(|first| *first = None)
            .or_insert(Some(data));
    }
    let mut members = Vec::new();
    for object in plan.objects.iter().filter(|object| replaced(object)) {
        let name = object.components().last().unwrap_or_default();
        let data = match found.remove(name) {
            Some(Some(data)) => data,
            Some(None) => {
                let (library, member) = (library.clone(), name.to_owned());
                return Err(MovableError::Twice { library, member });
            }
            None => {
                let (library, object) = (library.clone(), object.clone());
                return Err(MovableError::Missing { library, object });
            }
        };
        // Taken whole, so nobody looks for names.
        members.push(ArchiveMember {
            name: "core.o",
            object: data,
            symbols: &[],
        });
    }
    let written = write_archive(&members)?;
    plan.objects.retain(|object| !replaced(object));
    plan.position_independent = true;
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::StartRecord;

    fn plan(objects: &[&str]) -> LinkPlan {
        let path = |text: &str| TreePath::parse(text).unwrap();
        LinkPlan {
            objects: objects.iter().map(|object| path(object)).collect(),
            archives: Vec::new(),
            system: Vec::new(),
            frameworks: Vec::new(),
            inittab: Vec::new(),
            start: StartRecord {
                directory: path("link"),
                first: Vec::new(),
                first_position_independent: Vec::new(),
                last: Vec::new(),
                builtins: path("link/libbuiltins.a"),
                nonshared: Vec::new(),
            },
            loader: None,
            position_independent: false,
            deployment: None,
        }
    }

    fn take(objects: &[&str], names: &[&str]) -> Result<(Vec<String>, Vec<String>), String> {
        let members: Vec<ArchiveMember<'_>> = names
            .iter()
            .map(|name| ArchiveMember {
                name,
                object: name.as_bytes(),
                symbols: &[],
            })
            .collect();
        let content = write_archive(&members).unwrap();
        let (mut plan, library) = (plan(objects), TreePath::parse("lib/libpython.a").unwrap());
        let core = |object: &TreePath| object.as_str().starts_with("core/");
        let taken = movable(&mut plan, &core, &library, &content).map_err(|error| error.to_string())?;
        assert!(plan.position_independent);
        let file = ArchiveFile::parse(&*taken).unwrap();
        let taken = file
            .members()
            .map(|member| String::from_utf8(member.unwrap().data(&*taken).unwrap().to_vec()).unwrap())
            .collect();
        Ok((taken, plan.objects.iter().map(ToString::to_string).collect()))
    }

    #[test]
    fn members_stand_for_objects_of_their_names() {
        let taken = take(
            &["core/b/two.o", "run.o", "core/one.o"],
            &["one.o", "other.o", "two.o"],
        );
        let texts = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(taken, Ok((texts(&["two.o", "one.o"]), texts(&["run.o"]))));
    }

    #[test]
    fn a_member_that_is_missing_or_ambiguous_is_an_error() {
        let error = |objects: &[&str], names: &[&str]| take(objects, names).unwrap_err();
        assert_eq!(
            error(&["core/one.o"], &["two.o"]),
            "`lib/libpython.a` has no member for `core/one.o`"
        );
        assert_eq!(
            error(&["core/one.o", "core/sub/one.o"], &["one.o"]),
            "`lib/libpython.a` has no member for `core/sub/one.o`"
        );
        assert!(error(&["core/one.o"], &["one.o", "one.o"]).contains("two members `one.o`"));
    }
}

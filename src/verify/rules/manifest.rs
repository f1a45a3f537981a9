//! There is one manifest, it comes first, and it is version 8.

use crate::manifest::Manifest;
use crate::model::{Entry, TreePath, on_one_line};
use crate::verify::VerifyInput;

/// Name of the rule.
pub(in crate::verify) const NAME: &str = "manifest";

/// What to do where it is broken.
pub(in crate::verify) const HINT: &str =
    "build the distribution again; an archive of another origin cannot be verified by these rules";

/// Reads the manifest, or says what is wrong with it.
pub(in crate::verify) fn read_manifest(input: &VerifyInput<'_>) -> Result<Manifest, String> {
    if let Some(archive) = input.archive {
        let at = |path: &str| {
            archive
                .members
                .iter()
                .filter(|member| member.path == path)
                .count()
        };
        match at(Manifest::PATH) {
            0 => return Err(format!("there is no `{}`", Manifest::PATH)),
            1 => {}
            count => return Err(format!("it stands {count} times in the archive")),
        }
        let first = archive.members.iter().find(|member| member.path != "python");
        if let Some(first) = first
            && first.path != Manifest::PATH
        {
            return Err(format!(
                "it is not the first file of the archive; `{}` is",
                first.path
            ));
        }
    }
    let path = TreePath::parse(Manifest::PATH).expect("a path");
    let Some(Entry::File { digest, .. }) = input.tree.get(&path) else {
        return Err(format!("there is no `{}`", Manifest::PATH));
    };
    let bytes =
        (input.read)(digest).map_err(|error| format!("it cannot be read: {}", on_one_line(&*error)))?;
    Manifest::read(&bytes).map_err(|error| on_one_line(&error))
}

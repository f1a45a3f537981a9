//! Which DLLs the names of import libraries lead to, and which of them every program of Windows is linked with.

use std::collections::BTreeSet;

use crate::inspect::{Archive, Code, Content};
use crate::model::TreePath;
use crate::verify::{Subject, is_same_library};

/// The static or import library that a linker finds by this name, without `.lib`.
fn found<'a>(subject: &Subject<'a>, name: &str) -> Option<&'a Archive> {
    let start = subject.manifest.pbs.interpreter.start.as_ref()?;
    let file = format!("{name}.lib");
    let files = subject.inventory.files.iter();
    let mut libraries =
        files.filter(|(path, _)| start.finds(path) && path.name().eq_ignore_ascii_case(&file));
    match &libraries.next()?.1.content {
        Content::Archive(archive) => Some(archive),
        _ => None,
    }
}

/// Whether linking with the library of this name makes a program load this DLL.
pub(super) fn leads_to(subject: &Subject<'_>, name: &str, dll: &str) -> bool {
    let members = found(subject, name).map(|archive| archive.members.as_slice());
    members
        .unwrap_or_default()
        .iter()
        .any(|member| match &member.content {
            Content::Import(import) => is_same_library(&import.dll, dll, subject.format()),
            _ => false,
        })
}

/// The names of the libraries that the C runtime's own objects ask linkers for: whoever has a C program has them.
pub(super) fn runtime_links(subject: &Subject<'_>) -> BTreeSet<String> {
    let start = subject.manifest.pbs.interpreter.start.as_ref();
    let builtins: Option<&TreePath> = start.map(|start| &start.builtins);
    let runtime = builtins.and_then(|path| subject.inventory.files.get(path));
    let mut names = BTreeSet::new();
    for (_, code) in runtime.into_iter().flat_map(|facts| facts.content.codes()) {
        if let Code::Coff(coff) = code {
            names.extend(coff.directives.iter().filter_map(|word| default_library(word)));
        }
    }
    names
}

/// What `/DEFAULTLIB:NAME.lib` names.
fn default_library(word: &str) -> Option<String> {
    let (option, name) = word.split_once(':')?;
    let is_it = ["/defaultlib", "-defaultlib"]
        .iter()
        .any(|known| option.eq_ignore_ascii_case(known));
    let name = name.trim_matches('"').to_ascii_lowercase();
    is_it.then(|| name.strip_suffix(".lib").unwrap_or(&name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::default_library;

    #[test]
    fn reads_the_words_of_compilers() {
        for (word, name) in [
            ("/DEFAULTLIB:ucrt.lib", Some("ucrt")),
            ("-defaultlib:\"Kernel32\"", Some("kernel32")),
            ("/EXPORT:it", None),
            ("/DEFAULTLIB", None),
        ] {
            assert_eq!(default_library(word).as_deref(), name, "{word}");
        }
    }
}

//! The C header beside what a program links: what `pbs.h` of the distribution says, and how to link.

use std::collections::BTreeSet;

/// How every header begins that is written here.
pub const MADE: &str = "/* Made by `pbs link`.";

/// What a program needs to link with an embedded interpreter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HostNeeds {
    /// The file's name: `libNAME.a` or `NAME.o`.
    pub file: String,
    /// Libraries of the system, by name.
    pub system: Vec<String>,
    /// Whether the program may stand at any address.
    pub position_independent: bool,
}

impl HostNeeds {
    /// The words with which a C compiler links it.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let mut words = vec![self.file.clone()];
        words.extend(self.system.iter().map(|name| format!("-l{name}")));
        words.extend((!self.position_independent).then(|| "-no-pie".to_owned()));
        words
    }
}

/// The names of functions that a header declares.
#[must_use]
pub fn functions_of(header: &str) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    for (at, _) in header.match_indices("pbs_") {
        let rest = &header[at..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let (name, after) = rest.split_at(end.unwrap_or(rest.len()));
        if after.starts_with('(') {
            names.insert(name);
        }
    }
    names
}

/// The header that is written: `own` is the distribution's.
#[must_use]
pub fn header(own: &str, needs: &HostNeeds) -> String {
    let place = if needs.position_independent {
        "It can stand at any address: in programs, position-independent or not, and in shared libraries."
    } else {
        "It stands at fixed addresses: in programs only, linked with -no-pie."
    };
    format!(
        "{MADE} To link a program with it:\n *\n *     cc main.c {}\n *\n * {place}\n * Extension \
         modules that are files of their own find Python in the program if it is linked with -rdynamic, too.\n \
         */\n{own}",
        needs.words().join(" ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_names_its_functions() {
        let text =
            "/* `pbs_start` and pbs_exec(\"x\") */\nint pbs_start(int a);\nint\npbs_run(void);\nint my_pbs_;";
        assert_eq!(functions_of(text), ["pbs_exec", "pbs_run", "pbs_start"].into());
    }

    #[test]
    fn a_header_says_how_to_link() {
        let mut needs = HostNeeds {
            file: "libshop.a".into(),
            system: vec!["m".into(), "dl".into()],
            position_independent: true,
        };
        let text = header("int own;\n", &needs);
        assert!(text.contains(" *     cc main.c libshop.a -lm -ldl\n"), "{text}");
        assert!(text.ends_with(" */\nint own;\n"), "{text}");
        needs.position_independent = false;
        assert!(header("", &needs).contains("libshop.a -lm -ldl -no-pie\n"));
    }
}

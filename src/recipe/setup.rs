//! `Modules/Setup.local` and `extensions.json`, from the table of extension modules and the
//! rules that the CPython source has for them.
//!
//! How a module is compiled is CPython's knowledge and is taken from there; how it reaches the
//! interpreter is ours. A module that only one of the two knows is an error, never silence.

use std::collections::BTreeMap;
use std::fmt;

use indexmap::IndexMap;
use serde::Serialize;

use crate::msbuild::{Description, Sources};
use crate::plan::{Linkage, Module, TextFile};

/// The files of a CPython source that have rules, in the order in which they are read, and the
/// one that has the table of core modules.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SetupSources<'a> {
    /// Text of [`Self::STDLIB`].
    pub stdlib: &'a str,
    /// Text of [`Self::BOOTSTRAP`].
    pub bootstrap: &'a str,
    /// Text of [`Self::SETUP`].
    pub setup: &'a str,
    /// Text of [`Self::CONFIG`].
    pub config: &'a str,
}

impl SetupSources<'_> {
    /// Rules of the standard library's modules.
    pub const STDLIB: &'static str = "Modules/Setup.stdlib.in";
    /// Rules of the modules that every interpreter has.
    pub const BOOTSTRAP: &'static str = "Modules/Setup.bootstrap.in";
    /// Rules for those who edit by hand.
    pub const SETUP: &'static str = "Modules/Setup";
    /// The table of the modules that are part of the core.
    pub const CONFIG: &'static str = "Modules/config.c.in";
}

/// A place in the CPython source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceLine {
    /// The module it is about.
    pub module: String,
    /// The file.
    pub file: &'static str,
    /// The line, counted from 1.
    pub line: usize,
}

impl fmt::Display for SourceLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ({} line {})", self.module, self.file, self.line)
    }
}

/// Why there is no `Setup.local` for a source.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The table and the source know different modules.
    #[error("recipes/cpython/extensions.yaml and the source know different modules{}", drift(.only_source, .only_table))]
    Drift {
        /// Modules that the table lacks.
        only_source: Vec<SourceLine>,
        /// Modules that the source lacks.
        only_table: Vec<String>,
    },
    /// Modules without which no interpreter starts, and which the table does not build in.
    #[error("these modules are part of every interpreter and must be `builtin`: {}", list(.0))]
    NotBuiltin(Vec<SourceLine>),
    /// A rule that makesetup would take for a definition.
    #[error("the rule of {0} has a `=`: makesetup takes the line for a definition")]
    Assignment(SourceLine),
}

impl SetupError {
    /// What to do about it.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Drift { .. } => {
                "give each new module an entry; let an entry that only some series have say so with `in: [...]`"
            }
            Self::NotBuiltin(_) => "write `linkage: builtin` in recipes/cpython/extensions.yaml",
            Self::Assignment(_) => "patch the rule: `-DNAME` instead of `-DNAME=1`",
        }
    }
}

fn list(lines: &[SourceLine]) -> String {
    lines
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

fn drift(only_source: &[SourceLine], only_table: &[String]) -> String {
    let mut text = String::new();
    if !only_source.is_empty() {
        text += &format!("; only in the source: {}", list(only_source));
    }
    if !only_table.is_empty() {
        let names: Vec<String> = only_table.iter().map(|name| format!("`{name}`")).collect();
        text += &format!("; only in extensions.yaml: {}", names.join(", "));
    }
    text
}

/// How the source builds a module.
struct Rule {
    /// The line without markers and comments; nothing for a module of the core.
    text: Option<String>,
    place: SourceLine,
}

impl Rule {
    /// Whether the source links the module whatever `Setup.local` says.
    fn is_core(&self) -> bool {
        self.place.file == SetupSources::CONFIG || self.place.file == SetupSources::BOOTSTRAP
    }
}

/// The files that a build of CPython finds in `/in/setup`: `Setup.local` and `extensions.json`.
pub fn generate_setup(
    modules: &BTreeMap<String, Module>,
    sources: &SetupSources<'_>,
) -> Result<[TextFile; 2], SetupError> {
    let rules = rules(sources);
    check(modules, &rules)?;
    Ok([
        TextFile {
            name: "Setup.local".to_owned(),
            text: setup_local(modules, &rules),
        },
        TextFile {
            name: "extensions.json".to_owned(),
            text: extensions_json(modules, |name| {
                rules[name].place.file.trim_start_matches("Modules/").to_owned()
            }),
        },
    ])
}

fn check(modules: &BTreeMap<String, Module>, rules: &IndexMap<String, Rule>) -> Result<(), SetupError> {
    let missing = rules.iter().filter(|(name, _)| !modules.contains_key(*name));
    let only_source: Vec<SourceLine> = missing.map(|(_, rule)| rule.place.clone()).collect();
    let only_table: Vec<String> = modules
        .keys()
        .filter(|name| !rules.contains_key(*name))
        .cloned()
        .collect();
    if !only_source.is_empty() || !only_table.is_empty() {
        return Err(SetupError::Drift {
            only_source,
            only_table,
        });
    }
    let not_builtin: Vec<SourceLine> = rules
        .iter()
        .filter(|(name, rule)| rule.is_core() && modules[*name].linkage != Linkage::Builtin)
        .map(|(_, rule)| rule.place.clone())
        .collect();
    if !not_builtin.is_empty() {
        return Err(SetupError::NotBuiltin(not_builtin));
    }
    for (name, rule) in rules {
        let written = !rule.is_core() && modules[name].linkage != Linkage::Absent;
        if written && rule.text.as_ref().is_some_and(|text| text.contains('=')) {
            return Err(SetupError::Assignment(rule.place.clone()));
        }
    }
    Ok(())
}

/// The rules in the order of the source: `makesetup` and the link line keep it.
fn setup_local(modules: &BTreeMap<String, Module>, rules: &IndexMap<String, Rule>) -> String {
    let section = |linkage| {
        rules
            .iter()
            .filter(move |(name, rule)| !rule.is_core() && modules[*name].linkage == linkage)
            .map(move |(name, rule)| match (&rule.text, linkage) {
                (Some(text), Linkage::Builtin | Linkage::Shared) => format!("{text}\n"),
                _ => format!("{name}\n"),
            })
            .collect::<String>()
    };
    format!(
        "*static*\n{}*shared*\n{}*disabled*\n{}",
        section(Linkage::Builtin),
        section(Linkage::Shared),
        section(Linkage::Absent)
    )
}

/// `extensions.json` of a build from CPython's project files, with its name.
#[must_use]
pub fn project_extensions(modules: &BTreeMap<String, Module>, built: &Description) -> (String, String) {
    let json = extensions_json(modules, |name| {
        let project = built.modules.iter().find(|module| module.module == name);
        match project.and_then(|module| module.project.as_ref()) {
            Some(project) => format!("{project}.vcxproj"),
            None => Sources::CONFIG.trim_start_matches("PC/").to_owned(),
        }
    });
    ("extensions.json".to_owned(), json)
}

fn extensions_json(modules: &BTreeMap<String, Module>, rule_from: impl Fn(&str) -> String) -> String {
    #[derive(Serialize)]
    #[serde(rename_all = "kebab-case")]
    struct Entry<'a> {
        name: &'a str,
        rule_from: String,
        linkage: Linkage,
        needs: &'a [String],
        licenses: &'a [String],
        required: bool,
        test: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        why: Option<&'a str>,
    }
    let entries: Vec<Entry<'_>> = modules
        .iter()
        .map(|(name, module)| Entry {
            name,
            rule_from: rule_from(name),
            linkage: module.linkage,
            needs: &module.needs,
            licenses: &module.licenses,
            required: module.required,
            test: module.test,
            why: module.why.as_deref(),
        })
        .collect();
    let mut json = serde_json::to_string_pretty(&entries).expect("entries are texts, lists and truth values");
    json.push('\n');
    json
}

/// All modules of a source; where a name has several rules the first one holds.
fn rules(sources: &SetupSources<'_>) -> IndexMap<String, Rule> {
    let mut rules = IndexMap::new();
    for (file, text) in [
        (SetupSources::STDLIB, sources.stdlib),
        (SetupSources::BOOTSTRAP, sources.bootstrap),
        (SetupSources::SETUP, sources.setup),
    ] {
        for (line, text) in logical_lines(text) {
            if let Some(words) = rule_words(&text) {
                let module = words[0].clone();
                let place = SourceLine {
                    module: module.clone(),
                    file,
                    line,
                };
                rules.entry(module).or_insert_with(|| Rule {
                    text: Some(words.join(" ")),
                    place,
                });
            }
        }
    }
    for (index, text) in sources.config.lines().enumerate() {
        if let Some(module) = table_entry(text) {
            rules.entry(module.to_owned()).or_insert_with(|| Rule {
                text: None,
                place: SourceLine {
                    module: module.to_owned(),
                    file: SetupSources::CONFIG,
                    line: index + 1,
                },
            });
        }
    }
    rules
}

/// Lines with those joined that end in a backslash, each with the number of its first.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    let mut open = false;
    for (index, line) in text.lines().enumerate() {
        let (line, continues) = match line.strip_suffix('\\') {
            Some(line) => (line, true),
            None => (line, false),
        };
        match lines.last_mut().filter(|_| open) {
            Some((_, last)) => {
                last.push(' ');
                last.push_str(line);
            }
            None => lines.push((index + 1, line.to_owned())),
        }
        open = continues;
    }
    lines
}

/// The words of a rule, the module's name first; nothing for any other line.
fn rule_words(line: &str) -> Option<Vec<String>> {
    // `#@MODULE_X_TRUE@`: configure of some series does not know the marker; the rule holds.
    let marked = line.strip_prefix('#').unwrap_or(line).strip_prefix("@MODULE_");
    let marked = marked.and_then(|rest| rest.split_once('@'));
    let body = match marked {
        Some((marker, body)) if marker.ends_with("_TRUE") => body,
        _ => line.split('#').next().unwrap_or_default(),
    };
    let body = body.split_once(" #").map_or(body, |(body, _)| body);
    let words: Vec<String> = body
        .split_whitespace()
        .map(without_markers)
        .filter(|word| !word.is_empty())
        .collect();
    let name = words.first()?;
    let starts_as_name = body.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let is_definition = words.get(1).is_some_and(|word| word.starts_with('='));
    (starts_as_name && is_name && !is_definition).then_some(words)
}

/// Takes out what configure would put something in place of.
fn without_markers(word: &str) -> String {
    let mut kept = String::new();
    let mut rest = word;
    while let Some((before, after)) = rest.split_once('@') {
        kept += before;
        match after.split_once('@') {
            Some((marker, behind)) if marker.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') => {
                rest = behind;
            }
            _ => {
                kept.push('@');
                rest = after;
            }
        }
    }
    kept + rest
}

/// The name in an entry of the table: `{"marshal", PyMarshal_Init},`.
fn table_entry(line: &str) -> Option<&str> {
    let (name, _) = line.trim_start().strip_prefix("{\"")?.split_once("\",")?;
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STDLIB: &str = "\
# -*- makefile -*-
*@MODULE_BUILDTYPE@*
@MODULE_FAST_TRUE@fast fast.c -I$(srcdir)/include  # quick
#@MODULE_PAIR_TRUE@pair pair.c \\
   second.c @MODULE_PAIR_CLOSURE@
*shared*
@MODULE_CHECK_TRUE@check check.c
@MODULE_GONE_TRUE@gone gone.c -DX=1
";
    const BOOTSTRAP: &str = "*static*\nabc abc.c\n";
    const SETUP: &str =
        "DESTPATH=\nSITE = x\nfast other.c\n#commented commented.c\nmanual manual.c # by hand\n";
    const CONFIG: &str = "struct _inittab t[] = {\n    {\"marshal\", PyMarshal_Init},\n    {0, 0}\n};\n";
    const SOURCES: SetupSources<'static> = SetupSources {
        stdlib: STDLIB,
        bootstrap: BOOTSTRAP,
        setup: SETUP,
        config: CONFIG,
    };

    fn module(linkage: Linkage) -> Module {
        Module {
            linkage,
            needs: Vec::new(),
            licenses: Vec::new(),
            imports: Vec::new(),
            required: false,
            test: false,
            why: None,
        }
    }

    fn table() -> BTreeMap<String, Module> {
        let entries = [
            ("fast", Linkage::Builtin),
            ("pair", Linkage::Builtin),
            ("check", Linkage::Shared),
            ("gone", Linkage::Absent),
            ("abc", Linkage::Builtin),
            ("manual", Linkage::Builtin),
            ("marshal", Linkage::Builtin),
        ];
        entries
            .map(|(name, linkage)| (name.to_owned(), module(linkage)))
            .into()
    }

    #[test]
    fn sorts_the_sources_rules_by_linkage() {
        let [setup, json] = generate_setup(&table(), &SOURCES).unwrap();
        assert_eq!(
            setup.text,
            "*static*\nfast fast.c -I$(srcdir)/include\npair pair.c second.c\nmanual manual.c\n\
             *shared*\ncheck check.c\n*disabled*\ngone\n"
        );
        let json: serde_json::Value = serde_json::from_str(&json.text).unwrap();
        assert_eq!(json[0]["name"], "abc");
        assert_eq!(json[0]["rule-from"], "Setup.bootstrap.in");
        assert_eq!(json[5]["rule-from"], "config.c.in");
    }

    #[test]
    fn drift_names_every_module_on_either_side() {
        let mut table = table();
        table.remove("pair");
        table.remove("marshal");
        table.insert("new".to_owned(), module(Linkage::Builtin));
        let error = generate_setup(&table, &SOURCES).unwrap_err();
        assert_eq!(
            error.to_string(),
            "recipes/cpython/extensions.yaml and the source know different modules; only in the source: \
             `pair` (Modules/Setup.stdlib.in line 4), `marshal` (Modules/config.c.in line 2); \
             only in extensions.yaml: `new`"
        );
    }

    #[test]
    fn the_core_is_always_there() {
        let mut table = table();
        table.insert("abc".to_owned(), module(Linkage::Shared));
        let error = generate_setup(&table, &SOURCES).unwrap_err();
        assert!(matches!(error, SetupError::NotBuiltin(lines) if lines[0].module == "abc"));
    }

    #[test]
    fn refuses_a_rule_that_makesetup_misreads() {
        let mut table = table();
        table.insert("gone".to_owned(), module(Linkage::Shared));
        let error = generate_setup(&table, &SOURCES).unwrap_err();
        assert!(matches!(error, SetupError::Assignment(line) if line.line == 8));
    }
}

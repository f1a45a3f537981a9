//! What is said of a link when it is done.

use std::collections::BTreeMap;
use std::io::Write as _;

use camino::Utf8Path;
use serde::Serialize;

use super::Link;
use super::words::Preset;
use crate::cli::args::Format;
use crate::cli::context::Context;
use crate::cli::fail::CliError;
use crate::cli::human::Bytes;
use crate::manifest::{Kept, Selected};
use crate::relink::{Notice, Relinked};
use crate::sign::Certificate;

/// A notice as people read it.
pub(super) fn heard(notice: &Notice) -> String {
    match notice {
        Notice::Wheel {
            project,
            version,
            modules,
            size,
        } => format!("{project} {version}: {modules} modules, {}", Bytes(*size)),
        Notice::Large { modules, size } => format!("embedding {modules} modules, {}", Bytes(*size)),
        other => other.to_string(),
    }
}

/// Says what may be wrong with a certificate.
pub(super) fn say_of_certificate(context: &Context, certificate: &Certificate) {
    let name = &certificate.name;
    if certificate.until < context.now() {
        let until = &certificate.until_shown;
        context.say(&format!(
            "warning: the certificate of `{name}` held until {until}; macOS will not trust it"
        ));
    }
    if !certificate.vouched {
        context.say(&format!(
            "note: who vouches for the certificate of `{name}` is not in its file; where macOS does not know them, put \
             their certificate there (`openssl pkcs12 -export … -certfile FILE`)"
        ));
    }
}

/// What was linked, for programs.
#[derive(Serialize)]
struct Outcome<'a> {
    /// Version of this format.
    version: u32,
    executable: &'a str,
    /// In bytes.
    size: u64,
    /// What of it is embedded, in bytes.
    embedded: u64,
    /// How many modules are embedded.
    modules: usize,
    /// How many of them are compiled when they are imported.
    compiled_at_import: usize,
    linker: &'a str,
    /// Extension module → why it is there.
    kept: BTreeMap<&'a str, String>,
    /// Extension module → why it is not there.
    dropped: BTreeMap<&'a str, String>,
    /// Extension module that is not there though a module imports it when it is loaded → which.
    missing: &'a BTreeMap<String, String>,
    /// File of the application → lines whose imports only running them would tell; with `auto` and `minimal`.
    dynamic: &'a BTreeMap<String, Vec<usize>>,
    /// What a program needs that links it.
    #[serde(skip_serializing_if = "Option::is_none")]
    embedding: Option<EmbeddingOutcome<'a>>,
}

/// What a program needs that links it, for programs.
#[derive(Serialize)]
struct EmbeddingOutcome<'a> {
    /// The C header.
    header: &'a str,
    /// What a C compiler that links is told beside the program's own files; the file is named without its directory.
    link: Vec<String>,
    /// Libraries of the system, by name.
    system: &'a [String],
    /// Whether the program may stand at any address; else it is linked with `-no-pie`.
    position_independent: bool,
}

impl Link {
    /// Says what was linked; `output` is what was written, as it was named.
    pub(super) fn tell(
        &self,
        context: &mut Context,
        output: &Utf8Path,
        linker: &str,
        linked: &Relinked,
    ) -> Result<(), CliError> {
        let selected = &linked.selected;
        match self.format {
            Format::Json => {
                let outcome = Outcome {
                    version: 1,
                    executable: output.as_str(),
                    size: linked.size,
                    embedded: linked.embedded,
                    modules: linked.modules.0,
                    compiled_at_import: linked.modules.1,
                    linker,
                    kept: selected
                        .kept
                        .iter()
                        .map(|(name, why)| (name.as_str(), why.to_string()))
                        .collect(),
                    dropped: selected
                        .dropped
                        .iter()
                        .map(|(name, why)| (name.as_str(), why.to_string()))
                        .collect(),
                    missing: &linked.missing,
                    dynamic: &linked.dynamic,
                    embedding: linked.embedding.as_ref().map(|embedding| EmbeddingOutcome {
                        header: embedding.header.as_str(),
                        link: embedding.needs.words(),
                        system: &embedding.needs.system,
                        position_independent: embedding.needs.position_independent,
                    }),
                };
                let text = serde_json::to_string_pretty(&outcome).map_err(std::io::Error::from)?;
                writeln!(context.stdout, "{text}")?;
            }
            Format::Text => {
                let mut line = format!(
                    "linked with {linker}: {} of {} extension modules, {}",
                    selected.kept.len(),
                    selected.kept.len() + selected.dropped.len(),
                    Bytes(linked.size)
                );
                if linked.embedded > 0 {
                    line += &format!(
                        ", of which {} embed {} modules",
                        Bytes(linked.embedded),
                        linked.modules.0
                    );
                }
                if self.words.preset == Some(Preset::Auto) {
                    self.explain(context, selected);
                }
                context.say(&line);
                for (name, why) in &linked.missing {
                    context.say(&format!("note: `{name}` is left out, and {why}"));
                }
                for (path, lines) in &linked.dynamic {
                    let lines = lines
                        .iter()
                        .map(ToString::to_string)
                        .collect::<Vec<_>>()
                        .join(", ");
                    context.say(&format!(
                        "note: {path} imports what only running it would tell (line {lines}); \
                         add it with `--include-package` if need be"
                    ));
                }
                if linked.modules.1 > 0 {
                    context.say(&format!(
                        "{} modules have no bytecode and are compiled when they are imported",
                        linked.modules.1
                    ));
                }
                if let Some(embedding) = &linked.embedding {
                    context.say(&format!(
                        "link it with: cc main.c {}",
                        embedding.needs.words().join(" ")
                    ));
                    writeln!(context.stdout, "{}", embedding.header)?;
                }
                writeln!(context.stdout, "{output}")?;
            }
        }
        Ok(())
    }

    /// Says why each extension module is there, or that it is not.
    fn explain(&self, context: &Context, selected: &Selected) {
        let width = selected.kept.keys().map(String::len).max().unwrap_or_default();
        for (name, why) in selected.kept.iter().filter(|(_, why)| **why != Kept::Required) {
            context.say(&format!("kept     {name:width$}  {why}"));
        }
        let mut reasons: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (name, why) in &selected.dropped {
            reasons.entry(why.to_string()).or_default().push(name);
        }
        for (why, names) in reasons {
            context.say(&format!("dropped  {why}: {}", names.join(" ")));
        }
    }
}

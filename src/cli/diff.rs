//! `pbs diff`: what differs between two distributions.

use std::collections::BTreeSet;
use std::io::Write as _;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use clap::builder::PossibleValuesParser;

use super::args::Format;
use super::context::Context;
use super::fail::CliError;
use crate::diff::{CompareError, CompareInput, Difference, Ignore, Shown, Side, Verdict, compare};
use crate::engine::{Class, Distribution};
use crate::store::Store;

/// Show what differs between two distributions: files, sections, symbols, manifest fields
///
/// Each may be an archive of any flavour or a directory that one was unpacked to. Ends with 0 where
/// nothing differs and with 1 where something does.
#[derive(Args, Clone, Debug)]
pub(super) struct Diff {
    /// An archive, or a directory that one was unpacked to
    a: Utf8PathBuf,
    /// Another one
    b: Utf8PathBuf,
    #[command(flatten)]
    showing: Showing,
    /// Leave out this kind of difference; may be repeated
    #[arg(long, value_name = "KIND", value_parser = PossibleValuesParser::new(Ignore::ALL.map(Ignore::as_str)))]
    ignore: Vec<String>,
}

/// How differences are shown.
#[derive(Args, Clone, Debug)]
pub(super) struct Showing {
    /// Show everything, however long
    #[arg(long)]
    pub(super) all: bool,
    /// How they are printed; JSON has everything
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

impl Showing {
    /// Whether a program reads it.
    pub(super) fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Everything, or what a person reads first.
    pub(super) fn shown(&self) -> Shown {
        if self.all { Shown::All } else { Shown::Some }
    }
}

impl Diff {
    pub(super) fn run(&self, context: &mut Context) -> Result<(), CliError> {
        let ignore: BTreeSet<Ignore> = self.ignore.iter().filter_map(|word| word.parse().ok()).collect();
        // What is unpacked to be looked at once does not stay.
        let scratch = context.store()?.scratch()?;
        let store = Store::open(scratch.dir.as_path())?;
        let load = |path: &Utf8Path| Distribution::load(&store, &context.settings.working_dir.join(path));
        let (a, b) = (load(&self.a)?, load(&self.b)?);
        let difference = differ(&store, (self.a.as_str(), &a), (self.b.as_str(), &b), &ignore)?;
        if self.showing.is_json() {
            let text = serde_json::to_string_pretty(&difference).map_err(std::io::Error::from)?;
            writeln!(context.stdout, "{text}")?;
        } else {
            write!(context.stdout, "{}", difference.render(self.showing.shown()))?;
        }
        match difference.verdict {
            Verdict::Identical | Verdict::Equal => Ok(()),
            Verdict::Different => Err(CliError::told(Class::Input)),
        }
    }
}

/// Compares two distributions of one store.
pub(super) fn differ(
    store: &Store,
    (name_a, a): (&str, &Distribution),
    (name_b, b): (&str, &Distribution),
    ignore: &BTreeSet<Ignore>,
) -> Result<Difference, CompareError> {
    compare(CompareInput {
        a: Side {
            name: name_a,
            tree: &a.tree,
            packing: a.packing.as_ref(),
        },
        b: Side {
            name: name_b,
            tree: &b.tree,
            packing: b.packing.as_ref(),
        },
        read: &|digest| Ok(store.read_blob(digest)?),
        ignore,
    })
}

//! Leaves out what nothing can import.

use std::collections::BTreeMap;

use super::gather::Gathered;
use super::{AsPython, SingleFile};
use crate::imports::{Certainty, Root};
use crate::link::{Functions, Reachable, reachable};
use crate::manifest::{Manifest, Selected, Selection};

/// What begins the names of the importer's modules.
const IMPORTER: &str = "_pbs_";

/// Follows imports from what runs, what is the application's and what a person named; takes all else of the standard
/// library out, and adds the extension modules that are reached to a selection by reach.
///
/// With a selection by reach, what functions import counts, too; otherwise only for those of the application.
pub(super) fn follow(
    manifest: &Manifest,
    gathered: &mut Gathered,
    single: &SingleFile,
    selection: &mut Selection,
) -> Followed {
    let functions = match selection {
        Selection::Reached { .. } => Functions::All,
        _ => Functions::Of(&gathered.own),
    };
    let reach = reachable(
        manifest,
        &gathered.bundle,
        &roots(gathered, single, selection),
        gathered.program().as_deref(),
        functions,
    );
    if let Selection::Reached { reasons, .. } = selection {
        for name in reach.names().filter(|name| manifest.has_builtin(name)) {
            if let Some(reason) = reach.reason(name) {
                reasons.entry(name.clone()).or_insert(reason);
            }
        }
    }
    // What wheels bring finds its parts by names and entry points that no source says.
    let installed = gathered.installed();
    let own = &gathered.own;
    let stays = |name: &str| {
        reach.has(name) || own.contains(name) || installed.contains(name) || name.starts_with(IMPORTER)
    };
    gathered.bundle.prune(stays);
    Followed(reach)
}

/// What following imports has shown.
pub(super) struct Followed(Reachable);

fn roots(gathered: &Gathered, single: &SingleFile, selection: &Selection) -> Vec<Root> {
    let mut roots: BTreeMap<String, &'static str> = BTreeMap::new();
    // Of several reasons, the one that says most stays.
    let run = gathered.run.as_deref();
    let imported = run.and_then(|run| Some(run.split_once(':')?.0.to_owned()));
    if let Some(name) = gathered.program().or(imported) {
        roots.insert(name, "runs");
    }
    for name in &single.include {
        roots.entry(name.clone()).or_insert("named by --include-package");
        let below = format!("{name}.");
        if gathered
            .bundle
            .modules
            .keys()
            .any(|module| module.starts_with(&below))
        {
            roots.insert(format!("{name}.*"), "named by --include-package");
        }
    }
    let named: Vec<&String> = match selection {
        Selection::Only(names) => names.iter().collect(),
        Selection::Reached { reasons, .. } => reasons.keys().collect(),
        Selection::All | Selection::Minimal | Selection::Without(_) | Selection::Permissive(_) => Vec::new(),
    };
    for name in named {
        roots
            .entry(name.clone())
            .or_insert("named by --include-extension");
    }
    for name in &gathered.own {
        roots.entry(name.clone()).or_insert("part of the application");
    }
    if single.site {
        roots.entry("site".to_owned()).or_insert("imported at the start");
    }
    if single.as_python == AsPython::Options || gathered.run.is_none() {
        roots.entry("runpy".to_owned()).or_insert("runs what `-m` names");
    }
    let roots = roots.into_iter();
    roots
        .map(|(module, why)| Root {
            module,
            why: why.to_owned(),
        })
        .collect()
}

impl Followed {
    /// Extension modules that went though something imports them when it is loaded, and what.
    pub(super) fn missing(&self, selected: &Selected) -> BTreeMap<String, String> {
        let dropped = selected.dropped.keys();
        let missing = dropped.filter_map(|name| {
            let certain = self.0.certainty(name)? == Certainty::Always;
            let reason = self.0.reason(name).filter(|_| certain)?;
            Some((name.clone(), reason))
        });
        missing.collect()
    }

    /// Lines of the application's own modules that import what only running them would tell.
    pub(super) fn dynamic(&self, gathered: &Gathered) -> BTreeMap<String, Vec<usize>> {
        let own = self.0.dynamic().iter();
        own.filter(|(name, _)| gathered.own.contains(*name))
            .map(|(name, lines)| (gathered.bundle.modules[name].path.clone(), lines.clone()))
            .collect()
    }
}

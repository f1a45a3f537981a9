//! Manifest + selection → what is linked.

use crate::link::InittabEntry;
use crate::manifest::{Link, Manifest, Selected, StartRecord};
use crate::model::TreePath;

/// What is linked. Paths are relative to the manifest's directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LinkPlan {
    /// The objects of the core and of the chosen extension modules; not the table of modules.
    pub objects: Vec<TreePath>,
    /// Static libraries, each once, after everything that needs it.
    pub archives: Vec<TreePath>,
    /// Libraries of the target's system, by name.
    pub system: Vec<String>,
    /// The table of built-in modules.
    pub inittab: Vec<InittabEntry>,
    /// What every link starts and ends with.
    pub start: StartRecord,
    /// The dynamic loader that the executable names.
    pub loader: Option<String>,
    /// Whether the executable can stand at any address.
    pub position_independent: bool,
}

/// Why nothing can be linked.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The archive has no objects.
    #[error("this archive has no objects: take the `full` one")]
    NoObjects,
    /// Nothing says which object has `main`.
    #[error("the manifest names no object with `main`")]
    NoMain,
    /// Nothing says what a link starts and ends with.
    #[error("the manifest names no start files")]
    NoStart,
}

/// Plans the link of an interpreter with the selected extension modules.
pub fn plan(manifest: &Manifest, selected: &Selected) -> Result<LinkPlan, PlanError> {
    let build = manifest.build_info.as_ref().ok_or(PlanError::NoObjects)?;
    let interpreter = &manifest.pbs.interpreter;
    let main = interpreter.main_object.as_ref().ok_or(PlanError::NoMain)?;
    let start = interpreter.start.clone().ok_or(PlanError::NoStart)?;
    let mut objects = vec![main.clone()];
    objects.extend(build.core.objs.iter().filter(|object| *object != main).cloned());
    let mut links: Vec<&Link> = Vec::new();
    let mut inittab = Vec::new();
    for name in selected.kept.keys() {
        // The first variant is the one to take where nobody chose.
        let Some(extension) = build.extensions.get(name).and_then(|variants| variants.first()) else {
            continue;
        };
        objects.extend(extension.objs.iter().cloned());
        links.extend(&extension.links);
        inittab.push(InittabEntry {
            name: name.clone(),
            init_fn: (extension.init_fn != "NULL").then(|| extension.init_fn.clone()),
        });
    }
    links.extend(&build.core.links);
    Ok(LinkPlan {
        objects,
        archives: last_of_each(links.iter().filter_map(|link| link.path_static.clone())),
        system: last_of_each(
            links
                .iter()
                .filter(|link| link.system == Some(true))
                .map(|link| link.name.clone()),
        ),
        inittab,
        start,
        loader: interpreter.loader.clone(),
        position_independent: interpreter.position_independent,
    })
}

/// Each item once, where it stood last: a linker reads libraries after those that need them.
fn last_of_each<T: PartialEq>(items: impl DoubleEndedIterator<Item = T>) -> Vec<T> {
    let mut kept = Vec::new();
    for item in items.rev() {
        if !kept.contains(&item) {
            kept.push(item);
        }
    }
    kept.reverse();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_come_after_all_who_need_them() {
        assert_eq!(
            last_of_each(["ssl", "crypto", "m", "crypto"].into_iter()),
            ["ssl", "m", "crypto"]
        );
    }
}

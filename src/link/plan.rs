//! Manifest + selection → what is linked.

use crate::link::InittabEntry;
use crate::manifest::{Link, Manifest, Selected, StartRecord};
use crate::model::{Arch, ObjectFormat, TreePath};

/// What is linked. Paths are relative to the manifest's directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LinkPlan {
    /// The objects of the core and of the chosen extension modules; not the table of modules.
    pub objects: Vec<TreePath>,
    /// Static libraries, each once, after everything that needs it.
    pub archives: Vec<TreePath>,
    /// Libraries of the target's system, by name.
    pub system: Vec<String>,
    /// Apple's frameworks, by name.
    pub frameworks: Vec<String>,
    /// The table of built-in modules.
    pub inittab: Vec<InittabEntry>,
    /// What every link starts and ends with.
    pub start: StartRecord,
    /// The dynamic loader that the executable names.
    pub loader: Option<String>,
    /// Whether the executable can stand at any address.
    pub position_independent: bool,
    /// For which releases of Apple's system; only Mach-O says it.
    pub deployment: Option<Deployment>,
}

/// For which releases of Apple's system, and for which processor, a Mach-O file is linked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Deployment {
    /// The processor.
    pub arch: Arch,
    /// The oldest release that it runs on.
    pub minimum: String,
    /// The release whose libraries the linker sees.
    pub sdk: String,
    /// Bytes of the first thread's stack, where the system's own measure will not do.
    pub stack: Option<u64>,
}

impl Deployment {
    fn of(manifest: &Manifest) -> Option<Self> {
        Some(Self {
            arch: manifest.target_triple.arch()?,
            minimum: manifest.apple_sdk_deployment_target.clone()?,
            sdk: manifest.apple_sdk_version.clone()?,
            stack: manifest.pbs.interpreter.stack.filter(|stack| *stack > 0),
        })
    }
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
    /// Nothing says for which releases of Apple's system the objects are.
    #[error("the manifest does not say for which releases of macOS its objects are")]
    NoDeployment,
    /// There is nothing to make a single file with.
    #[error("this distribution was made before there were single-file executables")]
    NoLauncher,
}

/// Where the executable has its standard library.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// In a directory, as any interpreter.
    Installed,
    /// In itself.
    SingleFile {
        /// Whether some of it is compressed.
        compressed: bool,
    },
}

/// The module by which the executable imports from itself.
const IMPORTER: (&str, &str) = ("_pbs_bundle", "PyInit__pbs_bundle");

/// Plans the link of an interpreter with the selected extension modules.
pub fn plan(manifest: &Manifest, selected: &Selected, form: Form) -> Result<LinkPlan, PlanError> {
    let build = manifest.build_info.as_ref().ok_or(PlanError::NoObjects)?;
    let interpreter = &manifest.pbs.interpreter;
    let main = interpreter.main_object.as_ref().ok_or(PlanError::NoMain)?;
    let start = interpreter.start.clone().ok_or(PlanError::NoStart)?;
    let mut objects = Vec::new();
    let mut inittab = Vec::new();
    let mut unfolding = None;
    match form {
        Form::Installed => objects.push(main.clone()),
        Form::SingleFile { compressed } => {
            let launcher = interpreter.launcher.as_ref().ok_or(PlanError::NoLauncher)?;
            objects.push(launcher.main_object.clone());
            objects.extend(launcher.objs.iter().cloned());
            if compressed {
                objects.push(launcher.inflate_object.clone());
                unfolding = Some(launcher.inflate_library.clone());
            }
            inittab.push(InittabEntry {
                name: IMPORTER.0.to_owned(),
                init_fn: Some(IMPORTER.1.to_owned()),
            });
        }
    }
    objects.extend(build.core.objs.iter().filter(|object| *object != main).cloned());
    let mut links: Vec<&Link> = Vec::new();
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
    // Nothing is loaded because of an import library that nobody refers to; and what static libraries need of the system
    // is named for some of those that use them.
    let is = |format: ObjectFormat| build.object_file_format == format.as_str();
    let coff = is(ObjectFormat::Coff);
    let deployment = is(ObjectFormat::MachO).then(|| Deployment::of(manifest).ok_or(PlanError::NoDeployment));
    let all = build.extensions.values().flatten().filter(|_| coff);
    let everywhere = all.flat_map(|extension| &extension.links);
    Ok(LinkPlan {
        objects,
        archives: last_of_each(
            links
                .iter()
                .filter_map(|link| link.path_static.clone())
                .chain(unfolding),
        ),
        frameworks: last_of_each(
            links
                .iter()
                .filter(|link| link.framework == Some(true))
                .map(|link| link.name.clone()),
        ),
        system: last_of_each(
            links
                .into_iter()
                .chain(everywhere)
                .filter(|link| link.system == Some(true) && link.framework != Some(true))
                .map(|link| link.name.clone()),
        ),
        inittab,
        start,
        loader: interpreter.loader.clone(),
        position_independent: interpreter.position_independent,
        deployment: deployment.transpose()?,
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
    fn windows_has_every_library_of_the_system() {
        let sample = include_bytes!("../../tests/fixtures/manifest/sample.json");
        let mut manifest = Manifest::read(sample).unwrap();
        let mut systems = |format: ObjectFormat| {
            let build = manifest.build_info.as_mut().unwrap();
            build.object_file_format = format.as_str().to_owned();
            let zlib = &mut build.extensions.get_mut("zlib").unwrap()[0].links;
            zlib.retain(|link| link.system != Some(true));
            zlib.push(Link {
                name: "crypt32".to_owned(),
                system: Some(true),
                ..zlib[0].clone()
            });
            plan(&manifest, &Selected::default(), Form::Installed)
                .unwrap()
                .system
        };
        assert!(!systems(ObjectFormat::Elf).contains(&"crypt32".to_owned()));
        assert!(systems(ObjectFormat::Coff).contains(&"crypt32".to_owned()));
    }

    #[test]
    fn libraries_come_after_all_who_need_them() {
        assert_eq!(
            last_of_each(["ssl", "crypto", "m", "crypto"].into_iter()),
            ["ssl", "m", "crypto"]
        );
    }
}

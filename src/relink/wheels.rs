//! The wheels of an application become modules and files of the executable.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;

use super::compile::compile;
use super::requirement::Chosen;
use super::{Ear, GatherError, Notice, RequirementError, SingleFile};
use crate::bundle::{Bundle, Keep, Library, Module, ModuleKind};
use crate::inspect::{Elf, MachO, MachOKind, is_macho, is_universal};
use crate::link::part_for;
use crate::manifest::{Manifest, Selected};
use crate::model::Os;
use crate::wheel::{
    Environment, Image, LibcVersion, Loaded, MacosVersion, Step, Wheel, beside, closure, lacking,
};

/// Where the lists of shared libraries are that extension modules need: `recipes/cpython/launcher/library_unix.c`.
const NEEDED: &str = ".needed";
/// How versions of glibc's symbols begin.
const GLIBC: &str = "GLIBC_";

/// What of wheels others have to know.
#[derive(Debug, Default)]
pub(super) struct Embedded {
    /// Module → the wheel that has it.
    pub(super) owners: BTreeMap<String, String>,
    /// Console script → the wheel that has it, and what it runs.
    pub(super) scripts: BTreeMap<String, (String, String)>,
}

/// What wheels are embedded into.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setting<'a> {
    /// The directory that they would be installed to.
    pub(super) library: &'a Library<'a>,
    /// The directory with the distribution's manifest.
    pub(super) python: &'a Utf8Path,
    pub(super) manifest: &'a Manifest,
    pub(super) selected: &'a Selected,
    pub(super) single: &'a SingleFile,
    pub(super) ear: Ear<'a>,
}

/// Adds wheels to a bundle that has the standard library.
pub(super) fn add_wheels(
    bundle: &mut Bundle,
    wheels: Vec<Chosen>,
    setting: Setting<'_>,
) -> Result<Embedded, GatherError> {
    let Setting {
        python,
        manifest,
        single,
        ear,
        ..
    } = setting;
    if wheels.is_empty() {
        return Ok(Embedded::default());
    }
    say_lacks(&wheels, manifest, ear);
    let (mut libc, mut macos) = (None, None);
    let mut all = Together::default();
    let taken = taken(bundle, setting.selected);
    for Chosen { wheel, fit } in wheels {
        libc = libc.max(fit.libc.map(|version| (version, wheel.name.file.clone())));
        macos = macos.max(fit.macos.map(|version| (version, wheel.name.file.clone())));
        add_licenses(bundle, &wheel);
        all.add(wheel, &taken, setting)?;
    }
    if single.keep != Keep::Source {
        let failed = compile(&mut all.bundle, python, manifest, single)?;
        let mut by_wheel = BTreeMap::<&str, Vec<_>>::new();
        for source in &failed {
            let wheel = all.embedded.owners.get(&source.module);
            by_wheel
                .entry(wheel.map_or("", String::as_str))
                .or_default()
                .push(source);
        }
        for (wheel, failed) in by_wheel {
            (ear.0)(&Notice::NoPython {
                wheel: wheel.to_owned(),
                count: failed.len(),
                first: format!("{}:{}", failed[0].path, failed[0].line),
                message: failed[0].message.clone(),
            });
        }
    }
    match manifest.pbs.os {
        Os::Linux => libc = libc.max(all.add_needed(manifest, ear)),
        Os::Darwin => all.add_beside(manifest, ear),
        Os::Windows => {}
    }
    say_libc(libc, manifest, ear);
    say_macos(macos, manifest, ear);
    let Together {
        bundle: own,
        embedded,
        ..
    } = all;
    for (name, module) in own.modules {
        put(&mut bundle.modules, name, module);
    }
    bundle.files.extend(own.files);
    Ok(embedded)
}

/// Puts a module where none is; a namespace may be in many places and gives way to anything else.
pub(super) fn put(modules: &mut BTreeMap<String, Module>, name: String, module: Module) {
    let is_namespace = module.kind == ModuleKind::Namespace;
    if !(is_namespace && modules.contains_key(&name)) {
        modules.insert(name, module);
    }
}

/// The names under which the standard library is found before any wheel.
fn taken(bundle: &Bundle, selected: &Selected) -> BTreeSet<String> {
    let embedded = bundle.modules.iter();
    let embedded = embedded.filter(|(_, module)| module.kind != ModuleKind::Namespace);
    embedded
        .map(|(name, _)| name)
        .chain(selected.kept.keys())
        .filter_map(|name| name.split('.').next())
        .map(str::to_owned)
        .collect()
}

fn say_lacks(wheels: &[Chosen], manifest: &Manifest, ear: Ear<'_>) {
    let projects: Vec<_> = wheels.iter().map(|chosen| &chosen.wheel.metadata).collect();
    for lack in lacking(&projects, &Environment::of(manifest)) {
        (ear.0)(&Notice::Lack {
            project: lack.project,
            requirement: lack.requirement,
            why: lack.why,
        });
    }
}

/// Says which C library the executable needs, where the interpreter alone would run with an earlier one.
fn say_libc(libc: Option<(LibcVersion, String)>, manifest: &Manifest, ear: Ear<'_>) {
    let own = manifest.pbs.interpreter.symbol_versions.get("GLIBC");
    let own = own.and_then(|version| libc_version(version));
    if let Some((version, wheel)) = libc
        && own.is_none_or(|own| version > own)
    {
        (ear.0)(&Notice::Libc { version, wheel });
    }
}

/// Says on which releases of macOS the executable runs, where the interpreter alone would run on an earlier one.
fn say_macos(macos: Option<(MacosVersion, String)>, manifest: &Manifest, ear: Ear<'_>) {
    let own = manifest.apple_sdk_deployment_target.as_deref();
    let own = own.and_then(libc_version);
    if let Some((version, wheel)) = macos
        && own.is_some_and(|own| version > own)
    {
        (ear.0)(&Notice::Macos { version, wheel });
    }
}

fn libc_version(text: &str) -> Option<LibcVersion> {
    let mut numbers = text.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// The texts of a wheel's licences stand with those of the interpreter.
fn add_licenses(bundle: &mut Bundle, wheel: &Wheel) {
    let project = format!("{}-{}", wheel.metadata.name, wheel.metadata.version);
    for path in wheel.license_paths() {
        let below = path[wheel.info.len()..].trim_start_matches('/');
        let below = below.trim_start_matches("licenses/");
        let place = format!("licenses/{project}/{below}");
        bundle.files.insert(place, wheel.files[path].clone());
    }
}

/// All wheels in one directory.
#[derive(Default)]
struct Together {
    bundle: Bundle,
    embedded: Embedded,
    /// File → the wheel that has it.
    files: BTreeMap<String, String>,
}

impl Together {
    fn add(
        &mut self,
        wheel: Wheel,
        taken: &BTreeSet<String>,
        setting: Setting<'_>,
    ) -> Result<(), GatherError> {
        let Setting {
            library, single, ear, ..
        } = setting;
        let file = wheel.name.file;
        let mut shadowed = BTreeSet::new();
        let mut files = wheel.files;
        files.retain(|path, _| {
            let top = top(path, library);
            let is_taken = top.is_some_and(|top| taken.contains(top));
            shadowed.extend(top.filter(|_| is_taken).map(str::to_owned));
            !is_taken && !single.excludes(&super::gather::module_of(path))
        });
        without_hidden(&mut files, library);
        let size = files.values().map(|content| content.len() as u64).sum();
        let mut own = Bundle::default();
        library.add(&mut own, files)?;
        (ear.0)(&Notice::Wheel {
            project: wheel.metadata.name,
            version: wheel.metadata.version,
            modules: own.modules.len(),
            size,
        });
        if !shadowed.is_empty() {
            (ear.0)(&Notice::Shadowed {
                wheel: file.clone(),
                modules: shadowed.into_iter().collect(),
            });
        }
        for path in own.files.keys() {
            let below = path[library.root.len()..].trim_start_matches('/');
            if below.ends_with(".pth") && !below.contains('/') {
                (ear.0)(&Notice::Path {
                    wheel: file.clone(),
                    path: below.to_owned(),
                });
            }
        }
        for (scheme, count) in wheel.left_out {
            (ear.0)(&Notice::LeftOut {
                wheel: file.clone(),
                scheme,
                count,
            });
        }
        for (script, target) in wheel.scripts {
            self.embedded.scripts.insert(script, (file.clone(), target));
        }
        self.merge(own, &file, ear)
    }

    fn merge(&mut self, own: Bundle, file: &str, ear: Ear<'_>) -> Result<(), GatherError> {
        for (name, module) in own.modules {
            if let Some(first) = self.bundle.modules.get(&name)
                && first.kind != ModuleKind::Namespace
                && module.kind != ModuleKind::Namespace
            {
                // Packages that share a namespace in the way of before PEP 420 all have the same `__init__`.
                let same =
                    *first == module && self.bundle.files.get(&first.path) == own.files.get(&module.path);
                if same {
                    continue;
                }
                return Err(RequirementError::Module {
                    first: self.embedded.owners.get(&name).cloned().unwrap_or_default(),
                    module: name,
                    second: file.to_owned(),
                }
                .into());
            }
            if module.kind != ModuleKind::Namespace {
                self.embedded.owners.insert(name.clone(), file.to_owned());
            }
            put(&mut self.bundle.modules, name, module);
        }
        for (path, content) in own.files {
            match self.bundle.files.get(&path) {
                Some(first) if *first == content => {}
                Some(_) => (ear.0)(&Notice::File {
                    first: self.files.get(&path).cloned().unwrap_or_default(),
                    path,
                    second: file.to_owned(),
                }),
                None => {
                    self.files.insert(path.clone(), file.to_owned());
                    self.bundle.files.insert(path, content);
                }
            }
        }
        Ok(())
    }

    /// Writes the lists of libraries that extension modules need; the latest version of glibc that a library needs.
    fn add_needed(&mut self, manifest: &Manifest, ear: Ear<'_>) -> Option<(LibcVersion, String)> {
        let mut images = BTreeMap::new();
        let mut libc = None;
        let wheel_of = |path: &str| self.files.get(path).cloned().unwrap_or_default();
        let arch = manifest.target_triple.arch();
        for (path, content) in &self.bundle.files {
            if !content.starts_with(b"\x7fELF") {
                continue;
            }
            let elf = Elf::parse(content).ok();
            let Some(elf) = elf.filter(|elf| arch.is_some_and(|arch| elf.is_for(arch))) else {
                (ear.0)(&Notice::Foreign {
                    wheel: wheel_of(path),
                    path: path.clone(),
                });
                continue;
            };
            let versions = elf.versions.values().flatten();
            let latest = versions
                .filter_map(|version| libc_version(version.strip_prefix(GLIBC)?))
                .max();
            libc = libc.max(latest.map(|version| (version, wheel_of(path))));
            images.insert(path.clone(), Image::of(&elf));
        }
        let mut lists = Vec::new();
        let (mut missing, mut nameless) = (BTreeSet::new(), BTreeSet::new());
        for (name, module) in &self.bundle.modules {
            if !module.kind.is_extension() {
                continue;
            }
            let found = closure(&images, &module.path);
            missing.extend(found.missing);
            nameless.extend(found.nameless);
            if !found.load.is_empty() {
                let lines = found.load.iter().map(|step| line(step, &self.bundle.files));
                lists.push((format!("{NEEDED}/{name}"), lines.collect::<Vec<_>>().join("\n")));
            }
        }
        say_missing(missing, &wheel_of, ear);
        for (path, name) in nameless {
            let wheel = wheel_of(&path);
            (ear.0)(&Notice::Nameless { wheel, path, name });
        }
        for (path, list) in lists {
            self.bundle.files.insert(path, list.into_bytes());
        }
        libc
    }
}

impl Together {
    /// Writes the lists of libraries that extension modules of macOS need. Of files for several processors, this one's
    /// part stays.
    fn add_beside(&mut self, manifest: &Manifest, ear: Ear<'_>) {
        let Some(arch) = manifest.target_triple.arch() else {
            return;
        };
        let wheel_of = |path: &str| self.files.get(path).cloned().unwrap_or_default();
        let mut images = BTreeMap::new();
        for (path, content) in &mut self.bundle.files {
            if let Some(part) = part_for(content, arch) {
                *content = part.to_vec();
            }
            if !is_macho(content) && !is_universal(content) {
                continue;
            }
            let file = MachO::parse(content).ok().filter(|file| file.is_for(arch));
            match file {
                Some(file) if file.kind != MachOKind::Object => {
                    images.insert(path.clone(), Loaded::of(&file));
                }
                Some(_) => {}
                None => (ear.0)(&Notice::Foreign {
                    wheel: wheel_of(path),
                    path: path.clone(),
                }),
            }
        }
        let mut missing = BTreeSet::new();
        let mut lists = Vec::new();
        for (name, module) in &self.bundle.modules {
            if !module.kind.is_extension() {
                continue;
            }
            let found = beside(&images, &module.path);
            missing.extend(found.missing);
            if !found.files.is_empty() {
                let lines: Vec<_> = found.files.into_iter().collect();
                lists.push((format!("{NEEDED}/{name}"), lines.join("\n")));
            }
        }
        say_missing(missing, &wheel_of, ear);
        for (path, list) in lists {
            self.bundle.files.insert(path, list.into_bytes());
        }
    }
}

/// Says what is missing, once for each wheel and name, by the first library.
fn say_missing(missing: BTreeSet<(String, String)>, wheel_of: &dyn Fn(&str) -> String, ear: Ear<'_>) {
    let mut said = BTreeSet::new();
    for (path, needed) in missing {
        let wheel = wheel_of(&path);
        if said.insert((wheel.clone(), needed.clone())) {
            (ear.0)(&Notice::Library { wheel, path, needed });
        }
    }
}

/// Takes modules out that stand beside a package of their name: the package is imported.
fn without_hidden(files: &mut BTreeMap<String, Vec<u8>>, library: &Library<'_>) {
    let packages: BTreeSet<String> = files
        .keys()
        .filter_map(|path| path.rsplit_once('/'))
        .filter(|(_, file)| library.stem(file) == Some("__init__"))
        .map(|(directory, _)| directory.to_owned())
        .collect();
    files.retain(|path, _| {
        let (directory, file) = path.rsplit_once('/').unwrap_or(("", path));
        let separator = if directory.is_empty() { "" } else { "/" };
        let stem = library.stem(file);
        !stem.is_some_and(|stem| packages.contains(&format!("{directory}{separator}{stem}")))
    });
}

/// A line of a list of libraries: paths and, for those that need each other, which of them has at which offset of its
/// file a name of which length that means which: `#FROM OFFSET LENGTH TO`. Parts are separated by tabs.
fn line(step: &Step, files: &BTreeMap<String, Vec<u8>>) -> String {
    let mut parts = step.libraries.clone();
    for (from, library) in step.libraries.iter().enumerate() {
        let names = files
            .get(library)
            .and_then(|content| Elf::needed_at(content).ok());
        for (name, at) in names.into_iter().flatten() {
            let ties = step.ties.iter();
            let mut ties = ties.filter(|tie| tie.from == from && tie.name == name);
            if let Some(tie) = ties.next() {
                parts.push(format!("#{from} {at} {} {}", name.len(), tie.to));
            }
        }
    }
    parts.join("\t")
}

/// The module or package, without dots, in which a file is.
fn top<'a>(path: &'a str, library: &Library<'_>) -> Option<&'a str> {
    match path.split_once('/') {
        Some((directory, _)) => Some(directory),
        None => library.stem(path),
    }
}

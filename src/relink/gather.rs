//! What a single-file executable embeds: the standard library of a distribution, and an application.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use super::compile::compile;
use super::requirement::{Chosen, read_wheels};
use super::wheels::{Embedded, Setting, add_wheels, put};
use super::{App, Ear, GatherError, RequirementError, SingleFile};
use crate::bundle::{Bundle, Library, Module, ModuleKind};
use crate::manifest::{Manifest, Selected};
use crate::model::Os;
use crate::recipe::nearest;

/// Where the application's own files stand in the bundle.
const APP: &str = "app";
/// The module in which an application that is a directory begins.
const MAIN: &str = "__main__";
/// Where wheels stand in the standard library's directory.
const SITE: &str = "site-packages";
/// Where the standard library has extension modules that are files.
const DYNLOAD: &str = "lib-dynload";
/// Directories of an application that hold no part of it.
const ASIDE: [&str; 1] = ["__pycache__"];

/// All there is to embed, before it is said what of it stays.
pub(super) struct Gathered {
    pub(super) bundle: Bundle,
    /// The application's own modules.
    pub(super) own: BTreeSet<String>,
    /// What runs: a module, or `module:function`.
    pub(super) run: Option<String>,
    stdlib: String,
}

impl Gathered {
    /// The modules of wheels.
    pub(super) fn installed(&self) -> BTreeSet<String> {
        let site = format!("{}/{SITE}/", self.stdlib);
        let modules = self.bundle.modules.iter();
        modules
            .filter(|(_, module)| module.path.starts_with(&site))
            .map(|(name, _)| name.clone())
            .collect()
    }

    /// The module that runs as `__main__`; none where a function of an imported module runs.
    pub(super) fn program(&self) -> Option<String> {
        let run = self.run.as_deref().filter(|run| !run.contains(':'))?;
        let main = format!("{run}.{MAIN}");
        let is_package = self.bundle.modules.contains_key(&main);
        Some(if is_package { main } else { run.to_owned() })
    }
}

/// Gathers everything. `python` is the directory in which the distribution's manifest stands; of `selected`, only that
/// matters which is linked in any case.
pub(super) fn gather(
    python: &Utf8Path,
    manifest: &Manifest,
    selected: &Selected,
    single: &SingleFile,
    ear: Ear<'_>,
) -> Result<Gathered, GatherError> {
    let mut bundle = Bundle::default();
    let wheels = read_wheels(single, manifest)?;
    let stdlib = add_stdlib(&mut bundle, python, manifest, single, &wheels)?;
    add_support(&mut bundle, python, manifest, &stdlib)?;
    let site = format!("{stdlib}/{SITE}");
    let setting = Setting {
        library: &library(manifest, &site)?,
        python,
        manifest,
        selected,
        single,
        ear,
    };
    let embedded = add_wheels(&mut bundle, wheels, setting)?;
    let before: BTreeSet<String> = bundle.modules.keys().cloned().collect();
    let run = add_app(&mut bundle, python, manifest, single, &embedded)?;
    let own = bundle.modules.keys().filter(|name| !before.contains(*name));
    let own = own.cloned().collect();
    let is_extension = |module: &&Module| module.kind.is_extension();
    let found = bundle.modules.values().find(is_extension);
    if let Some(module) = found.filter(|_| manifest.pbs.os == Os::Windows) {
        let path = module.path.clone();
        return Err(GatherError::Extension { path });
    }
    let unknown = |name: &&String| !bundle.modules.contains_key(*name);
    if let Some(unknown) = single.include.iter().find(unknown) {
        return Err(GatherError::Unknown {
            name: unknown.clone(),
            nearest: nearest(unknown, bundle.modules.keys().map(String::as_str)).map(str::to_owned),
        });
    }
    Ok(Gathered {
        bundle,
        own,
        run,
        stdlib,
    })
}

/// The bundle with all that belongs to what stayed, and with what the launcher is told.
pub(super) fn finish(
    gathered: Gathered,
    python: &Utf8Path,
    manifest: &Manifest,
    selected: &Selected,
    single: &SingleFile,
) -> Result<Bundle, GatherError> {
    let Gathered {
        mut bundle,
        run,
        stdlib,
        ..
    } = gathered;
    bundle.keep(single.keep);
    add_licenses(&mut bundle, python, manifest, selected)?;
    let mut path = vec![stdlib.clone(), format!("{stdlib}/{SITE}")];
    if single.app.is_some() {
        path.insert(0, APP.to_owned());
    }
    let on = |value: bool| if value { "yes" } else { "no" }.to_owned();
    let options = [
        ("stdlib", stdlib),
        ("path", path.join("\n")),
        ("run", run.unwrap_or_default()),
        ("site", on(single.site)),
        ("environment", on(single.environment)),
        ("as-python", single.as_python.as_str().to_owned()),
        ("optimize", single.optimize.to_string()),
        ("x-options", single.x_options.join("\n")),
        ("warnings", single.warnings.join("\n")),
    ];
    bundle.options = options.map(|(key, value)| (key.to_owned(), value)).into();
    Ok(bundle)
}

/// What the manifest says of modules.
fn library<'a>(manifest: &'a Manifest, root: &'a str) -> Result<Library<'a>, GatherError> {
    let magic = &manifest.python_bytecode_magic_number;
    let bytes = (0..magic.len() / 2).map(|index| u8::from_str_radix(&magic[2 * index..2 * index + 2], 16));
    let magic = bytes
        .collect::<Result<Vec<u8>, _>>()
        .ok()
        .and_then(|bytes| bytes.try_into().ok());
    Ok(Library {
        root,
        cache_tag: &manifest.python_implementation_cache_tag,
        magic: magic.ok_or(GatherError::Manifest {
            field: "python_bytecode_magic_number",
        })?,
        extension_suffixes: manifest
            .python_suffixes
            .get("extension")
            .map(Vec::as_slice)
            .unwrap_or_default(),
    })
}

fn add_stdlib(
    bundle: &mut Bundle,
    python: &Utf8Path,
    manifest: &Manifest,
    single: &SingleFile,
    wheels: &[Chosen],
) -> Result<String, GatherError> {
    let place = manifest.python_paths.get("stdlib").ok_or(GatherError::Manifest {
        field: "python_paths",
    })?;
    let root = place.as_str().strip_prefix("install/").unwrap_or(place.as_str());
    // What stands there and is no part of the library: what pip installs, what only builds of extensions read, and
    // extension modules as files, which are linked in.
    let config = manifest.python_stdlib_platform_config.as_ref();
    let config = config.and_then(|config| config.as_str().strip_prefix(place.as_str()));
    let mut aside: BTreeSet<&str> = [SITE, DYNLOAD].into();
    aside.extend(config.map(|config| config.trim_start_matches('/')));
    let mut files = read_directory(&python.join(place.as_str()), &aside)?;

    let tests = manifest.python_stdlib_test_packages.iter();
    let mut out: BTreeSet<&str> = tests.clone().map(String::as_str).collect();
    out.retain(|package| !single.include.contains(*package));
    let mut unused: BTreeSet<&str> = single.exclude.iter().map(String::as_str).collect();
    let mut names = BTreeSet::new();
    files.retain(|path, _| {
        let module = module_of(path);
        names.insert(module.clone());
        unused.retain(|package| !is_in(&module, package));
        !out.iter().any(|package| is_in(&module, package)) && !single.excludes(&module)
    });
    for path in wheels.iter().flat_map(|chosen| chosen.wheel.files.keys()) {
        let module = module_of(path);
        unused.retain(|package| !is_in(&module, package));
        names.insert(module);
    }
    if let Some(unknown) = unused.first() {
        return Err(GatherError::Unknown {
            name: (*unknown).to_owned(),
            nearest: nearest(unknown, names.iter().map(String::as_str)).map(str::to_owned),
        });
    }
    library(manifest, root)?.add(bundle, files)?;
    // Extension modules that stay files are there for CPython's own tests.
    let loads = manifest.pbs.os != Os::Windows;
    if loads && tests.clone().any(|package| single.include.contains(package)) {
        let files = read_directory(&python.join(place.as_str()).join(DYNLOAD), &BTreeSet::new())?;
        library(manifest, &format!("{root}/{DYNLOAD}"))?.add(bundle, files)?;
    }
    Ok(root.to_owned())
}

/// The module that a file of the library is or belongs to, dotted.
pub(super) fn module_of(path: &str) -> String {
    let path = path.replace("__pycache__/", "");
    let (directory, file) = path.rsplit_once('/').unwrap_or(("", &path));
    let stem = file.split('.').next().unwrap_or_default();
    let mut names: Vec<&str> = directory.split('/').filter(|name| !name.is_empty()).collect();
    if stem != "__init__" {
        names.push(stem);
    }
    names.join(".")
}

fn is_in(module: &str, package: &str) -> bool {
    module
        .strip_prefix(package)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

impl SingleFile {
    /// Whether a module is left out, by itself or with a package that it is in.
    pub(super) fn excludes(&self, module: &str) -> bool {
        self.exclude.iter().any(|package| is_in(module, package))
    }
}

/// The importer's part in Python.
fn add_support(
    bundle: &mut Bundle,
    python: &Utf8Path,
    manifest: &Manifest,
    stdlib: &str,
) -> Result<(), GatherError> {
    let launcher = &manifest.pbs.interpreter.launcher;
    let mut files = BTreeMap::new();
    for module in launcher.iter().flat_map(|launcher| &launcher.support) {
        let name = module.source.name();
        let stem = name.trim_end_matches(".py");
        let cached = format!(
            "__pycache__/{stem}.{}.pyc",
            manifest.python_implementation_cache_tag
        );
        files.insert(name.to_owned(), read(&python.join(module.source.as_str()))?);
        files.insert(cached, read(&python.join(module.code.as_str()))?);
    }
    library(manifest, stdlib)?.add(bundle, files)?;
    Ok(())
}

/// The texts of the licences of what is linked and embedded.
fn add_licenses(
    bundle: &mut Bundle,
    python: &Utf8Path,
    manifest: &Manifest,
    selected: &Selected,
) -> Result<(), GatherError> {
    let extensions = manifest.build_info.iter().flat_map(|build| &build.extensions);
    let (mut kept, mut gone) = (BTreeSet::new(), BTreeSet::new());
    for (name, variants) in extensions {
        let paths = variants
            .iter()
            .flat_map(|variant| variant.license_paths.iter().flatten());
        if selected.kept.contains_key(name) {
            kept.extend(paths.map(|path| path.as_str().to_owned()));
        } else {
            gone.extend(paths.map(|path| path.as_str().to_owned()));
        }
    }
    for (name, text) in read_directory(&python.join("licenses"), &BTreeSet::new())? {
        let path = format!("licenses/{name}");
        if kept.contains(&path) || !gone.contains(&path) {
            bundle.files.insert(path, text);
        }
    }
    Ok(())
}

/// Adds the application; what runs.
fn add_app(
    bundle: &mut Bundle,
    python: &Utf8Path,
    manifest: &Manifest,
    single: &SingleFile,
    wheels: &Embedded,
) -> Result<Option<String>, GatherError> {
    let mut own = Bundle::default();
    let mut run = single.run.clone();
    match &single.app {
        None => {}
        Some(App::Script(script)) => {
            let file = script.file_name().unwrap_or_default();
            let stem = file.trim_end_matches(".py");
            // By its own name, so that processes of multiprocessing find it again.
            let name = if crate::bundle::is_identifier(stem) {
                stem
            } else {
                "app"
            };
            let files = [(format!("{name}.py"), read(script)?)].into();
            library(manifest, APP)?.add(&mut own, files)?;
            run.get_or_insert_with(|| name.to_owned());
        }
        Some(App::Directory(directory)) => {
            let mut files = read_directory(directory, &ASIDE.into())?;
            let mut begins = MAIN.to_owned();
            if files.contains_key("__init__.py") {
                let package = directory.file_name().unwrap_or_default();
                if !crate::bundle::is_identifier(package) {
                    let path = directory.clone();
                    return Err(GatherError::Package { path });
                }
                files = files
                    .into_iter()
                    .map(|(path, content)| (format!("{package}/{path}"), content))
                    .collect();
                begins = package.to_owned();
            }
            library(manifest, APP)?.add(&mut own, files)?;
            run.get_or_insert(begins);
        }
    }
    // The library's that have no bytecode are meant to be broken: tests read them.
    if let Some(first) = compile(&mut own, python, manifest, single)?.into_iter().next() {
        return Err(GatherError::Syntax {
            path: first.path,
            line: first.line,
            message: first.message,
        });
    }
    for (name, module) in own.modules {
        let namespace = ModuleKind::Namespace;
        match bundle.modules.get(&name) {
            Some(first) if first.kind != namespace && module.kind != namespace => {
                return Err(twice(name, first, module, wheels));
            }
            _ => put(&mut bundle.modules, name, module),
        }
    }
    bundle.files.extend(own.files);
    if let Some(run) = &run {
        check_run(bundle, run).map_err(|error| match wheels.scripts.get(run) {
            Some((wheel, target)) => GatherError::Script {
                name: run.clone(),
                wheel: wheel.clone(),
                target: target.clone(),
            },
            None => error,
        })?;
    }
    Ok(run)
}

/// A module of the application that is there already.
fn twice(name: String, first: &Module, second: Module, wheels: &Embedded) -> GatherError {
    match wheels.owners.get(&name) {
        Some(wheel) => RequirementError::Module {
            module: name,
            first: wheel.clone(),
            second: second.path,
        }
        .into(),
        None => crate::bundle::AddError::Twice {
            name,
            first: first.path.clone(),
            second: second.path,
        }
        .into(),
    }
}

/// Whether there is what runs.
fn check_run(bundle: &Bundle, run: &str) -> Result<(), GatherError> {
    let (module, function) = run
        .split_once(':')
        .map_or((run, None), |(module, function)| (module, Some(function)));
    let names = bundle.modules.keys().map(String::as_str);
    let unknown = || GatherError::Unknown {
        name: module.to_owned(),
        nearest: nearest(module, names).map(str::to_owned),
    };
    let found = bundle.modules.get(module).ok_or_else(unknown)?;
    let is_package = found.kind.is_package();
    if function.is_none() && is_package && !bundle.modules.contains_key(&format!("{module}.{MAIN}")) {
        return Err(GatherError::NoMain {
            package: module.to_owned(),
        });
    }
    let code = |module: &Module| !module.kind.is_extension();
    if !code(found) && function.is_none() {
        return Err(GatherError::NoMain {
            package: module.to_owned(),
        });
    }
    Ok(())
}

fn read(path: &Utf8Path) -> Result<Vec<u8>, GatherError> {
    fs_err::read(path).map_err(|source| GatherError::Read {
        path: path.to_owned(),
        source,
    })
}

/// The files below a directory by their path in it; hidden ones and those in `aside` are left out.
fn read_directory(
    directory: &Utf8Path,
    aside: &BTreeSet<&str>,
) -> Result<BTreeMap<String, Vec<u8>>, GatherError> {
    let failed = |path: &Utf8Path| {
        let path = path.to_owned();
        move |source| GatherError::Read { path, source }
    };
    let mut files = BTreeMap::new();
    let mut left: Vec<(String, Utf8PathBuf)> = vec![(String::new(), directory.to_owned())];
    while let Some((below, directory)) = left.pop() {
        for entry in directory.read_dir_utf8().map_err(failed(&directory))? {
            let entry = entry.map_err(failed(&directory))?;
            let name = entry.file_name();
            let path = format!("{below}{name}");
            if name.starts_with('.') || aside.contains(path.as_str()) {
                continue;
            }
            // Of a link, what it leads to.
            let kind = fs_err::metadata(entry.path()).map_err(failed(entry.path()))?;
            if kind.is_dir() && !entry.file_type().map_err(failed(entry.path()))?.is_symlink() {
                left.push((format!("{path}/"), entry.path().to_owned()));
            } else if kind.is_file() {
                files.insert(path, read(entry.path())?);
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_belong_to_modules() {
        for (path, module) in [
            ("os.py", "os"),
            ("__pycache__/os.cpython-313.pyc", "os"),
            ("json/__init__.py", "json"),
            ("json/__pycache__/tool.cpython-313.pyc", "json.tool"),
            ("ensurepip/_bundled/pip.whl", "ensurepip._bundled.pip"),
        ] {
            assert_eq!(module_of(path), module);
        }
        assert!(is_in("json.tool", "json"));
        assert!(is_in("json", "json"));
        assert!(!is_in("jsonx", "json"));
    }
}

//! Description × facts × inventory → manifest. What can be observed is never guessed, and where
//! what the build says and what it left disagree, there is no manifest.

use std::collections::{BTreeMap, BTreeSet};

use super::layout::{library_path, license_path};
use super::{
    BuildInfo, ComponentRecord, Core, DeriveError, Description, Disagreement, Extension, ExtensionLoading,
    ExtensionRecord, Facts, FormatVersion, Interpreter, Inventory, Link, LinkFact, LinkMode, Manifest, Pbs,
    PbsVersion, SymbolVisibility, Worker, calls, highest_versions,
};
use crate::inspect::{Content, ElfKind};
use crate::model::{Os, TreePath, on_one_line};
use crate::plan::{CPYTHON, Flavor, Linkage, Module};

/// What a manifest is derived from.
#[derive(Clone, Copy, Debug)]
pub struct DeriveInputs<'a> {
    /// What the recipes know.
    pub description: &'a Description,
    /// What the build says.
    pub facts: &'a Facts,
    /// What is there.
    pub inventory: &'a Inventory,
}

/// Derives the manifest of the full archive.
pub fn derive(inputs: DeriveInputs<'_>) -> Result<Manifest, DeriveError> {
    let mut derivation = Derivation {
        description: inputs.description,
        facts: inputs.facts,
        inventory: inputs.inventory,
        claimed: BTreeMap::new(),
        problems: Vec::new(),
    };
    let manifest = derivation.manifest();
    derivation.check_unclaimed();
    if derivation.problems.is_empty() {
        Ok(manifest)
    } else {
        Err(DeriveError(derivation.problems))
    }
}

/// Variables of `sysconfig` that tell of the user who asked, not of the distribution.
const OF_THE_USER: [&str; 1] = ["userbase"];

struct Derivation<'a> {
    description: &'a Description,
    facts: &'a Facts,
    inventory: &'a Inventory,
    /// Objects and libraries that are named: path → by whom first.
    claimed: BTreeMap<TreePath, String>,
    problems: Vec<Disagreement>,
}

impl Derivation<'_> {
    fn manifest(&mut self) -> Manifest {
        let (description, python) = (self.description, &self.facts.python);
        self.check_same("version", &python.version, &description.python.to_string());
        self.check_same("platform tag", &python.tags.platform, &description.platform_tag);
        self.check_broken();
        let build_info = self.build_info();
        let components = self.components();
        let main_component = components.iter().find(|component| component.name == CPYTHON);
        let licenses = main_component.map(|component| component.licenses.clone());
        let license_path = main_component.and_then(|component| component.license_paths.first().cloned());
        let interpreter = self.interpreter();
        let run_tests = TreePath::parse("build/run_tests.py").expect("a path");
        self.require("the manifest", &run_tests, None);
        let mut loading = vec![ExtensionLoading::Builtin];
        if interpreter.loader.is_some() {
            loading.push(ExtensionLoading::SharedLibrary);
        }
        Manifest {
            version: FormatVersion::V8,
            target_triple: description.target.clone(),
            optimizations: description.options.clone(),
            build_options: description.options.clone(),
            python_tag: python.tags.python.clone(),
            python_abi_tag: Some(python.tags.abi.clone()),
            python_platform_tag: python.tags.platform.clone(),
            python_implementation_cache_tag: python.implementation.cache_tag.clone(),
            python_implementation_hex_version: python.implementation.hex_version,
            python_implementation_name: python.implementation.name.clone(),
            python_implementation_version: python.implementation.version.clone(),
            python_version: python.version.clone(),
            python_major_minor_version: python.major_minor.clone(),
            python_paths: python.paths.clone(),
            python_paths_abstract: python.paths_abstract.clone(),
            python_config_vars: python
                .config_vars
                .iter()
                .filter(|(name, _)| !OF_THE_USER.contains(&name.as_str()))
                .map(|(name, value)| (name.clone(), value.to_string()))
                .collect(),
            python_exe: python.exe.clone(),
            python_stdlib_platform_config: python.stdlib_platform_config.clone(),
            python_stdlib_test_packages: python.stdlib_test_packages.clone(),
            python_suffixes: python.suffixes.clone(),
            python_bytecode_magic_number: python.bytecode_magic_number.clone(),
            libpython_link_mode: match self.facts.build.core.shared_lib {
                Some(_) => LinkMode::Shared,
                None => LinkMode::Static,
            },
            python_symbol_visibility: match description.os {
                Os::Windows => SymbolVisibility::Dllexport,
                Os::Linux | Os::Darwin => SymbolVisibility::GlobalDefault,
            },
            python_extension_module_loading: loading,
            apple_sdk_canonical_name: None,
            apple_sdk_platform: None,
            apple_sdk_version: None,
            apple_sdk_deployment_target: None,
            crt_features: description.crt_features.clone(),
            run_tests: Some(run_tests),
            pbs: Pbs {
                format: PbsVersion::V1,
                flavor: Flavor::Full,
                os: description.os,
                tag: description.tag.clone(),
                epoch: description.epoch,
                profile: None,
                components,
                worker: self.worker(),
                interpreter,
                extensions: self.extension_records(&build_info),
                files: self.files(),
            },
            build_info: Some(build_info),
            licenses,
            license_path,
            tcl_library_path: None,
            tcl_library_paths: None,
        }
    }

    fn build_info(&mut self) -> BuildInfo {
        let build = &self.facts.build;
        let core = Core {
            objs: build.core.objects.clone(),
            links: self.links("the core", &build.core.links, None),
            shared_lib: build.core.shared_lib.clone(),
            static_lib: build.core.static_lib.clone(),
        };
        for object in &core.objs {
            self.claim_object("the core", object);
        }
        for library in core.shared_lib.iter().chain(&core.static_lib) {
            self.require("the core", library, None);
        }
        if !core.objs.contains(&build.core.main_object) {
            self.claim_object("the core", &build.core.main_object);
        }
        self.claim_object("the table of built-in modules", &build.inittab.object);
        self.require("the table of built-in modules", &build.inittab.source, None);
        BuildInfo {
            core,
            extensions: self.extensions(),
            inittab_object: build.inittab.object.clone(),
            inittab_source: build.inittab.source.clone(),
            inittab_cflags: build.inittab.cflags.clone(),
            object_file_format: self.description.object_format.as_str().to_owned(),
        }
    }

    fn extensions(&mut self) -> BTreeMap<String, Vec<Extension>> {
        let mut extensions = BTreeMap::new();
        for name in self.description.modules.keys() {
            if !self.facts.build.extensions.contains_key(name) {
                let name = name.clone();
                self.problems.push(Disagreement::Unknown {
                    name,
                    known: "the recipes",
                });
            }
        }
        for (name, built) in &self.facts.build.extensions {
            let Some(module) = self.description.modules.get(name) else {
                let name = name.clone();
                self.problems.push(Disagreement::Unknown {
                    name,
                    known: "the build",
                });
                continue;
            };
            if module.linkage != built.linkage {
                self.problems.push(Disagreement::Linkage {
                    name: name.clone(),
                    observed: built.linkage,
                    described: module.linkage,
                });
            }
            if built.linkage == Linkage::Absent {
                continue;
            }
            let owner = format!("the extension module `{name}`");
            for object in &built.objects {
                self.claim_object(&owner, object);
            }
            if let Some(library) = &built.shared_lib {
                self.require(&owner, library, None);
            }
            let links = self.links(&owner, &built.links, Some(module));
            let (licenses, license_paths) = self.module_licenses(module);
            let extension = Extension {
                in_core: built.in_core,
                init_fn: built.init_fn.clone().unwrap_or_else(|| "NULL".to_owned()),
                license_public_domain: licenses
                    .as_ref()
                    .map(|licenses| licenses.iter().all(|license| is_public_domain(license))),
                licenses,
                license_paths,
                links,
                objs: built.objects.clone(),
                required: module.required,
                static_lib: None,
                shared_lib: built.shared_lib.clone(),
                variant: "default".to_owned(),
            };
            extensions.insert(name.clone(), vec![extension]);
        }
        extensions
    }

    /// SPDX identifiers of what a module brings in, and where their texts are.
    fn module_licenses(&mut self, module: &Module) -> (Option<Vec<String>>, Option<Vec<TreePath>>) {
        if module.licenses.is_empty() {
            return (None, None);
        }
        // Foreign code that CPython carries in its own sources is licensed in CPython's own texts.
        let homes = if module.needs.is_empty() {
            &[CPYTHON.to_owned()][..]
        } else {
            &module.needs
        };
        let mut paths = Vec::new();
        for component in &self.description.components {
            if homes.contains(&component.name) {
                for license in &component.licenses {
                    match license_path(license) {
                        Ok(path) => paths.push(path),
                        Err(error) => self.problems.push(error.into()),
                    }
                }
            }
        }
        (Some(module.licenses.clone()), Some(paths))
    }

    fn links(&mut self, owner: &str, links: &[LinkFact], module: Option<&Module>) -> Vec<Link> {
        let mut described = Vec::new();
        for link in links {
            match (&link.path, link.system) {
                (Some(path), false) => {
                    self.claimed
                        .entry(path.clone())
                        .or_insert_with(|| owner.to_owned());
                    self.require(owner, path, Some("static library"));
                    if let (Some(package), Some(module)) = (&link.package, module)
                        && !module.needs.contains(package)
                    {
                        self.problems.push(Disagreement::Needs {
                            owner: owner.to_owned(),
                            library: link.name.clone(),
                            package: package.clone(),
                        });
                    }
                }
                (None, true) => {}
                _ => self.problems.push(Disagreement::Origin {
                    owner: owner.to_owned(),
                    library: link.name.clone(),
                }),
            }
            described.push(Link {
                name: link.name.clone(),
                path_static: link.path.clone(),
                path_dynamic: None,
                framework: None,
                system: link.system.then_some(true),
            });
        }
        described
    }

    fn components(&mut self) -> Vec<ComponentRecord> {
        let mut records = Vec::new();
        for component in &self.description.components {
            let owner = format!("the component `{}`", component.name);
            let mut license_paths = Vec::new();
            let mut libraries = Vec::new();
            if component.linked {
                for license in &component.licenses {
                    match license_path(license) {
                        Ok(path) => {
                            self.require(&owner, &path, None);
                            license_paths.push(path);
                        }
                        Err(error) => self.problems.push(error.into()),
                    }
                }
                for library in &component.libraries {
                    match library_path(library) {
                        Ok(path) => {
                            self.require(&owner, &path, Some("static library"));
                            libraries.push(path);
                        }
                        Err(error) => self.problems.push(error.into()),
                    }
                }
            }
            records.push(ComponentRecord {
                name: component.name.clone(),
                version: component.version.clone(),
                summary: component.summary.clone(),
                homepage: component.homepage.clone(),
                url: component.url.clone(),
                archive: component.archive,
                tree: component.tree,
                patches: component.patches.clone(),
                licenses: component
                    .licenses
                    .iter()
                    .map(|license| license.spdx.clone())
                    .collect::<BTreeSet<_>>()
                    .into_iter()
                    .collect(),
                license_paths,
                libraries,
                linked: component.linked,
                cpe: component.cpe.clone(),
                purl: component.purl.clone(),
            });
        }
        records
    }

    fn interpreter(&mut self) -> Interpreter {
        let exe = &self.facts.python.exe;
        let elf = self.inventory.elf(exe);
        let position_independent = self.facts.build.position_independent_executable;
        match elf.map(|elf| elf.kind) {
            Some(ElfKind::PositionIndependentExecutable) if position_independent => {}
            Some(ElfKind::Executable) if !position_independent => {}
            _ => self.problems.push(Disagreement::Kind {
                owner: "the build".to_owned(),
                path: exe.clone(),
                expected: if position_independent {
                    "position-independent executable"
                } else {
                    "executable at fixed addresses"
                },
            }),
        }
        Interpreter {
            main_object: Some(self.facts.build.core.main_object.clone()),
            loader: elf.and_then(|elf| elf.interpreter.clone()),
            position_independent,
            needed: elf.map(|elf| elf.needed.clone()).unwrap_or_default(),
            symbol_versions: highest_versions(self.inventory),
        }
    }

    fn worker(&self) -> Worker {
        let exe = self.inventory.elf(&self.facts.python.exe);
        let mut observed = exe.map(|elf| elf.comments.clone()).unwrap_or_default();
        observed.push(self.facts.python.compiler.clone());
        observed.sort();
        observed.dedup();
        Worker {
            image: self.description.worker.image.clone(),
            lock: self.description.worker.lock,
            toolchain: self.description.worker.toolchain.clone(),
            observed,
        }
    }

    fn extension_records(&self, build: &BuildInfo) -> BTreeMap<String, ExtensionRecord> {
        let mut users = BTreeMap::<&TreePath, BTreeSet<&str>>::new();
        for (name, variants) in &build.extensions {
            for path in variants
                .iter()
                .flat_map(|variant| &variant.links)
                .filter_map(|link| link.path_static.as_ref())
            {
                users.entry(path).or_default().insert(name);
            }
        }
        let calls = calls(build, self.inventory);
        let size = |path: &TreePath| -> u64 {
            let files = self.inventory.files.get(path);
            files.map_or(0, |facts| {
                facts.content.elves().map(|(_, elf)| elf.sizes.loaded()).sum()
            })
        };
        let record = |(name, module): (&String, &Module)| {
            let variants = build.extensions.get(name).map(Vec::as_slice).unwrap_or_default();
            let alone = users
                .iter()
                .filter(|(_, users)| users.len() == 1 && users.contains(name.as_str()));
            let record = ExtensionRecord {
                linkage: module.linkage,
                needs: module.needs.clone(),
                calls: calls
                    .get(name)
                    .map(|called| called.keys().cloned().collect())
                    .unwrap_or_default(),
                test: module.test,
                why: module.why.clone(),
                size: variants.iter().flat_map(|variant| &variant.objs).map(size).sum(),
                library_size: alone.map(|(path, _)| size(path)).sum(),
            };
            (name.clone(), record)
        };
        self.description.modules.iter().map(record).collect()
    }

    fn files(&self) -> BTreeMap<TreePath, crate::model::Digest> {
        self.inventory
            .tree
            .files()
            .filter(|(path, _, _)| path.as_str() != Manifest::NAME)
            .map(|(path, digest, _)| (path.clone(), *digest))
            .collect()
    }

    fn check_same(&mut self, what: &'static str, observed: &str, described: &str) {
        if observed != described {
            self.problems.push(Disagreement::Differs {
                what,
                observed: observed.to_owned(),
                described: described.to_owned(),
            });
        }
    }

    fn check_broken(&mut self) {
        for (path, error) in &self.inventory.broken {
            self.problems.push(Disagreement::Broken {
                path: path.clone(),
                reason: on_one_line(error),
            });
        }
    }

    fn claim_object(&mut self, owner: &str, path: &TreePath) {
        self.require(owner, path, Some("object"));
        if let Some(first) = self.claimed.insert(path.clone(), owner.to_owned()) {
            self.problems.push(Disagreement::Twice {
                path: path.clone(),
                first,
                second: owner.to_owned(),
            });
        }
    }

    fn require(&mut self, owner: &str, path: &TreePath, expected: Option<&'static str>) {
        let found = self
            .inventory
            .resolve(path)
            .and_then(|path| self.inventory.files.get(&path));
        let Some(found) = found else {
            // A broken file has been reported already.
            if !self.inventory.broken.contains_key(path) {
                self.problems.push(Disagreement::Missing {
                    owner: owner.to_owned(),
                    path: path.clone(),
                });
            }
            return;
        };
        let fits = match (expected, &found.content) {
            (None, _) | (Some("static library"), Content::Archive(_)) => true,
            (Some("object"), Content::Elf(elf)) => elf.kind == ElfKind::Relocatable,
            _ => false,
        };
        if let (false, Some(expected)) = (fits, expected) {
            self.problems.push(Disagreement::Kind {
                owner: owner.to_owned(),
                path: path.clone(),
                expected,
            });
        }
    }

    fn check_unclaimed(&mut self) {
        let build = TreePath::parse("build").expect("a path");
        for (path, facts) in &self.inventory.files {
            if facts.content.is_linkable()
                && path.strip_prefix(&build).is_some()
                && !self.claimed.contains_key(path)
            {
                self.problems.push(Disagreement::Unclaimed { path: path.clone() });
            }
        }
    }
}

/// Whether an SPDX identifier dedicates to the public domain.
fn is_public_domain(license: &str) -> bool {
    matches!(
        license,
        "blessing" | "CC0-1.0" | "Unlicense" | "LicenseRef-Public-Domain"
    )
}

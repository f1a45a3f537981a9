//! Description × facts × inventory → manifest. What can be observed is never guessed, and where
//! what the build says and what it left disagree, there is no manifest.

mod checks;
mod components;
mod extensions;

use std::collections::{BTreeMap, BTreeSet};

use super::{
    BuildInfo, Core, DeriveError, Description, Disagreement, ExtensionLoading, Facts, FormatVersion,
    Interpreter, Inventory, LauncherRecord, LinkMode, Manifest, Pbs, PbsVersion, SymbolVisibility, Worker,
    highest_versions, own_library,
};
use crate::inspect::{Code, Role};
use crate::model::{Os, TreePath};
use crate::plan::{CPYTHON, Flavor};

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

/// The libraries of the system that a program loads, itself or by a library of the distribution.
fn needed(inventory: &Inventory, exe: &TreePath) -> Vec<String> {
    let mut needed = Vec::new();
    let mut seen = BTreeSet::new();
    let mut queue = vec![exe.clone()];
    while let Some(path) = queue.pop() {
        let code = inventory.code(&path);
        for name in code.map(Code::needed).unwrap_or_default() {
            if !seen.insert(name) {
                continue;
            }
            match own_library(inventory, exe, &path, name) {
                Some(own) => queue.push(own),
                None => needed.push(name.to_owned()),
            }
        }
    }
    needed
}

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
        if self.inventory.code(&python.exe).is_some_and(Code::loads) {
            loading.push(ExtensionLoading::SharedLibrary);
        }
        let sdk = description.apple_sdk.as_ref();
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
            apple_sdk_canonical_name: sdk.map(|sdk| sdk.name.clone()),
            apple_sdk_platform: sdk.map(|sdk| sdk.platform.clone()),
            apple_sdk_version: sdk.map(|sdk| sdk.version.to_string()),
            apple_sdk_deployment_target: sdk.map(|sdk| sdk.deployment_target.to_string()),
            crt_features: description.crt_features.clone(),
            run_tests: Some(run_tests),
            pbs: Pbs {
                format: PbsVersion::V1,
                flavor: Flavor::Full,
                os: description.os,
                tag: description.tag.clone(),
                epoch: description.epoch,
                profile: self.profile(),
                components,
                sysroot: description.sysroot.clone(),
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

    fn interpreter(&mut self) -> Interpreter {
        let exe = &self.facts.python.exe;
        let code = self.inventory.code(exe);
        let position_independent = self.facts.build.position_independent_executable;
        let is_meant = |code: &Code<'_>| {
            code.role() == Role::Program && code.position_independent() == position_independent
        };
        if !code.as_ref().is_some_and(is_meant) {
            self.problems.push(Disagreement::Kind {
                owner: "the build".to_owned(),
                path: exe.clone(),
                expected: if position_independent {
                    "position-independent executable"
                } else {
                    "executable at fixed addresses"
                },
            });
        }
        let start = self.facts.build.start.clone();
        for file in start.files().collect::<BTreeSet<_>>() {
            self.require("a link", file, None);
            self.claimed.insert(file.clone(), "a link".to_owned());
        }
        let launcher = self.facts.build.launcher.clone();
        for file in launcher.iter().flat_map(LauncherRecord::files) {
            self.require("the launcher", file, None);
        }
        for object in launcher.iter().flat_map(LauncherRecord::objects) {
            self.claimed.insert(object.clone(), "the launcher".to_owned());
        }
        Interpreter {
            start: Some(start),
            launcher,
            main_object: Some(self.facts.build.core.main_object.clone()),
            loader: code.and_then(Code::loader).map(str::to_owned),
            position_independent,
            stack: code.and_then(Code::stack),
            needed: needed(self.inventory, exe),
            symbol_versions: highest_versions(self.inventory),
        }
    }

    fn worker(&self) -> Worker {
        let exe = self.inventory.code(&self.facts.python.exe);
        let mut observed = exe.map(Code::tools).unwrap_or_default();
        observed.push(self.facts.python.compiler.clone());
        observed.sort();
        observed.dedup();
        Worker {
            image: self.description.worker.image.clone(),
            lock: self.description.worker.lock,
            root: self.description.worker.root,
            toolchain: self.description.worker.toolchain.clone(),
            observed,
        }
    }

    fn files(&self) -> BTreeMap<TreePath, crate::model::Digest> {
        self.inventory
            .tree
            .files()
            .filter(|(path, _, _)| path.as_str() != Manifest::NAME)
            .map(|(path, digest, _)| (path.clone(), *digest))
            .collect()
    }
}

//! `PYTHON.json`: version 8 of the format that consumers of standalone Pythons read, and our own
//! key `pbs` beside it.
//!
//! These types are the single source of `artifacts-schema/python-json.schema.json`. Every path is
//! relative to the directory that holds `PYTHON.json`. Unknown keys are errors: whoever adds one
//! here says in the commit what old readers do with it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Pbs;
use crate::model::{Options, Target, TreePath};

/// All of `PYTHON.json`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of the format.
    pub version: FormatVersion,
    /// The triple that the binaries run on.
    pub target_triple: Target,
    /// The same as `build_options`, for older readers.
    pub optimizations: Options,
    /// The options of the build, joined by `+`.
    pub build_options: Options,
    /// Python tag of wheels: `cp313`.
    pub python_tag: String,
    /// ABI tag of wheels: `cp313`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub python_abi_tag: Option<String>,
    /// Platform tag of wheels: `linux-x86_64`.
    pub python_platform_tag: String,
    /// `sys.implementation.cache_tag`.
    pub python_implementation_cache_tag: String,
    /// `sys.implementation.hexversion`.
    pub python_implementation_hex_version: u64,
    /// `sys.implementation.name`.
    pub python_implementation_name: String,
    /// `sys.implementation.version`, every part as text.
    pub python_implementation_version: Vec<String>,
    /// `3.13.5`.
    pub python_version: String,
    /// `3.13`.
    pub python_major_minor_version: String,
    /// `sysconfig`'s installation paths, in the distribution.
    pub python_paths: BTreeMap<String, TreePath>,
    /// The same with `sysconfig`'s placeholders.
    pub python_paths_abstract: BTreeMap<String, String>,
    /// `sysconfig`'s variables, every value as text.
    pub python_config_vars: BTreeMap<String, String>,
    /// The interpreter.
    pub python_exe: TreePath,
    /// The directory with what is needed to embed Python, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub python_stdlib_platform_config: Option<TreePath>,
    /// Packages of the standard library that hold only tests.
    pub python_stdlib_test_packages: Vec<String>,
    /// Suffixes of modules by kind.
    pub python_suffixes: BTreeMap<String, Vec<String>>,
    /// Magic number of bytecode, in hexadecimal digits.
    pub python_bytecode_magic_number: String,
    /// How the interpreter has its own library.
    pub libpython_link_mode: LinkMode,
    /// Who sees the symbols of the C interface.
    pub python_symbol_visibility: SymbolVisibility,
    /// The ways in which extension modules can be loaded.
    pub python_extension_module_loading: Vec<ExtensionLoading>,
    /// Canonical name of Apple's SDK.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apple_sdk_canonical_name: Option<String>,
    /// Platform of Apple's SDK.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apple_sdk_platform: Option<String>,
    /// Version of Apple's SDK.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apple_sdk_version: Option<String>,
    /// Oldest release of Apple's system that it runs on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apple_sdk_deployment_target: Option<String>,
    /// What it asks of the C library.
    pub crt_features: Vec<String>,
    /// A Python script that runs the tests. Always there in a full archive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_tests: Option<TreePath>,
    /// Objects and libraries to link an interpreter from. Always there in a full archive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build_info: Option<BuildInfo>,
    /// SPDX identifiers of CPython's licence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licenses: Option<Vec<String>>,
    /// Text of CPython's licence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license_path: Option<TreePath>,
    /// Directory of Tcl's library files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tcl_library_path: Option<TreePath>,
    /// Directories below `tcl_library_path`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tcl_library_paths: Option<Vec<String>>,
    /// What version 8 does not say.
    pub pbs: Pbs,
}

/// Version of the format.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum FormatVersion {
    /// Version 8.
    #[serde(rename = "8")]
    V8,
}

/// How the interpreter has its own library.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LinkMode {
    /// There is no shared library of it.
    Static,
    /// There is a shared library of it in the distribution.
    Shared,
}

/// Who sees the symbols of the C interface.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SymbolVisibility {
    /// Everybody (Unix).
    GlobalDefault,
    /// Those who import them from the library (Windows).
    Dllexport,
}

/// A way in which extension modules can be loaded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ExtensionLoading {
    /// Linked in.
    Builtin,
    /// From a file.
    SharedLibrary,
}

/// What an interpreter is linked from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BuildInfo {
    /// The interpreter without extension modules.
    pub core: Core,
    /// The extension modules by name, each with its variants.
    pub extensions: BTreeMap<String, Vec<Extension>>,
    /// The object that defines the table of built-in modules.
    pub inittab_object: TreePath,
    /// The source of that object.
    pub inittab_source: TreePath,
    /// Flags to compile that source with.
    pub inittab_cflags: Vec<String>,
    /// Format of the objects: `elf`, `mach-o`, `coff`.
    pub object_file_format: String,
}

/// The interpreter without extension modules.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Core {
    /// Its objects.
    pub objs: Vec<TreePath>,
    /// What else is linked.
    pub links: Vec<Link>,
    /// The library to load.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_lib: Option<TreePath>,
    /// The library to link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub static_lib: Option<TreePath>,
}

/// A library that something links.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Its name without `lib` and suffix.
    pub name: String,
    /// The static library in the distribution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_static: Option<TreePath>,
    /// The shared library in the distribution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_dynamic: Option<TreePath>,
    /// Whether it is a framework of Apple's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub framework: Option<bool>,
    /// Whether the target's system has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<bool>,
}

/// One way to have an extension module.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Extension {
    /// Whether its code is among the objects of the core.
    pub in_core: bool,
    /// The function that makes the module; `NULL` for modules the core makes by itself.
    pub init_fn: String,
    /// SPDX identifiers of what it links.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licenses: Option<Vec<String>>,
    /// Texts of those licences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license_paths: Option<Vec<TreePath>>,
    /// Whether what it links is in the public domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license_public_domain: Option<bool>,
    /// What it links.
    pub links: Vec<Link>,
    /// Its objects.
    pub objs: Vec<TreePath>,
    /// Whether no interpreter works without it.
    pub required: bool,
    /// The static library that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub static_lib: Option<TreePath>,
    /// The shared library that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_lib: Option<TreePath>,
    /// Name of this way; `default` where there is one only.
    pub variant: String,
}

/// Why bytes are not a manifest.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadManifestError {
    /// It is none, or not of this version's form.
    #[error("not a `PYTHON.json` that we can read")]
    Malformed {
        /// What the parser found, with line and column.
        #[from]
        source: serde_json::Error,
    },
    /// It was written by a later `pbs`.
    #[error("its {what} is `{found}`, which is newer than the `{known}` that this pbs reads")]
    Newer {
        /// `version` or `pbs.format`.
        what: &'static str,
        /// What it says.
        found: String,
        /// What we can read.
        known: u64,
    },
}

impl Manifest {
    /// Its name in the directory that everything stands in.
    pub const NAME: &'static str = "PYTHON.json";
    /// Where the manifest stands in an archive.
    pub const PATH: &'static str = "python/PYTHON.json";

    /// Reads `PYTHON.json`.
    pub fn read(bytes: &[u8]) -> Result<Self, ReadManifestError> {
        serde_json::from_slice(bytes).map_err(|source| newer(bytes).unwrap_or_else(|| source.into()))
    }

    /// Writes `PYTHON.json`: indented, ending in a line feed, always the same bytes for the same facts.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).expect("a manifest holds only maps with text keys");
        bytes.push(b'\n');
        bytes
    }
}

/// Whether a manifest that we cannot read says itself that it is of a later form.
fn newer(bytes: &[u8]) -> Option<ReadManifestError> {
    let document: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    let versions = [("version", "/version", 8), ("pbs.format", "/pbs/format", 1)];
    versions.into_iter().find_map(|(what, pointer, known)| {
        let value = document.pointer(pointer)?;
        let number = value.as_u64().or_else(|| value.as_str()?.parse().ok())?;
        (number > known).then(|| ReadManifestError::Newer {
            what,
            found: number.to_string(),
            known,
        })
    })
}

//! What items can say of how they are compiled and linked: what is read, and what has no effect
//! here, with the reason. Anything else is an error.

/// Whether something of a project file is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Use {
    /// [`super::describe`] reads it.
    Read,
    /// It has no effect on what is made here, and why.
    Unused(&'static str),
}

use Use::{Read, Unused};

const OPTIONS_DECIDE: &str = "the build's options decide how code is optimised";
const TARGET_DECIDES: &str = "the target decides how everything is linked";
const DEBUG: &str = "debug information is the build's own choice";
const QUIET: &str = "for people at the screen";
const NO_IDL: &str = "no project that is taken has IDL";
const LTO: &str = "the build's options decide on link-time optimisation";

/// Kind of item, metadata, use; sorted.
const METADATA: &[(&str, &str, Use)] = &[
    ("ClCompile", "AdditionalIncludeDirectories", Read),
    ("ClCompile", "AdditionalOptions", Read),
    ("ClCompile", "BufferSecurityCheck", Read),
    ("ClCompile", "CompileAs", Read),
    ("ClCompile", "ControlFlowGuard", Unused(TARGET_DECIDES)),
    ("ClCompile", "DebugInformationFormat", Unused(DEBUG)),
    ("ClCompile", "DisableSpecificWarnings", Unused(QUIET)),
    ("ClCompile", "ExceptionHandling", Read),
    ("ClCompile", "ExcludedFromBuild", Read),
    (
        "ClCompile",
        "FloatingPointModel",
        Unused("for Intel's compiler; clang is strict by itself"),
    ),
    (
        "ClCompile",
        "FunctionLevelLinking",
        Unused("every object has a section for each function"),
    ),
    ("ClCompile", "InlineFunctionExpansion", Unused(OPTIONS_DECIDE)),
    ("ClCompile", "IntrinsicFunctions", Unused(OPTIONS_DECIDE)),
    (
        "ClCompile",
        "MultiProcessorCompilation",
        Unused("make runs the compiler once a source"),
    ),
    ("ClCompile", "Optimization", Unused(OPTIONS_DECIDE)),
    ("ClCompile", "PreprocessorDefinitions", Read),
    ("ClCompile", "RuntimeLibrary", Read),
    ("ClCompile", "StringPooling", Unused("clang always does")),
    ("ClCompile", "SuppressStartupBanner", Unused(QUIET)),
    ("ClCompile", "WarningLevel", Unused(QUIET)),
    ("ClCompile", "WholeProgramOptimization", Unused(LTO)),
    ("CustomBuild", "Command", Read),
    ("CustomBuild", "ExcludedFromBuild", Read),
    ("CustomBuild", "Outputs", Read),
    (
        "GetPath",
        "IntFile",
        Unused("frozen modules are written where they are read"),
    ),
    ("GetPath", "ModName", Read),
    ("GetPath", "OutFile", Read),
    ("Lib", "LinkTimeCodeGeneration", Unused(LTO)),
    ("Link", "AdditionalDependencies", Read),
    (
        "Link",
        "AdditionalLibraryDirectories",
        Unused("libraries are found in the sysroot and in packages"),
    ),
    ("Link", "AdditionalOptions", Read),
    ("Link", "DataExecutionPrevention", Read),
    ("Link", "DelayLoadDLLs", Read),
    ("Link", "GenerateDebugInformation", Unused(DEBUG)),
    (
        "Link",
        "IgnoreSpecificDefaultLibraries",
        Unused("no library is linked that is not named"),
    ),
    ("Link", "LinkTimeCodeGeneration", Unused(LTO)),
    ("Link", "ModuleDefinitionFile", Read),
    ("Link", "NoEntryPoint", Read),
    (
        "Link",
        "ProfileGuidedDatabase",
        Unused("profiles are the build's own"),
    ),
    ("Link", "ProgramDatabaseFile", Unused(DEBUG)),
    ("Link", "RandomizedBaseAddress", Read),
    ("Link", "StackReserveSize", Read),
    ("Link", "SubSystem", Read),
    ("Link", "SuppressStartupBanner", Unused(QUIET)),
    ("Link", "TargetMachine", Unused(TARGET_DECIDES)),
    ("Midl", "CompileInterface", Unused(NO_IDL)),
    ("Midl", "InterfaceIdentifierFileName", Unused(NO_IDL)),
    ("Midl", "MkTypLibCompatible", Unused(NO_IDL)),
    ("Midl", "OutputDirectory", Unused(NO_IDL)),
    ("Midl", "PreprocessorDefinitions", Unused(NO_IDL)),
    ("Midl", "ProxyFileName", Unused(NO_IDL)),
    ("Midl", "SuppressStartupBanner", Unused(NO_IDL)),
    ("Midl", "TargetEnvironment", Unused(NO_IDL)),
    (
        "None",
        "IntFile",
        Unused("frozen modules are written where they are read"),
    ),
    ("None", "ModName", Read),
    ("None", "OutFile", Read),
    (
        "ProjectReference",
        "Project",
        Unused("the file's name says which project it is"),
    ),
    (
        "ProjectReference",
        "ReferenceOutputAssembly",
        Unused("for assemblies of .NET, which these are not"),
    ),
    ("ResourceCompile", "AdditionalIncludeDirectories", Read),
    ("ResourceCompile", "Culture", Read),
    ("ResourceCompile", "PreprocessorDefinitions", Read),
];

/// The kinds of items that are read.
const KINDS: &[&str] = &[
    "ClCompile",
    "ClInclude",
    "CustomBuild",
    "GetPath",
    "None",
    "ProjectReference",
    "ResourceCompile",
];

/// How a piece of metadata is used; nothing if it is not known.
pub(crate) fn usage(kind: &str, name: &str) -> Option<Use> {
    let found = METADATA
        .iter()
        .find(|(known_kind, known, _)| *known_kind == kind && *known == name);
    found.map(|(_, _, usage)| *usage)
}

/// Whether a kind of item is read.
pub(crate) fn is_read(kind: &str) -> bool {
    KINDS.contains(&kind)
}

/// Whether a kind can be defined for all items at once.
pub(crate) fn is_definable(kind: &str) -> bool {
    METADATA.iter().any(|(known, _, _)| *known == kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_gives_reasons() {
        let sorted = METADATA.is_sorted_by(|a, b| (a.0, a.1) < (b.0, b.1));
        assert!(sorted, "one place for each, in order");
        assert!(KINDS.is_sorted());
        for (kind, name, usage) in METADATA {
            assert!(!matches!(usage, Unused("")), "{kind} {name}");
        }
    }
}

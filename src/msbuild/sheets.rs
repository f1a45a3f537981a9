//! Microsoft's own property sheets (`Microsoft.Cpp.*.props`), as far as projects see them.
//!
//! They come with Visual Studio and are no part of CPython. What they set that changes what is
//! compiled: <https://learn.microsoft.com/en-us/cpp/build/reference/general-property-page-project>.

use std::collections::BTreeMap;

use super::error::Problem;
use super::place::SHEETS;
use super::scope::{Metadata, Properties};

/// What the sheets link into everything; but for ODBC's two, which nothing of CPython uses.
const LIBRARIES: &str = "kernel32.lib;user32.lib;gdi32.lib;winspool.lib;comdlg32.lib;advapi32.lib;shell32.lib;\
    ole32.lib;oleaut32.lib;uuid.lib";

/// What holds for all items of a kind before a project says anything.
pub(crate) fn definitions() -> BTreeMap<String, Metadata> {
    let mut link = Metadata::default();
    link.set("AdditionalDependencies", LIBRARIES.to_owned());
    BTreeMap::from([("Link".to_owned(), link)])
}

/// Whether an import is one of these sheets, and what it sets if it is.
pub(crate) fn import(path: &str, properties: &mut Properties) -> Result<bool, Problem> {
    let Some(name) = path.strip_prefix(SHEETS) else {
        return Ok(false);
    };
    match name {
        "Microsoft.Cpp.Default.props" => {
            let project = properties.get("MSBuildProjectName").to_owned();
            if properties.get("ProjectName").is_empty() {
                properties.set("ProjectName", project);
            }
        }
        "Microsoft.Cpp.props" => {
            if properties.get("TargetExt").is_empty() {
                let suffix = suffix(properties.get("ConfigurationType"))?;
                properties.set("TargetExt", suffix.to_owned());
            }
        }
        // What it sets comes too late for anything that is read here.
        "Microsoft.Cpp.targets" => {}
        _ => {
            return Err(Problem::NoFile {
                path: path.to_owned(),
            });
        }
    }
    Ok(true)
}

fn suffix(configuration_type: &str) -> Result<&'static str, Problem> {
    match configuration_type {
        "Application" => Ok(".exe"),
        "DynamicLibrary" => Ok(".dll"),
        "StaticLibrary" => Ok(".lib"),
        // Made by another tool, which its targets start.
        "Makefile" | "Utility" => Ok(""),
        other => Err(Problem::Value {
            name: "ConfigurationType".to_owned(),
            value: other.to_owned(),
        }),
    }
}

/// The macros that the sheets define for every source of a project.
pub(crate) fn defines(properties: &Properties) -> Result<Vec<&'static str>, Problem> {
    let mut defines = Vec::new();
    if properties.get("ConfigurationType") == "DynamicLibrary" {
        defines.push("_WINDLL");
    }
    match properties.get("CharacterSet") {
        "" | "NotSet" => {}
        "Unicode" => defines.extend(["_UNICODE", "UNICODE"]),
        "MultiByte" => defines.push("_MBCS"),
        other => {
            return Err(Problem::Value {
                name: "CharacterSet".to_owned(),
                value: other.to_owned(),
            });
        }
    }
    match properties.get("UseOfMfc") {
        "" | "false" => Ok(defines),
        other => Err(Problem::Value {
            name: "UseOfMfc".to_owned(),
            value: other.to_owned(),
        }),
    }
}

//! Everything is made for the system that is promised, and not for a newer one.

use object::macho::PLATFORM_MACOS;

use crate::inspect::Code;
use crate::model::PackedVersion;
use crate::verify::registry::on_macho;
use crate::verify::{Found, Rule, Severity, Subject};

pub(in crate::verify) const RULE: Rule = Rule {
    name: "minimum-system",
    explain: "Every object, library and executable is made for macOS from the oldest version on that the manifest says, and linked against its SDK.",
    hint: "give compiler and linker the target's version (`-mmacosx-version-min`, `-platform_version`); see `apple-sdk` of its file",
    severity: Severity::Error,
    skip: on_macho,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let manifest = subject.manifest;
    let said = |value: &Option<String>| value.as_deref()?.parse::<PackedVersion>().ok();
    let (Some(minimum), Some(sdk)) = (
        said(&manifest.apple_sdk_deployment_target),
        said(&manifest.apple_sdk_version),
    ) else {
        found.in_manifest("it does not say what SDK the code is made with, and for which systems");
        return;
    };
    let tag = &manifest.python_platform_tag;
    if !tag.starts_with(&format!("macosx-{minimum}-")) {
        found.in_manifest(format!(
            "`python_platform_tag` is `{tag}`, but the oldest system is {minimum}"
        ));
    }
    let codes = subject.inventory.codes();
    for (path, member, code) in codes.filter(|(path, ..)| !subject.is_of_a_wheel(path)) {
        let Code::MachO(file) = code else { continue };
        let [system] = file.systems.as_slice() else {
            let count = file.systems.len();
            found.at_member(
                path,
                member,
                format!("it is made for {count} systems, not for one"),
            );
            continue;
        };
        if system.platform != PLATFORM_MACOS.0 {
            let platform = system.platform;
            found.at_member(
                path,
                member,
                format!("it is made for platform {platform}, which is not macOS"),
            );
        }
        if system.minimum != minimum {
            let other = system.minimum;
            found.at_member(
                path,
                member,
                format!("it is made for {other} and later, not for {minimum}"),
            );
        }
        // Which SDK an object was compiled against matters to nobody who links it.
        if code.is_image() && system.sdk != sdk {
            let other = system.sdk;
            found.at_member(path, member, format!("its SDK is {other}, not {sdk}"));
        }
    }
}

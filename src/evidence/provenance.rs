//! How a distribution was made: an in-toto statement (<https://in-toto.io/Statement/v1>) with SLSA
//! provenance (<https://slsa.dev/spec/v1.0/provenance>).
//!
//! The manifest names every input, so this is the manifest in words that others know: with the
//! recipes of the same digests, `pbs reproduce` makes the same bytes from it.

use serde_json::{Map, Value, json};

use super::subject::{HOME, SYSROOT, TOOL, TOOL_VERSION};
use super::{Bom, Subject};
use crate::manifest::{ComponentRecord, Manifest};
use crate::plan::LockedPackage;

/// What every statement says it is.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// What this one states.
pub const PREDICATE_TYPE: &str = "https://slsa.dev/provenance/v1";

/// What the name of a package of the machine begins with, among the materials.
pub(super) const PACKAGE: &str = "package ";

/// How a distribution was made: materials, parameters, builder.
#[must_use]
pub fn provenance(subject: &Subject<'_>) -> Bom {
    let manifest = subject.manifest;
    Bom::of(&json!({
        "_type": STATEMENT_TYPE,
        "subject": [{ "name": subject.name, "digest": { "sha256": subject.digest.hex() } }],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "buildDefinition": {
                "buildType": format!("{HOME}/build/v1"),
                "externalParameters": external_parameters(manifest),
                "internalParameters": internal_parameters(manifest),
                "resolvedDependencies": materials(subject),
            },
            "runDetails": {
                "builder": { "id": HOME, "version": { TOOL: TOOL_VERSION } },
                "byproducts": [
                    { "name": Manifest::PATH, "digest": { "sha256": subject.manifest_digest.hex() } },
                ],
            },
        },
    }))
}

/// What a person may choose.
pub(super) fn external_parameters(manifest: &Manifest) -> Value {
    let mut parameters = json!({
        "python": manifest.python_version,
        "target": manifest.target_triple,
        "options": manifest.build_options,
        "flavor": manifest.pbs.flavor,
        "pins": pins(manifest),
    });
    if let Some(sysroot) = &manifest.pbs.sysroot {
        parameters["sysroot"] = json!(sysroot);
    }
    parameters
}

/// What the recipes say for all builds.
pub(super) fn internal_parameters(manifest: &Manifest) -> Value {
    json!({ "tag": manifest.pbs.tag, "epoch": manifest.pbs.epoch })
}

/// Package → version: what `--pin` would say.
fn pins(manifest: &Manifest) -> Value {
    let components = manifest.pbs.components.iter();
    let pins: Map<String, Value> = components
        .map(|component| (component.name.clone(), json!(component.version)))
        .collect();
    Value::Object(pins)
}

/// Every input, by digest: sources, patches, recipes, the profile, a given sysroot, and the machine that steps ran in.
pub(super) fn materials(subject: &Subject<'_>) -> Vec<Value> {
    let pbs = &subject.manifest.pbs;
    let mut materials: Vec<Value> = pbs.components.iter().flat_map(of_component).collect();
    let profile = pbs.profile.as_ref().and_then(|profile| profile.archive);
    if let Some(archive) = profile {
        materials.push(material("profile", &archive.hex(), None));
    }
    if let Some(sysroot) = &pbs.sysroot {
        // The digest of a Remote Execution `Directory`, as that of a source's tree.
        let about = json!({
            "comment": format!("a directory that was given as the sysroot, in the layout of {}", sysroot.layout),
            "tree": sysroot.tree,
            "terms": sysroot.terms,
        });
        materials.push(material(SYSROOT, &sysroot.tree.0.hex(), Some(about)));
    }
    let worker = &pbs.worker;
    let lock = format!("docker/{}/image.lock", worker.image);
    let packages = json!({
        "comment": "pins every package of the machine that steps ran in by version and SHA-256",
        "toolchain": worker.toolchain,
    });
    materials.push(material(&lock, &worker.lock.hex(), Some(packages)));
    let root = json!({ "comment": "the machine itself: packages, links, files, what is removed" });
    materials.push(material("worker root", &worker.root.hex(), Some(root)));
    materials.extend(subject.packages.iter().map(of_package));
    materials
}

fn of_package(package: &LockedPackage) -> Value {
    let LockedPackage {
        package: name,
        version,
        architecture,
        suite,
        ..
    } = package;
    let mut material = material(&format!("{PACKAGE}{name}"), &package.sha256, None);
    // A package URL encodes what could end the version.
    let encoded = version.replace('+', "%2B").replace(':', "%3A");
    material["uri"] = json!(format!(
        "pkg:deb/debian/{name}@{encoded}?arch={architecture}&distro={suite}"
    ));
    material["annotations"] = json!({ "version": version });
    material
}

fn of_component(component: &ComponentRecord) -> Vec<Value> {
    let name = &component.name;
    let mut materials = Vec::new();
    if let Some(archive) = &component.archive {
        let mut about = json!({ "version": component.version });
        if let Some(tree) = &component.tree {
            // The part that is used, known by the digest of a Remote Execution `Directory`.
            about["tree"] = json!(tree);
        }
        let mut source = material(&format!("source of {name}"), &archive.hex(), Some(about));
        if let Some(url) = &component.url {
            source["uri"] = json!(url);
        }
        materials.push(source);
    }
    let patches = component.patches.iter();
    materials
        .extend(patches.map(|(patch, digest)| material(&format!("patches/{patch}"), &digest.hex(), None)));
    let about = json!({ "comment": "commands, flags and scripts without their comments" });
    materials.push(material(
        &format!("recipe of {name}"),
        &component.recipe.hex(),
        Some(about),
    ));
    materials
}

fn material(name: &str, sha256: &str, about: Option<Value>) -> Value {
    let mut material = json!({ "name": name, "digest": { "sha256": sha256 } });
    if let Some(about) = about {
        material["annotations"] = about;
    }
    material
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::statement_disagreements;
    use crate::evidence::subject::tests::with_subject;
    use crate::manifest::SysrootRecord;
    use crate::model::{Digest, TreeDigest};

    #[test]
    fn names_every_material_by_digest() {
        let bom = with_subject(provenance);
        let statement: Value = serde_json::from_slice(bom.bytes()).unwrap();
        assert_eq!(statement["_type"], STATEMENT_TYPE);
        assert_eq!(statement["predicateType"], PREDICATE_TYPE);
        let definition = &statement["predicate"]["buildDefinition"];
        let materials = definition["resolvedDependencies"].as_array().unwrap();
        let names: Vec<&str> = materials
            .iter()
            .map(|material| material["name"].as_str().unwrap())
            .collect();
        assert_eq!(
            names,
            [
                "source of zlib",
                "patches/zlib/1.3.1/0001-x.patch",
                "recipe of zlib",
                "source of toolchain",
                "patches/zlib/1.3.1/0001-x.patch",
                "recipe of toolchain",
                "docker/worker/image.lock",
                "worker root",
                "package clang-22",
            ]
        );
        for material in materials {
            assert_eq!(material["digest"]["sha256"].as_str().unwrap().len(), 64);
        }
        assert_eq!(
            materials[8]["uri"],
            "pkg:deb/debian/clang-22@1%3A22.1.8%2Bx?arch=amd64&distro=trixie"
        );
        assert_eq!(definition["externalParameters"]["options"], "noopt");
        assert_eq!(definition["externalParameters"]["pins"]["zlib"], "1.3.1");
        assert_eq!(
            definition["resolvedDependencies"][6]["annotations"]["toolchain"]["clang-22"],
            "1:22.1.8+x"
        );
    }

    #[test]
    fn a_given_sysroot_is_a_material() {
        with_subject(|subject| {
            let tree = TreeDigest(Digest::of(b"given"));
            let mut manifest = subject.manifest.clone();
            manifest.pbs.sysroot = Some(SysrootRecord {
                layout: "xwin splat".to_owned(),
                tree,
                terms: SysrootRecord::TERMS.to_owned(),
            });
            let manifest = &manifest;
            let subject = Subject { manifest, ..*subject };
            let given = materials(&subject)
                .into_iter()
                .find(|material| material["name"] == "given sysroot");
            let given = given.unwrap();
            assert_eq!(given["digest"]["sha256"], tree.0.hex());
            assert_eq!(given["annotations"]["tree"], tree.to_string());
            assert_eq!(external_parameters(manifest)["sysroot"]["layout"], "xwin splat");
            // What is said of it is held against the manifest like everything else.
            let own = provenance(&subject);
            let found = statement_disagreements(&subject, own.bytes()).unwrap();
            assert_eq!(found, []);
            let other = String::from_utf8(own.bytes().to_vec()).unwrap();
            let other = other.replace(&tree.0.hex(), &"f".repeat(64));
            let found = statement_disagreements(&subject, other.as_bytes()).unwrap();
            let found: Vec<String> = found.iter().map(ToString::to_string).collect();
            assert!(
                found
                    .iter()
                    .any(|point| point.starts_with("material `given sysroot`: ffff")),
                "{found:?}"
            );
        });
    }
}

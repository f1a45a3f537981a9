//! Provenance: which archive it is of, what it was made for, and every material by digest.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{Disagreement, Points};
use crate::evidence::provenance::{PACKAGE, external_parameters, internal_parameters, materials};
use crate::evidence::{PREDICATE_TYPE, STATEMENT_TYPE, Subject};
use crate::manifest::Manifest;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Described>,
    predicate_type: String,
    predicate: Predicate,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Predicate {
    build_definition: Definition,
    run_details: Details,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Definition {
    external_parameters: BTreeMap<String, Value>,
    #[serde(default)]
    internal_parameters: BTreeMap<String, Value>,
    resolved_dependencies: Vec<Described>,
}

#[derive(Deserialize)]
struct Details {
    #[serde(default)]
    byproducts: Vec<Described>,
}

#[derive(Deserialize)]
struct Described {
    name: String,
    digest: BTreeMap<String, String>,
    #[serde(default)]
    annotations: BTreeMap<String, Value>,
}

impl Described {
    fn sum(&self) -> Option<&str> {
        self.digest.get("sha256").map(String::as_str)
    }
}

/// Where a statement says something else than the manifest. Fails where it is none.
pub fn statement_disagreements(
    subject: &Subject<'_>,
    statement: &[u8],
) -> Result<Vec<Disagreement>, serde_json::Error> {
    let Statement {
        kind,
        subject: of,
        predicate_type,
        predicate,
    } = serde_json::from_slice(statement)?;
    let mut points = Points::default();
    points.same("kind of statement", Some(&kind), STATEMENT_TYPE);
    points.same("kind of predicate", Some(&predicate_type), PREDICATE_TYPE);
    let of = of.iter().find(|of| of.name == subject.name);
    let archive = of.and_then(Described::sum);
    points.same(
        format!("SHA-256 of `{}`", subject.name),
        archive,
        &subject.digest.hex(),
    );
    let mut byproducts = predicate.run_details.byproducts.iter();
    let manifest = byproducts.find(|byproduct| byproduct.name == Manifest::PATH);
    let manifest = manifest.and_then(Described::sum);
    points.same(
        format!("SHA-256 of `{}`", Manifest::PATH),
        manifest,
        &subject.manifest_digest.hex(),
    );
    let definition = predicate.build_definition;
    for (said, known) in [
        (
            &definition.external_parameters,
            external_parameters(subject.manifest),
        ),
        (
            &definition.internal_parameters,
            internal_parameters(subject.manifest),
        ),
    ] {
        points.all(&texts(said), &texts(known.as_object().into_iter().flatten()));
    }
    of_materials(&mut points, subject, &definition.resolved_dependencies);
    Ok(points.0)
}

/// Parameters as texts.
fn texts<'a>(parameters: impl IntoIterator<Item = (&'a String, &'a Value)>) -> BTreeMap<String, String> {
    let parameters = parameters.into_iter();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    parameters
        .map(|(name, value)| (format!("parameter `{name}`"), text(value)))
        .collect()
}

/// Every material of the manifest must be there and no other, but for the packages of the machine:
/// they are in the lock, of which the manifest knows the digest and some versions.
fn of_materials(points: &mut Points, subject: &Subject<'_>, listed: &[Described]) {
    let toolchain = &subject.manifest.pbs.worker.toolchain;
    // Two components may have one patch, with one digest each time.
    let mut said = BTreeMap::new();
    for material in listed {
        if let Some(package) = material.name.strip_prefix(PACKAGE) {
            let version = material.annotations.get("version").and_then(Value::as_str);
            if let Some(known) = toolchain.get(package) {
                points.same(format!("version of the package `{package}`"), version, known);
            }
            continue;
        }
        let name = format!("material `{}`", material.name);
        let sum = material.sum().unwrap_or("no SHA-256").to_owned();
        if let Some(other) = said.insert(name.clone(), sum.clone())
            && other != sum
        {
            points.differ(name, Some(&format!("{other} and {sum}")), None);
        }
    }
    let own = Subject {
        packages: &[],
        ..*subject
    };
    let known: Vec<Described> = materials(&own)
        .into_iter()
        .map(|material| serde_json::from_value(material).expect("they are written as they are read"))
        .collect();
    let known = known.iter().map(|material| {
        let sum = material.sum().unwrap_or_default();
        (format!("material `{}`", material.name), sum.to_owned())
    });
    points.all(&said, &known.collect());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::provenance;
    use crate::evidence::subject::tests::{with_given, with_subject};

    fn found(subject: &Subject<'_>, change: impl FnOnce(&mut Value)) -> Vec<String> {
        let mut statement: Value = serde_json::from_slice(provenance(subject).bytes()).unwrap();
        change(&mut statement);
        let found = statement_disagreements(subject, statement.to_string().as_bytes()).unwrap();
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_we_write_agrees() {
        with_subject(|subject| assert_eq!(found(subject, |_| ()), [""; 0]));
        with_given(|subject| assert_eq!(found(subject, |_| ()), [""; 0]));
    }

    #[test]
    fn a_given_sysroot_is_a_material_and_a_choice() {
        let changed = |pointer: &str| {
            with_given(|subject| {
                found(subject, |statement| {
                    *statement.pointer_mut(pointer).expect(pointer) = "f".repeat(64).into();
                })
            })
        };
        let at = |pointer: &str| format!("/predicate/buildDefinition/{pointer}");
        let told = changed(&at("externalParameters/sysroot"));
        assert!(told[0].starts_with("parameter `sysroot`: ffff"), "{told:?}");
        let told = changed(&at("resolvedDependencies/6/digest/sha256"));
        assert!(told[0].starts_with("material `given sysroot`: ffff"), "{told:?}");
    }

    #[test]
    fn what_is_changed_is_told() {
        let check = |pointer: &str, to: &str, expected: &str| {
            with_subject(|subject| {
                let found = found(subject, |statement| {
                    *statement.pointer_mut(pointer).expect(pointer) = to.into();
                });
                assert!(found[0].contains(expected), "{found:?}");
            });
        };
        let other = "f".repeat(64);
        let at = |pointer: &str| format!("/predicate/buildDefinition/{pointer}");
        check("/_type", "x", "kind of statement: x in it");
        check("/predicateType", "x", "kind of predicate: x in it");
        check("/subject/0/digest/sha256", &other, "full.tar.zst`: ffff");
        check("/subject/0/name", "x", "full.tar.zst`: nothing in it");
        check(
            "/predicate/runDetails/byproducts/0/digest/sha256",
            &other,
            "`python/PYTHON.json`: ffff",
        );
        check(
            &at("externalParameters/options"),
            "debug",
            "parameter `options`: debug in it, noopt in",
        );
        check(&at("externalParameters/pins/zlib"), "9", "parameter `pins`: ");
        check(
            &at("internalParameters/tag"),
            "20000101",
            "parameter `tag`: 20000101",
        );
        check(
            &at("resolvedDependencies/0/digest/sha256"),
            &other,
            "material `source of zlib`: ffff",
        );
        check(&at("resolvedDependencies/0/name"), "more", "material `more`: ");
        check(
            &at("resolvedDependencies/8/annotations/version"),
            "1",
            "package `clang-22`: 1 in it, 1:22",
        );
        with_subject(|subject| {
            let lost = found(subject, |statement| {
                let materials = statement.pointer_mut(&at("resolvedDependencies")).unwrap();
                materials.as_array_mut().unwrap().remove(7);
            });
            assert!(
                lost[0].starts_with("material `worker root`: nothing in it"),
                "{lost:?}"
            );
            assert!(statement_disagreements(subject, b"{}").is_err());
        });
    }
}

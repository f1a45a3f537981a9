//! `artifacts-schema/plan.schema.json` is generated from the types of [`super::render_json`].
//!
//! Real plans are held to the published file in `tests/it/plan.rs`.

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::json;

use super::render::PlanDocument;
use super::{Flavor, Linkage, StepId};
use crate::model::schema::{check_published, text_schema, word_schema};

text_schema! {
    StepId: "The name of a step, unique in a plan.", "^[^/]+/[^/]+$";
}

word_schema! {
    Flavor: "Flavour of an archive.", [Flavor::Full, Flavor::InstallOnly, Flavor::InstallOnlyStripped, Flavor::DebugInfo];
    Linkage: "How an extension module reaches the interpreter.", [Linkage::Builtin, Linkage::Shared, Linkage::Absent];
}

#[test]
fn the_published_schema_is_that_of_the_types() {
    let settings = SchemaSettings::default().for_serialize();
    let generator = settings.into_generator();
    let mut schema = generator.into_root_schema_for::<PlanDocument<'_>>().to_value();
    schema["title"] = json!("A plan, as `pbs plan --format json` prints it");
    check_published("plan.schema.json", &schema);
}

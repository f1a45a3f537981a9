//! A report for programs: the types of `facts` as JSON.

use super::Report;

/// The report as JSON, indented, ending in a line feed. The same link gives the same text.
#[must_use]
pub fn render_json(report: &Report) -> String {
    let mut text = serde_json::to_string_pretty(report).expect("a report holds only maps with text keys");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use schemars::generate::SchemaSettings;
    use serde_json::{Value, json};

    use super::*;
    use crate::model::schema::check_published;
    use crate::report::sample::sample;

    fn schema() -> Value {
        let settings = SchemaSettings::default().for_serialize();
        let generator = settings.into_generator();
        let mut schema = generator.into_root_schema_for::<Report>().to_value();
        schema["title"] = json!("What is in an executable, as `pbs link --report FILE.json` writes it");
        schema
    }

    #[test]
    fn the_published_schema_is_that_of_the_types() {
        check_published("report.schema.json", &schema());
    }

    #[test]
    fn a_report_fits_the_schema() {
        let text = render_json(&sample());
        let value: Value = serde_json::from_str(&text).unwrap();
        let errors: Vec<_> = jsonschema::validator_for(&schema())
            .unwrap()
            .iter_errors(&value)
            .map(|error| error.to_string())
            .collect();
        assert_eq!(errors, [""; 0]);
        assert_eq!(value["version"], 1);
        assert_eq!(text, render_json(&sample()));
    }
}

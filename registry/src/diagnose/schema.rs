//! The JSON Schema of a diagnosis, made from the types it is serialised from.

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

use super::export::Document;

/// The schema of the JSON document of a diagnosis.
///
/// It is closed: a field that it does not know is an error, but for those of manifests, which plugins
/// may add to.
pub fn schema() -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut generator = settings.into_generator();
    let mut schema = Document::json_schema(&mut generator);
    let definitions = generator.take_definitions(true);
    let title = format!(
        "The answer of registry diagnose --json, {}",
        env!("CARGO_PKG_VERSION")
    );
    schema.insert(
        "$schema".to_owned(),
        json!("https://json-schema.org/draft/2020-12/schema"),
    );
    schema.insert("title".to_owned(), json!(title));
    schema.insert("description".to_owned(), json!(ABOUT));
    schema.insert("$defs".to_owned(), Value::Object(definitions));
    RecursiveTransform(close).transform(&mut schema);
    schema.to_value()
}

/// The same as it stands in a file.
pub fn schema_text() -> String {
    format!("{:#}\n", schema())
}

const ABOUT: &str = "Everything a registry knows, all of it at one moment. This describes what this \
                     version writes, to the last field; a later version with the same schema number \
                     may write more, so a reader leaves aside what it does not know.";

/// Has an object with named fields hold no others, unless it says what others it may hold.
fn close(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    if object.contains_key("properties") && !object.contains_key("additionalProperties") {
        object.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
}

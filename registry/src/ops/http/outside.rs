//! What readers outside this machine's user are spared: where files lie.

use serde_json::Value;

use crate::scrub;

/// The document with the folders of every absolute path in its strings hidden. What is no JSON is not
/// passed on.
pub(super) fn document(json: &str) -> String {
    let Ok(mut value) = serde_json::from_str::<Value>(json) else {
        return String::new();
    };
    hide(&mut value);
    let mut text = serde_json::to_string_pretty(&value).unwrap_or_default();
    text.push('\n');
    text
}

/// Documents nest no deeper than the parser allows.
fn hide(value: &mut Value) {
    match value {
        Value::String(text) => {
            let hidden = scrub::mask_paths(text).into_owned();
            *text = hidden;
        }
        Value::Array(items) => items.iter_mut().for_each(hide),
        Value::Object(fields) => fields.values_mut().for_each(hide),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

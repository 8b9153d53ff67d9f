//! Raw values as they come from any source, before a kind has judged them.

use std::borrow::Cow;

use figment::value::{Empty, Num, Value};

use crate::scrub;

/// The text of a single value, in the form a variable would carry it; `None` for a table or a list.
pub(super) fn scalar_text(value: &Value) -> Option<Cow<'_, str>> {
    Some(match value {
        Value::String(_, text) => Cow::Borrowed(text),
        Value::Char(_, c) => Cow::Owned(c.to_string()),
        Value::Bool(_, yes) => Cow::Borrowed(if *yes { "true" } else { "false" }),
        Value::Num(_, number) => Cow::Owned(number_text(*number)),
        Value::Empty(..) => Cow::Borrowed(""),
        Value::Dict(..) | Value::Array(..) => return None,
    })
}

/// The value of the setting `name` as a person may see it, its secrets masked: in a list, each entry
/// by itself. `None` for a table, which is too much to quote.
pub(super) fn masked_text(name: &str, value: &Value) -> Option<String> {
    match value {
        Value::Dict(..) => None,
        Value::Array(..) if scrub::is_secret_name(name) => Some(scrub::MASK.to_owned()),
        Value::Array(_, items) => {
            let items: Vec<_> = items
                .iter()
                .map(|item| masked_text(name, item).unwrap_or_else(|| "{…}".to_owned()))
                .collect();
            Some(format!("[{}]", items.join(", ")))
        }
        scalar => scalar_text(scalar).map(|text| scrub::mask_secret(name, &text).into_owned()),
    }
}

/// The value as JSON; `None` if it holds a number that is not finite.
pub(super) fn to_json(value: &Value) -> Option<serde_json::Value> {
    use serde_json::Value as Json;
    Some(match value {
        Value::String(_, text) => Json::from(text.as_str()),
        Value::Char(_, c) => Json::from(c.to_string()),
        Value::Bool(_, yes) => Json::from(*yes),
        Value::Num(_, number) => Json::Number(number_json(*number)?),
        Value::Empty(_, Empty::None | Empty::Unit) => Json::Null,
        Value::Dict(_, table) => Json::Object(
            table
                .iter()
                .map(|(key, value)| Some((key.clone(), to_json(value)?)))
                .collect::<Option<_>>()?,
        ),
        Value::Array(_, items) => Json::Array(items.iter().map(to_json).collect::<Option<_>>()?),
    })
}

fn number_json(number: Num) -> Option<serde_json::Number> {
    match number {
        Num::F32(number) => serde_json::Number::from_f64(number.into()),
        Num::F64(number) => serde_json::Number::from_f64(number),
        integer => integer
            .to_i128()
            .and_then(serde_json::Number::from_i128)
            .or_else(|| integer.to_u128().and_then(serde_json::Number::from_u128)),
    }
}

fn number_text(number: Num) -> String {
    match number {
        Num::F32(number) => number.to_string(),
        Num::F64(number) => number.to_string(),
        integer => integer
            .to_i128()
            .map(|number| number.to_string())
            .or_else(|| integer.to_u128().map(|number| number.to_string()))
            .unwrap_or_default(),
    }
}

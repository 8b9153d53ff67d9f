//! The endpoint's key: a type that cannot be printed, and that finds itself in what others print.

use std::fmt;

use serde_json::{Map, Value};
use ureq::http::HeaderValue;

/// Longest key; tokens that carry claims run to some thousand characters.
const KEY_CHARS_MAX: usize = 8_192;

/// Shortest key that is told from plain words.
const DISTINCT_CHARS_MIN: usize = 8;

/// What stands in place of the key.
const MASK: &str = "***";

/// The key, shown as `***` wherever it is printed.
pub(crate) struct ApiKey {
    text: String,
    bearer: HeaderValue,
}

/// The text is no key. It is not quoted, for it may well hold one.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("is not 1 to {KEY_CHARS_MAX} visible ASCII characters")]
pub(crate) struct KeyError;

impl ApiKey {
    /// Takes a key that can stand in a header line without ending it.
    pub(crate) fn parse(text: String) -> Result<Self, KeyError> {
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        if text.is_empty() || text.len() > KEY_CHARS_MAX || !visible {
            return Err(KeyError);
        }
        let mut bearer = HeaderValue::from_str(&format!("Bearer {text}")).map_err(|_| KeyError)?;
        bearer.set_sensitive(true);
        Ok(Self { text, bearer })
    }

    /// The value of the `Authorization` header.
    pub(crate) fn bearer(&self) -> HeaderValue {
        self.bearer.clone()
    }

    /// `text` with the key masked, for errors and log lines.
    pub(crate) fn scrub(&self, text: &str) -> String {
        text.replace(&self.text, MASK)
    }

    /// Masks the key in every text and name inside `value`, which the JSON reader has bounded in
    /// depth. A key that may be a plain word is left, or `test` would not be usable in a plan.
    pub(crate) fn scrub_json(&self, value: &mut Value) {
        if self.text.len() >= DISTINCT_CHARS_MIN {
            self.scrub_tree(value);
        }
    }

    fn scrub_tree(&self, value: &mut Value) {
        match value {
            Value::String(text) => self.scrub_in_place(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.scrub_tree(item)),
            Value::Object(entries) => {
                let scrubbed: Map<_, _> = std::mem::take(entries)
                    .into_iter()
                    .map(|(mut name, mut value)| {
                        self.scrub_in_place(&mut name);
                        self.scrub_tree(&mut value);
                        (name, value)
                    })
                    .collect();
                *entries = scrubbed;
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn scrub_in_place(&self, text: &mut String) {
        if text.contains(&self.text) {
            *text = self.scrub(text);
        }
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey({MASK})")
    }
}

impl fmt::Display for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn key(text: &str) -> ApiKey {
        ApiKey::parse(text.to_owned()).unwrap()
    }

    #[test]
    fn a_key_prints_as_a_mask_and_its_header_is_sensitive() {
        let key = key("sk-0123456789");
        assert_eq!(
            format!("{key} {key:?} {key:#?}"),
            "*** ApiKey(***) ApiKey(***)"
        );
        assert_eq!(format!("{:?}", key.bearer()), "Sensitive");
        assert_eq!(key.bearer().as_bytes(), b"Bearer sk-0123456789");
    }

    #[test]
    fn a_key_that_could_end_a_header_line_is_refused_without_being_quoted() {
        let too_long = "k".repeat(KEY_CHARS_MAX + 1);
        for bad in [
            "",
            "a b",
            "sk-1\r\nX: y",
            "sk-1\n",
            "sk-1\0",
            "sk-\u{e9}",
            &too_long,
        ] {
            let error = ApiKey::parse(bad.to_owned()).unwrap_err();
            assert_eq!(
                error.to_string(),
                "is not 1 to 8192 visible ASCII characters"
            );
        }
    }

    #[test]
    fn the_key_is_masked_in_every_text_and_name_of_a_json_value() {
        let mut value = json!({
            "sk-01234567": ["a sk-01234567 b", {"x": "sk-01234567sk-01234567"}],
            "sk-0123456": 1,
        });
        key("sk-01234567").scrub_json(&mut value);
        assert_eq!(
            value,
            json!({"***": ["a *** b", {"x": "******"}], "sk-0123456": 1})
        );
    }

    #[test]
    fn a_key_of_7_characters_is_masked_in_texts_but_not_in_plans() {
        let key = key("verify1");
        let mut value = json!(["verify1"]);
        key.scrub_json(&mut value);
        assert_eq!(value, json!(["verify1"]));
        assert_eq!(key.scrub("no verify1 here"), "no *** here");
    }
}

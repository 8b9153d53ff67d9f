//! A document for machines: one JSON object with a schema number.

use std::fmt::Write;

use serde::Serialize;

use crate::scrub;

/// The version of the layout of the documents. It grows when a field changes its meaning or goes.
pub const SCHEMA: u32 = 1;
#[derive(Serialize)]
struct Document<'a, T> {
    schema: u32,
    #[serde(flatten)]
    body: &'a T,
}

/// `body`, an object, with the schema number in front.
///
/// What JSON allows in a string but a terminal may obey is written as `\u` escapes, so that an answer
/// is safe to look at, too.
pub fn document(body: &impl Serialize) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(&Document {
        schema: SCHEMA,
        body,
    })?;
    if !text.is_ascii() || text.contains('\u{7f}') {
        text = text
            .chars()
            .fold(String::with_capacity(text.len()), push_harmless);
    }
    text.push('\n');
    Ok(text)
}

fn push_harmless(mut out: String, c: char) -> String {
    let mut buffer = [0; 4];
    let harmless =
        c.is_ascii() && c != '\u{7f}' || scrub::escape(c.encode_utf8(&mut buffer)).chars().eq([c]);
    if harmless {
        out.push(c);
    } else {
        let mut units = [0; 2];
        for unit in c.encode_utf16(&mut units) {
            // Writing to a string cannot fail.
            let _ = write!(out, "\\u{unit:04x}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_document_is_pretty_numbered_and_harmless_and_says_the_same() {
        let text = "größe\n\u{1b}[2J\u{7f}\u{9b}\u{202e}\u{e0041}日";
        let body = BTreeMap::from([("text", text)]);
        let json = document(&body).unwrap();
        assert_eq!(
            json,
            "{\n  \"schema\": 1,\n  \"text\": \"größe\\n\\u001b[2J\\u007f\\u009b\\u202e\\udb40\\udc41日\"\n}\n"
        );
        let back: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(back["text"], text);
    }
}

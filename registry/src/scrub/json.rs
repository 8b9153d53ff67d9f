//! Hiding credentials in JSON without breaking it.

use std::borrow::Cow;

use super::secrets::mask_secrets;
use super::{MASK, names};

/// JSON with every secret in its strings masked. A string that stands under a name such as
/// `password` is a secret as a whole; names of fields stay.
///
/// What is no JSON comes back as it is, up to where its last string ends.
pub fn mask_json(json: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut copied = 0;
    let mut at = 0;
    let mut field = None;
    while let Some(found) = json[at..].find('"') {
        let start = at + found;
        let Some(end) = string_end(json, start) else {
            break;
        };
        at = end;
        let literal = &json[start..end];
        let rest = json[end..].trim_start();
        if rest.starts_with(':') {
            field = Some(literal);
            continue;
        }
        // A field names the string right after it, not those that a list or an object brings.
        let name = field.take().filter(|_| follows_colon(json, start));
        if let Some(masked) = masked(name, literal) {
            out.push_str(&json[copied..start]);
            out.push_str(&masked);
            copied = end;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(json);
    }
    out.push_str(&json[copied..]);
    Cow::Owned(out)
}

/// Where the string that begins at `start` ends, after its closing quote.
fn string_end(json: &str, start: usize) -> Option<usize> {
    let mut escaped = false;
    let closing = json.as_bytes()[start + 1..].iter().position(|&byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    })?;
    Some(start + 1 + closing + 1)
}

fn follows_colon(json: &str, start: usize) -> bool {
    json[..start].trim_end().ends_with(':')
}

fn masked(name: Option<&str>, literal: &str) -> Option<String> {
    let text: String = serde_json::from_str(literal).ok()?;
    let is_secret = name.is_some_and(|name| {
        let announced = names::announces(name.trim_matches('"'));
        announced == Some(names::Announces::Certainly)
    });
    let masked = match mask_secrets(&text) {
        _ if is_secret && !text.is_empty() => Cow::Borrowed(MASK),
        Cow::Borrowed(_) => return None,
        masked @ Cow::Owned(_) => masked,
    };
    serde_json::to_string(&masked).ok()
}

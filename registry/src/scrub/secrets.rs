//! Hiding credentials, wherever they stand in a text.
//!
//! A text is gone through once for each kind: private keys, URLs that carry a password, and words,
//! which are secrets by their own shape or by the name before them. Each look ahead is bounded or
//! ends where the next look begins, so that the time is linear whatever the text.

use std::borrow::Cow;
use std::ops::Range;

use super::names::{self, Announces};
use super::{MASK, shapes};

/// How a private key begins and ends in text.
const KEY_BEGINS: &str = "-----BEGIN ";
const KEY_ENDS: &str = "-----END ";
const KEY_KIND: &str = "PRIVATE KEY";

/// Longest first line of a key in text.
const KEY_LINE_BYTES_MAX: usize = 80;

/// What announces a credential in a header: it stands between the header's name and the secret.
const SCHEMES: &[&str] = &["bearer", "basic", "token", "apikey", "digest", "negotiate"];

/// What stands after `password:` in a sentence rather than in a configuration.
const PROSE: &[&str] = &[
    "absent",
    "and",
    "bool",
    "changed",
    "denied",
    "empty",
    "expired",
    "expected",
    "false",
    "found",
    "hidden",
    "in",
    "incorrect",
    "invalid",
    "is",
    "masked",
    "mismatch",
    "missing",
    "must",
    "no",
    "none",
    "not",
    "null",
    "ok",
    "option",
    "optional",
    "redacted",
    "rejected",
    "required",
    "set",
    "str",
    "string",
    "the",
    "true",
    "unknown",
    "unset",
    "wrong",
    "yes",
];

/// Shortest word after `Bearer` that is taken for a credential.
const BEARER_BYTES_MIN: usize = 8;

/// How far the value of a name that announces one likely is looked for.
const VALUE_LOOK_BYTES: usize = 64;

/// `value` as it may be shown for the setting `name`: [`MASK`] if name or value looks like a secret's,
/// and secrets within the value always hidden.
pub fn mask_secret<'a>(name: &str, value: &'a str) -> Cow<'a, str> {
    if value.is_empty() {
        return Cow::Borrowed(value);
    }
    if names::is_secret_name(name) || shapes::is_secret_setting(value) {
        return Cow::Borrowed(MASK);
    }
    mask_secrets(value)
}

/// `text` with everything in it masked that looks like a credential.
pub fn mask_secrets(text: &str) -> Cow<'_, str> {
    if has_no_room(text) {
        return Cow::Borrowed(text);
    }
    let mut secrets = Vec::new();
    // Most texts are short and have neither character, which one look at their bytes tells.
    if text.contains('-') {
        find_private_keys(text, &mut secrets);
    }
    if text.contains(':') {
        find_url_passwords(text, &mut secrets);
    }
    find_words(text, &mut secrets);
    if secrets.is_empty() {
        return Cow::Borrowed(text);
    }
    secrets.sort_by_key(|secret| secret.start);
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    for secret in secrets {
        if secret.start >= copied {
            out.push_str(&text[copied..secret.start]);
            out.push_str(MASK);
        }
        copied = copied.max(secret.end);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

/// Whether `text` is one word, too short for a credential that has no name, sign or scheme before it. Most
/// cells of a table are.
fn has_no_room(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
    text.len() < shapes::SHAPE_BYTES_MIN && text.bytes().all(is_plain)
}

/// A private key reaches to the end of its last line, or of the text if that was cut off.
fn find_private_keys(text: &str, secrets: &mut Vec<Range<usize>>) {
    let mut at = 0;
    while let Some(found) = text[at..].find(KEY_BEGINS) {
        let begin = at + found;
        at = begin + KEY_BEGINS.len();
        let line = &text[at..text.floor_char_boundary(at + KEY_LINE_BYTES_MAX)];
        let line = line.split('\n').next().unwrap_or_default();
        let Some(kind) = line.find(KEY_KIND) else {
            continue;
        };
        let body = at + kind + KEY_KIND.len();
        let end = text[body..].find(KEY_ENDS).map_or(text.len(), |end| {
            let last = body + end + KEY_ENDS.len();
            let rest = &text[last..text.floor_char_boundary(last + KEY_LINE_BYTES_MAX)];
            let dashes = rest.find("-----").map(|dashes| dashes + 5);
            last + dashes.unwrap_or_default()
        });
        secrets.push(begin..end);
        at = end;
    }
}

/// User and password between `://` and the last `@` of the authority.
fn find_url_passwords(text: &str, secrets: &mut Vec<Range<usize>>) {
    let mut at = 0;
    while let Some(found) = text[at..].find("://") {
        let begin = at + found + 3;
        let ends = |c: char| c.is_whitespace() || "/?#\"'<>".contains(c);
        let length = text[begin..].find(ends).unwrap_or(text.len() - begin);
        at = begin + length;
        if let Some(user_info) = text[begin..at].rfind('@') {
            secrets.push(begin..begin + user_info);
        }
    }
}

/// Words that are secrets by their shape, and what stands after a name that announces one.
fn find_words(text: &str, secrets: &mut Vec<Range<usize>>) {
    let mut at = 0;
    let mut before = "";
    // Where the run of credential characters ends that was measured last.
    let mut run_end = 0;
    while let Some(start) = text[at..].find(is_name_char).map(|found| at + found) {
        at = end_of(text, start, is_name_char);
        if run_end <= start {
            run_end = end_of(text, start, is_credential_char);
        }
        let word = &text[start..at];
        let run = &text[start..run_end];
        // So begins the name of a library's file, whatever stands behind it.
        let in_file_name = run.strip_prefix("lib");
        let secret = if shapes::is_secret(run) {
            Some(start..run_end)
        } else if in_file_name.is_some_and(shapes::is_secret) {
            Some(start + "lib".len()..run_end)
        } else if before.eq_ignore_ascii_case("public") {
            None
        } else {
            after_scheme(text, word, at).or_else(|| after_name(text, word, at))
        };
        if let Some(secret) = secret {
            at = at.max(secret.end);
            secrets.push(secret);
        }
        before = word;
    }
}

/// The credential after `Bearer` or `Basic`, which stand in prose as well.
fn after_scheme(text: &str, word: &str, at: usize) -> Option<Range<usize>> {
    let scheme = ["bearer", "basic"].iter();
    scheme
        .into_iter()
        .find(|scheme| word.eq_ignore_ascii_case(scheme))?;
    let start = at + text[at..].strip_prefix(' ').map(|_| 1)?;
    let end = end_of(text, start, is_credential_char);
    let value = &text[start..end];
    let looks_coded = shapes::is_mixed(value) || value.ends_with('=');
    (value.len() >= BEARER_BYTES_MIN && looks_coded).then_some(start..end)
}

/// The value after `name=`, `"name": ` or `--name `, if the name announces a credential.
fn after_name(text: &str, name: &str, at: usize) -> Option<Range<usize>> {
    let separated = Separated::parse(&text[at..], name.starts_with("--"))?;
    let announces = names::announces(name)?;
    let start = at + separated.length;
    let looked_at = &text[start..text.floor_char_boundary(start + VALUE_LOOK_BYTES)];
    let glance = &looked_at[..separated.value_length(looked_at)];
    match announces {
        Announces::Likely => shapes::looks_like_one(glance).then(|| {
            let end = end_of(text, start, is_credential_char);
            start..end.max(start + glance.len())
        }),
        Announces::Certainly if glance.is_empty() || separated.is_prose(glance) => None,
        Announces::Certainly => {
            let mut end = start + separated.value_length(&text[start..]);
            if SCHEMES
                .iter()
                .any(|scheme| glance.eq_ignore_ascii_case(scheme))
            {
                let next = end + text[end..].len() - text[end..].trim_start_matches(' ').len();
                end = next + separated.value_length(&text[next..]);
            }
            Some(start..end)
        }
    }
}

/// What stands between a name and its value.
struct Separated {
    length: usize,
    quote: Option<char>,
    is_equation: bool,
}

impl Separated {
    /// At most two quotes, spaces, a sign, spaces and two quotes; after a flag, spaces do.
    fn parse(text: &str, is_flag: bool) -> Option<Self> {
        let (mut rest, _) = skip_quotes(text);
        rest = rest.trim_start_matches(' ');
        let after_sign = ["=>", ":=", "=", ":"]
            .into_iter()
            .find_map(|sign| Some((sign, rest.strip_prefix(sign)?)));
        let is_equation = match after_sign {
            Some((sign, after)) => {
                rest = after;
                sign != ":"
            }
            None if is_flag && rest.len() < text.len() => true,
            None => return None,
        };
        let (rest, quote) = skip_quotes(rest.trim_start_matches(' '));
        Some(Self {
            length: text.len() - rest.len(),
            quote,
            is_equation,
        })
    }

    fn value_length(&self, text: &str) -> usize {
        let ends = |c: char| match self.quote {
            Some(quote) => c == quote || c == '\n',
            None => c.is_whitespace() || ",;&\"'`<>(){}[]|".contains(c),
        };
        text.find(ends).unwrap_or(text.len())
    }

    /// `password: wrong` speaks of a password; `password=wrong` gives one.
    fn is_prose(&self, value: &str) -> bool {
        let word = value.trim_end_matches(['.', '!', '?', ':']);
        let placeholder = word.bytes().all(|byte| b"*x.".contains(&byte))
            || word.starts_with('$')
            || word.eq_ignore_ascii_case("null")
            || word.eq_ignore_ascii_case("none");
        let is_word = PROSE.iter().any(|prose| word.eq_ignore_ascii_case(prose));
        placeholder || is_word && !self.is_equation && self.quote.is_none()
    }
}

/// What follows at most two quotes, and the last of them.
fn skip_quotes(text: &str) -> (&str, Option<char>) {
    let escaped = text.strip_prefix('\\').unwrap_or(text);
    match escaped.chars().next() {
        Some(quote @ ('"' | '\'' | '`')) => (&escaped[1..], Some(quote)),
        _ => (text, None),
    }
}

fn end_of(text: &str, start: usize, is_part: fn(char) -> bool) -> usize {
    let ends = |c: char| !is_part(c);
    text[start..]
        .find(ends)
        .map_or(text.len(), |length| start + length)
}

fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-.".contains(c)
}

fn is_credential_char(c: char) -> bool {
    is_name_char(c) || "+/=~".contains(c)
}

//! Makes text from plugins, files and the environment fit to be shown.
//!
//! [`escape`] takes away the power to move the cursor, reorder a line or hide in it; [`mask_secret`]
//! hides what looks like a credential. Both leave ordinary text as it is, without copying it.

use std::borrow::Cow;

/// What is shown in place of a secret.
pub const MASK: &str = "********";

/// Longest untrusted text quoted in a message, in characters.
const SHOWN_MAX: usize = 80;

/// Words in a setting's name that announce a credential. `tokens` is none of them, since a limit of
/// tokens is no secret, nor is `keys`, which may be public.
const SECRET_WORDS: &[&str] = &[
    "apikey",
    "apikeys",
    "auth",
    "authorization",
    "bearer",
    "credential",
    "credentials",
    "key",
    "passphrase",
    "passwd",
    "password",
    "passwords",
    "pwd",
    "secret",
    "secrets",
    "token",
];

/// Beginnings of values that are credentials whatever the setting is called.
const SECRET_BEGINNINGS: &[&str] = &[
    "AKIA",
    "Basic ",
    "Bearer ",
    "eyJ",
    "ghp_",
    "github_pat_",
    "glpat-",
    "sk-",
    "xoxb-",
    "xoxp-",
];

/// `text` with every character that could deceive a reader or steer a terminal written as `\u{…}`.
///
/// These are control characters (and so every ANSI and OSC sequence), line separators, bidirectional
/// controls and characters without a visible shape. The result stays on one line.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_deceptive) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => out.extend(c.escape_default()),
            c if is_deceptive(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// `text` escaped, and cut with an ellipsis where it grows too long for a message.
pub fn shorten(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(SHOWN_MAX) {
        None => escape(text),
        Some((end, _)) => Cow::Owned(format!("{}…", escape(&text[..end]))),
    }
}

/// `value` as it may be shown for the setting `name`: [`MASK`] if name or value looks like a secret's,
/// and the password of a URL always hidden.
pub fn mask_secret<'a>(name: &str, value: &'a str) -> Cow<'a, str> {
    if value.is_empty() {
        return Cow::Borrowed(value);
    }
    let secret = is_secret_name(name)
        || SECRET_BEGINNINGS
            .iter()
            .any(|beginning| value.trim_start().starts_with(beginning));
    if secret {
        return Cow::Borrowed(MASK);
    }
    mask_url_password(value)
}

/// Whether a setting of this name holds a credential, judged by the words in it: `api_key`,
/// `API-KEY` and `apiKey` do, `keyboard` does not.
pub fn is_secret_name(name: &str) -> bool {
    let mut words = String::with_capacity(name.len() + 8);
    let mut after_small = false;
    for c in name.chars() {
        if after_small && c.is_ascii_uppercase() {
            words.push('_');
        }
        words.push(c.to_ascii_lowercase());
        after_small = c.is_ascii_lowercase();
    }
    words
        .split(|c: char| !c.is_ascii_alphanumeric())
        .any(|word| SECRET_WORDS.contains(&word))
}

/// `value` with user and password of every URL in it masked.
fn mask_url_password(value: &str) -> Cow<'_, str> {
    let mut parts = value.split("://");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let authority_end = part.find(['/', '?', '#']).unwrap_or(part.len());
        out.push_str("://");
        match part[..authority_end].rfind('@') {
            Some(at) => {
                out.push_str(MASK);
                out.push_str(&part[at..]);
            }
            None => out.push_str(part),
        }
    }
    if out == value {
        return Cow::Borrowed(value);
    }
    Cow::Owned(out)
}

fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_is_borrowed() {
        for text in ["", "risk_planner", "größer ≥ 1", "日本語", "a\\b 'c' \"d\""] {
            assert!(matches!(escape(text), Cow::Borrowed(same) if same == text));
        }
    }

    #[test]
    fn no_text_can_forge_a_row_or_reorder_one() {
        assert_eq!(
            escape("a\nready\r\t\u{1b}]0;x\u{7}\u{9b}2J"),
            "a\\nready\\r\\t\\u{1b}]0;x\\u{7}\\u{9b}2J"
        );
        assert_eq!(
            escape("\u{202e}gpj\u{2069}\u{200b}\u{feff}\u{e0041}\u{2028}"),
            "\\u{202e}gpj\\u{2069}\\u{200b}\\u{feff}\\u{e0041}\\u{2028}"
        );
    }

    #[test]
    fn long_text_is_cut_at_a_character() {
        assert_eq!(shorten(&"é".repeat(81)), format!("{}…", "é".repeat(80)));
        assert_eq!(shorten(&"é".repeat(80)), "é".repeat(80));
    }

    #[test]
    fn secrets_are_masked_by_name_and_by_shape() {
        for (name, value) in [
            ("planners.llm_planner.config.api_key", "abc"),
            ("FACTORY_TOKEN", "abc"),
            ("db-password", "abc"),
            ("accessToken", "abc"),
            ("note", "sk-abcdef"),
            ("header", "Bearer abc"),
        ] {
            assert_eq!(mask_secret(name, value), MASK, "{name}={value}");
        }
        assert_eq!(
            mask_secret("url", "https://me:pw@host/a@b"),
            format!("https://{MASK}@host/a@b")
        );
        assert_eq!(
            mask_secret(
                "urls",
                "https://a:pw@one, http://two/x@y, https://b:pw@three"
            ),
            format!("https://{MASK}@one, http://two/x@y, https://{MASK}@three")
        );
    }

    #[test]
    fn what_is_no_secret_stays_readable() {
        for (name, value) in [
            ("keyboard", "abc"),
            ("max_tokens", "4096"),
            ("FACTORY_TRUSTED_KEYS", "/etc/registry/keys"),
            ("select.min_reliability", "0.25"),
            ("url", "https://host/a@b"),
            ("api_key", ""),
        ] {
            assert_eq!(mask_secret(name, value), value);
        }
    }
}

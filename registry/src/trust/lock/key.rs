//! A signing key that counts no longer, as the lock names it.

use std::fmt;

/// Digits of a key's id.
const ID_LEN: usize = 16;

/// Characters of a public key: 42 bytes in base64.
const PUBLIC_KEY_LEN: usize = 56;

/// What every public key of this kind begins with.
const PUBLIC_KEY_START: &str = "RW";

/// A signing key that counts no longer: its id in 16 hexadecimal digits, or the public key itself, in
/// the forms in which minisign shows them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RevokedKey(Box<str>);

impl RevokedKey {
    /// Checks the form of `text`; the digits of an id are raised to capitals.
    pub fn parse(text: &str) -> Option<Self> {
        let is_base64 = |c: char| c.is_ascii_alphanumeric() || c == '+' || c == '/';
        let id = text.len() == ID_LEN && text.chars().all(|c| c.is_ascii_hexdigit());
        let key = text.len() == PUBLIC_KEY_LEN
            && text.starts_with(PUBLIC_KEY_START)
            && text.chars().all(is_base64);
        match (id, key) {
            (true, _) => Some(Self(text.to_ascii_uppercase().into_boxed_str())),
            (_, true) => Some(Self(text.into())),
            _ => None,
        }
    }

    /// The id or the public key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RevokedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_and_a_public_key_are_taken_and_nothing_else() {
        let key = format!("RW{}", "Ab+/".repeat(14).split_off(2));
        let shown = |text: &str| RevokedKey::parse(text).map(|key| key.to_string());
        assert_eq!(
            shown("00aa11bb22cc33dd").as_deref(),
            Some("00AA11BB22CC33DD")
        );
        assert_eq!(shown(&key).as_deref(), Some(key.as_str()));
        for bad in [
            "",
            "00aa",
            "00aa11bb22cc33dg",
            &key.replace("RW", "XW"),
            &key[1..],
        ] {
            assert_eq!(shown(bad), None, "{bad}");
        }
    }
}

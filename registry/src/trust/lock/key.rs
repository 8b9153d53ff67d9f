//! A signing key that counts no longer, as the lock names it.

use std::fmt;

use ct_codecs::{Base64, Decoder};

/// Digits of a key's id.
const ID_LEN: usize = 16;

/// Bytes of a public key: the algorithm, the key's id and the key.
const PUBLIC_KEY_BYTES: usize = 42;

/// The algorithm of every public key of this kind.
const ALGORITHM: &[u8] = b"Ed";

/// A signing key that counts no longer: its id in 16 hexadecimal digits, or the public key itself, in
/// the forms in which minisign shows them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RevokedKey(Box<str>);

impl RevokedKey {
    /// Checks the form of `text`; the digits of an id are raised to capitals.
    pub fn parse(text: &str) -> Option<Self> {
        let id = text.len() == ID_LEN && text.chars().all(|c| c.is_ascii_hexdigit());
        match (id, is_public_key(text)) {
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

/// Whether a key could have it; what none has revokes nothing, and whoever wrote it meant something else.
fn is_public_key(text: &str) -> bool {
    let mut bytes = [0; PUBLIC_KEY_BYTES];
    let decoded = Base64::decode(&mut bytes, text, None);
    decoded.is_ok_and(|bytes| bytes.len() == PUBLIC_KEY_BYTES && bytes.starts_with(ALGORITHM))
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
        let key = format!("RWQ{}", "Ab+/".repeat(14).split_off(3));
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
            &key.replace("RWQ", "RWa"),
            &key.replace('+', "-"),
            &key[1..],
            &format!("{key}AAAA"),
        ] {
            assert_eq!(shown(bad), None, "{bad}");
        }
    }
}

//! The number that tells which key made a signature.

use std::fmt;

/// Digits of a key's number.
const DIGITS: usize = 16;

/// The number of a key, chosen at random when the key was made. It finds a key and proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(with = "String"))]
pub struct KeyId(u64);

impl KeyId {
    /// How many bytes hold it.
    pub(super) const SIZE: usize = 8;

    /// The number as keys and signatures carry it.
    pub fn of_bytes(bytes: [u8; Self::SIZE]) -> Self {
        Self(u64::from_le_bytes(bytes))
    }

    /// The number as minisign shows it: sixteen hexadecimal digits, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        digits.then(|| u64::from_str_radix(text, 16).ok().map(Self))?
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016X}", self.0)
    }
}

impl serde::Serialize for KeyId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_as_it_is_shown_and_nothing_else_is() {
        let id = KeyId::of_bytes([0x1f, 0xe8, 0xb4, 0x42, 0x18, 0x0f, 0x62, 0x07]);
        assert_eq!(id.to_string(), "07620F1842B4E81F");
        for text in ["07620F1842B4E81F", "07620f1842b4e81f"] {
            assert_eq!(KeyId::parse(text), Some(id));
        }
        for text in [
            "",
            "7620F1842B4E81F",
            "+7620F1842B4E81F",
            "007620F1842B4E81F",
        ] {
            assert_eq!(KeyId::parse(text), None, "{text}");
        }
    }
}

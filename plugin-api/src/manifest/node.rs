//! A JSON tree that forgets nothing: keys keep their order and duplicates are noticed.
//!
//! Depth is bounded while reading, so neither reading nor dropping a tree can exhaust the stack.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::{Deserializer, Serialize, Serializer};
use serde_json::Number;

use super::{DEPTH_MAX, ManifestError};

/// Objects up to this many keys are searched pair by pair, which is faster than hashing them.
const KEYS_COMPARED_MAX: usize = 24;

/// Room for the keys of an object of usual size.
const PAIRS_EXPECTED: usize = 16;

/// One JSON value; text borrows from the input where it holds no escape.
#[derive(Debug, PartialEq)]
pub(super) enum Node<'de> {
    Null,
    Bool(bool),
    Number(Number),
    Text(Cow<'de, str>),
    List(Vec<Node<'de>>),
    Object(Vec<(Cow<'de, str>, Node<'de>)>),
}

impl<'de> Node<'de> {
    /// Reads exactly one value.
    pub(super) fn read(text: &'de str) -> Result<Self, ManifestError> {
        let fault = Cell::new(None);
        let mut reader = serde_json::Deserializer::from_str(text);
        let seed = Seed {
            room: DEPTH_MAX,
            fault: &fault,
        };
        let read = seed
            .deserialize(&mut reader)
            .and_then(|node| reader.end().map(|()| node));
        read.map_err(|error| fault.take().unwrap_or(ManifestError::Syntax(error)))
    }
}

impl Serialize for Node<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(value) => value.serialize(serializer),
            Self::Text(value) => serializer.serialize_str(value),
            Self::List(items) => serializer.collect_seq(items),
            Self::Object(pairs) => {
                serializer.collect_map(pairs.iter().map(|(key, value)| (key, value)))
            }
        }
    }
}

/// Reads a value that may nest `room` levels; a fault of ours is left in `fault`, because the
/// reader's own error type can carry text only.
#[derive(Clone, Copy)]
struct Seed<'a> {
    room: usize,
    fault: &'a Cell<Option<ManifestError>>,
}

impl Seed<'_> {
    fn inner<E: de::Error>(self) -> Result<Self, E> {
        match self.room.checked_sub(1) {
            Some(room) => Ok(Self { room, ..self }),
            None => Err(self.refuse(ManifestError::TooDeep)),
        }
    }

    fn refuse<E: de::Error>(self, fault: ManifestError) -> E {
        let error = E::custom(&fault);
        self.fault.set(Some(fault));
        error
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Node<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Node<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Node<'de>, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node<'de>, E> {
        Ok(Node::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node<'de>, E> {
        Ok(Node::Number(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node<'de>, E> {
        Ok(Node::Number(value.into()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Node<'de>, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("number out of range"))?;
        Ok(Node::Number(number))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node<'de>, A::Error> {
        let inner = self.inner()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node<'de>, A::Error> {
        let inner = self.inner()?;
        let mut pairs: Vec<(Cow<'de, str>, Node<'de>)> = Vec::with_capacity(PAIRS_EXPECTED);
        while let Some(key) = map.next_key_seed(KeySeed)? {
            pairs.push((key, map.next_value_seed(inner)?));
        }
        match duplicate(&pairs) {
            Some(key) => Err(self.refuse(ManifestError::DuplicateKey {
                key: key.to_owned(),
            })),
            None => Ok(Node::Object(pairs)),
        }
    }
}

fn duplicate<'a>(pairs: &'a [(Cow<'_, str>, Node<'_>)]) -> Option<&'a str> {
    if pairs.len() <= KEYS_COMPARED_MAX {
        let repeated = |at: usize| pairs[..at].iter().any(|earlier| earlier.0 == pairs[at].0);
        return (1..pairs.len())
            .find(|&at| repeated(at))
            .map(|at| &*pairs[at].0);
    }
    let mut seen = HashSet::with_capacity(pairs.len());
    pairs
        .iter()
        .map(|(key, _)| &**key)
        .find(|key| !seen.insert(*key))
}

struct KeySeed;

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for KeySeed {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> &'static str {
        Node::read(text).map_or_else(|error| error.code(), |_| "fine")
    }

    #[test]
    fn order_numbers_and_escapes_survive_a_round_trip() {
        let text = r#"{"z":[1,-2,0.5,1e300],"a":{"\u0007b":null,"t":true},"q":"é\n"}"#;
        let node = Node::read(text).unwrap();
        let written = serde_json::to_string(&node).unwrap();
        assert_eq!(
            written,
            r#"{"z":[1,-2,0.5,1e+300],"a":{"\u0007b":null,"t":true},"q":"é\n"}"#
        );
        assert_eq!(Node::read(&written).unwrap(), node);
    }

    #[test]
    fn a_key_twice_in_one_object_is_refused_at_any_depth_and_size() {
        assert_eq!(code(r#"{"a":1,"b":{"a":1}}"#), "fine");
        assert_eq!(
            code(r#"{"a":1,"b":[{"c":1,"c":2}]}"#),
            "E_MANIFEST_DUPLICATE_KEY"
        );
        assert_eq!(code(r#"{"a":1,"\u0061":2}"#), "E_MANIFEST_DUPLICATE_KEY");
        for keys in [KEYS_COMPARED_MAX, KEYS_COMPARED_MAX + 1, 500] {
            let pairs: Vec<_> = (1..keys).map(|key| format!("\"{key}\":0")).collect();
            assert_eq!(code(&format!("{{{}}}", pairs.join(","))), "fine");
            let twice = format!("{{{},\"1\":0}}", pairs.join(","));
            assert_eq!(code(&twice), "E_MANIFEST_DUPLICATE_KEY", "{keys} keys");
        }
    }

    #[test]
    fn nesting_is_bounded_exactly() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert_eq!(code(&nested(DEPTH_MAX)), "fine");
        assert_eq!(code(&nested(DEPTH_MAX + 1)), "E_MANIFEST_TOO_DEEP");
        assert_eq!(code(&"[".repeat(10_000)), "E_MANIFEST_TOO_DEEP");
        assert_eq!(code(&r#"{"a":"#.repeat(10_000)), "E_MANIFEST_TOO_DEEP");
    }

    #[test]
    fn what_is_not_one_json_value_is_a_syntax_error() {
        for text in ["", "{", "{}{}", "{}\0", "NaN", r#"{"r":NaN}"#, "1e999"] {
            assert_eq!(code(text), "E_MANIFEST_SYNTAX", "{text:?}");
        }
    }
}

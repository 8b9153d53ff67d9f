//! JSON of any shape, kept as text.

use std::fmt;

use serde::{Serialize, Serializer, ser};

use super::ManifestError;
use super::node::Node;

/// A JSON value of any shape, kept as compact text.
///
/// A parsed tree takes ten times the room of its text, and such a value is looked into seldom:
/// [`to_value`](Self::to_value) parses it when it is.
#[derive(Clone, PartialEq, Eq)]
pub struct Json(Box<str>);

impl Json {
    /// Checks `text` by the manifest's rules (depth, no key twice) and keeps it.
    pub fn new(text: &str) -> Result<Self, ManifestError> {
        Self::of(&Node::read(text)?)
    }

    pub(super) fn of(node: &Node<'_>) -> Result<Self, ManifestError> {
        let text = serde_json::to_string(node).map_err(ManifestError::Syntax)?;
        Ok(Self(text.into_boxed_str()))
    }

    /// The text, without white space between values.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The value as a tree.
    pub fn to_value(&self) -> serde_json::Value {
        // The text was written from a tree, so parsing it cannot fail; should it, null says that
        // nothing is known.
        serde_json::from_str(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Node::read(&self.0)
            .map_err(ser::Error::custom)?
            .serialize(serializer)
    }
}

//! Size and nesting of JSON values, measured without building anything.

use std::io;

use serde::Serialize;
use serde_json::{Map, Value};

use super::limits;

/// How many bytes `value` takes as compact JSON; `None` for what is no JSON.
///
/// Serialising recurses: measure only what [`nesting_exceeds`] let pass.
pub(crate) fn json_bytes(value: &impl Serialize) -> Option<usize> {
    let mut counter = Counter(0);
    serde_json::to_writer(&mut counter, value).ok()?;
    Some(counter.0)
}

/// Whether objects and arrays nest deeper in `object` than [`limits::NESTING_MAX`].
pub(crate) fn nesting_exceeds(object: &Map<String, Value>) -> bool {
    let mut open: Vec<(&Value, usize)> = object.values().map(|value| (value, 1)).collect();
    while let Some((value, depth)) = open.pop() {
        if !value.is_array() && !value.is_object() {
            continue;
        }
        if depth == limits::NESTING_MAX {
            return true;
        }
        match value {
            Value::Array(items) => open.extend(items.iter().map(|item| (item, depth + 1))),
            Value::Object(entries) => open.extend(entries.values().map(|item| (item, depth + 1))),
            _ => {}
        }
    }
    false
}

struct Counter(usize);

impl io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

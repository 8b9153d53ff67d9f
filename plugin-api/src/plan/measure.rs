//! Size and nesting of JSON, measured without building anything.
//!
//! Bytes alone do not bound what a reader allocates: an object of seven bytes takes six hundred in
//! memory. So commas and opening brackets are counted as well, about one for each value.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Map, Value};

use super::limits;

/// How large a JSON text is; write the text into it, in any pieces.
#[derive(Default)]
pub(crate) struct JsonSize {
    pub(crate) bytes: usize,
    /// Commas and opening brackets outside strings.
    pub(crate) parts: usize,
    in_string: bool,
    escaped: bool,
}

impl JsonSize {
    /// The size of `value` as compact JSON; `None` for what is no JSON.
    ///
    /// Serialising recurses: measure only what [`nesting_exceeds`] let pass.
    pub(crate) fn of(value: &impl Serialize) -> Option<JsonSize> {
        let mut size = JsonSize::default();
        serde_json::to_writer(&mut size, value).ok()?;
        Some(size)
    }

    /// What is wrong with `json`, as the end of a sentence, if it has more than `bytes_max` bytes or
    /// more than [`limits::JSON_PARTS_MAX`] parts.
    pub(crate) fn complaint(json: &[u8], bytes_max: usize) -> Option<String> {
        if json.len() > bytes_max {
            return Some(format!(
                "takes {} bytes as JSON; at most {bytes_max} are allowed",
                json.len()
            ));
        }
        let mut size = JsonSize::default();
        size.add(json);
        (size.parts > limits::JSON_PARTS_MAX).then(|| {
            format!(
                "has {} commas and opening brackets as JSON; at most {} are allowed",
                size.parts,
                limits::JSON_PARTS_MAX
            )
        })
    }

    fn add(&mut self, json: &[u8]) {
        self.bytes += json.len();
        for &byte in json {
            if self.escaped {
                self.escaped = false;
                continue;
            }
            match byte {
                b'"' => self.in_string = !self.in_string,
                b'\\' => self.escaped = self.in_string,
                b',' | b'[' | b'{' if !self.in_string => self.parts += 1,
                _ => {}
            }
        }
    }
}

impl Write for JsonSize {
    fn write(&mut self, json: &[u8]) -> io::Result<usize> {
        self.add(json);
        Ok(json.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_counted_outside_strings_only_and_across_pieces() {
        let json = br#"{"a,[{":[1,2,{"b\",":"\\"},[]],"c":"[\"{,"}"#;
        for piece in [1, 2, 3, json.len()] {
            let mut size = JsonSize::default();
            json.chunks(piece).for_each(|chunk| size.add(chunk));
            assert_eq!((size.bytes, size.parts), (json.len(), 8), "{piece}");
        }
        let value: Value = serde_json::from_slice(json).unwrap();
        let size = JsonSize::of(&value).unwrap();
        assert_eq!((size.bytes, size.parts), (json.len(), 8));
    }
}

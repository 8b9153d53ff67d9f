//! What a JSON object is, decided while a plugin compiles.
//!
//! Left to the parser of manifests are keys given twice, numbers out of range and halves of
//! surrogate pairs.

use crate::manifest::DEPTH_MAX;

/// Whether `text` is one JSON object that a manifest has room for.
pub(super) const fn is_object(text: &str) -> bool {
    let mut reader = Reader {
        rest: text.as_bytes(),
    };
    reader.space();
    // The manifest itself is the first level.
    matches!(reader.rest, [b'{', ..]) && reader.value(DEPTH_MAX - 1) && reader.rest.is_empty()
}

/// What is not read yet. Each method reads one thing, and is false where something else stands.
struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    /// A value that nests at most `room` deep, and the white space around it.
    const fn value(&mut self, room: usize) -> bool {
        self.space();
        let is_value = match self.rest {
            [b'{', ..] => room > 0 && self.list(b'}', true, room - 1),
            [b'[', ..] => room > 0 && self.list(b']', false, room - 1),
            [b'"', ..] => self.string(),
            [b't', ..] => self.word(b"true"),
            [b'f', ..] => self.word(b"false"),
            [b'n', ..] => self.word(b"null"),
            _ => self.number(),
        };
        self.space();
        is_value
    }

    /// Values in brackets or, after their keys, in braces.
    const fn list(&mut self, end: u8, keyed: bool, room: usize) -> bool {
        self.step();
        self.space();
        if self.take(end) {
            return true;
        }
        loop {
            if keyed && !self.key() || !self.value(room) {
                return false;
            }
            if self.take(end) {
                return true;
            }
            if !self.take(b',') {
                return false;
            }
        }
    }

    const fn key(&mut self) -> bool {
        self.space();
        if !self.string() {
            return false;
        }
        self.space();
        self.take(b':')
    }

    const fn string(&mut self) -> bool {
        if !self.take(b'"') {
            return false;
        }
        loop {
            match self.step() {
                Some(b'"') => return true,
                Some(b'\\') if !self.escape() => return false,
                Some(0..0x20) | None => return false,
                Some(_) => {}
            }
        }
    }

    const fn escape(&mut self) -> bool {
        match self.step() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => true,
            Some(b'u') => self.hex() && self.hex() && self.hex() && self.hex(),
            _ => false,
        }
    }

    const fn hex(&mut self) -> bool {
        matches!(self.step(), Some(byte) if byte.is_ascii_hexdigit())
    }

    const fn number(&mut self) -> bool {
        self.take(b'-');
        if !self.take(b'0') && !self.digits() || self.take(b'.') && !self.digits() {
            return false;
        }
        if !self.take(b'e') && !self.take(b'E') {
            return true;
        }
        if !self.take(b'+') {
            self.take(b'-');
        }
        self.digits()
    }

    const fn digits(&mut self) -> bool {
        let mut found = false;
        while matches!(self.rest, [b'0'..=b'9', ..]) {
            self.step();
            found = true;
        }
        found
    }

    const fn word(&mut self, word: &[u8]) -> bool {
        let mut at = 0;
        while at < word.len() {
            if !self.take(word[at]) {
                return false;
            }
            at += 1;
        }
        true
    }

    const fn space(&mut self) {
        while matches!(self.rest, [b' ' | b'\t' | b'\n' | b'\r', ..]) {
            self.step();
        }
    }

    const fn take(&mut self, byte: u8) -> bool {
        let found = matches!(self.rest, [first, ..] if *first == byte);
        if found {
            self.step();
        }
        found
    }

    const fn step(&mut self) -> Option<u8> {
        let [first, rest @ ..] = self.rest else {
            return None;
        };
        self.rest = rest;
        Some(*first)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::manifest::Json;

    fn nested(lists: usize) -> String {
        format!(r#"{{"a":{}{}}}"#, "[".repeat(lists), "]".repeat(lists))
    }

    #[test]
    fn one_object_is_accepted_with_white_space_around_it_and_nothing_else() {
        let good = [
            "{}",
            " {\n} \t\r",
            r#"{"a": [], "b": [1, {"c": -0.5e+7}], "": "\u00fF \\ ä"}"#,
            r#"{"a":true,"b":false,"c":null,"d":[10E-2,0]}"#,
        ];
        for text in good {
            assert!(is_object(text), "{text}");
        }
        let bad = [
            "",
            "[]",
            "1",
            "{not json",
            "{",
            "{}{}",
            "{},",
            r#"{}, "self_test": true"#,
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":1,}"#,
            r#"{"a":[1,]}"#,
            r#"{"a":[1}"#,
            "{a:1}",
            r#"{"a":01}"#,
            r#"{"a":1.}"#,
            r#"{"a":-}"#,
            r#"{"a":1e}"#,
            r#"{"a":truth}"#,
            r#"{"a":"\x"}"#,
            r#"{"a":"\u00g0"}"#,
            "{\"a\":\"\n\"}",
            r#"{"a":"b}"#,
            "\u{feff}{}",
        ];
        for text in bad {
            assert!(!is_object(text), "{text}");
        }
    }

    #[test]
    fn an_object_nests_as_deep_as_the_manifest_around_it_leaves_room_for() {
        assert!(is_object(&nested(DEPTH_MAX - 2)));
        assert!(!is_object(&nested(DEPTH_MAX - 1)));
        assert!(!is_object(&nested(100_000)));
    }

    proptest! {
        #[test]
        fn the_parser_of_manifests_reads_the_same_objects(
            text in r#"\{("a":([01]|\[|\{"b":)[\]\[{}01.eE+\-", ]{0,5})?\}"#
        ) {
            prop_assert_eq!(is_object(&text), Json::new(&text).is_ok());
        }
    }
}

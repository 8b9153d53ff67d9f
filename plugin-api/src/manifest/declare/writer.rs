//! The text of a manifest, written while a plugin compiles.

/// JSON text under construction. What does not fit into `LEN` bytes is counted only, so that the
/// first of two passes finds the length for the second.
pub(super) struct Writer<const LEN: usize> {
    pub(super) bytes: [u8; LEN],
    pub(super) len: usize,
}

impl<const LEN: usize> Writer<LEN> {
    pub(super) const fn new() -> Self {
        Self {
            bytes: [0; LEN],
            len: 0,
        }
    }

    const fn byte(mut self, byte: u8) -> Self {
        if self.len < LEN {
            self.bytes[self.len] = byte;
        }
        self.len += 1;
        self
    }

    pub(super) const fn raw(mut self, text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            self = self.byte(bytes[at]);
            at += 1;
        }
        self
    }

    pub(super) const fn string(mut self, text: &str) -> Self {
        let bytes = text.as_bytes();
        self = self.byte(b'"');
        let mut at = 0;
        while at < bytes.len() {
            self = match bytes[at] {
                b'"' => self.raw("\\\""),
                b'\\' => self.raw("\\\\"),
                control @ 0..0x20 => self
                    .raw("\\u00")
                    .byte(hex_digit(control >> 4))
                    .byte(hex_digit(control & 15)),
                plain => self.byte(plain),
            };
            at += 1;
        }
        self.byte(b'"')
    }

    pub(super) const fn strings(mut self, words: &[&str]) -> Self {
        self = self.byte(b'[');
        let mut at = 0;
        while at < words.len() {
            if at > 0 {
                self = self.byte(b',');
            }
            self = self.string(words[at]);
            at += 1;
        }
        self.byte(b']')
    }

    pub(super) const fn bool(self, yes: bool) -> Self {
        self.raw(if yes { "true" } else { "false" })
    }

    pub(super) const fn number(mut self, number: u32) -> Self {
        if number >= 10 {
            self = self.number(number / 10);
        }
        self.byte(b'0' + (number % 10) as u8)
    }
}

const fn hex_digit(value: u8) -> u8 {
    if value < 10 {
        b'0' + value
    } else {
        b'a' + value - 10
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_several_digits_are_written_whole() {
        let json = Writer::<10>::new().number(4_294_967_295);
        assert_eq!(&json.bytes, b"4294967295");
    }
}

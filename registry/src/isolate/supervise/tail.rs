//! The end of what a process prints.

use std::collections::VecDeque;

use crate::scrub;

/// What is kept of a stream.
const KEPT_BYTES: usize = 4 << 10;

/// The end of a stream.
#[derive(Debug, Default)]
pub(super) struct Tail {
    bytes: VecDeque<u8>,
}

impl Tail {
    /// Adds what was printed next.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let bytes = &bytes[bytes.len().saturating_sub(KEPT_BYTES)..];
        let excess = (self.bytes.len() + bytes.len()).saturating_sub(KEPT_BYTES);
        self.bytes.drain(..excess);
        self.bytes.extend(bytes);
    }

    /// The text as it was printed.
    pub(super) fn text(&self) -> String {
        let bytes: Vec<u8> = self.bytes.iter().copied().collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// `text` as it may be shown: secrets and the folders of paths are masked, and its lines, which stay lines,
/// are escaped. A secret may take several lines, so they are masked before.
pub(super) fn scrubbed(text: &str) -> String {
    let text = scrub::mask_paths(text);
    let text = scrub::mask_secrets(&text);
    let lines: Vec<_> = text.lines().map(scrub::escape).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_bytes_are_kept_and_shown_scrubbed_line_by_line() {
        let mut tail = Tail::default();
        tail.push(&[b'a'; 10_000]);
        tail.push(b"\x1b[2Jfirst\nsecond\n");
        let text = scrubbed(&tail.text());
        assert_eq!(tail.bytes.len(), 4096);
        assert_eq!(text.trim_start_matches('a'), "\\u{1b}[2Jfirst\nsecond");
        tail.push(&[b'b'; 10_000]);
        assert_eq!(tail.text(), "b".repeat(4096));
        tail.push(b"\npassword=hunter2-and-more\nread /home/someone/notes\n");
        let text = scrubbed(&tail.text());
        let said = text.trim_start_matches('b');
        assert_eq!(said, "\npassword=********\nread …/notes");
    }
}

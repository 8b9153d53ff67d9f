//! The end of what a process prints.

use std::collections::VecDeque;

use crate::crash::STDERR_BYTES_MAX;

/// What is kept of a stream: more than is shown of it, so that a secret whose beginning is not shown
/// can be told by it.
const KEPT_BYTES: usize = 2 * STDERR_BYTES_MAX;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_bytes_are_kept() {
        let mut tail = Tail::default();
        tail.push(&[b'a'; 10_000]);
        tail.push(b"first\nsecond\n");
        let text = tail.text();
        assert_eq!(text.len(), KEPT_BYTES);
        assert_eq!(text.trim_start_matches('a'), "first\nsecond\n");
        tail.push(&[b'b'; 10_000]);
        assert_eq!(tail.text(), "b".repeat(KEPT_BYTES));
    }
}

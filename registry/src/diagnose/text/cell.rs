//! A piece of text that is safe to print, and how wide it is.

use std::borrow::Cow;

use unicode_width::UnicodeWidthChar;

use super::Ink;
use crate::scrub;

/// Stands where there is nothing to say.
const NOTHING: &str = "—";

/// A piece of text that is safe to print: it was scrubbed when it came in, and has no line break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    text: String,
    ink: Ink,
}

impl Cell {
    /// `text`, scrubbed; a dash if it is empty.
    pub fn new(text: impl AsRef<str>) -> Cell {
        let text = text.as_ref();
        if text.is_empty() {
            return Cell::nothing();
        }
        Cell {
            text: scrub::text(text).into_owned(),
            ink: Ink::Plain,
        }
    }

    /// Words and numbers of this program's own, in which there is nothing to scrub.
    pub(super) fn own(text: impl Into<String>) -> Cell {
        Cell {
            text: text.into(),
            ink: Ink::Plain,
        }
    }

    /// The dash for what is missing.
    pub fn nothing() -> Cell {
        Cell {
            text: NOTHING.to_owned(),
            ink: Ink::Faint,
        }
    }

    /// An empty cell, for where a row has nothing to say and need not say so.
    pub fn blank() -> Cell {
        Cell {
            text: String::new(),
            ink: Ink::Plain,
        }
    }

    /// `items` with commas between them.
    pub fn list<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> Cell {
        let mut text = String::new();
        for (number, item) in items.into_iter().enumerate() {
            if number > 0 {
                text.push_str(", ");
            }
            text.push_str(item.as_ref());
        }
        Cell::new(text)
    }

    /// The same text in `ink`.
    #[must_use]
    pub fn ink(self, ink: Ink) -> Cell {
        Cell { ink, ..self }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn colour(&self) -> Ink {
        self.ink
    }

    pub(super) fn width(&self) -> usize {
        width(&self.text)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell::new(text)
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell::new(text)
    }
}

/// How many columns `text` takes, character by character as terminals count.
pub(super) fn width(text: &str) -> usize {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.len();
    }
    text.chars().map(char_width).sum()
}

/// `text` cut to `columns`, with an ellipsis in place of what is missing.
pub(super) fn cut(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let (head, _) = split(text, columns.saturating_sub(1));
    Cow::Owned(format!("{head}…"))
}

/// `text` in lines of at most `columns`, broken at spaces where there are any. A character wider than
/// a whole line gets one of its own.
pub(super) fn wrap(text: &str, columns: usize) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    loop {
        let (head, tail) = split(rest, columns);
        if tail.is_empty() {
            lines.push(head);
            return lines;
        }
        let line = if tail.starts_with(' ') {
            head
        } else {
            match head.rfind(' ') {
                Some(space) if space > 0 => &head[..space],
                _ if head.is_empty() => &rest[..rest.chars().next().map_or(0, char::len_utf8)],
                _ => head,
            }
        };
        lines.push(line);
        rest = rest[line.len()..].trim_start_matches(' ');
        if rest.is_empty() {
            return lines;
        }
    }
}

/// The longest beginning of `text` that fits into `columns`, and the rest.
fn split(text: &str, columns: usize) -> (&str, &str) {
    let mut used = 0;
    let end = text.char_indices().find_map(|(at, c)| {
        used += char_width(c);
        (used > columns).then_some(at)
    });
    text.split_at(end.unwrap_or(text.len()))
}

fn char_width(c: char) -> usize {
    c.width().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_escaped_when_it_comes_in() {
        assert_eq!(
            Cell::list(["risk\nforged ready", "\u{1b}[2J"]).text(),
            "risk\\nforged ready, \\u{1b}[2J"
        );
        assert_eq!(Cell::new(""), Cell::nothing());
        assert_eq!(Cell::list::<&str>([]).text(), "—");
    }

    #[test]
    fn width_counts_columns_not_characters_or_bytes() {
        for (text, columns) in [
            ("abc", 3),
            ("größe", 5),
            ("日本", 4),
            ("e\u{301}", 1),
            ("✗", 1),
        ] {
            assert_eq!(width(text), columns, "{text}");
        }
    }

    #[test]
    fn a_cut_text_fits_and_shows_that_it_was_cut() {
        assert_eq!(cut("structural", 10), "structural");
        assert_eq!(cut("structural", 9), "structur…");
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(cut("abc", 0), "…");
    }

    #[test]
    fn a_text_is_wrapped_at_spaces_and_a_long_word_anywhere() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("one two three", 6), ["one", "two", "three"]);
        assert_eq!(wrap("abcdefgh ij", 3), ["abc", "def", "gh", "ij"]);
        assert_eq!(wrap("日本", 1), ["日", "本"]);
        assert_eq!(wrap("", 5), [""]);
    }
}

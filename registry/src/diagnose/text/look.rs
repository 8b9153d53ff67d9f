//! How text is to look.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

/// How text is to look: what the place it goes to can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// Whether to use colour.
    pub colour: bool,
    /// How many columns there are; none for as many as it takes, as in a file or a pipe.
    pub columns: Option<usize>,
}

/// What a piece of text means to the eye.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ink {
    /// Nothing special.
    #[default]
    Plain,
    /// A heading.
    Strong,
    /// Less important.
    Faint,
    /// In order.
    Good,
    /// To be noticed.
    Warn,
    /// Wrong.
    Bad,
}

impl Look {
    /// Plain text of any width.
    pub const PLAIN: Look = Look {
        colour: false,
        columns: None,
    };

    /// Appends `text` in the colour of `ink`. The text must be escaped already.
    pub(super) fn paint(self, ink: Ink, text: &str, out: &mut String) {
        let code = match ink {
            Ink::Plain => None,
            Ink::Strong => Some(1),
            Ink::Faint => Some(2),
            Ink::Good => Some(32),
            Ink::Warn => Some(33),
            Ink::Bad => Some(31),
        };
        match code {
            Some(code) if self.colour && !text.is_empty() => {
                let _ = write!(out, "\u{1b}[{code}m{text}\u{1b}[0m");
            }
            _ => out.push_str(text),
        }
    }
}

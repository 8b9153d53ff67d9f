//! Bounding a text, and leaving out what only fills it.

use std::borrow::Cow;

/// How a backtrace is announced.
const BACKTRACE: &str = "stack backtrace:";

/// What is shown in place of what was cut.
const ELLIPSIS: &str = "…";

/// `text` without the backtraces in it, and cut with an ellipsis after `bytes_max` bytes.
pub fn cut(text: &str, bytes_max: usize) -> Cow<'_, str> {
    let text = without_backtraces(text);
    if text.len() <= bytes_max {
        return text;
    }
    let end = text.floor_char_boundary(bytes_max);
    Cow::Owned(format!("{}{ELLIPSIS}", &text[..end]))
}

/// A backtrace reaches from its announcement to the first line that is no frame of it.
fn without_backtraces(text: &str) -> Cow<'_, str> {
    if !text.contains(BACKTRACE) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    for line in text.split_inclusive('\n') {
        if line.trim() == BACKTRACE {
            inside = true;
            out.push_str("stack backtrace: ");
            out.push_str(ELLIPSIS);
            out.push('\n');
        } else if !(inside && is_frame(line)) {
            inside = false;
            out.push_str(line);
        }
    }
    Cow::Owned(out)
}

/// `  12: some::function` or `      at file:line`.
fn is_frame(line: &str) -> bool {
    let line = line.trim();
    let number = line.split_once(':').map(|(number, _)| number);
    line.starts_with("at ")
        || number.is_some_and(|n| !n.is_empty() && n.bytes().all(|byte| byte.is_ascii_digit()))
}

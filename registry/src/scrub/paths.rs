//! Hiding where files lie, from readers outside.

use std::borrow::Cow;

/// What is shown in place of an absolute path's folders.
const FOLDERS: &str = "…/";

/// `text` with the folders of every absolute path hidden; the last part stays, to tell files apart.
///
/// A slash within a word starts no path: `and/or` and the path of a URL stay.
pub fn mask_paths(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut copied = 0;
    let mut end = 0;
    for (at, _) in text.match_indices('/') {
        if at < end || !starts_path(text, at) {
            continue;
        }
        end = path_end(text, at);
        let path = &text[at..end];
        let last = path.trim_end_matches('/').rfind('/').unwrap_or(0) + 1;
        out.push_str(&text[copied..at]);
        out.push_str(FOLDERS);
        out.push_str(&path[last..]);
        copied = end;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

fn starts_path(text: &str, at: usize) -> bool {
    let before = text[..at].chars().next_back();
    let after = text[at + 1..].chars().next();
    let opens = |c: char| c.is_whitespace() || "\"'`([{<=,;:".contains(c);
    let names = |c: char| c.is_alphanumeric() || "._-~@+".contains(c);
    before.is_none_or(opens) && after.is_some_and(names)
}

fn path_end(text: &str, at: usize) -> usize {
    let ends = |c: char| c.is_whitespace() || c.is_control() || "\"'`()[]{}<>,;:|".contains(c);
    text[at..]
        .find(ends)
        .map_or(text.len(), |length| at + length)
}

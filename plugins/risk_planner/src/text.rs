//! Text and numbers of unknown length, made fit for task ids, descriptions and arguments.

use plugin_api::serde_json::{self, Value};

/// Longest part of a task id that comes from a name.
const SLUG_CHARS_MAX: usize = 40;

/// The letters and digits of `name`, lowercase, other characters as single dashes. May be empty.
pub(crate) fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars() {
        if slug.len() == SLUG_CHARS_MAX {
            break;
        }
        if c.is_ascii_alphanumeric() || c == '_' {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').to_owned()
}

/// The first `chars_max` characters on one line, with an ellipsis for what was cut off.
pub(crate) fn head(text: &str, chars_max: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(chars_max) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// The last `chars_max` characters on one line, which tell most of a path, with an ellipsis for what
/// was cut off.
pub(crate) fn tail(path: &str, chars_max: usize) -> String {
    let line = path.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().rev().nth(chars_max) {
        Some((last_cut, c)) => format!("…{}", &line[last_cut + c.len_utf8()..]),
        None => line,
    }
}

/// A number as short as a person would write it.
pub(crate) fn amount(number: f64) -> String {
    let short = number.to_string();
    if short.len() > 9 {
        format!("{number:.2e}")
    } else {
        short
    }
}

/// As many of `paths` as take at most `bytes_max` as a JSON list, and how many were left out.
pub(crate) fn bounded_list<'a>(
    paths: impl IntoIterator<Item = &'a str>,
    bytes_max: usize,
) -> (Vec<Value>, usize) {
    let mut list = Vec::new();
    let mut bytes = 2;
    let mut omitted = 0;
    for path in paths {
        bytes += serde_json::to_string(path).map_or(bytes_max, |json| json.len() + 1);
        if omitted > 0 || bytes > bytes_max {
            omitted += 1;
        } else {
            list.push(Value::from(path));
        }
    }
    (list, omitted)
}

/// `1 file`, `2 files`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_holds_what_an_id_may_hold() {
        assert_eq!(slug("Größe + Preis.rs"), "gr-e-preis-rs");
        assert_eq!(slug("日本"), "");
        assert_eq!(slug(&"x".repeat(99)).len(), SLUG_CHARS_MAX);
    }

    #[test]
    fn a_head_is_cut_at_a_character_and_a_tail_too() {
        assert_eq!(head("süß\n  und gut", 5), "süß u…");
        assert_eq!(tail("src/süß", 3), "…süß");
        assert_eq!(tail("s\nrc", 4), "s rc");
    }

    #[test]
    fn a_number_is_written_short_whatever_its_size() {
        let written = [31.0, 12.5, 1e300, 5e-324, 2.0 / 3.0].map(amount);
        assert_eq!(written, ["31", "12.5", "1.00e300", "4.94e-324", "6.67e-1"]);
    }

    #[test]
    fn a_list_ends_where_its_bytes_end() {
        let (list, omitted) = bounded_list(["a", "bb", "c"], 10);
        assert_eq!((list, omitted), (vec![Value::from("a")], 2));
    }
}

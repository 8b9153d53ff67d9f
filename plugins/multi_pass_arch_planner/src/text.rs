//! Text of unknown length and alphabet, taken apart, or made fit for task ids and descriptions.

use plugin_api::serde_json::{self, Value};

/// Longest part of a task id that comes from a name.
const SLUG_CHARS_MAX: usize = 40;

/// Words that change nothing in a demand.
const FILLERS: [&str; 4] = ["a", "an", "please", "the"];

/// The words of `text` in lowercase, without fillers.
pub(crate) fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .map(str::to_lowercase)
        .filter(|word| !word.is_empty() && !FILLERS.contains(&word.as_str()))
        .collect()
}

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

/// `a, b and c`, with at most `shown_max` of `names` and the number of the others.
pub(crate) fn enumerate(names: &[String], shown_max: usize) -> String {
    let mut parts: Vec<String> = names.iter().take(shown_max).cloned().collect();
    if names.len() > shown_max {
        parts.push(format!("{} more", names.len() - shown_max));
    }
    match parts.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, head)) => format!("{} and {last}", head.join(", ")),
        None => String::new(),
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
    fn words_are_lowercase_and_without_fillers() {
        assert_eq!(
            words("Please split THE `money_type`, ÄHM"),
            ["split", "money_type", "ähm"]
        );
    }

    #[test]
    fn a_slug_holds_what_an_id_may_hold() {
        assert_eq!(slug("Größe + Preis.rs"), "gr-e-preis-rs");
        assert_eq!(slug("日本"), "");
        assert_eq!(slug(&"x".repeat(99)).len(), SLUG_CHARS_MAX);
    }

    #[test]
    fn names_are_enumerated_up_to_a_bound() {
        let names = ["a", "b", "c", "d"].map(str::to_owned);
        assert_eq!(enumerate(&names[..1], 2), "a");
        assert_eq!(enumerate(&names[..3], 3), "a, b and c");
        assert_eq!(enumerate(&names, 2), "a, b and 2 more");
    }

    #[test]
    fn a_list_ends_where_its_bytes_end() {
        let (list, omitted) = bounded_list(["a", "bb", "c"], 10);
        assert_eq!((list, omitted), (vec![Value::from("a")], 2));
    }
}

//! The part of a request's context that is sent: all of it, or as much as fits.

use std::fmt;

use serde_json::{Map, Value};

/// Largest context that is sent, as JSON. About 25,000 tokens, which common models can take.
pub(crate) const CONTEXT_SIZE_BYTES_MAX: usize = 96 * 1024;

/// Most cut entries that are named.
const CUTS_MAX: usize = 20;

/// What is sent of a context.
#[derive(Debug, PartialEq)]
pub(crate) struct Excerpt {
    pub(crate) context: Map<String, Value>,
    /// One sentence for each entry that is not whole, so that nothing is silently missing.
    pub(crate) cuts: Vec<String>,
}

impl Excerpt {
    /// Takes the small entries first, since many a large one is a list of which a part is useful too.
    pub(crate) fn of(context: &Map<String, Value>, size_bytes_max: usize) -> Self {
        let mut entries: Vec<(usize, &String, &Value)> = context
            .iter()
            .map(|(key, value)| (size(key) + size(value) + 2, key, value))
            .collect();
        entries.sort_by_key(|&(size, key, _)| (size, key));
        let mut excerpt = Self {
            context: Map::new(),
            cuts: Vec::new(),
        };
        let mut left = size_bytes_max.saturating_sub(2);
        for (whole, key, value) in entries {
            if whole <= left {
                left -= whole;
                excerpt.context.insert(key.clone(), value.clone());
            } else if let Value::Array(items) = value {
                let (kept, used) = prefix(items, left.saturating_sub(size(key) + 4));
                excerpt.cut(format_args!("{key}: {} of {}", kept.len(), items.len()));
                if !kept.is_empty() {
                    left -= used + size(key) + 4;
                    excerpt.context.insert(key.clone(), kept.into());
                }
            } else {
                excerpt.cut(format_args!("{key}: left out"));
            }
        }
        excerpt
    }

    fn cut(&mut self, text: fmt::Arguments<'_>) {
        if self.cuts.len() < CUTS_MAX {
            let text = text.to_string();
            self.cuts.push(text.chars().take(200).collect());
        }
    }
}

/// The first items that fit, and the bytes they take.
fn prefix(items: &[Value], size_bytes_max: usize) -> (Vec<Value>, usize) {
    let mut used = 0;
    let kept = items
        .iter()
        .take_while(|item| {
            let size = size(item) + 1;
            let fits = used + size <= size_bytes_max;
            used += if fits { size } else { 0 };
            fits
        })
        .cloned()
        .collect();
    (kept, used)
}

/// The size as JSON. What cannot be written, which no value of a request is, takes all room.
fn size(value: &(impl serde::Serialize + ?Sized)) -> usize {
    serde_json::to_vec(value).map_or(usize::MAX / 4, |json| json.len())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_context_that_fits_is_sent_whole() {
        let context = object(json!({"files": ["a", "b"], "n": 1}));
        let exact = size(&context);
        let excerpt = Excerpt::of(&context, exact + 1);
        assert_eq!(excerpt.context, context);
        assert_eq!(excerpt.cuts, [""; 0]);
    }

    #[test]
    fn of_a_larger_one_lists_are_cut_to_their_first_items_and_other_entries_left_out() {
        let context = object(json!({
            "files": (0..100).map(|n| format!("{n:04}")).collect::<Vec<_>>(),
            "note": "x".repeat(2_000),
            "n": 1,
        }));
        let excerpt = Excerpt::of(&context, 100);
        assert_eq!(excerpt.context["n"], json!(1));
        assert_eq!(
            excerpt.context["files"].as_array().unwrap()[..2],
            ["0000", "0001"]
        );
        let kept = excerpt.context["files"].as_array().unwrap().len();
        assert_eq!(
            excerpt.cuts,
            [format!("files: {kept} of 100"), "note: left out".to_owned()]
        );
        let sent = size(&excerpt.context);
        assert!((90..=100).contains(&sent), "{sent}");
    }

    #[test]
    fn however_many_entries_are_cut_only_20_are_named() {
        let context: Map<_, _> = (0..500)
            .map(|n| (format!("{n}-{}", "k".repeat(500)), json!("x")))
            .collect();
        let excerpt = Excerpt::of(&context, 100);
        assert_eq!(excerpt.context.len(), 0);
        assert_eq!(excerpt.cuts.len(), 20);
        assert_eq!(excerpt.cuts[0].chars().count(), 200);
    }
}

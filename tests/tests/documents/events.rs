//! `docs/logging.md` lists what is logged: every event of the sources has its row, and every row an event.

use std::collections::BTreeSet;

use crate::text::Text;

/// The document that is held against the sources.
const DOCUMENT: &str = "docs/logging.md";

const LEVELS: [&str; 4] = ["error", "warn", "info", "debug"];

/// An event as its row in the document shows it.
fn row(level: &str, message: &str, fields: &[String]) -> String {
    let fields: Vec<_> = fields.iter().map(|field| format!("`{field}`")).collect();
    format!("| {level} | {message} | {} |", fields.join(", "))
}

/// The events that `source` logs, but those of its tests.
fn events(source: &str) -> Vec<String> {
    let shipped = source.split("#[cfg(test)]\nmod tests {").next();
    let mut rest = shipped.unwrap_or_default();
    let mut rows = Vec::new();
    while let Some((_, after)) = rest.split_once("tracing::") {
        rest = after;
        let level = LEVELS.into_iter().find_map(|level| {
            let inside = rest.strip_prefix(level)?.strip_prefix("!(")?;
            Some((level, inside))
        });
        let Some((level, inside)) = level else {
            continue;
        };
        let arguments = arguments(inside);
        let Some((message, fields)) = arguments.split_last() else {
            continue;
        };
        let fields: Vec<_> = fields.iter().filter_map(|field| name_of(field)).collect();
        rows.push(row(level, message.trim_matches('"'), &fields));
    }
    rows
}

/// What stands between the parentheses, up to the one that closes them, split at its commas.
fn arguments(inside: &str) -> Vec<String> {
    let (mut depth, mut quoted, mut escaped) = (0, false, false);
    let mut arguments = vec![String::new()];
    for c in inside.chars() {
        let is_quote = c == '"' && !escaped;
        escaped = quoted && c == '\\' && !escaped;
        quoted ^= is_quote;
        match c {
            '(' | '[' | '{' if !quoted => depth += 1,
            ')' if !quoted && depth == 0 => break,
            ')' | ']' | '}' if !quoted => depth -= 1,
            ',' if !quoted && depth == 0 => {
                arguments.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = arguments.last_mut() {
            last.push(c);
        }
    }
    let trimmed = arguments.iter().map(|argument| argument.trim().to_owned());
    trimmed.filter(|argument| !argument.is_empty()).collect()
}

/// The name of a field; none for what only says whose event it is.
fn name_of(field: &str) -> Option<String> {
    if field.starts_with("target:") {
        return None;
    }
    let name = field.split('=').next()?.trim();
    Some(name.trim_start_matches(['%', '?']).to_owned())
}

#[test]
fn every_event_that_is_logged_has_its_row_and_every_row_its_event() {
    let folders = ["registry/src", "registry/cli/src"];
    let sources = folders
        .into_iter()
        .flat_map(|folder| Text::all_below(folder, "rs"));
    let logged: BTreeSet<_> = sources.flat_map(|source| events(&source.text)).collect();
    let document = Text::read(DOCUMENT);
    let is_row = |line: &&str| {
        LEVELS
            .iter()
            .any(|level| line.starts_with(&format!("| {level} |")))
    };
    let told: BTreeSet<_> = document
        .text
        .lines()
        .filter(is_row)
        .map(str::to_owned)
        .collect();
    let missing: Vec<_> = logged.difference(&told).collect();
    let stale: Vec<_> = told.difference(&logged).collect();
    assert_eq!((missing, stale), (Vec::<&String>::new(), Vec::new()));
}

#[test]
fn an_event_is_read_with_its_fields_and_without_its_target() {
    let source = "tracing::warn!(target: \"registry::plugin\", planner, %error, n = f(1, \")\"), \
                  \"lost: {error}\");\n#[cfg(test)]\nmod tests {\ntracing::info!(\"no\")";
    assert_eq!(
        events(source),
        ["| warn | lost: {error} | `planner`, `error`, `n` |"]
    );
}

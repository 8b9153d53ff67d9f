//! The paths that source text names, found by their first word; groups in braces are taken apart.
//!
//! Comments are left out. Strings are not told from code, and the layout is taken to be rustfmt's.

/// Every path in `text` that starts with one of `roots`, word by word; `super::{a::B, c}` is two.
pub fn paths(text: &str, roots: &[&str]) -> Vec<Vec<String>> {
    let code = text.lines().map(code_of).collect::<Vec<_>>().join("\n");
    let mut found = Vec::new();
    let mut rest = code.as_str();
    while let Some(start) = start_of_path(rest, roots) {
        rest = expand(&rest[start..], &[], &mut found);
    }
    found
}

/// The paths in the file of `module` that lead into its own crate, from the crate's root on.
pub(super) fn own_paths(text: &str, module: &[String]) -> Vec<Vec<String>> {
    let mut own = Vec::new();
    for (module, piece) in pieces(text, module) {
        let relative = paths(&piece, &["crate", "self", "super"]);
        own.extend(relative.iter().filter_map(|path| from_root(path, &module)));
    }
    own
}

/// The text cut where a module written inside of it begins or ends, each piece with its module.
fn pieces(text: &str, module: &[String]) -> Vec<(Vec<String>, String)> {
    let mut pieces = vec![(module.to_vec(), String::new())];
    let mut open: Vec<(String, Vec<String>)> = Vec::new();
    let mut current = module.to_vec();
    for line in text.lines() {
        let code = code_of(line).trim_end();
        if let Some(name) = begun_module(code) {
            let indent = &code[..code.len() - code.trim_start().len()];
            open.push((format!("{indent}}}"), current.clone()));
            current.push(name.to_owned());
            pieces.push((current.clone(), String::new()));
        } else if let Some((_, outer)) = open.pop_if(|(end, _)| end == code) {
            current = outer;
            pieces.push((current.clone(), String::new()));
        }
        if let Some((_, piece)) = pieces.last_mut() {
            piece.push_str(code);
            piece.push('\n');
        }
    }
    pieces
}

fn begun_module(code: &str) -> Option<&str> {
    let (before, name) = code.strip_suffix(" {")?.rsplit_once("mod ")?;
    let visibility = before.trim();
    (visibility.is_empty() || visibility.starts_with("pub")).then_some(name)
}

fn code_of(line: &str) -> &str {
    line.split("//").next().unwrap_or_default()
}

/// Where the next path with one of these first words starts.
fn start_of_path(code: &str, roots: &[&str]) -> Option<usize> {
    let starts_path = |at: usize| {
        let continues_word =
            code[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | ':'));
        !continues_word
    };
    let first_of = |root: &&str| {
        let start = format!("{root}::");
        let mut places = code.match_indices(&start).map(|(at, _)| at);
        places.find(|&at| starts_path(at))
    };
    roots.iter().filter_map(first_of).min()
}

/// Adds the path, or each path of the group, that `code` starts with, and gives what follows it.
fn expand<'a>(code: &'a str, before: &[String], found: &mut Vec<Vec<String>>) -> &'a str {
    let mut path = before.to_vec();
    let mut rest = code.trim_start();
    loop {
        if let Some(group) = rest.strip_prefix('{') {
            return expand_group(group, &path, found);
        }
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        if !word.is_empty() {
            path.push(word.to_owned());
        }
        match after.strip_prefix("::") {
            Some(next) if !word.is_empty() => rest = next,
            _ => {
                // A group that ends with a comma has an empty last member.
                if path.len() > before.len() || after.starts_with('*') {
                    found.push(path);
                }
                return after;
            }
        }
    }
}

fn expand_group<'a>(group: &'a str, path: &[String], found: &mut Vec<Vec<String>>) -> &'a str {
    let mut rest = group;
    loop {
        rest = expand(rest, path, found);
        // Between two members stands at most another name: `as …`.
        let end = rest.find([',', '}']).unwrap_or(rest.len());
        match rest[end..].strip_prefix(',') {
            Some(next) => rest = next,
            None => return rest[end..].trim_start_matches('}'),
        }
    }
}

/// A path as it is written in `module`, from the root of the crate on.
fn from_root(path: &[String], module: &[String]) -> Option<Vec<String>> {
    let mut full = match path.first()?.as_str() {
        "crate" => Vec::new(),
        _ => module.to_vec(),
    };
    for word in path {
        match word.as_str() {
            "crate" | "self" => {}
            "super" => drop(full.pop()?),
            name => full.push(name.to_owned()),
        }
    }
    Some(full)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(paths: &[Vec<String>]) -> Vec<String> {
        paths.iter().map(|path| path.join("::")).collect()
    }

    #[test]
    fn groups_are_taken_apart_however_deep_and_over_lines() {
        let text = "use std::{\n    fmt::{self, Write as _},\n    io,\n    sync::{Arc, atomic::*},\n};\n\
                    use mystd::x; // std::y\nlet z = std::mem::take::<T>(&mut a);\nuse other::std::q;";
        assert_eq!(
            joined(&paths(text, &["std"])),
            [
                "std::fmt::self",
                "std::fmt::Write",
                "std::io",
                "std::sync::Arc",
                "std::sync::atomic",
                "std::mem::take"
            ]
        );
    }

    #[test]
    fn relative_paths_start_at_the_module_they_stand_in() {
        let text = "use super::{b, super::c::D};\nuse self::e::F;\npub(super) fn f() {}\n\
                    pub(crate) mod inner {\n    use super::g;\n    mod deep {\n        use super::super::h;\n    }\n\
                    \x20   use super::i;\n}\nuse super::super::j;\nuse crate::k;\nuse super::super::super::beyond;\n";
        let module = ["x".to_owned(), "y".to_owned()];
        assert_eq!(
            joined(&own_paths(text, &module)),
            [
                "x::b",
                "c::D",
                "x::y::e::F",
                "x::y::g",
                "x::y::h",
                "x::y::i",
                "j",
                "k"
            ]
        );
    }
}

//! Only the `sync` facade imports what the checkers must be able to replace.
#![expect(clippy::unwrap_used, reason = "every function here is part of a test")]

use std::fs;
use std::path::{Path, PathBuf};

/// What only the facade may name; a plain `Arc` is excepted.
const RESERVED: [&str; 5] = [
    "std::sync",
    "parking_lot",
    "once_cell",
    "loom::",
    "shuttle::",
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// The part that ships: what stands before the tests, without comments.
fn shipped(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate();
    lines
        .take_while(|(_, line)| *line != "#[cfg(test)]")
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

#[test]
fn locks_and_atomics_come_from_the_facade() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    files.retain(|path| !path.starts_with(root.join("sync")) && !path.ends_with("tests.rs"));
    assert!(files.len() > 10, "sources not found");
    let mut offences = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        for (number, line) in shipped(&text) {
            let line = line.replace("std::sync::Arc;", "");
            if RESERVED.iter().any(|reserved| line.contains(reserved)) {
                offences.push(format!("{}:{}: {line}", path.display(), number + 1));
            }
        }
    }
    assert_eq!(offences, Vec::<String>::new());
}

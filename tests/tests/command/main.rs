//! The `registry` command as a process: what it prints where, and how it ends.

mod answers;
mod failures;
mod forgery;
mod guard;
mod report;
mod screen;
mod settings;
mod version;

use serde_json::Value;
use tests::{PluginFolder, RegistryCommand, fixture};

/// The command with `fixtures` alone in its plugin folder, and all of them allowed.
fn with_fixtures(fixtures: &[&str], arguments: &[&str]) -> (PluginFolder, RegistryCommand) {
    let folder = fixtures.iter().fold(PluginFolder::new(), |folder, name| {
        folder.with(&fixture(name))
    });
    let command = RegistryCommand::new(arguments)
        .plugin_dir(folder.path())
        .env("FACTORY_ALLOWED_PLANNERS", &fixtures.join(","));
    (folder, command)
}

/// `text` with the time that discovery took as `TIME`, and the fingerprint of what it found as `PRINT`.
fn timeless(text: &str) -> String {
    let line = |line: &str| match line.rsplit_once(" · ") {
        Some((before, time)) if time.ends_with('s') && line.contains(" found in ") => {
            format!("{} · TIME\n", printless(before))
        }
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

fn printless(line: &str) -> String {
    let (before, print) = line.split_once("fingerprint ").expect("a fingerprint");
    let (digits, after) = print.split_at(8);
    assert!(
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{line}"
    );
    format!("{before}fingerprint PRINT{after}")
}

/// The field `key` of each entry of a list.
fn each<'a>(list: &'a Value, key: &str) -> Vec<&'a Value> {
    let list = list.as_array().expect("it is a list");
    list.iter().map(|entry| &entry[key]).collect()
}

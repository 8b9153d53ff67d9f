//! The cargo commands that documents show exist.

use crate::text::{Text, documents, lines};

/// Subcommands that cargo and the standard components of the toolchain bring along, and `fuzz`, whose
/// installation `fuzz/README.md` shows.
const STANDARD: [&str; 22] = [
    "add", "bench", "build", "check", "clean", "clippy", "doc", "fetch", "fix", "fmt", "fuzz",
    "help", "install", "metadata", "new", "run", "rustc", "rustdoc", "test", "tree", "update",
    "vendor",
];

/// Names under `[alias]` in cargo's configuration.
fn aliases(config: &str) -> Vec<&str> {
    let section = config.lines().skip_while(|line| *line != "[alias]").skip(1);
    let section = section.take_while(|line| !line.starts_with('['));
    section
        .filter_map(|line| Some(line.split_once('=')?.0.trim()))
        .collect()
}

/// Subcommands of cargo in blocks of shell commands that neither cargo nor an alias knows.
fn unknown_commands(document: &Text, aliases: &[&str]) -> Vec<String> {
    let commands = lines(&document.text)
        .into_iter()
        .filter_map(|(block, line)| match block {
            Some("console") => line.strip_prefix("$ "),
            Some("sh") => Some(line),
            _ => None,
        });
    commands
        .flat_map(|line| line.split(['&', '|', ';']))
        .filter_map(cargo_subcommand)
        .filter(|name| !STANDARD.contains(name) && !aliases.contains(name))
        .map(|name| format!("{} runs cargo {name}, which does not exist", document.path))
        .collect()
}

fn cargo_subcommand(command: &str) -> Option<&str> {
    let mut words = command
        .split_whitespace()
        .skip_while(|word| word.contains('='));
    words.next().filter(|program| *program == "cargo")?;
    words.find(|word| !word.starts_with(['+', '-']))
}

#[test]
fn every_cargo_command_that_a_document_shows_exists() {
    let config = Text::read(".cargo/config.toml");
    let aliases = aliases(&config.text);
    let unknown: Vec<_> = documents()
        .iter()
        .flat_map(|document| unknown_commands(document, &aliases))
        .collect();
    assert_eq!(unknown, Vec::<String>::new());
}

#[test]
fn a_cargo_command_that_does_not_exist_is_found() {
    let text = "cargo gone-0\n```console\n$ X=1 cargo +nightly --quiet gone-1 && cargo test\ncargo gone-2\n\
                ```\n```sh\ncargo demo; cargo gone-3 | cat\necho cargo gone-4\n```\n";
    let aliases = aliases("[build]\ngone-1 = 1\n[alias]\ndemo = \"run\"\n[net]\ngone-3 = 1\n");
    assert_eq!(aliases, ["demo"]);
    assert_eq!(
        unknown_commands(&Text::new("X.md", text), &aliases),
        ["gone-1", "gone-3"].map(|name| format!("X.md runs cargo {name}, which does not exist"))
    );
}

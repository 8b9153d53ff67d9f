//! The `registry` commands that documents name in their text exist, with the options they are given.

use std::collections::BTreeMap;

use tests::RegistryCommand;

use crate::text::{Text, documents, prose};

/// What the command says of each of its commands, by name.
fn helps() -> BTreeMap<String, String> {
    let help = |arguments: &[&str]| RegistryCommand::new(arguments).run().text().to_owned();
    let all = help(&["help"]);
    let names = all.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names = names.map_while(|line| line.strip_prefix("  "));
    let names = names.filter_map(|line| line.split_whitespace().next());
    names
        .map(|name| {
            let help = if name == "help" {
                String::new()
            } else {
                help(&[name, "--help"])
            };
            (name.to_owned(), help)
        })
        .collect()
}

/// Code spans that name a command or an option that there is not.
fn unknown(document: &Text, helps: &BTreeMap<String, String>) -> Vec<String> {
    let text = prose(&document.text).collect::<Vec<_>>().join("\n");
    let spans = text.split('`').skip(1).step_by(2);
    spans
        .filter_map(|span| Some((span, problem(span, helps)?)))
        .map(|(span, problem)| {
            let span = span.replace('\n', " ");
            format!("{} names `{span}`: {problem}", document.path)
        })
        .collect()
}

fn problem(span: &str, helps: &BTreeMap<String, String>) -> Option<String> {
    let mut words = span.split_whitespace();
    words.next().filter(|program| *program == "registry")?;
    let words: Vec<_> = words.collect();
    let command = words
        .iter()
        .find(|word| word.starts_with(char::is_lowercase))?;
    let Some(help) = helps.get(*command) else {
        return Some(format!("there is no command {command}"));
    };
    let options = words
        .iter()
        .map(|word| word.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '-'));
    options
        .filter(|word| word.starts_with("--"))
        .find(|option| {
            !help
                .split([' ', '\n', ',', '='])
                .any(|word| word == *option)
        })
        .map(|option| format!("{command} has no option {option}"))
}

#[test]
fn every_command_that_a_document_names_exists() {
    let helps = helps();
    let unknown: Vec<_> = documents()
        .iter()
        .flat_map(|document| unknown(document, &helps))
        .collect();
    assert_eq!(unknown, Vec::<String>::new());
}

#[test]
fn a_command_or_an_option_that_does_not_exist_is_found() {
    let text = "`registry lock [--update [NAME] \\| --gone]`, `registry wander`, `registry 0.1.0`,\n\
                `registry --json health --min\n2`, `registry breaker reset NAME\\|--all`, `other --gone`";
    assert_eq!(
        unknown(&Text::new("X.md", text), &helps()),
        [
            "X.md names `registry lock [--update [NAME] \\| --gone]`: lock has no option --gone",
            "X.md names `registry wander`: there is no command wander",
        ]
    );
}

//! The tests that the threat model names for its claims exist.

use crate::text::{Text, prose};

/// The document whose claims are held.
const DOCUMENT: &str = "docs/threat-model.md";

/// Where tests are.
const FOLDERS: [&str; 4] = [
    "tests/tests",
    "registry/src",
    "registry/cli/src",
    "registry/core",
];

/// The heading of the column that names tests.
const COLUMN: &str = "test";

/// The names in the last cell of each row of a table whose last column is called `test`.
fn named_tests(markdown: &str) -> Vec<&str> {
    let mut within = false;
    let mut names = Vec::new();
    for line in prose(markdown) {
        let Some(row) = line.strip_prefix('|') else {
            within = false;
            continue;
        };
        let last = row
            .trim_end_matches('|')
            .rsplit('|')
            .next()
            .map_or("", str::trim);
        if last == COLUMN {
            within = true;
        } else if within && !last.starts_with("--") {
            names.push(last.trim_matches('`'));
        }
    }
    names
}

/// The names of all functions that are marked as tests.
fn tests_in(sources: &[Text]) -> Vec<&str> {
    let marked = sources
        .iter()
        .flat_map(|source| source.text.split("#[test]\n").skip(1));
    marked
        .filter_map(|rest| {
            let function = rest
                .lines()
                .find_map(|line| line.trim().strip_prefix("fn "))?;
            Some(function.split_once('(')?.0)
        })
        .collect()
}

fn missing(document: &Text, tests: &[&str]) -> Vec<String> {
    let names = named_tests(&document.text).into_iter();
    names
        .filter(|name| !tests.contains(name))
        .map(|name| {
            format!(
                "{} names the test \"{name}\", which does not exist",
                document.path
            )
        })
        .collect()
}

#[test]
fn every_claim_of_the_threat_model_names_a_test_that_exists() {
    let document = Text::read(DOCUMENT);
    let sources: Vec<_> = FOLDERS
        .into_iter()
        .flat_map(|folder| Text::all_below(folder, "rs"))
        .collect();
    assert!(named_tests(&document.text).len() > 20);
    assert_eq!(
        missing(&document, &tests_in(&sources)),
        Vec::<String>::new()
    );
}

#[test]
fn a_claim_without_a_test_or_with_one_that_does_not_exist_is_found() {
    let table = "| a | test |\n|---|---|\n| x | `is_there` |\n| y | |\n| z | `is_gone` |\n\n| b | c |\n|---|---|\n| d | e |\n";
    let document = Text::new("X.md", table);
    let sources = [Text::new(
        "a.rs",
        "#[test]\n#[ignore]\nfn is_there() {}\nfn is_gone() {}\n",
    )];
    assert_eq!(
        missing(&document, &tests_in(&sources)),
        ["", "is_gone"].map(|name| format!("X.md names the test \"{name}\", which does not exist"))
    );
}

//! Every error code has one row in `docs/errors.md`, and every row a code.

use std::collections::BTreeMap;

use xtask::workspace_root;

use crate::text::Text;

/// The document that is held against the sources.
const DOCUMENT: &str = "docs/errors.md";

/// The source of every package whose errors a user can meet.
fn sources() -> Vec<Text> {
    let folders = ["plugin-api", "registry", "registry/core", "registry/cli"];
    let plugins = std::fs::read_dir(workspace_root().join("plugins")).unwrap();
    let plugins = plugins.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let plugins = plugins.map(|name| format!("plugins/{name}"));
    folders
        .map(str::to_owned)
        .into_iter()
        .chain(plugins)
        .flat_map(|folder| Text::all_below(&format!("{folder}/src"), "rs"))
        .collect()
}

/// Lines that are neither comments nor compiled for tests alone.
fn shipped_lines(text: &str) -> Vec<&str> {
    let mut shipped = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line == "#[cfg(test)]" {
            let item = lines.next().unwrap_or_default();
            if item.ends_with('{') {
                lines.by_ref().find(|line| *line == "}");
            }
        } else if !line.trim_start().starts_with("//") {
            shipped.push(line);
        }
    }
    shipped
}

/// Paths, without an ending, of the modules that `source` declares for tests alone.
fn test_modules(source: &Text) -> Vec<String> {
    let own = source.path.trim_end_matches(".rs");
    let folder = ["/mod", "/lib", "/main"]
        .iter()
        .find_map(|name| own.strip_suffix(name))
        .unwrap_or(own);
    let declared = source.text.split("#[cfg(test)]\n").skip(1);
    declared
        .filter_map(|rest| rest.lines().next()?.strip_suffix(';')?.rsplit_once("mod "))
        .map(|(_, name)| format!("{folder}/{name}"))
        .collect()
}

/// Error codes in shipped code, each with the first file that names it.
fn error_codes(sources: &[Text]) -> BTreeMap<&str, &str> {
    let for_tests: Vec<_> = sources.iter().flat_map(test_modules).collect();
    let is_for_tests = |path: &str| {
        for_tests.iter().any(|module| {
            let rest = path.strip_prefix(module.as_str());
            rest.is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
        })
    };
    let mut codes = BTreeMap::new();
    for source in sources.iter().filter(|source| !is_for_tests(&source.path)) {
        let lines = shipped_lines(&source.text);
        for code in lines.into_iter().flat_map(|line| line.split('"')) {
            if is_error_code(code) {
                codes.entry(code).or_insert(source.path.as_str());
            }
        }
    }
    codes
}

fn is_error_code(text: &str) -> bool {
    text.strip_prefix("E_").is_some_and(|rest| {
        let allowed = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        !rest.is_empty() && rest.chars().all(allowed)
    })
}

/// The codes in the arms of `PlanIssue::code`.
fn plan_issue_codes(source: &Text) -> BTreeMap<&str, &str> {
    let arms = shipped_lines(&source.text).into_iter().filter_map(|line| {
        line.trim()
            .strip_prefix("PlanIssue::")?
            .split_once(" => \"")
    });
    arms.filter_map(|(_, code)| Some((code.strip_suffix("\",")?, source.path.as_str())))
        .collect()
}

/// The code spans that alone fill the first cell of a table row.
fn rows(document: &str) -> Vec<&str> {
    let cells = document.lines().filter_map(|line| line.strip_prefix("| `"));
    cells
        .filter_map(|rest| Some(rest.split_once("` |")?.0))
        .collect()
}

/// What codes without a row, rows without a code and codes with several rows there are.
fn differences(codes: &BTreeMap<&str, &str>, rows: &[&str]) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows {
        *counts.entry(row).or_default() += 1;
    }
    let missing = codes
        .iter()
        .filter(|(code, _)| !counts.contains_key(*code))
        .map(|(code, file)| format!("{code} of {file} has no row in {DOCUMENT}"));
    let unknown = counts
        .keys()
        .filter(|row| !codes.contains_key(*row))
        .map(|row| format!("{row} of {DOCUMENT} is in no source"));
    let repeated = counts
        .iter()
        .filter(|(_, count)| **count > 1)
        .map(|(row, count)| format!("{row} has {count} rows in {DOCUMENT}"));
    missing.chain(unknown).chain(repeated).collect()
}

#[test]
fn every_error_code_has_one_row_in_the_document_of_errors() {
    let (sources, issues) = (sources(), Text::read("plugin-api/src/plan/issue.rs"));
    let document = Text::read(DOCUMENT);
    let (error_rows, issue_rows): (Vec<_>, Vec<_>) = rows(&document.text)
        .into_iter()
        .partition(|row| is_error_code(row));
    let mut found = differences(&error_codes(&sources), &error_rows);
    found.extend(differences(&plan_issue_codes(&issues), &issue_rows));
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn a_code_without_a_row_a_row_without_a_code_and_a_second_row_are_found() {
    let sources = [Text::new("a/src/lib.rs", "x => \"E_ONE\",\n\"E_MADE_UP\"")];
    let document = "| `E_ONE` | a |\n| `E_GONE` | b |\nand `E_MADE_UP` |\n| `E_ONE` | c |\n";
    assert_eq!(
        differences(&error_codes(&sources), &rows(document)),
        [
            "E_MADE_UP of a/src/lib.rs has no row in docs/errors.md",
            "E_GONE of docs/errors.md is in no source",
            "E_ONE has 2 rows in docs/errors.md",
        ]
    );
    let source = Text::new("issue.rs", "    PlanIssue::Blue { .. } => \"blue\",\n");
    assert_eq!(
        differences(&plan_issue_codes(&source), &["green"]),
        [
            "blue of issue.rs has no row in docs/errors.md",
            "green of docs/errors.md is in no source"
        ]
    );
}

#[test]
fn codes_in_comments_and_in_code_for_tests_do_not_count() {
    let with_tests = "//! \"E_DOC\"\n#[cfg(test)]\npub(super) mod sample;\n\"E_BEFORE\"\n\
                      #[cfg(test)]\nmod tests {\n    \"E_INSIDE\"\n}\n\"E_AFTER\" \"E_\" \"E_no\"";
    let sources = [
        Text::new("p/src/text/mod.rs", with_tests),
        Text::new("p/src/text/sample.rs", "\"E_SAMPLE\""),
        Text::new("p/src/text/sample/deep.rs", "\"E_DEEP\""),
        Text::new("p/src/scan.rs", "#[cfg(test)]\nmod hostile;\n"),
        Text::new("p/src/scan/hostile.rs", "\"E_HOSTILE\""),
        Text::new("p/src/scan/hostile_too.rs", "\"E_SHIPPED\""),
    ];
    let codes: Vec<_> = error_codes(&sources).into_keys().collect();
    assert_eq!(codes, ["E_AFTER", "E_BEFORE", "E_SHIPPED"]);
}

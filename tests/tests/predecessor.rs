//! The table of what became of the predecessor's functions: none is missing, and each row names a test
//! that exists.

use xtask::workspace_root;

const TABLE: &str = "registry/src/predecessor.rs";

/// Everything that the predecessor's users call.
const FUNCTIONS: [&str; 24] = [
    "discover",
    "discover(force)",
    "refresh_metadata",
    "get_planner",
    "list_planners",
    "get_all",
    "instantiate_all",
    "select_best",
    "select_best_name",
    "batch_select",
    "self_heal",
    "planner_stats",
    "describe_planner",
    "diagnostics_json",
    "diagnostics_report",
    "export_diagnostics",
    "health_check",
    "list_quarantined",
    "reload",
    "selection_profiles",
    "instantiation_profiles",
    "a_get_planner",
    "a_select_best",
    "warn_once",
];

/// A row: the function, and the file and name of its test.
#[derive(Debug, PartialEq)]
struct Row {
    function: String,
    file: String,
    test: String,
}

fn rows(table: &str) -> Vec<Row> {
    let lines = table
        .lines()
        .filter_map(|line| line.strip_prefix("//! | `"));
    lines
        .map(|line| {
            let (function, rest) = line.split_once("` |").expect("a function");
            let shown_by = rest.rsplit(" | ").next().expect("a last column");
            let words: Vec<_> = shown_by.split('`').collect();
            let [_, file, _, test, _] = words.as_slice() else {
                panic!("{function}: {shown_by:?} names no file and test");
            };
            Row {
                function: function.to_owned(),
                file: (*file).to_owned(),
                test: (*test).to_owned(),
            }
        })
        .collect()
}

/// Whether `source` has a test function of this name.
fn has_test(source: &str, name: &str) -> bool {
    let lines: Vec<_> = source.lines().map(str::trim).collect();
    let declaration = format!("fn {name}(");
    let mut pairs = lines.windows(2);
    pairs.any(|pair| pair[0] == "#[test]" && pair[1].starts_with(&declaration))
}

fn read(path: &str) -> String {
    let path = workspace_root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn no_function_is_missing_and_every_row_names_a_test_that_exists() {
    let rows = rows(&read(TABLE));
    let functions: Vec<_> = rows.iter().map(|row| row.function.as_str()).collect();
    assert_eq!(functions, FUNCTIONS);
    let without: Vec<_> = rows
        .iter()
        .filter(|row| !has_test(&read(&row.file), &row.test))
        .collect();
    assert!(without.is_empty(), "{without:#?}");
}

#[test]
fn a_row_is_read_and_a_test_that_is_none_is_not_taken_for_one() {
    let table = "//! | there | here | shown by |\n//! | `a(b)` | [`A`] | `x/y.rs` `it_works` |\n";
    let row = Row {
        function: "a(b)".to_owned(),
        file: "x/y.rs".to_owned(),
        test: "it_works".to_owned(),
    };
    assert_eq!(rows(table), [row]);
    let source = "#[test]\nfn one() {}\nfn two() {}\n";
    assert_eq!(
        ["one", "two", "on"].map(|name| has_test(source, name)),
        [true, false, false]
    );
}

//! Every system call there is, held against a committed table.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;

use registry::sandbox::{Network, Spec};

use crate::run::{Run, everything};

/// One line a call: number, name, outcome with nothing granted, outcome with network and files granted.
const TABLE: &str = include_str!("calls.txt");

/// How many calls are allowed with nothing granted, and with everything. Some of them only with some
/// arguments.
const ALLOWED: (usize, usize) = (55, 69);

/// Calls that end the process that makes them, or double it.
const ALONE: [i64; 7] = [15, 57, 58, 60, 231, 335, 336];

const SIGILL: i32 = 4;
const SIGSEGV: i32 = 11;

/// In the table: some kernels let the call pass before any filter sees it. It is the half of a probe that
/// a debugger placed, and does nothing for anyone else but end the process.
const UNFILTERED: &str = "unfiltered";

struct Row<'a> {
    number: &'a str,
    name: &'a str,
    outcomes: [&'a str; 2],
}

fn table() -> Vec<Row<'static>> {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(
            |line| match line.split_whitespace().collect::<Vec<_>>()[..] {
                [number, name, bare, granted] => Row {
                    number,
                    name,
                    outcomes: [bare, granted],
                },
                _ => panic!("not a row: {line}"),
            },
        )
        .collect()
}

/// The outcome of each call, by its number, or by its name where arguments decide.
fn tried(spec: &Spec) -> BTreeMap<String, String> {
    let run = Run::new(spec, &["calls"]);
    assert!(run.status.success(), "{run:#?}");
    let mut outcomes: BTreeMap<_, _> = run
        .lines
        .iter()
        .map(|line| line.split_once(' ').unwrap())
        .map(|(call, outcome)| (call.to_owned(), outcome.to_owned()))
        .collect();
    for number in ALONE {
        outcomes.insert(number.to_string(), alone(spec, number));
    }
    outcomes
}

/// A call that returns says how it came out. One that does not was allowed: it ended the process, by
/// an exit or by leading nowhere.
fn alone(spec: &Spec, number: i64) -> String {
    let run = Run::new(spec, &["call", &number.to_string()]);
    match run.lines.as_slice() {
        [line] => line.split_once(' ').unwrap().1.to_owned(),
        [] if run.status.code() == Some(255) => "allowed".to_owned(),
        [] if matches!(run.status.signal(), Some(SIGILL | SIGSEGV)) => "allowed".to_owned(),
        _ => panic!("{run:#?}"),
    }
}

fn granted() -> Spec {
    let mut spec = everything();
    spec.net = Network::Any;
    spec.read = vec!["/proc".into()];
    spec
}

#[test]
fn every_system_call_comes_out_as_the_table_says() {
    let outcomes = [tried(&everything()), tried(&granted())];
    let mut differing = Vec::new();
    let mut named = Vec::new();
    for row in table() {
        let call = if row.name.contains('(') {
            row.name
        } else {
            row.number
        };
        named.push(call.to_owned());
        let found = [0, 1].map(|i| outcomes[i].get(call).map_or("untried", String::as_str));
        let unfiltered = row.outcomes == [UNFILTERED; 2];
        let known = found.map(|outcome| ["EPERM", "allowed"].contains(&outcome));
        if found != row.outcomes && !(unfiltered && known == [true; 2]) {
            differing.push(format!("{} {} {}", row.number, row.name, found.join(" ")));
        }
    }
    assert_eq!(differing, Vec::<String>::new());
    for (call, outcome) in outcomes.iter().flatten() {
        let expected = named.contains(call) || outcome == "EPERM";
        assert!(expected, "{call} is not in the table: {outcome}");
    }
    assert_eq!(outcomes[0].len(), 1024 + 19);
}

#[test]
fn the_number_of_allowed_calls_is_the_one_that_the_documents_name() {
    let allowed = |column: usize| {
        let rows = table().into_iter();
        let mut numbers: Vec<_> = rows
            .filter(|row| row.outcomes[column] == "allowed")
            .map(|row| row.number)
            .collect();
        numbers.dedup();
        numbers.len()
    };
    assert_eq!((allowed(0), allowed(1)), ALLOWED);
    let document = include_str!("../../../docs/isolation.md");
    let sentence = format!("**{} system calls**, {} with", ALLOWED.0, ALLOWED.1);
    assert!(document.contains(&sentence), "{sentence}");
    let document = include_str!("../../../docs/threat-model.md");
    let words = format!("**{} system calls**", ALLOWED.0);
    assert!(document.contains(&words), "{words}");
}

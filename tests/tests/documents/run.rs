//! Every command that a document shows is run, and prints what the document shows.
//!
//! The blocks of one document run in order in one shell, in a root of their own (`stage`). A command
//! must end with 0, or be followed by `echo $?`.

use std::fmt::Write;
use std::sync::Mutex;

use crate::blocks::{Block, Content, Step, blocks};
use crate::printed::agrees;
use crate::shell::Shell;
use crate::text::{Text, documents};

/// What follows a command that may end with something else than 0.
const ASKS_FOR_CODE: &str = "echo $?";

/// Commands of the README that run the whole repository; `.ci/run` runs them as they stand.
const RUN_BY_CI: [&str; 2] = ["cargo demo", "cargo test --workspace"];

/// Shells at a time: what a document does is mostly waiting.
const SHELLS: usize = 2;

/// What became of the blocks of a document.
#[derive(Debug, Default, PartialEq)]
struct Outcome {
    run: usize,
    commands: usize,
    /// Where they stand and why they are not run.
    not_run: Vec<(String, String)>,
    complaints: Vec<String>,
}

fn is_run_by_ci(step: &Step) -> bool {
    RUN_BY_CI.contains(&step.command.as_str())
}

fn run_document(document: &Text) -> Outcome {
    let (blocks, complaints) = blocks(document);
    let mut outcome = Outcome {
        complaints,
        ..Outcome::default()
    };
    let mut shell = None;
    for Block { line, content } in blocks {
        match content {
            Content::NotRun { reason, .. } => {
                let place = format!("{}:{line}", document.path);
                outcome.not_run.push((place, reason));
            }
            Content::Steps(steps) if steps.iter().all(is_run_by_ci) => outcome.run += 1,
            Content::Steps(steps) => {
                outcome.run += 1;
                outcome.commands += steps.len();
                let shell = shell.get_or_insert_with(Shell::start);
                let found = run_block(&steps, shell).into_iter();
                let found = found.map(|(line, found)| format!("{}:{line}: {found}", document.path));
                outcome.complaints.extend(found);
            }
        }
    }
    outcome
}

fn run_block(steps: &[Step], shell: &mut Shell) -> Vec<(usize, String)> {
    let mut complaints = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let command = &step.command;
        let answer = match shell.run(command) {
            Ok(answer) => answer,
            Err(error) => {
                complaints.push((step.line, format!("`{command}`: {error}")));
                // Whatever it does now, the shell is not at the next command.
                break;
            }
        };
        let next = steps.get(index + 1);
        let may_fail = next.is_some_and(|next| next.command == ASKS_FOR_CODE);
        if answer.code != 0 && !may_fail {
            let text = format!("`{command}` ends with {}:\n{}", answer.code, answer.printed);
            complaints.push((step.line, text));
        }
        if !step.printed.is_empty() && !agrees(&step.printed, &answer.printed) {
            let mut text = format!("`{command}` prints something else:\n{}", answer.printed);
            let _ = write!(text, "\n  the document shows:\n{}", step.printed.join("\n"));
            complaints.push((step.line, text));
        }
    }
    complaints
}

fn run_all(documents: &[Text]) -> Vec<(&str, Outcome)> {
    let (left, done) = (Mutex::new(documents.iter()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..SHELLS {
            scope.spawn(|| {
                loop {
                    let Some(document) = left.lock().unwrap().next() else {
                        break;
                    };
                    let outcome = run_document(document);
                    done.lock().unwrap().push((document.path.as_str(), outcome));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by_key(|(path, _)| *path);
    done
}

/// What was run and what was not, for `--nocapture`.
fn table(outcomes: &[(&str, Outcome)]) -> String {
    let mut table = String::from("blocks run, their commands, blocks not run\n");
    for (path, outcome) in outcomes {
        let not_run = outcome.not_run.len();
        if outcome.run + not_run > 0 {
            let _ = writeln!(
                table,
                "{:>4} {:>4} {not_run:>4}  {path}",
                outcome.run, outcome.commands
            );
        }
        for (place, reason) in &outcome.not_run {
            let _ = writeln!(table, "                  {place}: {reason}");
        }
    }
    table
}

#[test]
fn every_command_of_every_document_does_what_the_document_shows_or_says_why_it_is_not_run() {
    let documents = documents();
    let outcomes = run_all(&documents);
    let table = table(&outcomes);
    println!("{table}");
    let complaints: Vec<_> = outcomes
        .iter()
        .flat_map(|(_, outcome)| outcome.complaints.iter().map(String::as_str))
        .collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n\n"));
    let commands: usize = outcomes.iter().map(|(_, outcome)| outcome.commands).sum();
    assert!(commands >= COMMANDS_MIN, "{commands}\n{table}");
    let not_run: usize = outcomes
        .iter()
        .map(|(_, outcome)| outcome.not_run.len())
        .sum();
    assert!(not_run <= NOT_RUN_MAX, "{not_run}\n{table}");
}

/// So that an error in reading documents cannot pass for success.
const COMMANDS_MIN: usize = 100;

/// So that not running a block is a decision.
const NOT_RUN_MAX: usize = 8;

#[test]
fn continuous_integration_runs_what_is_left_to_it() {
    let script = Text::read(".ci/run").text;
    for command in RUN_BY_CI {
        let runs = script.lines().any(|line| line.starts_with(command));
        assert!(runs, ".ci/run does not run {command}");
    }
}

#[test]
fn a_command_that_does_otherwise_than_the_document_shows_is_found() {
    let text = "```console\n$ X=1; cd /opt\n$ echo $X $PWD\n1 /opt\n$ false\n$ echo $?\n1\n$ (exit 3)\n\
                $ echo on; echo stderr >&2\non\nstderr\n```\n<!-- not run: a reason -->\n```sh\nexit 7\n```\n\
                ```sh\ncat /srv/release/registry >/dev/null\nls /gone\n```\n```console\n$ echo a\nb\n$ echo c\n```\n\
                ```console\n$ cargo demo\n```\n```zsh\necho\n```\n```console\n$ exit 9\n$ echo never\n```\n";
    let outcome = run_document(&Text::new("X.md", text));
    assert_eq!((outcome.run, outcome.commands), (5, 12));
    assert_eq!(
        outcome.not_run,
        [("X.md:14".to_owned(), "a reason".to_owned())]
    );
    let complaints: Vec<_> = outcome.complaints.iter().map(String::as_str).collect();
    let [unknown, code, gone, other, ended] = complaints[..] else {
        panic!("{complaints:#?}")
    };
    assert!(unknown.starts_with("X.md:29: "), "{unknown}");
    assert_eq!(code, "X.md:8: `(exit 3)` ends with 3:\n");
    assert!(
        gone.starts_with("X.md:19: `ls /gone` ends with 2:\nls: cannot access"),
        "{gone}"
    );
    assert_eq!(
        other,
        "X.md:22: `echo a` prints something else:\na\n\n  the document shows:\nb"
    );
    assert!(ended.starts_with("X.md:33: `exit 9`: no answer"), "{ended}");
}

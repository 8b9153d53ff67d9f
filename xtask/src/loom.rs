//! `cargo loom`: runs the concurrency core under its model checkers.
//!
//! First loom, every schedule of small models and the twins that it must reject; then shuttle,
//! random schedules of large ones. Each has its own target folder, because the flag that selects a
//! checker goes to every crate and would otherwise rebuild the world back and forth.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::{XtaskError, cargo, workspace_root};

/// A checker is also the name of its test target and of its target folder.
const CHECKERS: [&str; 2] = ["loom", "shuttle"];

/// Runs all checkers and says how long it took. A checker that ran no model has failed.
#[expect(clippy::print_stdout, reason = "the command's own output")]
pub fn run() -> Result<(), XtaskError> {
    let started = Instant::now();
    let mut passed = 0;
    for checker in CHECKERS {
        passed += check(checker)?;
    }
    println!(
        "{passed} model checks passed in {:.1} s",
        started.elapsed().as_secs_f32()
    );
    Ok(())
}

/// Runs one checker in sight of the user and gives the number of its tests, which is not zero.
fn check(checker: &str) -> Result<usize, XtaskError> {
    let mut command = command(checker);
    let program = PathBuf::from(command.get_program());
    let mut child = command.spawn().map_err(XtaskError::io(&program))?;
    let mut passed = 0;
    if let Some(output) = child.stdout.take() {
        passed = show(BufReader::new(output)).map_err(XtaskError::io(&program))?;
    }
    let status = child.wait().map_err(XtaskError::io(&program))?;
    if !status.success() {
        return Err(XtaskError::Failed {
            command: format!("{command:?}"),
            status: status.to_string(),
        });
    }
    if passed == 0 {
        return Err(XtaskError::NoModel {
            checker: checker.to_owned(),
        });
    }
    Ok(passed)
}

fn command(checker: &str) -> Command {
    let flags = std::env::var("RUSTFLAGS").unwrap_or_default();
    let mut command = cargo();
    command
        .args([
            "test",
            "--release",
            "--locked",
            "--package",
            "registry-core",
        ])
        .args(["--test", checker, "--target-dir"])
        .arg(workspace_root().join("target").join(checker))
        .env("RUSTFLAGS", format!("{flags} --cfg registry_{checker}"))
        // Where this is set, cargo does not look at RUSTFLAGS.
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .stdout(Stdio::piped());
    command
}

/// Prints the test runner's output and counts the tests that it says have passed.
#[expect(clippy::print_stdout, reason = "the test runner's output")]
fn show(output: impl BufRead) -> std::io::Result<usize> {
    let mut passed = 0;
    for line in output.lines() {
        let line = line?;
        println!("{line}");
        passed += passed_in(&line);
    }
    Ok(passed)
}

fn passed_in(line: &str) -> usize {
    let result = line.strip_prefix("test result: ok. ");
    let count = result.and_then(|result| result.split_once(" passed"));
    count.and_then(|(count, _)| count.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_from_outside_do_not_hide_the_one_that_selects_the_checker() {
        let command = command("loom");
        let of = |name: &str| {
            let mut set = command.get_envs().filter(|(key, _)| *key == name);
            set.next().map(|(_, value)| value)
        };
        assert_eq!(of("CARGO_ENCODED_RUSTFLAGS"), Some(None));
        let flags = of("RUSTFLAGS").flatten().unwrap().to_str().unwrap();
        assert!(flags.ends_with(" --cfg registry_loom"), "{flags}");
    }

    #[test]
    fn tests_that_passed_are_counted_and_an_empty_target_has_none() {
        let full = "running 2 tests\ntest a ... ok\n\n\
                    test result: ok. 12 passed; 0 failed; 0 ignored; finished in 0.01s\n";
        let empty = "running 0 tests\n\ntest result: ok. 0 passed; 0 failed; 0 ignored\n";
        assert_eq!(show(full.as_bytes()).unwrap(), 12);
        assert_eq!(show(empty.as_bytes()).unwrap(), 0);
    }
}

//! Where answers go: pipes, terminals, readers that leave, and shells that complete.

use tests::{Answer, RegistryCommand};

use crate::with_fixtures;

const COLOUR: char = '\u{1b}';

/// Every command, for commands that are written in all completion scripts.
const COMMANDS: &[&str] = &[
    "list",
    "inspect",
    "describe",
    "explain",
    "select",
    "plan",
    "diagnose",
    "health",
    "lock",
    "doctor",
    "verify",
    "sign",
    "keygen",
    "quarantine",
    "breaker",
    "heal",
    "reload",
    "events",
    "serve",
    "ps",
    "config",
    "bundle",
    "version",
    "completions",
];

fn is_coloured(answer: &Answer) -> bool {
    assert_eq!(answer.code, 0, "{answer:#?}");
    answer.stdout.contains(COLOUR)
}

#[test]
fn answers_are_coloured_on_a_terminal_and_nowhere_else() {
    let on_terminal = |arguments: &[&str]| RegistryCommand::new(arguments).run_on_terminal();
    assert!(is_coloured(&on_terminal(&["list"])));
    assert!(!is_coloured(&on_terminal(&["list", "--json"])));
    assert!(!is_coloured(&RegistryCommand::new(&["list"]).run()));
    for asking in ["CLICOLOR_FORCE", "FORCE_COLOR"] {
        let piped = RegistryCommand::new(&["diagnose", "--verbose"]);
        assert!(!is_coloured(
            &piped.env(asking, "1").env("TERM", "xterm").run()
        ));
    }
}

#[test]
fn a_terminal_whose_user_wants_no_colour_gets_none() {
    let list = || RegistryCommand::new(&["list"]);
    assert!(!is_coloured(&list().env("NO_COLOR", "1").run_on_terminal()));
    assert!(is_coloured(&list().env("NO_COLOR", "").run_on_terminal()));
}

#[test]
fn what_stands_on_a_terminal_is_what_goes_through_a_pipe_but_for_its_width() {
    let (_folder, list) = with_fixtures(&["well_behaved", "waits"], &["list"]);
    let shown = list.env("NO_COLOR", "1").run_on_terminal();
    let (_folder, list) = with_fixtures(&["well_behaved", "waits"], &["list"]);
    let piped = list.run();
    let rows = |text: &str| text.lines().take(3).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(rows(&shown.stdout), rows(piped.text()));

    let shown = RegistryCommand::new(&["config", "show"]).env("NO_COLOR", "1");
    let widest = shown.run_on_terminal().stdout;
    let widest = widest.lines().map(|line| line.chars().count()).max();
    assert_eq!(widest, Some(100));
}

#[test]
fn a_reader_that_leaves_early_is_no_failure_and_no_noise() {
    for arguments in [
        &["list"][..],
        &["diagnose", "--verbose"],
        &["config", "show", "--json"],
        &["completions", "bash"],
    ] {
        let answer = RegistryCommand::new(arguments).run_unread();
        assert_eq!(
            (answer.code, answer.stderr.as_str()),
            (0, ""),
            "{arguments:?}"
        );
    }
    // What went wrong is still told by the exit code.
    let unknown = RegistryCommand::new(&["describe", "nobody_knows", "--json"]).run_unread();
    assert_eq!((unknown.code, unknown.stderr.as_str()), (1, ""));
}

#[test]
fn completion_scripts_know_every_command_in_every_shell() {
    for (shell, beginning) in [
        ("bash", "_registry() {"),
        ("zsh", "#compdef registry"),
        ("fish", "# Print an optspec"),
    ] {
        let answer = RegistryCommand::new(&["completions", shell]).run();
        let script = answer.text();
        assert!(script.starts_with(beginning), "{shell}: {script:.40}");
        for command in COMMANDS {
            assert!(script.contains(command), "{shell} misses {command}");
        }
    }
    // The list above is all there is.
    let help = RegistryCommand::new(&["--help"]).run();
    let listed: Vec<_> = help
        .text()
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .map_while(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(listed[..listed.len() - 1], *COMMANDS);
    assert_eq!(listed.last(), Some(&"help"));
}

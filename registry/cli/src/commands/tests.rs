//! Whole runs of the command, with their own surroundings and writers.

use std::fs::Permissions;
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use clap::Parser;
use registry::config::Environment;
use registry::diagnose::text::Look;
use serde_json::{Value, json};

use super::run;
use crate::arguments::Arguments;
use crate::signals::Signals;
use crate::surroundings::Surroundings;

#[derive(Debug)]
struct Outcome {
    code: u8,
    stdout: String,
    stderr: String,
}

fn surroundings(variables: &[(&str, &str)]) -> Surroundings {
    Surroundings {
        environment: Environment::from_pairs(variables.iter().copied()),
        program_dir: None,
        data_dir: None,
        cache_dir: None,
        state_dir: None,
        config_dir: None,
        serves: false,
        signals: Signals::default(),
        stdout: Look::PLAIN,
        stderr: Look::PLAIN,
    }
}

fn registry(variables: &[(&str, &str)], line: &[&str]) -> Outcome {
    let arguments = Arguments::try_parse_from([&["registry"], line].concat()).unwrap();
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let code = run(
        &arguments,
        &surroundings(variables),
        &mut stdout,
        &mut stderr,
    );
    Outcome {
        code,
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8(stderr).unwrap(),
    }
}

fn in_folder<'a>(folder: &'a Path, line: &[&'a str]) -> Vec<&'a str> {
    [line, &["--plugin-dir", folder.to_str().unwrap()]].concat()
}

#[test]
fn a_wrong_setting_ends_with_2_and_names_variable_value_and_range() {
    let outcome = registry(&[("FACTORY_MIN_RELIABILITY", "abc")], &["list"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""));
    assert_eq!(
        outcome.stderr,
        "error[E_CONFIG]: invalid configuration: FACTORY_MIN_RELIABILITY=abc: not a number; \
         allowed: 0 to 1\n"
    );
}

#[test]
fn with_json_even_an_error_is_the_one_document_on_stdout() {
    let variables = [("FACTORY_LOG_LVEL", "x"), ("FACTORY_MIN_RELIABILITY", "2")];
    let outcome = registry(&variables, &["--json", "diagnose"]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (2, ""));
    assert_eq!(
        serde_json::from_str::<Value>(&outcome.stdout).unwrap(),
        json!({
            "schema": 1,
            "error": {
                "code": "E_CONFIG",
                "message": "invalid configuration",
                "causes": [
                    "FACTORY_LOG_LVEL=x: unknown variable; did you mean FACTORY_LOG_LEVEL?",
                    "FACTORY_MIN_RELIABILITY=2: out of range; allowed: 0 to 1",
                ],
            },
        })
    );
}

#[test]
fn allowed_planners_that_are_not_there_are_listed_as_absent() {
    let folder = tempfile::tempdir().unwrap();
    let outcome = registry(
        &[("FACTORY_ALLOWED_PLANNERS", "risk_planner,llm_planner")],
        &in_folder(folder.path(), &["list"]),
    );
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
    let (table, footer) = outcome.stdout.split_once("0 of 2 ").unwrap();
    assert_eq!(
        table,
        "this command's own view; no running host was asked\n\
         NAME          VERSION  STATE   ISOLATION  RELIABILITY  CAPABILITIES\n\
         llm_planner   —        absent  —          —            —\n\
         risk_planner  —        absent  —          —            —\n"
    );
    assert!(
        footer.starts_with("allowed planners found in 1 folder · "),
        "{footer}"
    );
}

#[test]
fn a_mistyped_planner_is_answered_with_the_nearest() {
    let folder = tempfile::tempdir().unwrap();
    for line in [
        &["plan", "risk_planer", "Split billing"][..],
        &["describe", "risk_planer"],
    ] {
        let outcome = registry(&[], &in_folder(folder.path(), line));
        assert_eq!((outcome.code, outcome.stdout.as_str()), (1, ""));
        assert_eq!(
            outcome.stderr,
            "error[E_UNKNOWN_PLANNER]: no planner named \"risk_planer\"\n  \
             did you mean \"risk_planner\"?\n  \
             see: registry list\n"
        );
    }
}

#[test]
fn a_request_that_cannot_be_made_is_a_usage_error() {
    let folder = tempfile::tempdir().unwrap();
    let context = folder.path().join("context.json");
    std::fs::write(&context, "[1]").unwrap();
    let context = context.to_str().unwrap();
    let wrong = registry(&[], &["plan", "risk_planner", "x", "--context", context]);
    assert_eq!(wrong.code, 2);
    assert!(
        wrong.stderr.starts_with(&format!(
            "error[E_CONTEXT]: the context {context} cannot be used\n  because: "
        )),
        "{wrong:?}"
    );
    let missing = registry(&[], &["plan", "risk_planner", "x", "--context", "/nowhere"]);
    assert_eq!(
        (missing.code, missing.stderr.as_str()),
        (
            2,
            "error[E_CONTEXT]: the context /nowhere cannot be read\n  \
             because: No such file or directory (os error 2)\n  \
             next: Give a file with one JSON object.\n"
        )
    );
    assert_eq!(registry(&[], &["plan", "risk_planner", " "]).code, 2);
}

#[test]
fn a_file_that_is_no_plugin_is_refused_with_code_reason_and_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a\nb.so");
    std::fs::write(&file, "hello").unwrap();
    let outcome = registry(&[], &["inspect", file.to_str().unwrap()]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (1, ""));
    let shown = folder.path().join("a\\nb.so");
    assert_eq!(
        outcome.stderr,
        format!(
            "error[E_NOT_A_LIBRARY]: {}: not a shared library: it starts with \"hello\"\n  \
             next: Remove the file, or put the plugin's shared library in its place.\n",
            shown.display()
        )
    );
}

#[test]
fn the_configuration_is_shown_with_origins_and_without_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("registry.toml");
    std::fs::write(
        &file,
        "[planners.llm_planner.config]\napi_key = \"hunter2\"\n",
    )
    .unwrap();
    // The file grants settings, so nobody else may write it, whatever the umask.
    std::fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    let outcome = registry(
        &[("FACTORY_MAX_PROFILES", "7")],
        &[
            "--json",
            "--config",
            file.to_str().unwrap(),
            "config",
            "show",
        ],
    );
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(!outcome.stdout.contains("hunter2"));
    let answer: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let setting = |key: &str| {
        let settings = answer["settings"].as_array().unwrap();
        settings
            .iter()
            .find(|setting| setting["key"] == key)
            .cloned()
    };
    assert_eq!(
        setting("profiles.max").unwrap(),
        json!({
            "key": "profiles.max",
            "variable": "FACTORY_MAX_PROFILES",
            "value": "7",
            "origin": "FACTORY_MAX_PROFILES (environment)",
        })
    );
    let secret = setting("planners.llm_planner.config.api_key").unwrap();
    assert_eq!(secret["value"], "********");
}

#[test]
fn a_completion_script_completes_the_commands() {
    let outcome = registry(&[], &["completions", "bash"]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
    for command in [
        "list",
        "inspect",
        "describe",
        "explain",
        "select",
        "plan",
        "diagnose",
        "health",
        "doctor",
        "config",
        "completions",
    ] {
        assert!(
            outcome.stdout.contains(&format!("registry,{command})")),
            "{command}"
        );
    }
}

/// A writer whose reader has gone or whose disk is full.
struct Broken(ErrorKind);

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(self.0.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_reader_that_has_gone_is_no_error_and_a_full_disk_is_one() {
    let arguments = Arguments::try_parse_from(["registry", "config", "show"]).unwrap();
    let ends = [ErrorKind::BrokenPipe, ErrorKind::StorageFull].map(|kind| {
        let mut stderr = Vec::new();
        let code = run(
            &arguments,
            &surroundings(&[]),
            &mut Broken(kind),
            &mut stderr,
        );
        (code, String::from_utf8(stderr).unwrap())
    });
    assert_eq!(
        ends,
        [
            (0, String::new()),
            (
                1,
                "error[E_OUTPUT]: the answer cannot be written\n  because: no storage space\n"
                    .to_owned()
            ),
        ]
    );
}

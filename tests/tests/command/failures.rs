//! How the command ends when there is no answer: exit code, machine code, cause, and what to do next.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::{Answer, PluginFolder, RegistryCommand, fixture};

use crate::with_fixtures;

/// The error in a JSON answer that is nothing else.
fn error(answer: &Answer) -> Value {
    let json = answer.json();
    assert_eq!(json["schema"], 1, "{answer:#?}");
    assert_eq!(json.as_object().unwrap().len(), 2, "{answer:#?}");
    json["error"].clone()
}

#[test]
fn a_mistyped_planner_is_answered_with_the_nearest_and_exit_code_1() {
    for line in [
        &["plan", "well_behavd", "Hi"][..],
        &["describe", "well_behavd"],
    ] {
        let (_folder, command) = with_fixtures(&["well_behaved"], line);
        assert_eq!(
            command.run().refusal(),
            (
                1,
                "error[E_UNKNOWN_PLANNER]: no planner named \"well_behavd\"\n  \
                 did you mean \"well_behaved\"?\n  \
                 see: registry list\n"
            )
        );
    }
    let (_folder, command) =
        with_fixtures(&["well_behaved"], &["plan", "well_behavd", "Hi", "--json"]);
    let answer = command.run();
    assert_eq!((answer.code, answer.stderr.as_str()), (1, ""));
    assert_eq!(
        error(&answer),
        json!({
            "code": "E_UNKNOWN_PLANNER",
            "message": "no planner named \"well_behavd\"",
            "causes": [],
            "nearest": "well_behaved",
            "see": "registry list",
        })
    );
}

#[test]
fn each_kind_of_planner_that_cannot_be_had_has_a_code_of_its_own_and_exit_code_1() {
    let folder = PluginFolder::new()
        .with(&fixture("well_behaved"))
        .with(&fixture("chatty"));
    for (name, code, remedy) in [
        (
            "chatty",
            "E_NOT_ALLOWED",
            "If chatty may run, add it to FACTORY_ALLOWED_PLANNERS or [trust] allowed.",
        ),
        (
            "absent_one",
            "E_ABSENT",
            "Put its library into one of the plugin folders; see `registry diagnose`.",
        ),
    ] {
        let answer = RegistryCommand::new(&["plan", name, "Hi", "--json"])
            .plugin_dir(folder.path())
            .env("FACTORY_ALLOWED_PLANNERS", "well_behaved,absent_one")
            .run();
        let error = error(&answer);
        assert_eq!((answer.code, &error["code"]), (1, &json!(code)), "{name}");
        assert_eq!(error["remedy"], remedy);
        assert_eq!(error["see"], "registry diagnose");
    }
    let bad = RegistryCommand::new(&["plan", "../evil", "Hi", "--json"]).run();
    assert_eq!((bad.code, &error(&bad)["code"]), (1, &json!("E_BAD_NAME")));
}

#[test]
fn mistakes_in_the_arguments_end_with_2_and_say_what_was_meant() {
    for (line, told) in [
        (&["lst"][..], "similar subcommand exists: 'list'"),
        (
            &["list", "--plugindir", "x"],
            "similar argument exists: '--plugin-dir'",
        ),
        (
            &["list", "--log-format", "jsn"],
            "[possible values: text, json]",
        ),
        (&["plan", "risk_planner"], "<OBJECTIVE>"),
        (
            &["plan", "risk_planner", "Hi", "--deadline", "soon"],
            "allowed: 1ms to 24h, in seconds or written like 500ms, 90s, 2m, 1h",
        ),
        (
            &["plan", "risk_planner", "Hi", "--json", "--mermaid"],
            "cannot be used with",
        ),
        (&["config"], "Show every setting with its value"),
    ] {
        let answer = RegistryCommand::new(line).run();
        let told_in = format!("{}{}", answer.stdout, answer.stderr);
        assert_eq!(answer.code, 2, "{answer:#?}");
        assert!(told_in.contains(told), "{line:?}: {answer:#?}");
    }
}

#[test]
fn with_json_mistakes_in_the_arguments_are_the_one_document_too() {
    let answer = RegistryCommand::new(&["--json", "lst"]).run();
    assert_eq!((answer.code, answer.stderr.as_str()), (2, ""));
    assert_eq!(
        error(&answer),
        json!({
            "code": "E_USAGE",
            "message": "unrecognized subcommand 'lst'",
            "causes": [],
            "nearest": "list",
            "see": "registry --help",
        })
    );
    let answer = RegistryCommand::new(&["plan", "risk_planner", "Hi", "--mermaid", "--json"]).run();
    assert_eq!(
        (answer.code, &error(&answer)["code"]),
        (2, &json!("E_USAGE"))
    );
}

#[test]
fn a_file_that_is_no_plugin_is_refused_by_inspect_with_exit_code_1() {
    let folder = PluginFolder::new()
        .with_file("text.so", b"hello, this is a text and not a library")
        .with_c("bare.so", "int nothing(void) { return 0; }");
    for (name, code) in [
        ("text.so", "E_NOT_A_LIBRARY"),
        ("bare.so", "E_NO_MANIFEST"),
        ("missing.so", "E_MISSING"),
        (".", "E_NOT_REGULAR"),
    ] {
        let file = folder.file(name);
        let answer = RegistryCommand::new(&["inspect", "--json", &file.to_string_lossy()]).run();
        assert_eq!(
            (answer.code, &error(&answer)["code"]),
            (1, &json!(code)),
            "{name}"
        );
        let text = RegistryCommand::new(&["inspect", &file.to_string_lossy()]).run();
        let (exit, told) = text.refusal();
        assert_eq!(exit, 1);
        assert!(told.starts_with(&format!("error[{code}]: ")), "{told}");
        assert!(told.contains("\n  next: "), "{told}");
    }
}

#[test]
fn a_panic_in_any_stage_leaves_one_json_document_with_the_panics_text() {
    for (name, code, causes) in [
        (
            "panics_in_constructor",
            "E_CONSTRUCT_PANIC",
            json!([
                "its construction failed",
                "it panicked: no planner today (at tests/fixtures/plugins/examples/panics_in_constructor.rs:10:9)"
            ]),
        ),
        (
            "panics_in_self_test",
            "E_SELF_TEST_PANIC",
            json!([
                "its self-test failed",
                "it panicked: not feeling well (at tests/fixtures/plugins/examples/panics_in_self_test.rs:15:9)"
            ]),
        ),
        (
            "panics_in_plan",
            "E_PLAN_PANIC",
            json!([
                "it panicked: cannot plan \"Hi\" (at tests/fixtures/plugins/examples/panics_in_plan.rs:11:9)"
            ]),
        ),
    ] {
        let (_folder, command) = with_fixtures(&[name], &["plan", name, "Hi", "--json"]);
        let answer = command.run();
        let error = error(&answer);
        assert_eq!((answer.code, &error["code"]), (1, &json!(code)));
        assert_eq!(error["causes"], causes, "{name}");
    }
}

#[test]
fn a_context_that_cannot_be_used_ends_with_2_and_names_the_file() {
    for (text, cause) in [
        ("{\"files\": [", "EOF while parsing"),
        ("[1, 2]", "expected a map"),
        ("", "EOF while parsing"),
        ("\u{feff}{}", "expected value"),
    ] {
        let answer =
            RegistryCommand::new(&["plan", "risk_planner", "Hi", "--context", "facts.json"])
                .working_file("facts.json", text)
                .run();
        let (code, told) = answer.refusal();
        assert_eq!(code, 2);
        assert!(
            told.starts_with(
                "error[E_CONTEXT]: the context facts.json cannot be used\n  \
                 because: invalid input: the context is no JSON object: "
            ) && told.contains(cause)
                && told.ends_with("\n  next: Give a file with one JSON object.\n"),
            "{text:?}: {told}"
        );
    }
    let missing =
        RegistryCommand::new(&["plan", "risk_planner", "Hi", "--context", "nowhere.json"]);
    assert_eq!(
        missing.run().refusal(),
        (
            2,
            "error[E_CONTEXT]: the context nowhere.json cannot be read\n  \
             because: No such file or directory (os error 2)\n  \
             next: Give a file with one JSON object.\n"
        )
    );
}

#[test]
fn a_plan_that_takes_too_long_ends_at_its_deadline() {
    let arguments = ["plan", "waits", "Wait", "--deadline", "2s", "--json"];
    let (_folder, command) = with_fixtures(&["waits"], &arguments);
    let started = Instant::now();
    let answer = command.run();
    assert!(started.elapsed() < Duration::from_secs(30));
    let mut told = error(&answer);
    let call_id = told.as_object_mut().unwrap().remove("call_id").unwrap();
    // The log line of the call carries the same.
    assert!(
        answer.stderr.contains(call_id.as_str().unwrap()),
        "{answer:#?}"
    );
    assert_eq!(
        told,
        json!({
            "code": "E_DEADLINE",
            "message": "planner \"waits\" gave no plan",
            "causes": ["deadline: no plan in time"],
            "remedy": "Raise the deadline, PLANNER_DEFAULT_TIMEOUT or `[planners.waits] timeout`.",
        })
    );
    assert_eq!(answer.code, 1);
}

#[test]
fn a_plan_that_nobody_gave_a_deadline_ends_at_the_operators_timeout() {
    let (_folder, command) = with_fixtures(
        &["waits"],
        &["plan", "waits", "Wait", "--deadline", "24h", "--json"],
    );
    let answer = command.env("PLANNER_DEFAULT_TIMEOUT", "50ms").run();
    assert_eq!(
        (answer.code, &error(&answer)["code"]),
        (1, &json!("E_DEADLINE"))
    );
}

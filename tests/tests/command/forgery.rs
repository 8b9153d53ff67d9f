//! Text from plugins, files and arguments that tries to pass for the command's own.

use std::os::unix::ffi::OsStrExt;

use plugin_api::API_VERSION;
use serde_json::{Value, json};
use tests::{Answer, PluginFolder, RegistryCommand, fixture, section_source};

/// Ends its line, forges a row, and steers the terminal: escapes of one and two bytes, a change of the
/// writing direction, line separators, a bell.
const FORGED: &str = "x\nforged_planner  9.9.9  ready\r\u{1b}[32m\u{9b}1m\u{202e}\u{2066}\u{2028}\u{85}\u{7}\u{200b}";

/// What must be in no text but line ends: all that is in [`FORGED`].
fn is_harmful(c: char) -> bool {
    c.is_control() && c != '\n'
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Nothing that steers a terminal, and no line that begins like the forged row.
fn assert_harmless(text: &str) {
    let harmful: Vec<_> = text.chars().filter(|&c| is_harmful(c)).collect();
    assert_eq!(harmful, [], "{text:?}");
    let forged = |line: &&str| line.trim_start().starts_with("forged_planner");
    assert_eq!(text.lines().find(forged), None, "{text}");
}

/// Checks an answer in text; gives it back.
fn harmless(answer: Answer) -> Answer {
    assert_harmless(&answer.stdout);
    assert_harmless(&answer.stderr);
    answer
}

/// A library whose manifest forges wherever it can say anything at all.
fn forged_manifest(name: &str) -> String {
    let manifest = json!({
        "schema": 1,
        "name": name,
        "version": "1.0.0",
        "api": {"major": API_VERSION.major, "minor": API_VERSION.minor},
        "build": {"rustc": FORGED, "profile": FORGED, "panic": "unwind"},
        "description": FORGED,
        "capabilities": [FORGED, "\u{202e}tfel"],
        "tags": [FORGED],
        "permissions": [FORGED],
        "config_schema": {FORGED: FORGED},
        FORGED: {"nested": [FORGED]},
    });
    section_source(&manifest.to_string())
}

/// A folder with a planner of a forged manifest in a file of a forged name, and with files that are
/// refused, whose names and bytes forge.
fn folder() -> PluginFolder {
    PluginFolder::new()
        .with_c("honest.so", &forged_manifest("forger_planner"))
        .with_c(
            &format!("other{FORGED}.so"),
            &forged_manifest("other_planner"),
        )
        .with_c("bad_name.so", &forged_manifest("x\nforged_planner"))
        .with_file(
            &format!("{FORGED}.so"),
            format!("{FORGED}{FORGED}").as_bytes(),
        )
        .with_file("bytes.so", FORGED.repeat(10).as_bytes())
}

/// The command on `folder`, with the planners of the forged manifests allowed.
fn on(folder: &PluginFolder, arguments: &[&str]) -> Answer {
    RegistryCommand::new(arguments)
        .plugin_dir(folder.path())
        .env("FACTORY_ALLOWED_PLANNERS", "forger_planner,other_planner")
        .run()
}

#[test]
fn reports_on_forged_manifests_and_file_names_have_no_row_too_many_and_no_escape() {
    let folder = folder();
    let list = harmless(on(&folder, &["list"]));
    assert_eq!(list.report().lines().count(), 5, "{}", list.stdout);
    for line in [
        &["describe", "forger_planner"][..],
        &["describe", "other_planner"],
        &["diagnose"],
        &["diagnose", "--verbose"],
        &["inspect", &folder.file("honest.so").to_string_lossy()],
        &[
            "inspect",
            &folder.file(&format!("other{FORGED}.so")).to_string_lossy(),
        ],
    ] {
        let answer = harmless(on(&folder, line));
        assert_eq!(answer.code, 0, "{answer:#?}");
        assert!(answer.stdout.contains("x\\nforged_planner"), "{answer:#?}");
    }
    for name in ["bad_name.so", &format!("{FORGED}.so"), "bytes.so"] {
        let answer = harmless(on(
            &folder,
            &["inspect", &folder.file(name).to_string_lossy()],
        ));
        assert_eq!(answer.code, 1, "{answer:#?}");
    }
}

#[test]
fn json_says_what_the_files_say_without_a_byte_that_a_terminal_obeys() {
    for line in [
        &["list", "--json"][..],
        &["diagnose", "--json", "--verbose"],
    ] {
        let answer = on(&folder(), line);
        assert_harmless(&answer.stdout);
        let planners = &answer.json()["planners"];
        assert_eq!(planners[0]["name"], "forger_planner");
        assert_eq!(planners[0]["manifest"]["description"], FORGED);
        assert_eq!(planners[0]["manifest"]["capabilities"][0], FORGED);
    }
}

#[test]
fn a_file_name_that_is_no_text_is_refused_and_breaks_no_document() {
    let folder = PluginFolder::new().with(&fixture("well_behaved"));
    let odd = folder
        .path()
        .join(std::ffi::OsStr::from_bytes(b"odd\xff\n.so"));
    std::fs::copy(fixture("well_behaved"), &odd).unwrap();
    tests::set_mode(&odd, 0o644);
    let run = |arguments: &[&str]| {
        let command = RegistryCommand::new(arguments).plugin_dir(folder.path());
        command
            .env("FACTORY_ALLOWED_PLANNERS", "well_behaved")
            .run()
    };
    let json = run(&["diagnose", "--json"]).json();
    assert_eq!(json["refused"][0]["code"], "E_FILE_NAME");
    assert_eq!(json["planners"][0]["state"], "not_loaded");
    let text = harmless(run(&["diagnose"]));
    assert!(text.text().contains("odd\u{fffd}\\n.so"), "{text:#?}");
}

#[test]
fn a_planner_that_prints_logs_and_plans_forged_things_adds_nothing_to_the_answer() {
    let plan = |more: &[&str]| {
        let arguments = [&["plan", "says_forged_things", "Forge"], more].concat();
        let (_folder, command) = crate::with_fixtures(&["says_forged_things"], &arguments);
        command.run()
    };
    let text = plan(&[]);
    assert_harmless(&text.stdout);
    let lines: Vec<_> = text.stdout.lines().collect();
    assert_eq!(lines[3].split_whitespace().next(), Some("#"));
    assert_eq!(
        lines[4..6]
            .iter()
            .map(|line| line.split_whitespace().take(3).collect::<Vec<_>>())
            .collect::<Vec<_>>(),
        [["1", "forge", "TOOL"], ["2", "hold", "GATE"]]
    );
    assert_eq!((text.code, lines.len()), (0, 10), "{}", text.stdout);

    let json = plan(&["--json"]);
    assert_harmless(&json.stdout);
    assert_eq!(json.json()["plan"]["tasks"][0]["task_id"], "forge");

    let mermaid = plan(&["--mermaid"]);
    assert_harmless(&mermaid.stdout);
}

#[test]
fn log_lines_of_a_planner_stay_one_line_each_and_escaped() {
    for format in ["text", "json"] {
        let arguments = [
            "plan",
            "says_forged_things",
            "Forge",
            "--log-format",
            format,
        ];
        let (_folder, command) = crate::with_fixtures(&["says_forged_things"], &arguments);
        let answer = command.run();
        let is_logged = |line: &&str| line.contains("registry::plugin");
        let logged: Vec<_> = answer.stderr.lines().filter(is_logged).collect();
        assert_eq!(logged.len(), 1, "{answer:#?}");
        assert_harmless(logged[0]);
        assert!(logged[0].contains("forged_planner"), "{answer:#?}");
        assert!(logged[0].contains("says_forged_things"), "{answer:#?}");
        if format == "json" {
            let event: Value = serde_json::from_str(logged[0]).unwrap();
            assert_eq!(event["fields"]["planner"], "says_forged_things");
        }
    }
}

#[test]
fn a_planners_own_error_stays_on_its_line() {
    let arguments = ["plan", "says_forged_things", "Fail"];
    let (_folder, command) = crate::with_fixtures(&["says_forged_things"], &arguments);
    let answer = command.env("FACTORY_LOG_LEVEL", "OFF").run();
    // What it printed went to stderr as it is; the command's own words come last.
    let (_, told) = answer.stderr.split_once("error[").unwrap();
    assert_harmless(told);
    assert_eq!(answer.code, 1);
    let lines: Vec<_> = told.lines().collect();
    assert_eq!(
        lines[0],
        "E_PLAN_FAILED]: planner \"says_forged_things\" gave no plan"
    );
    assert!(lines[1].starts_with("  because: planner failed: x\\nforged_planner  9.9.9"));
    assert_eq!(lines.len(), 3, "{told}");
}

#[test]
fn names_objectives_and_settings_that_forge_are_escaped_where_they_are_quoted() {
    for line in [&["plan", FORGED, "Hi"][..], &["describe", FORGED]] {
        let answer = harmless(RegistryCommand::new(line).run());
        assert_eq!(answer.code, 1);
        assert!(
            answer
                .stderr
                .starts_with("error[E_BAD_NAME]: bad planner name \"x\\nforged")
        );
    }
    let context = ["plan", "risk_planner", "Hi", "--context", FORGED];
    assert_eq!(harmless(RegistryCommand::new(&context).run()).code, 2);
    let missing = RegistryCommand::new(&["list", "--config", FORGED]).run();
    assert_eq!(harmless(missing).code, 2);
    let variables = RegistryCommand::new(&["list"])
        .env("FACTORY_LOG_LEVEL", FORGED)
        .env(&format!("FACTORY_{FORGED}"), FORGED);
    assert_eq!(harmless(variables.run()).code, 2);
    let keys = format!("[select]\n{:?} = 1\n", "x\u{1b}[2Jy").replace("\\u{1b}", "\\u001b");
    assert_eq!(
        harmless(RegistryCommand::new(&["list"]).config(&keys).run()).code,
        2
    );
    let here = RegistryCommand::new(&["list"])
        .working_file("registry.toml", &keys.replace("select", "trust"));
    harmless(here.run());
    let (_folder, command) =
        crate::with_fixtures(&["well_behaved"], &["plan", "well_behaved", FORGED]);
    let planned = harmless(command.run());
    assert!(
        planned.stdout.starts_with("x\\nforged_planner"),
        "{planned:#?}"
    );
    let folder = RegistryCommand::new(&["list"]).plugin_dir(std::path::Path::new(FORGED));
    assert_eq!(harmless(folder.run()).code, 0);
}

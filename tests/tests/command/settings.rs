//! Settings: where they come from, what is wrong with them, and what is kept to itself.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::{Answer, RegistryCommand};

use crate::with_fixtures;

/// The settings in an answer of `config show`, as (key, value, origin), but for those nobody set.
fn set(answer: &Answer) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    assert_eq!(answer.code, 0, "{answer:#?}");
    let json = answer.json();
    let settings = json["settings"].as_array().unwrap().iter();
    settings
        .map(|setting| {
            (
                text(&setting["key"]),
                text(&setting["value"]),
                text(&setting["origin"]),
            )
        })
        .filter(|(_, _, origin)| origin != "default")
        .collect()
}

fn row(key: &str, value: &str, origin: &str) -> (String, String, String) {
    (key.to_owned(), value.to_owned(), origin.to_owned())
}

fn causes(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.code, 2, "{answer:#?}");
    let json = answer.json();
    assert_eq!(json["error"]["code"], "E_CONFIG");
    let causes = json["error"]["causes"].as_array().unwrap().iter();
    causes
        .map(|cause| cause.as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_wrong_value_ends_with_2_and_names_variable_value_and_allowed_range() {
    let answer = RegistryCommand::new(&["list"])
        .env("FACTORY_MIN_RELIABILITY", "abc")
        .run();
    assert_eq!(
        answer.refusal(),
        (
            2,
            "error[E_CONFIG]: invalid configuration: FACTORY_MIN_RELIABILITY=abc: not a number; \
             allowed: 0 to 1\n"
        )
    );
}

#[test]
fn all_problems_of_all_sources_are_told_at_once_each_on_a_line_of_its_own() {
    let command = RegistryCommand::new(&["diagnose"])
        .config(
            "[select]\nmin_reliabilty = 0.5\n[profiles]\nmax = true\n[sellect]\nhotspot_boost = 0.1\n",
        )
        .env("FACTORY_LOG_LVEL", "debug")
        .env("FACTORY_LOG_FORMAT", "jsn")
        .env("PLANNER_DEFAULT_TIMEOUT", "0s");
    let file = command.folder().join("granting.toml");
    let file = file.display();
    assert_eq!(
        command.run().refusal(),
        (
            2,
            &*format!(
                "error[E_CONFIG]: invalid configuration\n  \
                 because: {file}: profiles.max = true: not a number; \
                 allowed: 0 to 1000000, a whole number\n  \
                 because: {file}: select.min_reliabilty = 0.5: unknown key; \
                 did you mean select.min_reliability?\n  \
                 because: {file}: sellect: unknown key; did you mean select?\n  \
                 because: FACTORY_LOG_FORMAT=jsn: not one of the possible values; \
                 allowed: text, json; did you mean json?\n  \
                 because: FACTORY_LOG_LVEL=debug: unknown variable; \
                 did you mean FACTORY_LOG_LEVEL?\n  \
                 because: PLANNER_DEFAULT_TIMEOUT=0s: out of range; \
                 allowed: 1ms to 24h, in seconds or written like 500ms, 40s, 2m, 1h\n"
            )
        )
    );
}

#[test]
fn problems_beyond_those_that_are_listed_are_counted() {
    let keys: Vec<_> = (0..150)
        .map(|number| format!("strange_{number} = 1"))
        .collect();
    let answer = RegistryCommand::new(&["list", "--json"])
        .config(&format!("[select]\n{}\n", keys.join("\n")))
        .run();
    let causes = causes(&answer);
    assert_eq!(causes.len(), 101);
    assert_eq!(causes[100], "and 50 more");
}

#[test]
fn each_setting_is_shown_with_value_and_origin() {
    let command = RegistryCommand::new(&["config", "show", "--json", "--log-format", "json"])
        .config("[select]\nmin_reliability = 0.5\nhotspot_threshold = 3\n")
        .env("FACTORY_HOTSPOT_THRESHOLD", " 4 ");
    let file = command.folder().join("granting.toml").display().to_string();
    let answer = command.run();
    let config = answer.json()["files"].clone();
    assert_eq!(config, json!([file]));
    let file_origin = format!("{file} (file)");
    assert_eq!(
        set(&answer),
        [
            row("config", &file, "builder"),
            row("select.min_reliability", "0.5", &file_origin),
            row(
                "select.hotspot_threshold",
                "4",
                "FACTORY_HOTSPOT_THRESHOLD (environment)"
            ),
            row("log.format", "json", "builder"),
        ]
    );

    let answer = RegistryCommand::new(&["config", "show"])
        .env("FACTORY_MIN_RELIABILITY", "0.75")
        .run();
    let shown = |key: &str| {
        let row = answer.text().lines().find(|line| line.starts_with(key));
        row.unwrap().split_whitespace().collect::<Vec<_>>()
    };
    assert_eq!(shown("SETTING"), ["SETTING", "VALUE", "FROM"]);
    assert_eq!(
        shown("select.min_reliability"),
        [
            "select.min_reliability",
            "0.75",
            "FACTORY_MIN_RELIABILITY",
            "(environment)"
        ]
    );
    assert_eq!(shown("profiles.max"), ["profiles.max", "1000", "default"]);
}

#[test]
fn the_users_file_yields_to_a_named_one_and_every_file_to_the_environment() {
    let user = ".config/registry/registry.toml";
    let show = || {
        RegistryCommand::new(&["config", "show", "--json"]).home_file(
            user,
            "[profiles]\nmax = 1\n[select]\nhotspot_threshold = 1\n",
        )
    };
    let of_user = show().env("FACTORY_MAX_PROFILES", "3");
    let file = of_user.folder().join(user).display().to_string();
    assert_eq!(
        set(&of_user.run()),
        [
            row("select.hotspot_threshold", "1", &format!("{file} (file)")),
            row("profiles.max", "3", "FACTORY_MAX_PROFILES (environment)"),
        ]
    );
    let named = set(&show().config("[profiles]\nmax = 2\n").run());
    let keys: Vec<_> = named
        .iter()
        .map(|(key, value, _)| (&**key, &**value))
        .collect();
    assert_eq!(keys[1..], [("profiles.max", "2")]);
}

#[test]
fn the_file_of_the_working_directory_may_set_what_is_harmless_and_nothing_else() {
    let text = "[select]\nmin_reliability = 0.5\n[trust]\nallowed = [\"evil_planner\"]\n\
                [discovery]\nplugin_dirs = [\".\"]\n[isolation]\nplan_timeout = \"1h\"\n\
                [planners.risk_planner]\ntimeout = \"1h\"\n";
    let show = |arguments: &[&str]| {
        RegistryCommand::new(arguments)
            .working_file("registry.toml", text)
            .run()
    };
    let ignored = [
        "discovery.plugin_dirs",
        "isolation.plan_timeout",
        "planners.risk_planner.timeout",
        "trust.allowed",
    ];
    let notes = ignored.map(|key| {
        format!(
            "registry.toml: {key} is ignored, for a file in the working directory grants nothing; \
             set it in the file of --config or FACTORY_CONFIG, or the system's or user's"
        )
    });
    let answer = show(&["config", "show", "--json"]);
    assert_eq!(
        set(&answer),
        [row("select.min_reliability", "0.5", "registry.toml (file)")]
    );
    assert_eq!(answer.json()["notes"], json!(notes));

    let list = show(&["list"]);
    assert_eq!(list.code, 0, "{list:#?}");
    let told: Vec<_> = list.stderr.lines().collect();
    assert_eq!(told, notes.map(|note| format!("note: {note}")));
    assert!(!list.stdout.contains("evil_planner"), "{list:#?}");
}

/// Says `word` wherever an operator may have put it by design or by mistake.
fn with_secrets(word: &str) -> String {
    format!(
        "[planners.llm_planner.config]\n\
         api_key = \"{word}\"\n\
         base_url = \"https://user:{word}@host.example/v1\"\n\
         spare_keys = [\"sk-{word}\", \"Bearer {word}\"]\n\
         mirrors = [\"https://a:{word}@one.example\", \"https://b:{word}@two.example\"]\n\
         [planners.llm_planner.config.proxy]\n\
         password = \"{word}\"\n"
    )
}

#[test]
fn secrets_are_masked_wherever_settings_are_shown() {
    for arguments in [
        &["config", "show"][..],
        &["config", "show", "--json"],
        &["diagnose", "--verbose"],
        &["diagnose", "--json"],
    ] {
        let answer = RegistryCommand::new(arguments)
            .config(&with_secrets("hunter2"))
            .run();
        assert_eq!(answer.code, 0, "{answer:#?}");
        assert!(!answer.stdout.contains("hunter2"), "{answer:#?}");
        assert!(!answer.stderr.contains("hunter2"), "{answer:#?}");
    }
    let answer = RegistryCommand::new(&["config", "show", "--json"])
        .config(&with_secrets("hunter2"))
        .run();
    let shown: Vec<_> = set(&answer)
        .into_iter()
        .filter_map(|(key, value, _)| {
            Some((
                key.strip_prefix("planners.llm_planner.config.")?.to_owned(),
                value,
            ))
        })
        .collect();
    let expected = [
        ("api_key", "********"),
        ("base_url", "https://********@host.example/v1"),
        (
            "mirrors",
            "[https://********@one.example, https://********@two.example]",
        ),
        ("proxy.password", "********"),
        ("spare_keys", "[********, ********]"),
    ];
    assert_eq!(
        shown,
        expected.map(|(key, value)| (key.to_owned(), value.to_owned()))
    );
}

#[test]
fn secrets_in_the_wrong_place_are_masked_in_the_error() {
    let answer = RegistryCommand::new(&["list", "--json"])
        .config(
            "[planners.llm_planner]\napi_key = \"hunter2\"\nspare = [\"Bearer hunter2\"]\n[select]\ntoken = \"hunter2\"\n",
        )
        .env("FACTORY_LLM_API_KEY", "hunter2")
        .run();
    assert!(!answer.stdout.contains("hunter2"), "{answer:#?}");
    let causes = causes(&answer);
    assert_eq!(causes.len(), 4, "{causes:#?}");
    assert_eq!(causes[3], "FACTORY_LLM_API_KEY=********: unknown variable");
    let torn = RegistryCommand::new(&["list"])
        .config("[planners.llm_planner.config]\napi_key = \"hunter2\n")
        .run();
    assert!(torn.refusal().1.contains("not valid TOML at line 2"));
    assert!(!torn.stderr.contains("hunter2"), "{torn:#?}");
}

#[test]
fn a_file_that_others_could_have_written_is_refused() {
    let command = RegistryCommand::new(&["list"]).config("[select]\nmin_reliability = 0.5\n");
    let file = command.folder().join("granting.toml");
    tests::set_mode(&file, 0o666);
    let file = file.display();
    assert_eq!(
        command.run().refusal(),
        (
            2,
            &*format!(
                "error[E_CONFIG]: invalid configuration: {file}: {file} can be changed by other \
                 users (mode 0666); try chmod go-w\n"
            )
        )
    );
    let missing = RegistryCommand::new(&["list", "--config", "/nowhere.toml"]).run();
    assert_eq!(
        missing.refusal(),
        (
            2,
            "error[E_CONFIG]: invalid configuration: /nowhere.toml: no such file\n"
        )
    );
}

/// The levels of all lines that a plan logs, as the command is told to log what is at least this severe.
fn levels(least: Option<&str>) -> BTreeSet<String> {
    let (_folder, plan) = with_fixtures(&["chatty"], &["plan", "chatty", "Talk"]);
    let plan = plan
        .env("FACTORY_LOG_FORMAT", "json")
        .env("FACTORY_ISOLATION", "in-process");
    let plan = match least {
        Some(level) => plan.env("FACTORY_LOG_LEVEL", level),
        None => plan,
    };
    let answer = plan.run();
    assert_eq!(answer.code, 0, "{answer:#?}");
    let lines = answer.stderr.lines();
    let lines = lines.map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines
        .map(|line| line["level"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn what_is_less_severe_than_the_level_of_the_log_is_not_logged() {
    for (least, logged) in [
        (Some("OFF"), &[][..]),
        (Some("CRITICAL"), &[]),
        (Some("ERROR"), &[]),
        (Some("WARNING"), &["WARN"]),
        (Some("WARN"), &["WARN"]),
        (None, &["INFO", "WARN"]),
        (Some("info"), &["INFO", "WARN"]),
        (Some("DEBUG"), &["DEBUG", "INFO", "WARN"]),
    ] {
        let logged = logged.iter().map(ToString::to_string).collect();
        assert_eq!(levels(least), logged, "{least:?}");
    }
}

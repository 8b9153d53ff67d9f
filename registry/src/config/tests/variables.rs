//! Every variable: its default, and what it takes and refuses.

use std::{ffi::OsString, os::unix::ffi::OsStringExt};

use tracing::level_filters::LevelFilter;

use super::*;

#[test]
fn every_default_is_the_predecessors() {
    let shown: Vec<(&str, &str)> = rows()
        .filter_map(|row| Some((row.variable()?, row.default().unwrap_or("unset"))))
        .collect();
    let expected = [
        ("FACTORY_CONFIG", "unset"),
        ("FACTORY_PLUGIN_DIRS", ""),
        ("OVERMIND_PLANNER_MANUAL", ""),
        ("OVERMIND_PLANNER_EXCLUDE", ""),
        ("FACTORY_DEEP_FINGERPRINT", "1"),
        ("FACTORY_FORCE_REDISCOVER", "0"),
        ("FACTORY_CACHE_DIR", "off"),
        (
            "FACTORY_ALLOWED_PLANNERS",
            "llm_planner,risk_planner,structural_planner,multi_pass_arch_planner",
        ),
        ("PLANNERS_BLOCK", ""),
        ("FACTORY_LOCK_FILE", "off"),
        ("FACTORY_REQUIRE_LOCK", "0"),
        ("FACTORY_ALLOW_DOWNGRADE", ""),
        ("FACTORY_STATE_DIR", "off"),
        ("FACTORY_REQUIRE_SIGNATURE", "0"),
        ("FACTORY_TRUSTED_KEYS", "off"),
        ("FACTORY_FILE_MIB_MAX", "64"),
        ("FACTORY_ALLOW_GROUP_WRITABLE", "0"),
        ("FACTORY_ALLOW_WORLD_WRITABLE", "0"),
        ("FACTORY_ALLOW_FOREIGN_OWNER", "0"),
        ("FACTORY_TRUST_BYTES", "sealed"),
        ("FACTORY_REFUSE_LOADER_VARIABLES", "0"),
        ("FACTORY_MIN_RELIABILITY", "0.25"),
        ("FACTORY_DEEP_INDEX_CAP_BOOST", "0.05"),
        ("FACTORY_HOTSPOT_CAP_BOOST", "0.03"),
        ("FACTORY_HOTSPOT_THRESHOLD", "8"),
        ("PLANNER_DECAY_HALF_LIFE", "900"),
        ("FACTORY_SELF_HEAL_BLOCKING", "1"),
        ("FACTORY_SELF_HEAL_ON_EMPTY", "0"),
        ("FACTORY_MAX_PROFILES", "1000"),
        ("FACTORY_PROFILE_SELECTION", "1"),
        ("FACTORY_PROFILE_INSTANTIATION", "1"),
        ("FACTORY_ISOLATION", "in-process"),
        ("FACTORY_SANDBOX", "best-effort"),
        ("FACTORY_WORKER_PROGRAM", "self"),
        ("FACTORY_WORKER_CPU_TIME", "60"),
        ("FACTORY_WORKER_MEMORY_MIB", "256"),
        ("PLANNER_DEFAULT_TIMEOUT", "40"),
        ("PLANNER_SELF_TEST_TIMEOUT", "5"),
        ("FACTORY_PLAN_RETRIES", "0"),
        ("FACTORY_BREAKER_FAILURES", "3"),
        ("FACTORY_BREAKER_RESET", "60"),
        ("FACTORY_STOP_TIMEOUT", "10"),
        ("FACTORY_CONTROL_SOCKET", "runtime"),
        ("FACTORY_CONTROL_TOKEN_FILE", "off"),
        ("FACTORY_CONTROL_TOKEN", ""),
        ("FACTORY_LOG_LEVEL", "INFO"),
        ("FACTORY_LOG_FORMAT", "text"),
    ];
    assert_eq!(shown, expected);
}

#[test]
fn without_any_source_the_values_are_the_defaults() {
    let config = Config::loader().load().unwrap();
    assert_eq!(
        config.trust().allowed,
        [
            "llm_planner",
            "risk_planner",
            "structural_planner",
            "multi_pass_arch_planner"
        ]
        .map(name)
    );
    assert_eq!(config.select().min_reliability.to_string(), "0.25");
    assert_eq!(config.select().decay_half_life, Duration::from_mins(15));
    assert_eq!(config.isolation().plan_timeout, Duration::from_secs(40));
    assert_eq!(config.log().level, LevelFilter::INFO);
    assert_eq!(config.log().format, LogFormat::Text);
    let of_one_planner = |row: &&Row| row.key().starts_with("planners.");
    assert_eq!(
        config.settings().len(),
        rows().count() - rows().filter(of_one_planner).count()
    );
    assert!(
        config
            .settings()
            .iter()
            .all(|setting| setting.origin == Origin::Default)
    );
}

#[test]
fn values_may_be_written_in_each_of_their_forms() {
    let config = with_variables([
        (
            "FACTORY_ALLOWED_PLANNERS",
            " Risk_Planner,, llm_planner ,risk_planner,",
        ),
        ("FACTORY_PLUGIN_DIRS", "/a::/b/../c:/a"),
        ("FACTORY_DEEP_FINGERPRINT", "False"),
        ("FACTORY_HOTSPOT_CAP_BOOST", "-1"),
        ("FACTORY_LOG_FORMAT", "JSON"),
        ("FACTORY_LOG_LEVEL", "warning"),
        ("FACTORY_MAX_PROFILES", " 1e3 "),
        ("FACTORY_MIN_RELIABILITY", "1"),
        ("PLANNERS_BLOCK", ""),
        ("PLANNER_DECAY_HALF_LIFE", "1h"),
        ("PLANNER_DEFAULT_TIMEOUT", "500ms"),
        ("PLANNER_SELF_TEST_TIMEOUT", "1.5 m"),
    ])
    .load()
    .unwrap();
    assert_eq!(
        config.trust().allowed,
        ["risk_planner", "llm_planner"].map(name)
    );
    assert_eq!(
        config.discovery().plugin_dirs,
        ["/a", "/b/../c"].map(PathBuf::from)
    );
    assert!(!config.discovery().deep_fingerprint);
    assert_eq!(config.select().hotspot_boost.to_string(), "-1");
    assert_eq!(config.log().format, LogFormat::Json);
    assert_eq!(config.log().level, LevelFilter::WARN);
    assert_eq!(config.profiles().max, 1000);
    assert_eq!(config.select().min_reliability.to_string(), "1");
    assert_eq!(config.trust().blocked, []);
    assert_eq!(config.select().decay_half_life, Duration::from_hours(1));
    assert_eq!(config.isolation().plan_timeout, Duration::from_millis(500));
    assert_eq!(
        config.isolation().self_test_timeout,
        Duration::from_secs(90)
    );
}

#[test]
fn a_bad_variable_is_named_with_its_value_and_what_is_allowed() {
    let error = with_variables([("FACTORY_MIN_RELIABILITY", "abc")])
        .load()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "invalid configuration: FACTORY_MIN_RELIABILITY=abc: not a number; allowed: 0 to 1"
    );
}

#[test]
fn every_kind_refuses_junk_with_its_own_reason() {
    let number = "allowed: 0 to 1";
    let count = "allowed: 0 to 1000000, a whole number";
    let duration = "allowed: 1ms to 24h, in seconds or written like 500ms, 40s, 2m, 1h";
    let switch = "allowed: 0, 1, false, true";
    let format = "allowed: text, json";
    for (variable, value, reason, allowed) in [
        (
            "FACTORY_MIN_RELIABILITY",
            "NaN",
            "not a finite number",
            number,
        ),
        (
            "FACTORY_MIN_RELIABILITY",
            "inf",
            "not a finite number",
            number,
        ),
        ("FACTORY_MIN_RELIABILITY", "-1", "out of range", number),
        ("FACTORY_MIN_RELIABILITY", "1e999", "out of range", number),
        ("FACTORY_MIN_RELIABILITY", "", "empty", number),
        ("FACTORY_MIN_RELIABILITY", "0,5", "not a number", number),
        ("FACTORY_MAX_PROFILES", "NaN", "not a finite number", count),
        ("FACTORY_MAX_PROFILES", "-inf", "not a finite number", count),
        ("FACTORY_MAX_PROFILES", "-1", "out of range", count),
        (
            "FACTORY_MAX_PROFILES",
            "99999999999999999999",
            "out of range",
            count,
        ),
        ("FACTORY_MAX_PROFILES", "", "empty", count),
        ("FACTORY_MAX_PROFILES", "1.5", "not a whole number", count),
        (
            "PLANNER_DEFAULT_TIMEOUT",
            "nans",
            "not a finite number",
            duration,
        ),
        (
            "PLANNER_DEFAULT_TIMEOUT",
            "inf",
            "not a finite number",
            duration,
        ),
        ("PLANNER_DEFAULT_TIMEOUT", "-1", "out of range", duration),
        ("PLANNER_DEFAULT_TIMEOUT", "0", "out of range", duration),
        (
            "PLANNER_DEFAULT_TIMEOUT",
            "1e300h",
            "out of range",
            duration,
        ),
        ("PLANNER_DEFAULT_TIMEOUT", "", "empty", duration),
        ("PLANNER_DEFAULT_TIMEOUT", "ms", "not a duration", duration),
        ("PLANNER_DEFAULT_TIMEOUT", "5d", "not a duration", duration),
        ("FACTORY_SELF_HEAL_BLOCKING", "yes", "not a boolean", switch),
        ("FACTORY_SELF_HEAL_BLOCKING", "-1", "not a boolean", switch),
        ("FACTORY_SELF_HEAL_BLOCKING", "", "empty", switch),
        (
            "FACTORY_LOG_FORMAT",
            "yaml",
            "not one of the possible values",
            format,
        ),
        ("FACTORY_LOG_FORMAT", "", "empty", format),
    ] {
        assert_eq!(
            problems_of(&with_variables([(variable, value)])),
            [format!("{variable}={value}: {reason}; {allowed}")]
        );
    }
}

#[test]
fn a_mistyped_word_gets_the_nearest_one() {
    assert_eq!(
        problems_of(&with_variables([("FACTORY_LOG_LEVEL", "debgu")])),
        [
            "FACTORY_LOG_LEVEL=debgu: not one of the possible values; allowed: OFF, ERROR, WARN, INFO, \
          DEBUG, TRACE, CRITICAL, WARNING; did you mean DEBUG?"
        ]
    );
}

#[test]
fn all_bad_names_of_a_list_are_told_at_once() {
    assert_eq!(
        problems_of(&with_variables([(
            "PLANNERS_BLOCK",
            "a,risk_planner,b c\u{1b}"
        )])),
        [
            "PLANNERS_BLOCK=a,risk_planner,b c\\u{1b}: bad planner name \"a\", \"b c\\u{1b}\"; allowed: \
          planner names separated by ',', each 3 to 64 characters: lower-case letters, digits, '_' \
          and '-', not starting with '-'"
        ]
    );
}

#[test]
fn a_list_has_a_bound() {
    let config = with_variables([("FACTORY_PLUGIN_DIRS", &vec!["/a"; 100_000].join(":"))]).load();
    assert_eq!(
        config.unwrap().discovery().plugin_dirs,
        [PathBuf::from("/a")]
    );
    let lines = problems_of(&with_variables([(
        "FACTORY_PLUGIN_DIRS",
        &vec!["/a"; 100_001].join(":"),
    )]));
    assert_eq!(lines.len(), 1);
    assert!(lines[0].ends_with("…: more than 100000 entries; allowed: paths separated by ':'"));
}

#[test]
fn an_unknown_variable_of_ours_gets_the_nearest_name() {
    assert_eq!(
        problems_of(&with_variables([
            ("FACTORY_MIN_RELIABLITY", "0.5"),
            ("FACTORY_BREWERY", "1"),
            ("FACTORY_TOKEN", "hush"),
            ("OVERMIND_PLANNER_EXCLUDED", "others' business"),
            ("PLANNER_DEFAULT_TIMEOUTS", "others' business"),
        ])),
        [
            "FACTORY_BREWERY=1: unknown variable",
            "FACTORY_MIN_RELIABLITY=0.5: unknown variable; did you mean FACTORY_MIN_RELIABILITY?",
            "FACTORY_TOKEN=********: unknown variable",
        ]
    );
}

#[test]
fn bytes_that_are_no_text_are_a_problem_in_our_variables_alone() {
    let bytes = || OsString::from_vec(b"/a\xff".to_vec());
    let lines = problems_of(&Config::loader().env(Environment::from_pairs([
        (OsString::from("FACTORY_PLUGIN_DIRS"), bytes()),
        (
            OsString::from_vec(b"FACTORY_\xff".to_vec()),
            OsString::from("1"),
        ),
        (OsString::from("HOME"), bytes()),
    ])));
    assert_eq!(
        lines,
        [
            "FACTORY_PLUGIN_DIRS=/a\u{fffd}: not valid UTF-8",
            "FACTORY_\u{fffd}=1: unknown variable",
        ]
    );
}

#[test]
fn the_example_lists_every_variable_with_its_default() {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.env.example"));
    assert_eq!(
        fs::read_to_string(path).unwrap(),
        env_example(),
        "write the right side into .env.example"
    );
}

#[test]
fn every_row_of_the_table_is_documented_and_named_once() {
    let mut keys: Vec<_> = rows().map(Row::key).collect();
    let count = keys.len();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), count);
    for row in rows() {
        assert!(row.doc().ends_with('.'), "{}", row.key());
        assert!(!row.doc().contains('\n'), "{}", row.key());
    }
}

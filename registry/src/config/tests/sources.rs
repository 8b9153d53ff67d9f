//! The order of the sources, and the origin of every value.

use super::*;

fn origin(config: &Config, key: &str) -> String {
    config.origin(key).unwrap().to_string()
}

#[test]
fn the_strongest_source_wins_and_is_named_as_the_origin() {
    let folder = Folder::new();
    let system = folder.write(
        "system.toml",
        "[select]\nmin_reliability = 0.1\nhotspot_threshold = 1\n[heal]\non_empty = 1\n\
         [profiles]\nmax = 10\n[log]\nlevel = \"debug\"\n",
    );
    let user = folder.write(
        "user.toml",
        "[select]\nmin_reliability = 0.2\nhotspot_threshold = 2\n[heal]\non_empty = false\n\
         [profiles]\nmax = 20\n",
    );
    let here = folder.write(
        "registry.toml",
        "[select]\nmin_reliability = 0.3\nhotspot_threshold = 3\n[profiles]\nmax = 30\n",
    );
    let config = Config::loader()
        .defaults(
            Values::new()
                .set("log.format", "json")
                .set("log.level", "TRACE"),
        )
        .usual_file(&system)
        .usual_file(&user)
        .working_dir_file(&here)
        .env(Environment::from_pairs([
            ("FACTORY_MIN_RELIABILITY", "0.4"),
            ("FACTORY_HOTSPOT_THRESHOLD", "4"),
        ]))
        .overrides(Values::new().set("select.min_reliability", "0.5"))
        .load()
        .unwrap();
    let shown: Vec<(&str, &str, String)> = config
        .settings()
        .iter()
        .filter(|setting| setting.origin != Origin::Default)
        .map(|setting| {
            (
                setting.key.as_str(),
                setting.value.as_str(),
                setting.origin.to_string(),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("select.min_reliability", "0.5", "builder".to_owned()),
            (
                "select.hotspot_threshold",
                "4",
                "FACTORY_HOTSPOT_THRESHOLD (environment)".to_owned()
            ),
            ("heal.on_empty", "0", format!("{} (file)", user.display())),
            ("profiles.max", "30", format!("{} (file)", here.display())),
            ("log.level", "DEBUG", format!("{} (file)", system.display())),
        ]
    );
    assert_eq!(config.log().format, LogFormat::Json);
    assert_eq!(origin(&config, "log.format"), "default");
    assert_eq!(config.files(), [system, user, here]);
}

#[test]
fn a_named_file_stands_in_place_of_the_usual_ones() {
    let folder = Folder::new();
    let usual = folder.write(
        "usual.toml",
        "[heal]\non_empty = true\n[select]\nunknown = 1\n",
    );
    let by_variable = folder.write("variable.toml", "[profiles]\nmax = 1\n");
    let by_option = folder.write("option.toml", "[profiles]\nmax = 2\n");
    let loader = Config::loader()
        .usual_file(&usual)
        .env(Environment::from_pairs([(
            "FACTORY_CONFIG",
            by_variable.as_os_str(),
        )]));

    let config = loader.load().unwrap();
    assert_eq!(config.profiles().max, 1);
    assert!(!config.heal().on_empty);
    assert_eq!(config.files(), std::slice::from_ref(&by_variable));
    assert_eq!(origin(&config, "config"), "FACTORY_CONFIG (environment)");
    assert_eq!(config.settings()[0].value, by_variable.to_str().unwrap());

    let config = loader.file(&by_option).load().unwrap();
    assert_eq!(config.profiles().max, 2);
    assert_eq!(config.files(), std::slice::from_ref(&by_option));
    assert_eq!(origin(&config, "config"), "builder");
}

#[test]
fn a_stronger_source_hides_no_problem_of_a_weaker_one() {
    let folder = Folder::new();
    let path = folder.write("a.toml", "[select]\nmin_reliability = 7\n");
    let loader = with_variables([
        ("FACTORY_MIN_RELIABILITY", "x"),
        ("FACTORY_MAX_PROFILES", "-1"),
    ])
    .file(&path)
    .overrides(
        Values::new()
            .set("select.min_reliability", "0.5")
            .set("heal.blockin", "1"),
    );
    let shown = path.display();
    assert_eq!(
        loader.load().unwrap_err().to_string(),
        format!(
            "invalid configuration, 4 problems:\n  \
             {shown}: select.min_reliability = 7: out of range; allowed: 0 to 1\n  \
             FACTORY_MAX_PROFILES=-1: out of range; allowed: 0 to 1000000, a whole number\n  \
             FACTORY_MIN_RELIABILITY=x: not a number; allowed: 0 to 1\n  \
             builder: heal.blockin = 1: unknown key; did you mean heal.blocking?"
        )
    );
}

#[test]
fn lists_of_the_builder_are_taken_entry_by_entry() {
    let config = Config::loader()
        .overrides(
            Values::new()
                .set_list(
                    "discovery.plugin_dirs",
                    [PathBuf::from("/a:b"), PathBuf::from("c")],
                )
                .set("planners.Risk_Planner.timeout", "2m"),
        )
        .load()
        .unwrap();
    assert_eq!(
        config.discovery().plugin_dirs,
        ["/a:b", "c"].map(PathBuf::from)
    );
    assert_eq!(
        config.plan_timeout(&name("risk_planner")),
        Duration::from_mins(2)
    );
    assert_eq!(
        config.plan_timeout(&name("llm_planner")),
        Duration::from_secs(40)
    );
    assert_eq!(origin(&config, "planners.risk_planner.timeout"), "builder");
}

#[test]
fn a_planners_values_keep_their_types_and_their_files_and_hide_secrets() {
    let folder = Folder::new();
    let first = folder.write(
        "first.toml",
        "[planners.llm_planner.config]\napi_key = \"hush\"\nmax_tokens = 4096\nday = 2030-01-02\n",
    );
    let second = folder.write(
        "second.toml",
        "[planners.LLM_planner]\ntimeout = 1.5\nconfig = { max_tokens = 8192, nested = { on = true } }\n",
    );
    let config = Config::loader().file(&first).file(&second).load().unwrap();
    let settings = &config.planners()["llm_planner"];
    assert_eq!(settings.timeout, Some(Duration::from_millis(1500)));
    let table = settings.config.as_ref().unwrap();
    assert_eq!(
        serde_json::Value::Object(table.as_map().clone()),
        serde_json::json!({
            "api_key": "hush", "max_tokens": 8192, "day": "2030-01-02", "nested": { "on": true }
        })
    );
    assert!(!format!("{config:?}").contains("hush"));
    let shown: Vec<_> = config
        .settings()
        .iter()
        .filter(|setting| setting.key.starts_with("planners."))
        .map(|setting| {
            (
                setting.key.as_str(),
                setting.value.as_str(),
                setting.origin.clone(),
            )
        })
        .collect();
    let from = |path: &PathBuf, key: &str| Origin::File {
        path: path.clone(),
        key: key.to_owned(),
    };
    let expected = [
        ("planners.llm_planner.timeout", "1.5s", &second),
        (
            "planners.llm_planner.config.api_key",
            crate::scrub::MASK,
            &first,
        ),
        ("planners.llm_planner.config.day", "2030-01-02", &first),
        ("planners.llm_planner.config.max_tokens", "8192", &second),
        ("planners.llm_planner.config.nested.on", "true", &second),
    ]
    .map(|(key, value, path)| (key, value, from(path, key)));
    assert_eq!(shown, expected);
}

#[test]
fn a_secret_in_a_list_is_hidden_and_its_neighbours_are_not() {
    let folder = Folder::new();
    let file = folder.write(
        "one.toml",
        "[planners.llm_planner.config]\nheaders = [\"Bearer hush\", [\"plain\", \"sk-hush\"], { a = 1 }]\n\
         passwords = [\"hush\"]\n",
    );
    let config = Config::loader().file(&file).load().unwrap();
    let shown: Vec<_> = config
        .settings()
        .iter()
        .filter(|setting| setting.key.starts_with("planners."))
        .map(|setting| setting.value.as_str())
        .collect();
    assert_eq!(shown, ["[********, [plain, ********], {…}]", "********"]);
}

//! The content of configuration files: what is known in them, and how they fail.

use super::*;

fn problems_in(content: impl AsRef<[u8]>) -> Vec<String> {
    let folder = Folder::new();
    let path = folder.write("a.toml", content);
    let prefix = format!("{}: ", path.display());
    problems_of(&Config::loader().file(&path))
        .into_iter()
        .map(|line| line.strip_prefix(&prefix).unwrap().to_owned())
        .collect()
}

#[test]
fn an_unknown_key_gets_the_nearest_one() {
    for (content, line) in [
        (
            "[discovery]\nplugin_dir = \"/a\"",
            "discovery.plugin_dir = /a: unknown key; did you mean discovery.plugin_dirs?",
        ),
        (
            "[discovery]\nmin_reliability = 1",
            "discovery.min_reliability = 1: unknown key; did you mean select.min_reliability?",
        ),
        (
            "min_reliability = 1",
            "min_reliability = 1: unknown key; did you mean select.min_reliability?",
        ),
        (
            "[trsut]\nallowed = []",
            "trsut: unknown key; did you mean trust?",
        ),
        (
            "[planner.x]\n",
            "planner: unknown key; did you mean planners?",
        ),
        (
            "[planners.risk_planner]\ntimeot = 3",
            "planners.risk_planner.timeot = 3: unknown key; \
             did you mean planners.risk_planner.timeout?",
        ),
        (
            "[isolation]\nsandpit = \"strict\"",
            "isolation.sandpit = strict: unknown key; did you mean isolation.sandbox?",
        ),
        ("[config]\nfile = \"/a\"", "config: unknown key"),
        (
            "[select]\napi_key = \"hush\"\n",
            "select.api_key = ********: unknown key",
        ),
    ] {
        assert_eq!(problems_in(content), [line]);
    }
}

#[test]
fn a_value_of_the_wrong_type_is_refused() {
    for (content, line) in [
        (
            "log = 3",
            "log = 3: a section is expected here, not a value",
        ),
        (
            "planners = []",
            "planners = []: a section is expected here, not a value",
        ),
        (
            "planners.risk_planner = 1",
            "planners.risk_planner = 1: a section is expected here, not a value",
        ),
        (
            "[profiles]\nmax = [1, \"b\", {c = 1}]",
            "profiles.max = [1, b, {…}]: wrong type; allowed: 0 to 1000000, a whole number",
        ),
        (
            "[select]\nmin_reliability = { a = 1 }",
            "select.min_reliability: wrong type; allowed: 0 to 1",
        ),
        (
            "[select]\nmin_reliability = nan",
            "select.min_reliability = NaN: not a finite number; allowed: 0 to 1",
        ),
        (
            "[discovery]\nplugin_dirs = 5",
            "discovery.plugin_dirs = 5: wrong type; allowed: paths separated by ':'",
        ),
        (
            "[discovery]\nmanual = [\"/a\\u0000\"]",
            "discovery.manual = [/a\\u{0}]: a path with a NUL character; \
             allowed: paths separated by ','",
        ),
        (
            "[planners.risk_planner]\nconfig = 5",
            "planners.risk_planner.config = 5: wrong type; \
             allowed: a table of values for the planner",
        ),
        (
            "[planners.risk_planner]\nconfig = { a = [inf] }",
            "planners.risk_planner.config: holds a number that is not finite; \
             allowed: a table of values for the planner",
        ),
    ] {
        assert_eq!(problems_in(content), [line]);
    }
}

#[test]
fn planners_are_named_well_and_once() {
    assert_eq!(
        problems_in(
            "[planners.RISK_planner]\ntimeout = 1\n[planners.risk_planner]\n[planners.\"\\u001b\"]\n"
        ),
        [
            "planners.\\u{1b}: bad planner name \"\\u{1b}\"; allowed: 3 to 64 characters: lower-case \
             letters, digits, '_' and '-', not starting with '-'",
            "planners.risk_planner: planner risk_planner is configured twice",
        ]
    );
}

#[test]
fn a_file_that_is_no_toml_is_told_with_line_and_column() {
    for (content, line) in [
        (
            "[select]\nmin_reliability = = 1",
            "not valid TOML at line 2, column 19: invalid string, expected `\"`, `'`",
        ),
        (
            "[log]\nlevel = 'é\u{7}'\n",
            "not valid TOML at line 2, column 11: invalid literal string",
        ),
        (
            "[heal]\nblocking = 1\nblocking = 0\n",
            "not valid TOML at line 3, column 1: duplicate key `blocking` in table `heal`",
        ),
    ] {
        assert_eq!(problems_in(content), [line]);
    }
    assert_eq!(problems_in(b"[log]\nlevel = '\xff'"), ["not valid UTF-8"]);
}

#[test]
fn nesting_without_end_is_refused_by_the_parser() {
    for content in [
        format!("a = {}", "[".repeat(100_000)),
        format!("a = {}", "{a=".repeat(100_000)),
        format!("{}a = 1", "a.".repeat(100_000)),
        format!("[{}a]", "a.".repeat(100_000)),
    ] {
        let lines = problems_in(content);
        assert_eq!(lines.len(), 1);
        assert!(lines[0].contains("recursion limit"), "{lines:?}");
    }
}

#[test]
fn a_flood_of_problems_is_counted() {
    let lines: Vec<_> = (0..5000).map(|n| format!("unknown{n} = 1")).collect();
    let folder = Folder::new();
    let path = folder.write("a.toml", lines.join("\n"));
    let error = Config::loader().file(path).load().unwrap_err();
    assert_eq!(error.problems().len(), 100);
    let text = error.to_string();
    assert!(text.starts_with("invalid configuration, 5000 problems:\n"));
    assert!(text.ends_with("\n  and 4900 more"));
    assert_eq!(error.omitted(), 4900);
}

#[test]
fn relative_paths_of_a_file_start_at_its_folder() {
    let folder = Folder::new();
    let path = folder.write(
        "a.toml",
        "[discovery]\nplugin_dirs = [\"plugins\", \"/b:c\"]\nmanual = \"x.so, /y.so\"\n",
    );
    let config = Config::loader().file(&path).load().unwrap();
    assert_eq!(
        config.discovery().plugin_dirs,
        [folder.path("plugins"), PathBuf::from("/b:c")]
    );
    assert_eq!(
        config.discovery().manual,
        [folder.path("x.so"), PathBuf::from("/y.so")]
    );
}

#[test]
fn the_file_of_the_working_directory_grants_nothing() {
    let folder = Folder::new();
    let path = folder.write(
        "registry.toml",
        "[select]\nmin_reliability = 0.5\n[trust]\nallowed = [\"evil_planner\"]\n\
         [isolation]\nplan_timeout = \"junk\"\n[discovery]\nplugin_dirs = [\"p\"]\nmanual = \"m\"\n\
         [planners.llm_planner]\nconfig = { base_url = \"http://evil\" }\n",
    );
    let config = Config::loader().working_dir_file(&path).load().unwrap();
    assert_eq!(config.select().min_reliability.to_string(), "0.5");
    assert_eq!(config.trust(), Config::loader().load().unwrap().trust());
    assert_eq!(config.discovery().plugin_dirs, Vec::<PathBuf>::new());
    assert!(config.planners().is_empty());
    let ignored: Vec<_> = [
        "discovery.manual",
        "discovery.plugin_dirs",
        "isolation.plan_timeout",
        "planners.llm_planner.config",
        "trust.allowed",
    ]
    .map(|key| Note::Ignored {
        path: path.clone(),
        key: key.to_owned(),
    })
    .into();
    assert_eq!(config.notes(), ignored);
    assert_eq!(
        config.notes()[0].to_string(),
        format!(
            "{}: discovery.manual is ignored, for a file in the working directory grants nothing; \
             set it in the file of --config or FACTORY_CONFIG, or the system's or user's",
            path.display()
        )
    );
}

#[test]
fn an_unknown_key_is_a_problem_in_the_working_directory_too() {
    let folder = Folder::new();
    let path = folder.write("registry.toml", "[trust]\nallow = []\n");
    assert_eq!(
        problems_of(&Config::loader().working_dir_file(&path)),
        [format!(
            "{}: trust.allow = []: unknown key; did you mean trust.allowed?",
            path.display()
        )]
    );
}

#[test]
fn a_file_of_the_working_directory_that_is_named_is_read_as_the_named_one_alone() {
    let folder = Folder::new();
    let path = folder.write("registry.toml", "[trust]\nallowed = [\"some_planner\"]\n");
    let same = folder.0.path().join(".").join("registry.toml");
    let load = |loader: Loader| loader.working_dir_file(&path).load().unwrap();
    let aside = load(Config::loader());
    assert_eq!((aside.trust().allowed.len(), aside.notes().len()), (4, 1));
    for named in [&path, &same] {
        let config = load(Config::loader().file(named));
        assert_eq!((config.trust().allowed.len(), config.notes().len()), (1, 0));
        assert_eq!(config.files(), std::slice::from_ref(named));
    }
}

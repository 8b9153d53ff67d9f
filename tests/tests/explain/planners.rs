//! Planners: those that can be used, and those that a gate turns away.

use super::*;

#[test]
fn a_planner_that_can_be_used_passes_every_gate_with_evidence_before_and_after_it_is_loaded() {
    let folder = PluginFolder::new().with(&fixture("well_behaved"));
    let registry = registry(&[&folder], &["well_behaved"]);
    let explanation = registry.explain(" Well_Behaved ").unwrap();
    assert_eq!(course(&explanation), stopped("nothing"));
    assert_eq!(explanation.refused_by, None);
    let file = folder.file("libwell_behaved.so");
    let size = std::fs::metadata(&file).unwrap().len();
    let found = [
        GateKind::Name,
        GateKind::Allowlist,
        GateKind::Path,
        GateKind::Unique,
        GateKind::Hold,
        GateKind::Start,
    ]
    .map(|kind| evidence(&explanation, kind).to_owned());
    assert_eq!(
        found,
        [
            "well_behaved".to_owned(),
            "on trust.allowed, from builder; not on trust.blocked".to_owned(),
            format!(
                "regular file of {size} bytes, inside {}, of user {}, mode 0644",
                folder.path().display(),
                rustix::process::geteuid().as_raw()
            ),
            "no other file of this name".to_owned(),
            "none by its author, the configuration or an operator".to_owned(),
            "not loaded: nobody has asked for it yet".to_owned(),
        ]
    );
    assert!(
        evidence(&explanation, GateKind::Library)
            .starts_with("ELF64 little-endian x86-64, needs lib")
    );
    assert!(
        evidence(&explanation, GateKind::Manifest).starts_with(&format!(
            "schema 1, API {API_VERSION} (host {API_VERSION}), version "
        ))
    );
    let found = explanation.digest.unwrap();
    assert_eq!(found.len(), "blake3:".len() + 64);

    assert_eq!(explanation.notes, Vec::<String>::new());

    registry.get("well_behaved").unwrap();
    let loaded = registry.explain("well_behaved").unwrap();
    assert_eq!(evidence(&loaded, GateKind::Start), "ready");
    assert_eq!(loaded.digest.unwrap(), found);
    assert_eq!(
        course(&registry.explain_file(&file).unwrap()),
        stopped("nothing")
    );
}

#[test]
fn names_that_a_list_turns_away_are_refused_at_the_allowlist_with_the_origin_of_the_list() {
    let folder = PluginFolder::new()
        .with_c("a.so", &plain("plain_planner"))
        .with_c("b.so", &plain("blocked_planner"))
        .with_c("c.so", &plain("excluded_planner"));
    let environment = Environment::from_pairs([
        (
            "FACTORY_ALLOWED_PLANNERS",
            "blocked_planner,excluded_planner",
        ),
        ("PLANNERS_BLOCK", "blocked_planner,nowhere_planner"),
        ("OVERMIND_PLANNER_EXCLUDE", "excluded_planner"),
    ]);
    let registry = Registry::builder()
        .sources(Config::loader().env(environment))
        .plugin_dir(folder.path())
        .build()
        .unwrap();
    let expected = [
        (
            "plain_planner",
            "allowlist E_NOT_ALLOWED",
            "not on trust.allowed, from FACTORY_ALLOWED_PLANNERS (environment)",
        ),
        (
            "blocked_planner",
            "allowlist E_BLOCKED",
            "on trust.blocked, from PLANNERS_BLOCK (environment)",
        ),
        (
            "excluded_planner",
            "allowlist E_EXCLUDED",
            "on discovery.exclude, from OVERMIND_PLANNER_EXCLUDE (environment)",
        ),
        (
            "nowhere_planner",
            "allowlist E_BLOCKED",
            "on trust.blocked, from PLANNERS_BLOCK (environment)",
        ),
    ];
    for (name, refusal, found) in expected {
        let explanation = registry.explain(name).unwrap();
        assert_eq!(course(&explanation), stopped(refusal), "{name}");
        assert_eq!(evidence(&explanation, GateKind::Allowlist), found);
        assert_eq!(commands(&explanation)[0], "registry config show");
    }
}

#[test]
fn an_absent_planner_is_refused_at_its_path_and_an_unknown_name_is_an_error() {
    let folder = PluginFolder::new();
    let registry = registry(&[&folder], &["absent_planner"]);
    let explanation = registry.explain("absent_planner").unwrap();
    assert_eq!(course(&explanation), stopped("path E_ABSENT"));
    assert_eq!(commands(&explanation), ["registry diagnose --verbose"]);
    let unknown = registry.explain("absent_planer").unwrap_err();
    assert_eq!(
        (unknown.code(), unknown.nearest()),
        ("E_UNKNOWN_PLANNER", Some("absent_planner"))
    );
    assert_eq!(registry.explain("a b").unwrap_err().code(), "E_BAD_NAME");
}

#[test]
fn files_are_refused_at_the_gate_that_their_fault_belongs_to() {
    let folder = PluginFolder::new()
        .with_file("libtext_planner.so", b"no library at all, but long enough")
        .with_c("bare.so", "int planner(void) { return 1; }")
        .with_c("bad.so", &section_source("{\"schema\": 1}"))
        .with_c("future.so", &manifest_source("future_planner", 9, 0));
    std::os::unix::fs::symlink("nowhere", folder.file("link.so")).unwrap();
    let registry = registry(&[&folder], &["text_planner", "future_planner"]);
    let expected = [
        ("link.so", "path E_DANGLING_LINK"),
        ("libtext_planner.so", "library E_NOT_A_LIBRARY"),
        ("bare.so", "manifest E_NO_MANIFEST"),
        ("bad.so", "manifest E_MANIFEST_MISSING_FIELD"),
    ];
    for (file, refusal) in expected {
        let explanation = registry.explain_file(folder.file(file)).unwrap();
        let mut course_expected = stopped(refusal);
        // The name stands in the manifest.
        course_expected[..2].clone_from_slice(&["?name".to_owned(), "?allowlist".to_owned()]);
        assert_eq!(course(&explanation), course_expected, "{file}");
        assert_eq!(explanation.planner, None);
        assert_eq!(explanation.notes, Vec::<String>::new());
    }
    let future = registry.explain_file(folder.file("future.so")).unwrap();
    assert_eq!(course(&future), stopped("manifest E_API_VERSION"));
    assert_eq!(
        evidence(&future, GateKind::Manifest),
        format!("schema 1, API 9.0 (host {API_VERSION}), version 1.0.0")
    );
    assert_eq!(
        course(&registry.explain("future_planner").unwrap()),
        course(&future)
    );

    // Of an allowed planner that no file declares, the file that is called so is judged.
    let text = registry.explain("text_planner").unwrap();
    assert_eq!(course(&text), stopped("library E_NOT_A_LIBRARY"));
    assert_eq!(
        text.notes,
        ["no file declares text_planner; the one that is called so is judged"]
    );
}

#[test]
fn clashing_shadowed_and_built_in_names_are_refused_for_want_of_uniqueness() {
    let first = PluginFolder::new()
        .with_c("one.so", &plain("twin_planner"))
        .with_c("two.so", &plain("twin_planner"))
        .with_c("like.so", &plain("like_planner"))
        .with_c("alike.so", &plain("like-planner"))
        .with_c("front.so", &plain("front_planner"))
        .with_c("quiet.so", &plain("quiet_planner"));
    let second = PluginFolder::new().with_c("behind.so", &plain("front_planner"));
    let allowed = [
        "twin_planner",
        "like_planner",
        "like-planner",
        "front_planner",
        "quiet_planner",
    ];
    let registry = Registry::builder()
        .plugin_dir(first.path())
        .plugin_dir(second.path())
        .allow(allowed)
        .builtin(Builtin::new("quiet_planner", Quiet))
        .build()
        .unwrap();
    let files = [
        (first.file("one.so"), "unique E_SAME_NAME"),
        (first.file("alike.so"), "unique E_SIMILAR_NAME"),
        (second.file("behind.so"), "unique E_SHADOWED"),
        (first.file("quiet.so"), "unique E_BUILT_IN"),
        (first.file("front.so"), "nothing"),
    ];
    for (file, refusal) in files {
        let explanation = registry.explain_file(&file).unwrap();
        assert_eq!(course(&explanation), stopped(refusal), "{file:?}");
    }
    let names = [
        ("twin_planner", "unique E_SAME_NAME"),
        ("like_planner", "unique E_SIMILAR_NAME"),
        ("front_planner", "nothing"),
    ];
    for (name, refusal) in names {
        let explanation = registry.explain(name).unwrap();
        assert_eq!(course(&explanation), stopped(refusal), "{name}");
    }
    let front = registry.explain("front_planner").unwrap();
    assert_eq!(
        evidence(&front, GateKind::Unique),
        format!("comes before {}", second.file("behind.so").display())
    );
    let built_in = registry.explain("quiet_planner").unwrap();
    assert_eq!(
        course(&built_in),
        [
            "+name",
            "+allowlist",
            "+manifest",
            "+unique",
            "+hold",
            "+start",
            "+breaker"
        ]
    );
    assert_eq!(
        evidence(&built_in, GateKind::Unique),
        "linked into the host, which comes before any file"
    );
}

#[test]
fn a_held_planner_is_refused_at_the_hold_and_a_failed_one_at_its_start_with_code_and_cause() {
    let held = section_source(
        &serde_json::json!({
            "schema": 1,
            "name": "held_planner",
            "version": "1.0.0",
            "api": {"major": API_VERSION.major, "minor": API_VERSION.minor},
            "build": {"rustc": "none", "profile": "release", "panic": "unwind"},
            "quarantined": true,
        })
        .to_string(),
    );
    let folder = PluginFolder::new()
        .with_c("held.so", &held)
        .with(&fixture("panics_in_constructor"));
    let registry = registry(&[&folder], &["held_planner", "panics_in_constructor"]);
    let held = registry.explain("held_planner").unwrap();
    assert_eq!(course(&held), stopped("hold E_QUARANTINED"));

    assert_eq!(
        registry.get("panics_in_constructor").unwrap_err().code(),
        "E_CONSTRUCT_PANIC"
    );
    let failed = registry.explain("panics_in_constructor").unwrap();
    assert_eq!(course(&failed), stopped("start E_CONSTRUCT_PANIC"));
    let start = failed
        .gates
        .iter()
        .find(|gate| gate.gate == GateKind::Start);
    let start = start.unwrap();
    assert!(
        start
            .evidence
            .starts_with("failed 1 time in a row; next try in "),
        "{start:?}"
    );
    assert!(
        start.problem.as_ref().unwrap().reason.contains("panicked"),
        "{start:?}"
    );
    assert_eq!(
        commands(&failed),
        ["registry plan panics_in_constructor \"Split the billing module\""]
    );
}

struct Quiet;

impl Planner for Quiet {
    fn plan(&self, _request: &PlanRequest, _cx: &Context) -> Result<Plan, PlanError> {
        Err(PlanError::failed("quiet"))
    }
}

//! Every file that is no usable plugin has a code of its own, and the report names it with reason and
//! remedy.

use plugin_api::{API_VERSION, Context, Plan, PlanError, PlanRequest, Planner};
use registry::diagnose::{Diagnosis, PlannerState, Problem};
use registry::{Builtin, Registry};
use tests::{PluginFolder, fixture, manifest_source};

fn registry(folder: &PluginFolder, allowed: &[&str]) -> Registry {
    let builder = Registry::builder().plugin_dir(folder.path());
    builder.allow(allowed).build().unwrap()
}

/// What the report says of the file `name`.
fn refusal(diagnosis: &Diagnosis, folder: &PluginFolder, name: &str) -> Problem {
    let path = folder.file(name);
    let refused: Vec<_> = diagnosis
        .files
        .refused
        .iter()
        .filter(|file| file.path == path)
        .collect();
    assert_eq!(refused.len(), 1, "{name} is in the report once");
    refused[0].problem.clone()
}

#[test]
fn files_that_never_reach_the_catalog_are_reported_with_code_reason_and_remedy() {
    let library = std::fs::read(fixture("well_behaved")).unwrap();
    let next_major = manifest_source("future_planner", API_VERSION.major + 1, 0);
    let folder = PluginFolder::new()
        .with_file(
            "text.so",
            b"this is no library, but long enough to be looked into as one",
        )
        .with_file("truncated.so", &library[..library.len() / 2])
        .with_c("no_manifest.so", "int planner(void) { return 1; }")
        .with_c("future.so", &next_major)
        .with_file("README", b"not even named like a library")
        .with(&fixture("chatty"))
        .with(&fixture("waits"));
    let registry = registry(&folder, &["future_planner", "waits"]);
    let diagnosis = registry.diagnose().unwrap();

    let host = format!("{API_VERSION}");
    let future = format!("{}.0", API_VERSION.major + 1);
    let expected = [
        (
            "text.so",
            "E_NOT_A_LIBRARY",
            "not a shared library: it starts with \"this is \"".to_owned(),
        ),
        ("truncated.so", "E_TRUNCATED", "ends at byte".to_owned()),
        (
            "no_manifest.so",
            "E_NO_MANIFEST",
            "no section \".planner_manifest\"".to_owned(),
        ),
        (
            "future.so",
            "E_API_VERSION",
            format!(
                "plugin interface {future} of the file is not compatible with {host} of this host"
            ),
        ),
        (
            "libchatty.so",
            "E_NOT_ALLOWED",
            "\"chatty\" is not on the allowlist".to_owned(),
        ),
    ];
    for (file, code, reason) in &expected {
        let problem = refusal(&diagnosis, &folder, file);
        assert_eq!(problem.code, *code, "{file}: {problem:?}");
        assert!(
            problem.reason.contains(reason.as_str()),
            "{file}: {problem:?}"
        );
        assert!(problem.remedy.ends_with('.'), "{file}: {problem:?}");
    }
    assert_eq!(diagnosis.files.refused.len(), expected.len());
    assert_eq!(diagnosis.files.ignored, 1);
    let states: Vec<_> = diagnosis
        .planners
        .iter()
        .map(|p| (p.name.as_str(), p.state))
        .collect();
    assert_eq!(
        states,
        [
            ("future_planner", PlannerState::Refused),
            ("waits", PlannerState::NotLoaded)
        ]
    );
}

#[test]
fn asking_for_a_refused_planner_gives_the_reason_and_for_an_unknown_one_the_nearest() {
    let folder = PluginFolder::new()
        .with(&fixture("chatty"))
        .with(&fixture("waits"));
    let registry = registry(&folder, &["waits"]);
    assert_eq!(registry.get("chatty").unwrap_err().code(), "E_NOT_ALLOWED");
    let unknown = registry.get("wait_s").unwrap_err();
    assert_eq!(
        (unknown.code(), unknown.nearest()),
        ("E_UNKNOWN_PLANNER", Some("waits"))
    );
    assert_eq!(registry.get("../waits").unwrap_err().code(), "E_BAD_NAME");
    assert_eq!(registry.get(" Waits ").unwrap().name().as_str(), "waits");
}

#[test]
fn libraries_that_only_loading_can_tell_are_failures_in_the_report_with_code_and_remedy() {
    let rootless = manifest_source("rootless_planner", API_VERSION.major, API_VERSION.minor);
    let folder = PluginFolder::new()
        .with_c("rootless.so", &rootless)
        .with(&fixture("misnamed"));
    let registry = registry(&folder, &["rootless_planner", "shown_planner"]);
    let codes =
        ["rootless_planner", "shown_planner"].map(|name| registry.get(name).unwrap_err().code());
    assert_eq!(codes, ["E_NO_ROOT", "E_MANIFEST_MISMATCH"]);

    let diagnosis = registry.diagnose().unwrap();
    let told: Vec<_> = diagnosis
        .planners
        .iter()
        .map(|planner| (planner.state, planner.problem.clone().unwrap()))
        .map(|(state, problem)| (state, problem.code, problem.reason, problem.remedy))
        .collect();
    assert_eq!(
        told,
        [
            (
                PlannerState::Failed,
                "E_NO_ROOT",
                "the library exports no plugin header".to_owned(),
                "Export the planner with `plugin_api::export_planner!`.".to_owned()
            ),
            (
                PlannerState::Failed,
                "E_MANIFEST_MISMATCH",
                "the file shows the manifest of \"shown_planner\", but its code hands out another, \
                 of \"other_planner\""
                    .to_owned(),
                "Build the plugin again: its manifest section was changed, or comes from another build."
                    .to_owned()
            ),
        ]
    );
}

#[test]
fn a_file_replaced_by_another_planner_after_discovery_is_refused() {
    let folder = PluginFolder::new().with(&fixture("waits"));
    let registry = registry(&folder, &["waits", "chatty"]);
    assert_eq!(registry.list().unwrap()[1].state, PlannerState::NotLoaded);
    std::fs::copy(fixture("chatty"), folder.file("libwaits.so")).unwrap();
    assert_eq!(registry.get("waits").unwrap_err().code(), "E_REPLACED");
}

#[test]
fn a_refused_planner_is_told_from_an_unknown_one_however_its_name_is_written() {
    let folder = PluginFolder::new().with(&fixture("chatty"));
    let registry = registry(&folder, &["waits"]);
    let codes = ["chatty", " Chatty", "waits", "WAITS", "wait"]
        .map(|name| registry.get(name).unwrap_err().code());
    assert_eq!(
        codes,
        [
            "E_NOT_ALLOWED",
            "E_NOT_ALLOWED",
            "E_ABSENT",
            "E_ABSENT",
            "E_UNKNOWN_PLANNER"
        ]
    );
}

#[test]
fn a_link_that_stays_in_its_plugin_folder_loads_and_one_that_leaves_it_does_not() {
    let outside = PluginFolder::new().with(&fixture("chatty"));
    let folder =
        PluginFolder::new().with_file("waits.bin", &std::fs::read(fixture("waits")).unwrap());
    std::os::unix::fs::symlink("waits.bin", folder.file("waits.so")).unwrap();
    std::os::unix::fs::symlink(outside.file("libchatty.so"), folder.file("chatty.so")).unwrap();
    let registry = registry(&folder, &["waits", "chatty"]);
    assert_eq!(registry.get("waits").unwrap().manifest().name, "waits");
    let diagnosis = registry.diagnose().unwrap();
    assert_eq!(
        refusal(&diagnosis, &folder, "chatty.so").code,
        "E_LINK_OUTSIDE"
    );

    // What is discovered as a file and then replaced by a link out of the folder is not followed.
    std::fs::copy(fixture("chatty"), folder.file("later.so")).unwrap();
    registry.discover().unwrap();
    std::fs::remove_file(folder.file("later.so")).unwrap();
    std::os::unix::fs::symlink(outside.file("libchatty.so"), folder.file("later.so")).unwrap();
    assert_eq!(registry.get("chatty").unwrap_err().code(), "E_LINK_OUTSIDE");
}

#[test]
fn a_file_with_the_name_of_a_builtin_planner_is_refused_and_disables_nobody() {
    let folder = PluginFolder::new()
        .with(&fixture("chatty"))
        .with(&fixture("waits"));
    let registry = Registry::builder()
        .plugin_dir(folder.path())
        .allow(["chatty", "waits"])
        .builtin(Builtin::new("chatty", Quiet))
        .build()
        .unwrap();
    assert_eq!(registry.get("waits").unwrap().name().as_str(), "waits");
    assert_eq!(registry.get("chatty").unwrap().path(), None);
    let diagnosis = registry.diagnose().unwrap();
    assert_eq!(
        refusal(&diagnosis, &folder, "libchatty.so").code,
        "E_BUILT_IN"
    );
}

struct Quiet;

impl Planner for Quiet {
    fn plan(&self, _request: &PlanRequest, _cx: &Context) -> Result<Plan, PlanError> {
        Err(PlanError::failed("quiet"))
    }
}

//! `health` is ready exactly if enough planners are active, and names the command that leads on.

use plugin_api::{API_VERSION, Context, Plan, PlanError, PlanRequest, Planner};
use registry::diagnose::{Health, HealthStatus};
use registry::{Builtin, Registry};
use tests::{PluginFolder, RegistryCommand, fixture, manifest_source, section_source};

fn plain(name: &str) -> String {
    manifest_source(name, API_VERSION.major, API_VERSION.minor)
}

fn with(name: &str, field: &str, value: &serde_json::Value) -> String {
    let mut manifest = serde_json::json!({
        "schema": 1,
        "name": name,
        "version": "1.0.0",
        "api": {"major": API_VERSION.major, "minor": API_VERSION.minor},
        "build": {"rustc": "none", "profile": "release", "panic": "unwind"},
    });
    manifest[field] = value.clone();
    section_source(&manifest.to_string())
}

fn counts(health: &Health) -> [usize; 5] {
    [
        health.active,
        health.quarantined,
        health.failed,
        health.refused,
        health.absent,
    ]
}

/// One planner of each kind but a failed one, and two that can be used.
fn mixed() -> PluginFolder {
    PluginFolder::new()
        .with_c("a.so", &with("sure_planner", "reliability", &0.9.into()))
        .with_c("b.so", &with("half_planner", "reliability", &0.5.into()))
        .with_c("c.so", &with("held_planner", "quarantined", &true.into()))
        .with_c("d.so", &manifest_source("future_planner", 9, 0))
}

const MIXED: &str = "sure_planner,half_planner,held_planner,future_planner,absent_planner";

#[test]
fn every_planner_is_counted_and_readiness_is_a_matter_of_the_active_ones() {
    let folder = mixed();
    let builder = Registry::builder().plugin_dir(folder.path());
    let registry = builder.allow(MIXED.split(',')).build().unwrap();
    let health = registry.health(2);
    assert_eq!(counts(&health), [2, 1, 0, 1, 1]);
    assert_eq!((health.status, health.ready), (HealthStatus::Ready, true));
    assert_eq!(health.reliability, Some(0.7));
    let too_few = registry.health(3);
    assert_eq!(
        (too_few.status, too_few.ready, too_few.active_min),
        (HealthStatus::NotReady, false, 3)
    );
    let commands: Vec<_> = too_few.next.iter().map(|step| &*step.command).collect();
    assert_eq!(
        commands,
        [
            "registry explain future_planner",
            "registry explain held_planner",
            "registry explain absent_planner"
        ]
    );
}

/// What is asked once a second is read off less than a whole diagnosis, and says the same.
#[test]
fn health_is_that_of_a_diagnosis_at_the_same_moment() {
    let folder = mixed();
    let missing = folder.file("missing");
    let builder = Registry::builder().plugin_dir(folder.path());
    let builder = builder.plugin_dir(&missing).allow(MIXED.split(','));
    let registry = builder.build().unwrap();
    for active_min in [0, 2, 3] {
        let own = registry.health(active_min);
        let of_diagnosis = Health::of(&registry.diagnose().unwrap(), active_min);
        assert_eq!(
            serde_json::to_value(own).unwrap(),
            serde_json::to_value(of_diagnosis).unwrap()
        );
    }
}

#[test]
fn a_planner_whose_failed_start_waits_for_its_next_try_is_not_active() {
    let folder = PluginFolder::new().with(&fixture("panics_in_constructor"));
    let registry = Registry::builder()
        .plugin_dir(folder.path())
        .allow(["panics_in_constructor", "quiet_planner"])
        .builtin(Builtin::new("quiet_planner", Quiet))
        .build()
        .unwrap();
    assert_eq!(counts(&registry.health(2)), [2, 0, 0, 0, 0]);
    // A machine that stands still for a whole wait gets another try, with a wait twice as long.
    let mut tries = (0..10).map(|_| {
        registry.get("panics_in_constructor").unwrap_err();
        registry.health(2)
    });
    let health = tries.find(|health| health.failed == 1).unwrap();
    assert_eq!(counts(&health), [1, 0, 1, 0, 0]);
    assert!(!health.ready);
    assert_eq!(
        health.next[0].command,
        "registry explain panics_in_constructor"
    );
}

#[test]
fn files_beyond_a_bound_make_the_word_degraded_and_leave_readiness_alone() {
    let folder = PluginFolder::new().with_c("a.so", &plain("some_planner"));
    std::fs::create_dir_all(folder.file("1/2/3/4/5")).unwrap();
    let command = |arguments: &[&str]| {
        RegistryCommand::new(arguments)
            .env("FACTORY_ALLOWED_PLANNERS", "some_planner")
            .plugin_dir(folder.path())
            .run()
    };
    let answer = command(&["health"]);
    assert_eq!(
        (answer.code, answer.stdout.as_str()),
        (
            0,
            "degraded: 1 active planner, at least 1 wanted · 0 files and 1 folder not looked at · \
             mean reliability 0.10 · next: registry diagnose · \
             this command's own view; no running host was asked\n"
        )
    );
    let json = command(&["health", "--json"]).json();
    assert_eq!(json["status"], "degraded");
    assert_eq!(json["left_out"]["folders"], 1);
}

#[test]
fn the_command_answers_in_one_line_and_ends_with_1_when_it_is_not_ready() {
    let folder = mixed();
    let command = |arguments: &[&str]| {
        RegistryCommand::new(arguments)
            .env("FACTORY_ALLOWED_PLANNERS", MIXED)
            .plugin_dir(folder.path())
            .run()
    };
    let ready = command(&["health"]);
    assert_eq!((ready.code, ready.stderr.as_str()), (0, ""), "{ready:#?}");
    assert_eq!(
        ready.stdout,
        "ready: 2 active planners, at least 1 wanted · 1 quarantined · 1 refused · 1 absent · \
         mean reliability 0.70 · next: registry explain future_planner · \
         this command's own view; no running host was asked\n"
    );
    let not_ready = command(&["health", "--min", "3", "--json"]);
    assert_eq!(
        (not_ready.code, not_ready.stderr.as_str()),
        (1, ""),
        "{not_ready:#?}"
    );
    let json = not_ready.json();
    assert_eq!(json["schema"], 1);
    assert_eq!(
        (&json["status"], &json["ready"]),
        (&"not_ready".into(), &false.into())
    );
    assert_eq!(json["active"], 2);
    assert_eq!(
        json["next"][0]["command"],
        "registry explain future_planner"
    );
    assert_eq!(command(&["health", "--min", "some"]).code, 2);
}

struct Quiet;

impl Planner for Quiet {
    fn plan(&self, _request: &PlanRequest, _cx: &Context) -> Result<Plan, PlanError> {
        Err(PlanError::failed("quiet"))
    }
}

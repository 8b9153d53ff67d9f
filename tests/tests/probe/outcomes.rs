//! What a probe finds, and what becomes of the planner.

use std::error::Error;

use plugin_api::PlanRequest;
use registry::diagnose::{GateKind, Isolation, Verdict};
use registry::{Event, EventKind, HoldEnd, Holder, ProbeCause, Quarantine, Query, Registry};
use tests::{PluginFolder, fixture, pid_of_obeys, program};

use super::{builder, constructing, failure, found, probing, state, verdict};

#[test]
fn a_planner_that_passes_runs_in_process_and_its_verdict_is_remembered() {
    let (folder, state) = (PluginFolder::new().with(&fixture("obeys")), state());
    let registry = probing(&folder, "obeys", state.path());
    registry.ensure_discovered().unwrap();
    let explanation = registry.explain("obeys").unwrap();
    assert_eq!(verdict(&explanation), (Verdict::NotYet, ""));
    let plan = registry.plan("obeys", &PlanRequest::new("pid")).unwrap();
    let pid: u32 = plan.tasks()[0].description.parse().unwrap();
    assert_eq!(pid, std::process::id());
    let status = registry.describe("obeys").unwrap();
    assert_eq!(status.isolation, Some(Isolation::Probe));
    let explanation = registry.explain("obeys").unwrap();
    let (passed, evidence) = verdict(&explanation);
    assert_eq!(passed, Verdict::Passed);
    assert!(evidence.starts_with("passed at 2"), "{evidence}");
    assert!(evidence.ends_with(" ms"), "{evidence}");
    // Another registry finds it in the folder, and makes no probe: its evidence is the very same.
    let other = probing(&folder, "obeys", state.path());
    other.ensure_discovered().unwrap();
    let again = other.explain("obeys").unwrap();
    assert_eq!(verdict(&again), (Verdict::Passed, evidence));
}

#[test]
fn a_probe_tries_a_sealed_copy_where_the_file_itself_is_mapped_afterwards() {
    let folder = PluginFolder::new().with_own(&fixture("obeys"), "mapped from its file");
    let state = state();
    let registry = builder(&folder, "obeys", state.path());
    let registry = registry.set("trust.bytes", "file").build().unwrap();
    assert_eq!(pid_of_obeys(&registry), std::process::id());
    let explanation = registry.explain("obeys").unwrap();
    assert_eq!(verdict(&explanation).0, Verdict::Passed);
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let file = registry.describe("obeys").unwrap().path.unwrap();
    assert!(maps.contains(file.to_str().unwrap()), "{maps}");
}

#[test]
fn a_library_that_crashes_is_not_mapped_and_not_tried_again_until_a_reload() {
    let (folder, state) = (
        PluginFolder::new().with_c("bad.so", &constructing("*(volatile int *)16 = 1;")),
        state(),
    );
    let registry = probing(&folder, "bad_planner", state.path());
    let first = failure(&registry, "bad_planner");
    assert_eq!(
        first.to_string(),
        "its probe failed during the load of its library"
    );
    assert_eq!((found(&first), first.flaky), ("E_WORKER_CRASH", false));
    let mut chain = first.source();
    let mut text = String::new();
    while let Some(cause) = chain {
        text = cause.to_string();
        chain = cause.source();
    }
    assert!(text.contains("signal 11 (SIGSEGV)"), "{text}");
    let explanation = registry.explain("bad_planner").unwrap();
    let (refused, evidence) = verdict(&explanation);
    assert_eq!(refused, Verdict::Refused);
    assert!(
        evidence.starts_with("failed during the load of its library, at 2"),
        "{evidence}"
    );
    let next: Vec<_> = explanation.next.iter().map(|step| &*step.command).collect();
    assert_eq!(next, ["registry quarantine bad_planner --lift"]);
    // Another process would find it remembered.
    let other = probing(&folder, "bad_planner", state.path());
    let remembered = failure(&other, "bad_planner");
    match &remembered.cause {
        ProbeCause::Remembered { code, reason } => {
            assert_eq!(code, "E_WORKER_CRASH");
            assert!(reason.contains("signal 11 (SIGSEGV)"), "{reason}");
        }
        other => panic!("{other:?}"),
    }
    other.reload().unwrap();
    assert_eq!(found(&failure(&other, "bad_planner")), "E_WORKER_CRASH");
}

#[test]
fn what_fails_is_held_back_until_that_is_lifted() {
    const NAME: &str = "bad_planner";
    let folder = PluginFolder::new().with_c("bad.so", &constructing("abort();"));
    let state = state();
    let registry = probing(&folder, NAME, state.path());
    failure(&registry, NAME);
    let all = registry.list_quarantined().unwrap();
    let [hold] = all.as_slice() else {
        panic!("{all:?}");
    };
    assert_eq!((hold.by, hold.planner.as_str()), (Holder::Probe, NAME));
    let reason = "its probe failed during the load of its library: its library was not loaded: its \
                  worker ended without an answer: signal 6 (SIGABRT)";
    assert!(hold.reason.starts_with(reason), "{}", hold.reason);
    let HoldEnd::At(until) = hold.ends else {
        panic!("{hold:?}");
    };
    let lasts = until.unix_ms() - hold.since.unix_ms();
    assert_eq!(lasts, 30 * 24 * 60 * 60 * 1000);
    let ranked = registry.select(Query::new("Split"));
    assert_eq!(ranked.unwrap_err().code(), "E_NONE_SELECTABLE");
    let is_held = |event: &&Event| event.kind == EventKind::Quarantined;
    let events = registry.events(None).unwrap();
    assert_eq!(events.iter().filter(is_held).count(), 1);
    assert_eq!(registry.heal().unwrap().active_after, 0);
    failure(&registry, NAME);
    // Another process has not asked for it yet, and lifts it all the same.
    let other = probing(&folder, NAME, state.path());
    let lifted = other.lift(NAME).unwrap();
    assert_eq!(lifted.was.unwrap().by, Holder::Probe);
    assert_eq!(other.lift(NAME).unwrap().was, None);
    assert_eq!(found(&failure(&other, NAME)), "E_WORKER_CRASH");
    let lifted = other.lift(NAME).unwrap();
    assert_eq!(
        (lifted.was.map(|was| was.by), lifted.still),
        (Some(Holder::Probe), None)
    );
    assert_eq!(found(&failure(&other, NAME)), "E_WORKER_CRASH");
}

#[test]
fn a_later_process_holds_back_what_failed_without_being_asked_for_it() {
    const NAME: &str = "bad_planner";
    let folder = PluginFolder::new().with_c("bad.so", &constructing("abort();"));
    let state = state();
    let later = || {
        let builder = builder(&folder, NAME, state.path());
        builder.set("select.min_reliability", "0").build().unwrap()
    };
    let ranked = |registry: &Registry| registry.select(Query::new("Split")).is_ok();
    let first = later();
    assert!(ranked(&first));
    failure(&first, NAME);
    let held = first.list_quarantined().unwrap();
    let (host, other) = (later(), later());
    for registry in [&first, &host, &other] {
        let error = registry.select(Query::new("Split")).unwrap_err();
        assert_eq!(error.excluded()[0].reason.word(), "quarantined");
    }
    let remembered = host.list_quarantined().unwrap();
    let since_and_end = |held: &[Quarantine]| (held[0].by, held[0].since, held[0].ends);
    assert_eq!(since_and_end(&remembered), since_and_end(&held));
    let reason = &remembered[0].reason;
    assert!(
        reason.ends_with(" (E_WORKER_CRASH, remembered)"),
        "{reason}"
    );
    // Whoever lifts it lifts it for all who have not asked for it, once they look.
    other.lift(NAME).unwrap();
    assert!(ranked(&other) && !ranked(&host));
    host.discover().unwrap();
    assert!(ranked(&host));
    assert_eq!(host.list_quarantined().unwrap(), []);
    assert_eq!(found(&failure(&host, NAME)), "E_WORKER_CRASH");
    // Other bytes of the same name were never tried.
    let file = folder.file("bad.so");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes.push(0);
    std::fs::write(&file, bytes).unwrap();
    assert!(ranked(&later()));
}

#[test]
fn an_exit_with_code_zero_a_missing_table_and_a_failed_self_test_are_the_plugins_failure() {
    for (source, code) in [
        ("_exit(0);", "E_WORKER_CRASH"),
        ("exit(0);", "E_WORKER_CRASH"),
        // The code of a worker that cannot work is not believed of one that came to its library.
        ("_exit(95);", "E_WORKER_CRASH"),
        ("abort();", "E_WORKER_CRASH"),
        ("", "E_NO_ROOT"),
    ] {
        let folder = PluginFolder::new().with_c("bad.so", &constructing(source));
        let registry = probing(&folder, "bad_planner", state().path());
        assert_eq!(found(&failure(&registry, "bad_planner")), code, "{source}");
    }
    let folder = PluginFolder::new().with(&fixture("fails_self_test"));
    let registry = probing(&folder, "fails_self_test", state().path());
    let failed = failure(&registry, "fails_self_test");
    assert_eq!(
        (failed.stage, found(&failed)),
        ("self-test", "E_SELF_TEST_FAILED")
    );
}

#[test]
fn a_library_that_hangs_is_given_up_at_the_deadline() {
    let folder = PluginFolder::new().with_c("bad.so", &constructing("for (;;) pause();"));
    let registry = Registry::builder()
        .plugin_dir(folder.path())
        .allow(["bad_planner"])
        .set("isolation.policy", "probe")
        .set("isolation.worker_program", program())
        .set("isolation.self_test_timeout", "1")
        .build()
        .unwrap();
    let failed = failure(&registry, "bad_planner");
    assert_eq!(
        (failed.stage, found(&failed), failed.flaky),
        ("load of its library", "E_DEADLINE", false)
    );
}

#[test]
fn a_prober_that_cannot_start_is_not_held_against_the_plugin() {
    let (folder, state) = (PluginFolder::new().with(&fixture("obeys")), state());
    let registry = Registry::builder()
        .plugin_dir(folder.path())
        .allow(["obeys"])
        .set("isolation.policy", "probe")
        .set("isolation.worker_program", "/usr/bin/true")
        .set("trust.state_dir", state.path())
        .build()
        .unwrap();
    let error = registry.get("obeys").unwrap_err();
    assert_eq!(error.code(), "E_WORKER_START", "{error:?}");
    assert_eq!(registry.list_quarantined().unwrap(), []);
    let explanation = registry.explain("obeys").unwrap();
    let last = explanation.gates.last().unwrap();
    assert_eq!(
        (last.gate, last.verdict),
        (GateKind::Probe, Verdict::NotReached)
    );
    let kept = std::fs::read_dir(state.path()).unwrap();
    let probes = kept.filter(|file| file.as_ref().unwrap().file_name() == "probes.json");
    assert_eq!(probes.count(), 0);
}

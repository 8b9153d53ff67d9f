//! The host of one case: asks the hostile planner once, and a good one before, meanwhile and after.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use plugin_api::{Plan, PlanRequest};
use registry::diagnose::{GateKind, PlannerState, PlannerStatus, Verdict};
use registry::{Event, EventKind, Registry};

use crate::cases::Case;
use crate::census::Census;
use crate::ground::GROUND;
use crate::want::{Outcome, Stage, Want, told};

/// The first argument of a host.
pub(crate) const HOST: &str = "--host";

/// How long a start and a call may take.
pub(crate) const START_TIMEOUT: Duration = Duration::from_secs(4);
pub(crate) const PLAN_TIMEOUT: Duration = Duration::from_secs(3);

/// The planner that does what it should.
const GOOD: &str = "well_behaved";

/// The planner that does not.
const HOSTILE: &str = "hostile";

/// Longest wait for what is to be gone.
const GONE_MAX: Duration = Duration::from_secs(10);

/// Runs the case, and panics where something is not as wanted.
pub(crate) fn run(policy: &str, name: &str) -> ExitCode {
    let case = Case::named(name);
    let ground = PathBuf::from(std::env::var_os(GROUND).unwrap());
    // Threads, descriptors and mappings of the library itself are made by the first worker.
    let registry = registry(policy, &ground);
    ask_good(&registry);
    drop(registry);
    let before = awaited(&ground, Census::is_settled);
    let outcome = misbehave(policy, &case, &ground);
    let expected = match outcome {
        // Libraries are never unloaded: what passed its probe is mapped here for good.
        Ok(_) if policy == "probe" => before.with_library(HOSTILE, GOOD),
        _ => before,
    };
    let after = awaited(&ground, |census| *census == expected);
    assert_eq!(after, expected, "something is left behind");
    ExitCode::SUCCESS
}

/// The first census that is as wanted, or the last one that was taken in time.
fn awaited(ground: &Path, is_wanted: impl Fn(&Census) -> bool) -> Census {
    let until = Instant::now() + GONE_MAX;
    loop {
        let census = Census::take(ground);
        if is_wanted(&census) || Instant::now() > until {
            return census;
        }
        thread::yield_now();
    }
}

fn registry(policy: &str, ground: &Path) -> Registry {
    let plugins = ground.join("plugins");
    let milliseconds = |time: Duration| format!("{}ms", time.as_millis());
    Registry::builder()
        .plugin_dir(plugins)
        .allow([GOOD, HOSTILE])
        .set("isolation.policy", policy)
        .set("planners.hostile.env", "HOSTILE,HOSTILE_ARGUMENT")
        .set("isolation.self_test_timeout", milliseconds(START_TIMEOUT))
        .set("isolation.plan_timeout", milliseconds(PLAN_TIMEOUT))
        .build()
        .unwrap()
}

fn misbehave(policy: &str, case: &Case, ground: &Path) -> Outcome {
    let registry = registry(policy, ground);
    ask_good(&registry);
    let want = case.want(policy);
    if let Want::HostEnds(_) = want {
        registry.get(HOSTILE).unwrap();
        assert_eq!(probed(&registry), Verdict::Passed);
    }
    let over = AtomicBool::new(false);
    let (outcome, meanwhile) = thread::scope(|scope| {
        let asking = scope.spawn(|| {
            let mut answers = 0;
            while !over.load(Ordering::Relaxed) {
                ask_good(&registry);
                answers += 1;
            }
            answers
        });
        let outcome = ask_hostile(&registry);
        over.store(true, Ordering::Relaxed);
        (outcome, asking.join().unwrap())
    });
    ask_good(&registry);
    println!("{outcome:?}, {meanwhile} good answers meanwhile");
    let stage = Stage::of(case.order(policy));
    assert!(
        want.is_met(stage, &outcome),
        "wanted {want:?} in {stage:?}, met {outcome:?}"
    );
    if let Err(told) = &outcome {
        let in_start = !Stage::Plan.is_told_in(&told.text);
        assert_eq!(told.by_probe, in_start && policy == "probe", "{told:?}");
    }
    check_record(&registry, &outcome);
    check_events(&registry, &outcome, policy);
    outcome
}

fn ask_good(registry: &Registry) {
    let request = PlanRequest::new("Compare");
    let plan = registry.plan(GOOD, &request);
    assert_eq!(said(&plan.unwrap()), "no greeting was set");
}

fn ask_hostile(registry: &Registry) -> Outcome {
    let plan = registry.plan(HOSTILE, &PlanRequest::new("Misbehave"));
    plan.map(|plan| said(&plan))
        .map_err(|failure| told(&failure))
}

fn said(plan: &Plan) -> String {
    plan.tasks()[0].description.clone()
}

/// A failed start is in the report with its code, a failed call is counted.
fn check_record(registry: &Registry, outcome: &Outcome) {
    let diagnosis = registry.diagnose().unwrap();
    let hostile = |planner: &&PlannerStatus| planner.name.as_str() == HOSTILE;
    let recorded = diagnosis.planners.iter().find(hostile).unwrap();
    let problem = recorded.problem.as_ref().map(|problem| problem.code);
    let shown = (recorded.state, problem, recorded.calls, recorded.failures);
    let expected = match outcome {
        Ok(_) => (PlannerState::Ready, None, 1, 0),
        Err(told) if Stage::Plan.is_told_in(&told.text) => (PlannerState::Ready, None, 1, 1),
        // What fails its probe or its own test is held back.
        Err(told) if told.by_probe => (PlannerState::Quarantined, Some("E_PROBE_FAILED"), 0, 0),
        Err(told) if Stage::SelfTest.is_told_in(&told.text) => {
            (PlannerState::Quarantined, Some(told.code), 0, 0)
        }
        Err(told) => (PlannerState::Failed, Some(told.code), 0, 0),
    };
    assert_eq!(shown, expected, "it is not on record");
}

/// What is recorded of it: the failure with its code, and each crash with its evidence, all under the id
/// of the one call that they were part of.
fn check_events(registry: &Registry, outcome: &Outcome, policy: &str) {
    let events = registry.events(None).unwrap();
    let of_hostile: Vec<&Event> = events
        .iter()
        .filter(|event| event.planner.as_deref() == Some(HOSTILE))
        .collect();
    let of_kind = |kind: EventKind| {
        let mut found = of_hostile.clone();
        found.retain(|event| event.kind == kind);
        found
    };
    let code_of = |event: &Event| event.code.clone().unwrap();
    let failures = [EventKind::Failed, EventKind::CallFailed].map(of_kind);
    let crashes = of_kind(EventKind::Crashed);
    let Err(told) = outcome else {
        assert_eq!((failures, crashes), ([vec![], vec![]], vec![]));
        return;
    };
    let in_start = !Stage::Plan.is_told_in(&told.text);
    let code = if told.by_probe {
        "E_PROBE_FAILED"
    } else {
        told.code
    };
    let codes = failures.each_ref().map(|found| {
        let codes = found.iter().map(|event| code_of(event));
        codes.collect::<Vec<_>>()
    });
    let expected = [in_start, !in_start].map(|is_here| vec![code; usize::from(is_here)]);
    assert_eq!(codes, expected);
    if told.by_probe {
        assert_eq!(probed(registry), Verdict::Refused, "it is not held back");
    }
    let is_held = told.by_probe || Stage::SelfTest.is_told_in(&told.text);
    let holds = of_kind(EventKind::Quarantined).len();
    assert_eq!(holds, usize::from(is_held));
    // A probe tries again what crashed, and whatever broke the rules could crash as well.
    let is_end = ["E_WORKER_CRASH", "E_WORKER_LIMIT"].contains(&told.code);
    let least = usize::from(is_end);
    let most = if policy == "probe" { 2 } else { 1 };
    let is_worker_fault = told.code.starts_with("E_WORKER_");
    let most = if is_worker_fault { most } else { 0 };
    assert!((least..=most).contains(&crashes.len()), "{crashes:?}");
    if is_end {
        assert_eq!(code_of(crashes[0]), told.code);
    }
    let explained = registry.explain(HOSTILE).unwrap().last_crash;
    let newest = crashes.last().and_then(|event| event.crash.as_deref());
    assert_eq!(explained.as_ref(), newest);
    let failed = failures.iter().flatten().next().unwrap();
    let digest = digest_of_hostile(registry);
    for event in crashes {
        let crash = event.crash.as_ref().unwrap();
        let code = match crash.limit {
            Some(_) => "E_WORKER_LIMIT",
            None => "E_WORKER_CRASH",
        };
        assert_eq!(code_of(event), code);
        assert_eq!(crash.digest, digest);
        assert_eq!(event.detail.as_deref(), Some(crash.to_string().as_str()));
        assert_eq!(crash.call_id.as_ref(), Some(&event.call_id));
        assert_eq!(event.call_id, failed.call_id);
        assert!(crash.stderr.len() <= 4 << 10);
    }
}

/// What the probe found, as `explain` has it.
fn probed(registry: &Registry) -> Verdict {
    let explanation = registry.explain(HOSTILE).unwrap();
    let gate = explanation.gates.last().unwrap();
    assert_eq!(gate.gate, GateKind::Probe);
    gate.verdict
}

fn digest_of_hostile(registry: &Registry) -> String {
    let planner = registry.describe(HOSTILE).unwrap();
    let bytes = std::fs::read(planner.path.unwrap()).unwrap();
    format!("blake3:{}", blake3::hash(&bytes))
}

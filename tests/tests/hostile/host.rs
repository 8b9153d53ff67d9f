//! The host of one case: asks the hostile planner once, and a good one before, meanwhile and after.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use plugin_api::{Plan, PlanRequest};
use registry::Registry;
use registry::diagnose::{PlannerState, PlannerStatus};

use crate::cases::Case;
use crate::census::Census;
use crate::ground::GROUND;
use crate::want::{Outcome, Stage, told};

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
    misbehave(policy, &case, &ground);
    let after = awaited(&ground, |census| *census == before);
    assert_eq!(after, before, "something is left behind");
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

fn misbehave(policy: &str, case: &Case, ground: &Path) {
    let registry = registry(policy, ground);
    ask_good(&registry);
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
    let want = case.want(policy);
    assert!(
        want.is_met(stage, &outcome),
        "wanted {want:?} in {stage:?}, met {outcome:?}"
    );
    if let Err(told) = &outcome {
        let in_start = !Stage::Plan.is_told_in(&told.text);
        assert_eq!(told.by_probe, in_start && policy == "probe", "{told:?}");
    }
    check_record(&registry, &outcome);
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
        Err(told) if told.by_probe => (PlannerState::Failed, Some("E_PROBE_FAILED"), 0, 0),
        // What fails its own test is held back.
        Err(told) if Stage::SelfTest.is_told_in(&told.text) => {
            (PlannerState::Quarantined, Some(told.code), 0, 0)
        }
        Err(told) => (PlannerState::Failed, Some(told.code), 0, 0),
    };
    assert_eq!(shown, expected, "it is not on record");
}

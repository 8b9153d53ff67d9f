//! A selection starts what it returns, and nothing else.

use plugin_api::{Context, Plan, PlanError, PlanRequest, Planner};
use registry::diagnose::PlannerState;
use registry::{Builtin, Query, Registry};

/// Passes its self-test or not.
struct Tested(bool);

impl Planner for Tested {
    fn plan(&self, _request: &PlanRequest, _cx: &Context) -> Result<Plan, PlanError> {
        Err(PlanError::failed("idle"))
    }

    fn self_test(&self, _cx: &Context) -> Result<(), PlanError> {
        if self.0 {
            Ok(())
        } else {
            Err(PlanError::failed("the model file is missing"))
        }
    }
}

/// Planners `a` to `d`, the better the earlier, of which `works` start.
fn registry(works: [bool; 4]) -> Registry {
    let names = ["planner_a", "planner_b", "planner_c", "planner_d"];
    let planners = names.into_iter().zip(works).zip([0.9, 0.8, 0.7, 0.6]);
    let builder = Registry::builder().allow(names);
    let builder = planners.fold(builder, |builder, ((name, works), reliability)| {
        builder.builtin(Builtin::new(name, Tested(works)).manifest(|manifest| {
            manifest.reliability = Some(reliability);
            manifest.self_test = true;
        }))
    });
    builder.build().unwrap()
}

fn states(registry: &Registry) -> Vec<PlannerState> {
    let statuses = registry.list().unwrap();
    statuses.into_iter().map(|status| status.state).collect()
}

const IDLE: PlannerState = PlannerState::NotLoaded;
const READY: PlannerState = PlannerState::Ready;
const UNTESTED: PlannerState = PlannerState::Quarantined;

#[test]
fn only_what_is_returned_is_started() {
    let registry = registry([true; 4]);
    let query = Query::new("x");
    registry.select(&query).unwrap();
    assert_eq!(
        registry.select_best_name(&query).unwrap().as_str(),
        "planner_a"
    );
    assert_eq!(states(&registry), [IDLE; 4]);
    assert_eq!(
        registry.select_best(&query).unwrap().name().as_str(),
        "planner_a"
    );
    assert_eq!(states(&registry), [READY, IDLE, IDLE, IDLE]);
    let top = registry.select_top(&query, 3).unwrap();
    let names: Vec<_> = top.iter().map(|handle| handle.name().as_str()).collect();
    assert_eq!(names, ["planner_a", "planner_b", "planner_c"]);
    assert_eq!(states(&registry), [READY, READY, READY, IDLE]);
    assert_eq!(registry.select_top(&query, 0).unwrap().len(), 0);
    assert_eq!(registry.select_top(&query, 9).unwrap().len(), 4);
}

#[test]
fn who_cannot_be_started_is_the_error_and_nobody_else_is_tried() {
    let registry = registry([false, true, true, true]);
    let error = registry.select_best(Query::new("x")).unwrap_err();
    assert_eq!(
        (error.code(), error.to_string().as_str()),
        (
            "E_SELF_TEST_FAILED",
            "planner \"planner_a\" could not be started"
        )
    );
    assert_eq!(states(&registry), [UNTESTED, IDLE, IDLE, IDLE]);
}

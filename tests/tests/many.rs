//! Ten thousand planners are no special case.

use plugin_api::{Context, Plan, PlanError, PlanRequest, Planner};
use registry::{Builtin, Registry};

struct Idle;

impl Planner for Idle {
    fn plan(&self, _request: &PlanRequest, _cx: &Context) -> Result<Plan, PlanError> {
        Err(PlanError::failed("idle"))
    }
}

#[test]
fn ten_thousand_planners_are_allowed_built_found_and_listed() {
    let names: Vec<_> = (0..10_000)
        .map(|number| format!("planner_{number}"))
        .collect();
    let builder = Registry::builder().allow(&names);
    let builder = names.iter().fold(builder, |builder, name| {
        builder.builtin(Builtin::new(name, Idle))
    });
    let registry = builder.build().unwrap();
    for name in &names {
        assert_eq!(registry.get(name).unwrap().name().as_str(), name);
    }
    assert_eq!(registry.list().unwrap().len(), 10_000);
}

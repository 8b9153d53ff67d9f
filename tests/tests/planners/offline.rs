//! The planners that need nothing but the request: what they plan, and that they plan it again.

use plugin_api::{Plan, PlanContext, PlanRequest, RiskLevel, TaskKind};
use registry::diagnose::PlannerState;
use serde_json::{Value, json};
use tests::Log;

use crate::{OFFLINE, configured, folder, small_context, small_request};

fn order(plan: &Plan) -> Vec<&str> {
    plan.order().map(|task| task.task_id.as_str()).collect()
}

#[test]
fn each_loads_and_passes_its_own_test() {
    let folder = folder();
    let registry = configured(&folder, "");
    for planner in registry.list().unwrap() {
        assert_eq!(planner.state, PlannerState::NotLoaded);
        let declared = planner.manifest.unwrap().self_test;
        let name = planner.name.as_str();
        assert_eq!(declared, OFFLINE.contains(&name), "{name}");
        let (got, events) = Log::of(|| registry.get(name));
        assert_eq!(got.unwrap().name(), &planner.name);
        // A sample that a self-test plans is nobody's plan, so nothing is told of it.
        let of_plugin = |event: &&Value| event["target"] == "registry::plugin";
        assert_eq!(events.iter().find(of_plugin), None);
    }
    let states: Vec<_> = registry.list().unwrap().iter().map(|it| it.state).collect();
    assert_eq!(states, [PlannerState::Ready; 4]);
}

#[test]
fn without_a_context_each_plans_from_the_objective_alone() {
    let folder = folder();
    let registry = configured(&folder, "");
    let plan = |name: &str| {
        let request = PlanRequest::new("Split the billing module, then test it");
        registry.plan(name, &request).unwrap()
    };
    assert_eq!(
        order(&plan("structural_planner")),
        [
            "survey",
            "layers",
            "foundations",
            "foundations-verify",
            "upper-layers",
            "upper-layers-verify"
        ]
    );
    assert_eq!(
        order(&plan("risk_planner")),
        ["survey", "rank", "mitigate", "gate", "change", "verify-all"]
    );
    assert_eq!(
        order(&plan("multi_pass_arch_planner")),
        [
            "survey",
            "design",
            "s01-t01-split-the-billing-module",
            "s02-t01-test-it"
        ]
    );
}

#[test]
fn with_a_context_structure_is_worked_on_from_the_bottom_up() {
    let folder = folder();
    let plan = configured(&folder, "")
        .plan("structural_planner", &small_request())
        .unwrap();
    assert_eq!(
        order(&plan),
        [
            "l01-w01-money",
            "l01-verify",
            "l02-w01-invoice",
            "l02-w02-tax",
            "l02-verify",
            "l03-w01-http",
            "l03-verify"
        ]
    );
    let checks = plan.tasks().iter().filter(|it| it.kind == TaskKind::Verify);
    assert_eq!(checks.count(), 3);
    assert_eq!(plan.meta()["layers"], 3);
}

#[test]
fn with_a_context_every_risky_change_stands_behind_a_gate() {
    let folder = folder();
    let plan = configured(&folder, "")
        .plan("risk_planner", &small_request())
        .unwrap();
    let risky: Vec<_> = plan
        .tasks()
        .iter()
        .filter(|task| task.risk_level > RiskLevel::Low)
        .collect();
    let ids: Vec<_> = risky.iter().map(|task| task.task_id.as_str()).collect();
    assert_eq!(ids, ["r01-change-money", "r02-change-invoice"]);
    for task in risky {
        let gates: Vec<_> = task
            .dependencies
            .iter()
            .map(|id| plan.task(id).unwrap().kind)
            .collect();
        assert_eq!(gates, [TaskKind::Gate], "{task:?}");
    }
}

#[test]
fn with_a_context_architecture_is_planned_area_by_area() {
    let folder = folder();
    let plan = configured(&folder, "")
        .plan("multi_pass_arch_planner", &small_request())
        .unwrap();
    assert_eq!(plan.meta()["areas"], 3);
    assert_eq!(order(&plan)[..2], ["survey", "design"]);
    assert_eq!(plan.stats().roots, 1);
}

#[test]
fn the_same_request_gives_the_same_plan_in_every_registry() {
    let folder = folder();
    let registries = [configured(&folder, ""), configured(&folder, "")];
    for name in OFFLINE {
        let hash = |registry: &registry::Registry| {
            let plan = registry.plan(name, &small_request()).unwrap();
            plan.content_hash().to_string()
        };
        let [first, other] = registries.each_ref().map(hash);
        assert_eq!(first, hash(&registries[0]), "{name}");
        assert_eq!(first, other, "{name}");
        let without = registries[0].plan(name, &PlanRequest::new("Split"));
        assert_ne!(first, without.unwrap().content_hash().to_string(), "{name}");
    }
}

#[test]
fn the_order_of_the_files_in_a_context_does_not_matter() {
    let folder = folder();
    let registry = configured(&folder, "");
    let mut files = small_context().get("files").unwrap().clone();
    files.as_array_mut().unwrap().reverse();
    let turned = PlanContext::new().with("files", files);
    for name in OFFLINE {
        let hash = |context: PlanContext| {
            let request = PlanRequest::new("Split the billing module").with_context(context);
            registry.plan(name, &request).unwrap().content_hash()
        };
        assert_eq!(hash(small_context()), hash(turned.clone()), "{name}");
    }
}

#[test]
fn a_context_of_junk_is_as_good_as_none() {
    let folder = folder();
    let registry = configured(&folder, "");
    let junk = json!({
        "files": [7, null, "", {"path": 3}, {"churn": "high"}],
        "hotspots": "many",
        "layers": {"a": 1},
        "hotspots_count": "NaN",
        "allow_high_risk": "yes",
    });
    let junk = PlanContext::from_json(junk.to_string().as_bytes()).unwrap();
    for name in OFFLINE {
        let request = PlanRequest::new("Split the billing module");
        let without = registry.plan(name, &request).unwrap();
        let request = request.with_context(junk.clone());
        let plan = registry.plan(name, &request).unwrap();
        assert_eq!(order(&plan), order(&without), "{name}");
        assert!(!plan.allows_high_risk());
    }
}

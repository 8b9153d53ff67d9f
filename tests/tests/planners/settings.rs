//! What the operator sets for one planner, and what the planner makes of it.

use plugin_api::{Plan, PlanErrorKind, PlanRequest, RiskLevel};
use registry::{CallProblem, PlanFailure, Registry};

use crate::{configured, folder, small_context};

/// The risk of the riskiest change, where the asker allows high risk.
fn riskiest(registry: &Registry) -> (RiskLevel, Plan) {
    let context = small_context().with("allow_high_risk", true);
    let request = PlanRequest::new("Replace the money type").with_context(context);
    let plan = registry.plan("risk_planner", &request).unwrap();
    let change = plan.task("r01-change-money").unwrap();
    (change.risk_level, plan)
}

#[test]
fn high_risk_is_marked_where_the_asker_allows_it_and_the_operator_does_not_forbid_it() {
    let folder = folder();
    let (level, plan) = riskiest(&configured(&folder, ""));
    assert_eq!((level, plan.allows_high_risk()), (RiskLevel::High, true));
    assert_eq!(plan.meta().get("high_risk_lowered"), None);

    let forbidden = "[planners.risk_planner.config]\nallow_high_risk = false\n";
    let (level, plan) = riskiest(&configured(&folder, forbidden));
    assert_eq!((level, plan.allows_high_risk()), (RiskLevel::Medium, false));
    assert_eq!(
        plan.meta()["high_risk_lowered"],
        "1 file of high risk marked MEDIUM: the setting allow_high_risk is false"
    );

    let allowed = "[planners.risk_planner.config]\nallow_high_risk = true\n";
    let (level, _) = riskiest(&configured(&folder, allowed));
    assert_eq!(level, RiskLevel::High);
}

#[test]
fn the_operators_permission_alone_is_not_enough() {
    let folder = folder();
    let allowed = "[planners.risk_planner.config]\nallow_high_risk = true\n";
    let request = PlanRequest::new("Replace the money type").with_context(small_context());
    let plan = configured(&folder, allowed)
        .plan("risk_planner", &request)
        .unwrap();
    let change = plan.task("r01-change-money").unwrap();
    assert_eq!(change.risk_level, RiskLevel::Medium);
    assert_eq!(
        plan.meta()["high_risk_lowered"],
        "1 file of high risk marked MEDIUM: the context does not say allow_high_risk: true"
    );
}

/// The setting that a failed call complains of, its text, and what to do about it.
fn complaint(failure: PlanFailure) -> (Option<String>, String, String) {
    assert_eq!(failure.code(), "E_PLANNER_CONFIG");
    let remedy = failure.remedy();
    let PlanFailure::Call(error) = failure else {
        panic!("{failure:?}");
    };
    let CallProblem::Planner(problem) = error.problem else {
        panic!("{error:?}");
    };
    assert_eq!(problem.kind(), PlanErrorKind::Config);
    let setting = problem.setting().map(str::to_owned);
    (setting, problem.to_string(), remedy)
}

#[test]
fn a_setting_of_the_wrong_type_is_named() {
    let folder = folder();
    let wrong = "[planners.risk_planner.config]\nallow_high_risk = \"no\"\n";
    let registry = configured(&folder, wrong);
    let failure = registry
        .plan(
            "risk_planner",
            &PlanRequest::new("Split").with_context(small_context()),
        )
        .unwrap_err();
    let (setting, text, remedy) = complaint(failure);
    assert_eq!(setting.as_deref(), Some("allow_high_risk"));
    assert!(text.contains("expected a boolean"), "{text}");
    assert_eq!(
        remedy,
        "Mend allow_high_risk: a variable, or a value in `[planners.risk_planner.config]`."
    );
}

#[test]
fn missing_settings_of_the_language_model_are_named_all_at_once() {
    let folder = folder();
    let registry = configured(
        &folder,
        "[planners.llm_planner.config]\nbase_url = \"http://127.0.0.1:9\"\napi_key = \" \"\nmodel = 7\n",
    );
    let failure = registry
        .plan("llm_planner", &PlanRequest::new("Split"))
        .unwrap_err();
    let (setting, text, remedy) = complaint(failure);
    assert_eq!(setting.as_deref(), Some("api_key"));
    assert_eq!(
        text,
        "configuration: api_key is not set (setting api_key or variable LLM_PLANNER_API_KEY); \
         model is no text"
    );
    assert_eq!(
        remedy,
        "Mend api_key: a variable, or a value in `[planners.llm_planner.config]`."
    );
}

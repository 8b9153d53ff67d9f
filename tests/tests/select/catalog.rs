//! Catalogs of planners that do as they are told, declared in a few words.

use plugin_api::manifest::Tier;
use plugin_api::{Context, Plan, PlanError, PlanRequest, Planner, Task};
use registry::{Builtin, Registry};

/// What a planner declares, and what it is named.
#[derive(Clone, Debug, Default)]
pub(crate) struct Declared {
    pub(crate) name: String,
    pub(crate) capabilities: Vec<String>,
    pub(crate) reliability: Option<f64>,
    /// Any word; what is no tier cannot be declared, and is none.
    pub(crate) tier: String,
    pub(crate) production_ready: bool,
    pub(crate) quarantined: bool,
}

impl Declared {
    pub(crate) fn new(name: &str, capabilities: &[&str], reliability: f64) -> Self {
        Self {
            name: name.to_owned(),
            capabilities: capabilities.iter().map(|&own| own.to_owned()).collect(),
            reliability: Some(reliability),
            ..Self::default()
        }
    }
}

/// The objective that is met; no other one is.
pub(crate) const SUCCEED: &str = "succeed";

struct Obedient;

impl Planner for Obedient {
    fn plan(&self, request: &PlanRequest, _cx: &Context) -> Result<Plan, PlanError> {
        if request.objective() != SUCCEED {
            return Err(PlanError::failed("as it was told"));
        }
        let plan = Plan::builder(request.objective());
        plan.task(Task::verify("done").describe("Done")).build()
    }
}

fn builtin(own: &Declared) -> Builtin {
    Builtin::new(&own.name, Obedient).manifest(|manifest| {
        manifest.capabilities.clone_from(&own.capabilities);
        manifest.reliability = own.reliability;
        manifest.tier = Tier::from_word(&own.tier).unwrap_or_default();
        manifest.production_ready = own.production_ready;
        manifest.quarantined = own.quarantined;
    })
}

/// A registry of these planners, with these settings of `[select]`.
pub(crate) fn registry(planners: &[Declared], settings: &[(&str, String)]) -> Registry {
    let builder = Registry::builder().allow(planners.iter().map(|own| &own.name));
    let builder = settings.iter().fold(builder, |builder, (key, value)| {
        builder.set(&format!("select.{key}"), value)
    });
    // Whoever fails is less reliable, and no more than that.
    let builder = builder.set("isolation.breaker_failures", "1000");
    let builtins = planners.iter().map(builtin);
    builtins
        .fold(builder, registry::Builder::builtin)
        .build()
        .unwrap()
}

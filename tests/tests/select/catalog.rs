//! Catalogs of planners that are never called, declared in a few words.

use plugin_api::manifest::Tier;
use plugin_api::{Context, Plan, PlanError, PlanRequest, Planner};
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

struct Idle;

impl Planner for Idle {
    fn plan(&self, _request: &PlanRequest, _cx: &Context) -> Result<Plan, PlanError> {
        Err(PlanError::failed("idle"))
    }
}

fn builtin(own: &Declared) -> Builtin {
    Builtin::new(&own.name, Idle).manifest(|manifest| {
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
    let builtins = planners.iter().map(builtin);
    builtins
        .fold(builder, registry::Builder::builtin)
        .build()
        .unwrap()
}

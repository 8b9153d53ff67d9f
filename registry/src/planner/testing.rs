//! A planner for the tests of this layer and of the one above it.

use std::sync::Arc;

use plugin_api::manifest::{BuildInfo, Manifest, PanicStrategy};
use plugin_api::{API_VERSION, Context, Plan, PlanError, PlanRequest};
use registry_core::clock::ManualClock;
use registry_core::instance::Instance as Cell;
use semver::Version;

use super::supervised::{Options, Source};
use super::{Ledger, Planner, Supervision};
use crate::config::Config;
use crate::load::Instance;
use crate::name::PlannerName;
use crate::trust::Signatures;

struct Broken;

impl plugin_api::Planner for Broken {
    fn plan(&self, _request: &PlanRequest, _cx: &Context) -> Result<Plan, PlanError> {
        Err(PlanError::failed("broken"))
    }

    fn self_test(&self, _cx: &Context) -> Result<(), PlanError> {
        Err(PlanError::failed("broken"))
    }
}

/// `broken_planner`, which is as reliable as can be and never passes its self-test. The time that its
/// starts see is moved by `hand`.
pub(crate) fn broken(hand: &ManualClock, quarantined: bool) -> Planner {
    let config = Config::loader().load().unwrap();
    let ledger = Ledger::with_clocks(&config, hand.clock(), hand.clock());
    let supervision = Supervision::with_ledger(&config, Signatures::default(), ledger).unwrap();
    let name = PlannerName::parse("broken_planner").unwrap();
    let build = BuildInfo {
        rustc: "the host's".to_owned(),
        profile: "debug".to_owned(),
        panic: PanicStrategy::Unwind,
    };
    let mut manifest = Manifest::new(name.as_str(), Version::new(0, 0, 0), API_VERSION, build);
    manifest.self_test = true;
    manifest.reliability = Some(1.0);
    manifest.quarantined = quarantined;
    let options = Options::of(&config, &name);
    let source = Source::Builtin(Arc::new(Cell::new(Instance::builtin(
        "broken_planner",
        Broken,
    ))));
    Planner::new(
        name,
        manifest.into(),
        source,
        options,
        Arc::new(supervision),
    )
}

//! What the author of a planner plugin links, and nothing else.
//!
//! A planner turns an objective into a [`Plan`], a checked graph of tasks. This is a whole plugin,
//! in a crate with `crate-type = ["cdylib"]`:
//!
//! ```
//! use plugin_api::{Context, Plan, PlanError, PlanRequest, Planner, Task, export_planner};
//!
//! #[derive(Default)]
//! struct ReleasePlanner;
//!
//! impl Planner for ReleasePlanner {
//!     fn plan(&self, request: &PlanRequest, cx: &Context) -> Result<Plan, PlanError> {
//!         cx.info("planning a release");
//!         Plan::builder(request.objective())
//!             .task(Task::tool("build", "cargo").describe("Build every target"))
//!             .task(Task::verify("smoke").describe("Run the smoke tests").after("build"))
//!             .build()
//!     }
//! }
//!
//! export_planner! {
//!     planner: ReleasePlanner,
//!     name: "release_planner",
//!     capabilities: ["release", "verify"],
//!     tier: "beta",
//! }
//!
//! // An author's own test needs no host:
//! let plan = ReleasePlanner.plan(&PlanRequest::new("Ship 2.0"), &Context::detached())?;
//! assert_eq!(plan.order().map(|task| task.task_id.as_str()).collect::<Vec<_>>(), ["build", "smoke"]);
//! # Ok::<(), PlanError>(())
//! ```
//!
//! [`export_planner!`] lists what a plugin can declare. A host reads the declaration from the file
//! without running it; [`manifest`] describes its form.

#[doc(hidden)]
pub mod abi;
pub mod context;
mod error;
mod export;
mod host;
pub mod manifest;
pub mod name;
pub mod plan;
mod planner;
mod request;
mod version;

pub use context::{FileFacts, Layer, PlanContext};
pub use error::{PlanError, PlanErrorKind};
pub use host::Context;
pub use plan::{
    Criticality, ObjectField, Plan, PlanBuilder, PlanHash, PlanIssue, PlanStats, RiskLevel, Task,
    TaskKind, limits,
};
pub use planner::Planner;
pub use request::PlanRequest;
pub use serde_json;
pub use version::{API_VERSION, ApiVersion};

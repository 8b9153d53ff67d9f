//! What the author of a planner plugin links, and nothing else.

pub mod context;
mod error;
pub mod manifest;
pub mod name;
pub mod plan;
mod request;
mod version;

pub use context::{FileFacts, Layer, PlanContext};
pub use error::{PlanError, PlanErrorKind};
pub use plan::{
    Criticality, ObjectField, Plan, PlanBuilder, PlanHash, PlanIssue, PlanStats, RiskLevel, Task,
    TaskKind, limits,
};
pub use request::PlanRequest;
pub use serde_json;
pub use version::{API_VERSION, ApiVersion};

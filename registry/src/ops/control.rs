//! What the questions need of a registry.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use crate::diagnose::{Diagnosis, Explanation, Health, PlannerStatus};
use crate::event::Event;
use crate::heal::{HealError, HealReport};
use crate::name::PlannerName;
use crate::planner::{ChangeError, DiscoverError, GetError, Hold, Lifted, Quarantine};
use crate::state::StateError;

/// A registry, as far as it can be asked and changed from outside. The facade stands above this layer, so
/// it comes here under this name.
pub(crate) trait Control: fmt::Debug + Send + Sync + 'static {
    fn diagnose(&self) -> Result<Diagnosis, GetError>;
    fn health(&self, active_min: usize) -> Health;
    fn describe(&self, name: &str) -> Result<PlannerStatus, GetError>;
    fn explain(&self, name: &str) -> Result<Explanation, GetError>;
    fn explain_file(&self, path: &Path) -> Result<Explanation, GetError>;
    fn events(&self, since: Option<SystemTime>) -> Result<Vec<Event>, StateError>;
    fn heal(&self) -> Result<Arc<HealReport>, HealError>;
    fn reload(&self) -> Result<(), DiscoverError>;
    fn quarantine(&self, name: &str, hold: Hold) -> Result<Quarantine, ChangeError>;
    fn lift(&self, name: &str) -> Result<Lifted, ChangeError>;
    fn reset_breaker(&self, name: &str) -> Result<bool, ChangeError>;
    fn reset_breakers(&self) -> Result<Vec<PlannerName>, ChangeError>;
}

//! Which planners of the catalog are named.

use super::obstacle::Obstacle;

/// Which planners are named beside those that can be called.
///
/// ```
/// use registry::{Include, Registry};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let registry = Registry::builder().build()?;
/// let callable = registry.names(Include::active())?;
/// let all = registry.names(Include::active().quarantined().failing())?;
/// assert!(callable.is_empty() && all.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Include {
    quarantined: bool,
    failing: bool,
}

impl Include {
    /// Nobody else.
    pub const fn active() -> Self {
        Self {
            quarantined: false,
            failing: false,
        }
    }

    /// Also who is held back.
    pub const fn quarantined(self) -> Self {
        Self {
            quarantined: true,
            ..self
        }
    }

    /// Also who could not be started and waits for the next try, and whose breaker is open.
    pub const fn failing(self) -> Self {
        Self {
            failing: true,
            ..self
        }
    }

    /// Whether it has a planner that is kept from being called by this.
    pub(crate) fn has(self, obstacle: Option<&Obstacle>) -> bool {
        match obstacle {
            None => true,
            Some(Obstacle::Quarantined(_)) => self.quarantined,
            Some(Obstacle::BreakerOpen(_) | Obstacle::Failed { .. }) => self.failing,
        }
    }
}

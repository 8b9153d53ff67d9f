//! How a caller gives up a call that runs on another thread.

use std::sync::Arc;

use registry_core::sync::atomic::{AtomicBool, Ordering};

/// Gives up a call from another thread. Clones share one flag, which is never taken back.
///
/// A planner in process learns of it when it polls its context; it cannot be stopped by force.
#[derive(Clone, Debug, Default)]
pub struct CancelToken {
    flag: Arc<AtomicBool>,
}

impl CancelToken {
    /// A token that is not cancelled.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives up every call that carries this token, now and later.
    pub fn cancel(&self) {
        // Relaxed: the flag guards no other memory.
        self.flag.store(true, Ordering::Relaxed);
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.flag.load(Ordering::Relaxed)
    }

    pub(crate) fn flag(&self) -> &AtomicBool {
        &self.flag
    }
}

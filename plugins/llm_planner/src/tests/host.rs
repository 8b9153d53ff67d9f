//! A host whose settings, time and cancellation the test decides.

use std::collections::HashMap;
use std::ffi::OsString;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use plugin_api::PlanError;
use serde_json::Value;

use super::KEY;
use super::server::Server;
use crate::host::Host;

/// The time of day in the tests: Sun, 06 Nov 1994 08:49:37 GMT.
const NOW_S: u64 = 784_111_777;

#[derive(Debug)]
pub(super) struct TestHost {
    pub(super) settings: HashMap<&'static str, Value>,
    pub(super) variables: HashMap<&'static str, OsString>,
    /// Time for the whole call; sleeping takes from it.
    pub(super) time: Duration,
    /// Cancels the call once this much was slept.
    pub(super) cancelled_after: Option<Duration>,
    pub(super) cancelled: Arc<AtomicBool>,
    slept: Mutex<Duration>,
    warnings: Mutex<Vec<String>>,
}

impl TestHost {
    /// A host without settings and variables.
    pub(super) fn bare() -> Self {
        Self {
            settings: HashMap::new(),
            variables: HashMap::new(),
            time: Duration::from_mins(5),
            cancelled_after: None,
            cancelled: Arc::default(),
            slept: Mutex::default(),
            warnings: Mutex::default(),
        }
    }

    /// A host whose variables lead to `server`.
    pub(super) fn of(server: &Server) -> Self {
        Self::at(&format!("{}/v1", server.url()))
    }

    /// A host whose variables lead to `url`.
    pub(super) fn at(url: &str) -> Self {
        let mut host = Self::bare();
        host.variables.insert("LLM_PLANNER_BASE_URL", url.into());
        host.variables.insert("LLM_PLANNER_API_KEY", KEY.into());
        host.variables
            .insert("LLM_PLANNER_MODEL", "some-model".into());
        host
    }

    pub(super) fn slept(&self) -> Duration {
        *self.slept.lock().unwrap()
    }

    pub(super) fn warnings(&self) -> Vec<String> {
        self.warnings.lock().unwrap().clone()
    }
}

impl Host for TestHost {
    fn setting(&self, key: &str) -> Result<Option<Value>, PlanError> {
        Ok(self.settings.get(key).cloned())
    }

    fn variable(&self, name: &str) -> Option<OsString> {
        self.variables.get(name).cloned()
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
            || self
                .cancelled_after
                .is_some_and(|after| self.slept() >= after)
    }

    fn remaining(&self) -> Duration {
        self.time.saturating_sub(self.slept())
    }

    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(NOW_S)
    }

    fn sleep(&self, time: Duration) {
        assert!(time <= crate::host::POLL_INTERVAL, "{time:?}");
        *self.slept.lock().unwrap() += time;
    }

    fn random(&self) -> u64 {
        0
    }

    fn warn(&self, text: &str) {
        self.warnings.lock().unwrap().push(text.to_owned());
    }
}

//! The facade: composes configuration, discovery, trust and planners.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use plugin_api::{Plan, PlanRequest};
use registry_core::backoff::Backoff;
use registry_core::catalog::{Catalog, PublishError, Published};
use registry_core::clock::Clock;
use registry_core::slot::{Slot, SlotPolicy};
use registry_core::sync::Mutex;

use crate::builder::{BuildError, Builder};
use crate::config::Config;
use crate::diagnose::{Diagnosis, Observed, PlannerStatus};
use crate::discovery::{self, Bounds, Scan, ScanRequest};
use crate::planner::{self, Admission, GetError, PlanFailure, Planner, Rejected, Supervision};
use crate::suggest;
use crate::trust::Policy;

/// Longest time that a caller waits for another thread's discovery.
const DISCOVERY_WAIT_MAX: Duration = Duration::from_mins(2);

/// How often a discovery is derived anew because another one was quicker.
const PUBLISH_TRIES_MAX: usize = 16;

/// Wait after the first failed start of a planner; it doubles with each further one.
const RETRY_FIRST: Duration = Duration::from_millis(200);

/// Longest wait between failed starts of a planner.
const RETRY_MAX: Duration = Duration::from_mins(1);

/// Finds, checks, loads and supervises planners.
///
/// It is shared between threads by reference. Several registries can stand in one process; they share
/// nothing but the libraries that both have loaded.
#[derive(Debug)]
pub struct Registry {
    config: Config,
    supervision: Arc<Supervision>,
    builtins: Vec<Arc<Planner>>,
    catalog: Catalog<Planner>,
    /// The first discovery, which runs once however many threads ask.
    first: Slot<(), GetError>,
    discovered: Mutex<Arc<Discovered>>,
}

/// What the latest discovery found.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Discovered {
    /// What was read, and what could not be.
    pub scan: Scan,
    /// Well-formed plugins that a trust gate turned away.
    pub rejected: Vec<Rejected>,
    /// Which of several files of one name counts.
    pub resolution: discovery::Resolution,
    /// Whether the catalog changed.
    pub changed: bool,
    /// How long it took.
    pub duration: Duration,
}

impl Registry {
    /// Starts to put a registry together.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// A registry as the process's environment configures it.
    pub fn from_env() -> Result<Self, BuildError> {
        Self::builder().from_env().build()
    }

    pub(crate) fn assemble(
        config: Config,
        supervision: Arc<Supervision>,
        builtins: Vec<Arc<Planner>>,
    ) -> Self {
        Self {
            config,
            supervision,
            builtins,
            catalog: Catalog::new(),
            first: Slot::new(),
            discovered: Mutex::new(Arc::default()),
        }
    }

    /// The checked configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Reads the plugin folders and brings the catalog up to date. Runs no plugin code.
    ///
    /// A planner whose file is unchanged stays the very same object, loaded or not.
    pub fn discover(&self) -> Result<Arc<Discovered>, GetError> {
        let started = Instant::now();
        let scan = discovery::scan(&self.scan_request());
        let mut discovered = Discovered {
            scan,
            ..Discovered::default()
        };
        self.publish(&mut discovered)?;
        discovered.duration = started.elapsed();
        let discovered = Arc::new(discovered);
        *self.discovered.lock() = Arc::clone(&discovered);
        Ok(discovered)
    }

    /// The planner `name`, started now if nobody has started it yet.
    ///
    /// Once it is started this takes no lock and allocates nothing.
    pub fn get(&self, name: &str) -> Result<&Planner, GetError> {
        let planner = self.find(name)?;
        planner.start_if_allowed()?;
        Ok(planner)
    }

    /// Asks the planner `name` for a plan.
    pub fn plan(&self, name: &str, request: &PlanRequest) -> Result<Plan, PlanFailure> {
        Ok(self.get(name)?.plan(request)?)
    }

    /// What is known of every planner that is allowed or found, by name. Starts none.
    pub fn list(&self) -> Result<Vec<PlannerStatus>, GetError> {
        Ok(self.diagnose()?.planners)
    }

    /// What is known of the planner `name`. Does not start it.
    pub fn describe(&self, name: &str) -> Result<PlannerStatus, GetError> {
        let statuses = self.list()?;
        let wanted = name.trim().to_ascii_lowercase();
        let status = statuses
            .into_iter()
            .find(|status| status.name.as_str() == wanted);
        status.ok_or_else(|| self.unknown(name))
    }

    /// Everything this registry knows, for a report. Starts nothing.
    pub fn diagnose(&self) -> Result<Diagnosis, GetError> {
        self.ensure_discovered()?;
        let discovered = Arc::clone(&self.discovered.lock());
        let planners: Vec<_> = self
            .catalog
            .current()
            .iter()
            .map(|(_, planner)| &**planner)
            .collect();
        let observed = Observed {
            config: &self.config,
            planners,
            scan: &discovered.scan,
            rejected: &discovered.rejected,
            resolution: &discovered.resolution,
            duration: discovered.duration,
        };
        Ok(observed.diagnosis())
    }
}

impl Registry {
    /// The catalog's planner of this name, after a first discovery if there was none.
    fn find(&self, name: &str) -> Result<&Planner, GetError> {
        if let Some(planner) = self.catalog.get(name) {
            return Ok(planner);
        }
        self.ensure_discovered()?;
        self.catalog.get(name).ok_or_else(|| self.unknown(name))
    }

    fn ensure_discovered(&self) -> Result<(), GetError> {
        let policy = SlotPolicy {
            wait_max: DISCOVERY_WAIT_MAX,
            ..self.supervision.slot.clone()
        };
        self.first
            .get_or_build(&policy, || self.discover().map(drop))
            .copied()
            .map_err(GetError::discovery)
    }

    /// Judges what was scanned and makes it current. Another discovery may be quicker; then this one's
    /// scan is judged against that one's planners.
    fn publish(&self, discovered: &mut Discovered) -> Result<(), PublishError> {
        let mut tries = 0;
        loop {
            let base = self.catalog.current();
            let Admission {
                planners,
                rejected,
                resolution,
            } = planner::admit(&discovered.scan, base, &self.config, &self.supervision);
            let entries = self.builtins.iter().chain(&planners);
            let entries = entries.map(|planner| (planner.name().as_str(), Arc::clone(planner)));
            match self.catalog.publish(base, entries) {
                Err(PublishError::Superseded { .. }) if tries < PUBLISH_TRIES_MAX => tries += 1,
                Err(error) => return Err(error),
                Ok(published) => {
                    discovered.changed = matches!(published, Published::New(_));
                    discovered.rejected = rejected;
                    discovered.resolution = resolution;
                    return Ok(());
                }
            }
        }
    }

    fn scan_request(&self) -> ScanRequest {
        let settings = self.config.discovery();
        let names = |names: &[crate::PlannerName]| -> BTreeSet<String> {
            names.iter().map(ToString::to_string).collect()
        };
        ScanRequest {
            directories: settings.plugin_dirs.clone(),
            manual: settings.manual.clone(),
            excluded: names(&settings.exclude),
            first: names(&self.config.trust().allowed),
            bounds: Bounds::default(),
        }
    }

    /// Why there is no planner of this name.
    fn unknown(&self, name: &str) -> GetError {
        let discovered = Arc::clone(&self.discovered.lock());
        let rejected = discovered
            .rejected
            .iter()
            .find(|rejected| rejected.name.as_str() == name.trim());
        if let Some(rejected) = rejected {
            return GetError::Refused {
                planner: rejected.name.clone(),
                refusal: rejected.refusal.clone(),
            };
        }
        let known = self.catalog.current();
        let allowed = self
            .config
            .trust()
            .allowed
            .iter()
            .map(crate::PlannerName::as_str);
        let names = known.iter().map(|(name, _)| name).chain(allowed);
        GetError::unknown(name, suggest::nearest(name, names))
    }
}

/// What all planners of a registry with this configuration are held to.
pub(crate) fn supervision(config: &Config) -> Arc<Supervision> {
    let trust = config.trust();
    let start_timeout = config.isolation().self_test_timeout;
    Arc::new(Supervision {
        policy: Policy {
            allowed: trust.allowed.iter().cloned().collect(),
            blocked: trust.blocked.iter().cloned().collect(),
            size_bytes_max: Bounds::default().file_bytes_max,
        },
        slot: SlotPolicy {
            clock: Clock::monotonic(),
            wait_max: start_timeout,
            backoff: Backoff::new(RETRY_FIRST, RETRY_MAX),
        },
        start_timeout,
    })
}

//! The catalog of a running registry: found, looked up, brought up to date, taken out of service.
//!
//! [`find`](Roster::find) is the hot path: it takes no lock and writes nothing. Everything else may
//! scan folders. A planner that a newer generation leaves out is retired after that generation is
//! current: new calls are turned away and find the successor, calls in flight are awaited within a
//! bound, and the instance is shut down once.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use registry_core::catalog::{Catalog, PublishError, Published, Snapshot};
use registry_core::instance::InsideCall;
use registry_core::resident::{Retirement, retire_all};
use registry_core::slot::{Slot, SlotPolicy};
use registry_core::sync::Mutex;

use super::admission::{Admission, Rejected, admit};
use super::discover_error::DiscoverError;
use super::get_error::GetError;
use super::supervised::{Planner, Supervision};
use crate::config::Config;
use crate::discovery::{
    Bounds, CacheError, Changes, Discovery, Fingerprint, Resolution, Scan, ScanRequest,
};
use crate::name::PlannerName;
use crate::suggest;

/// Longest time that a caller waits for another thread's discovery.
const DISCOVERY_WAIT_MAX: Duration = Duration::from_mins(2);

/// How often a discovery is judged anew because another one was quicker.
const PUBLISH_TRIES_MAX: usize = 16;

/// Longest time that calls in flight are awaited when their planner is retired.
const DRAIN_MAX: Duration = Duration::from_secs(5);

/// The catalog of a running registry.
#[derive(Debug)]
pub(crate) struct Roster {
    config: Config,
    supervision: Arc<Supervision>,
    builtins: Vec<Arc<Planner>>,
    catalog: Catalog<Planner>,
    /// The first discovery, which runs once however many threads ask.
    first: Slot<(), DiscoverError>,
    /// What is remembered of files. Whoever discovers takes it out meanwhile, so that no lock is held
    /// while files are opened; another one who comes then starts without memory.
    memory: Mutex<Option<Discovery>>,
    latest: Mutex<Arc<DiscoveryReport>>,
}

/// What a discovery found, and what it changed.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct DiscoveryReport {
    /// What was read, and what could not be.
    pub scan: Arc<Scan>,
    /// Files that were added, changed or removed since the discovery before.
    pub changes: Changes,
    /// One value for the whole content of all folders.
    pub fingerprint: Option<Fingerprint>,
    /// How many files were opened and read.
    pub files_read: usize,
    /// Why nothing was remembered from or for other processes.
    pub cache_problem: Option<Arc<CacheError>>,
    /// Well-formed plugins that a trust gate turned away.
    pub rejected: Vec<Rejected>,
    /// Which of several files of one name counts.
    pub resolution: Resolution,
    /// Whether the catalog changed.
    pub catalog_changed: bool,
    /// What became of planners that the catalog no longer holds.
    pub retired: Retired,
    /// How long listing and reading took.
    pub reading_took: Duration,
    /// How long it took altogether.
    pub took: Duration,
}

/// What became of planners that were taken out of service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retired {
    /// Shut down and dropped.
    pub shut_down: usize,
    /// Still being called at the end of the bound; kept until the process ends.
    pub leaked: usize,
    /// Never started.
    pub never_started: usize,
}

/// What a registry keeps so that references into earlier generations stay good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Held {
    /// Generations of the catalog, the current one included.
    pub generations: usize,
    /// Bytes of their tables.
    pub table_bytes: usize,
}

/// Which planners a discovery replaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replace {
    /// Those whose files changed.
    Changed,
    /// All that come from files.
    All,
}

impl Roster {
    pub(crate) fn new(
        config: Config,
        supervision: Arc<Supervision>,
        builtins: Vec<Arc<Planner>>,
    ) -> Self {
        let cache = config.discovery().cache_dir.path().map(Path::to_owned);
        let memory = cache.map_or_else(Discovery::default, Discovery::with_cache);
        Self {
            config,
            supervision,
            builtins,
            catalog: Catalog::new(),
            first: Slot::new(),
            memory: Mutex::new(Some(memory)),
            latest: Mutex::new(Arc::default()),
        }
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// The planner of this name, after a first discovery if there was none.
    #[inline]
    pub(crate) fn find(&self, name: &str) -> Result<&Arc<Planner>, GetError> {
        match self.catalog.get_shared(name) {
            Some(planner) => Ok(planner),
            None => self.find_slowly(name),
        }
    }

    /// The planner of this name, if it is in the catalog now.
    #[cfg(feature = "async")]
    pub(crate) fn find_known(&self, name: &str) -> Option<&Arc<Planner>> {
        self.catalog.get_shared(name)
    }

    #[cold]
    fn find_slowly(&self, name: &str) -> Result<&Arc<Planner>, GetError> {
        self.ensure_discovered()?;
        let found = self.catalog.get_shared(name);
        found.ok_or_else(|| self.unknown(name))
    }

    /// The planners in the catalog, by name.
    pub(crate) fn planners(&self) -> Result<Vec<&Arc<Planner>>, GetError> {
        self.ensure_discovered()?;
        let mut planners: Vec<_> = self
            .catalog
            .current()
            .iter()
            .map(|(_, planner)| planner)
            .collect();
        planners.sort_by(|a, b| a.name().cmp(b.name()));
        Ok(planners)
    }

    /// What the latest discovery found.
    pub(crate) fn latest(&self) -> Arc<DiscoveryReport> {
        Arc::clone(&self.latest.lock())
    }

    /// Frees the generations before the current one.
    pub(crate) fn compact(&mut self) {
        self.catalog.compact();
    }

    /// What the catalog keeps alive.
    pub(crate) fn held(&self) -> Held {
        let held = self.catalog.held();
        Held {
            generations: held.generations,
            table_bytes: held.bytes,
        }
    }

    /// Why there is no planner of this name.
    pub(crate) fn unknown(&self, name: &str) -> GetError {
        let latest = self.latest();
        let wanted = name.trim().to_ascii_lowercase();
        let rejected = latest
            .rejected
            .iter()
            .find(|rejected| rejected.name.as_str() == wanted);
        if let Some(rejected) = rejected {
            return GetError::Refused {
                planner: rejected.name.clone(),
                refusal: rejected.refusal.clone(),
            };
        }
        let allowed = &self.config.trust().allowed;
        if let Some(planner) = allowed.iter().find(|allowed| allowed.as_str() == wanted) {
            return GetError::Absent {
                planner: planner.clone(),
            };
        }
        let known = self.catalog.current().iter().map(|(name, _)| name);
        let names = known.chain(allowed.iter().map(PlannerName::as_str));
        GetError::unknown(name, suggest::nearest(name, names))
    }

    /// Scans the folders and makes what was found current. Runs no plugin code but the shutdown of
    /// planners that are no longer in the catalog.
    pub(crate) fn discover(&self, replace: Replace) -> Result<Arc<DiscoveryReport>, DiscoverError> {
        // Retiring would wait for the very call that asks for it.
        InsideCall::check().map_err(DiscoverError::inside_call)?;
        let started = Instant::now();
        let mut report = self.scan(replace);
        let base = self.publish(&mut report, replace)?;
        report.retired = self.retire_missing(base)?;
        report.took = started.elapsed();
        let report = Arc::new(report);
        let previous = std::mem::replace(&mut *self.latest.lock(), Arc::clone(&report));
        drop(previous);
        Ok(report)
    }

    fn scan(&self, replace: Replace) -> DiscoveryReport {
        let memory = self.memory.lock().take();
        let mut memory = memory.unwrap_or_default();
        let discovered = memory.discover(&self.scan_request(replace));
        *self.memory.lock() = Some(memory);
        DiscoveryReport {
            scan: discovered.scan,
            changes: discovered.changes,
            fingerprint: Some(discovered.fingerprint),
            files_read: discovered.read,
            cache_problem: discovered.cache_problem,
            reading_took: discovered.reading_took,
            ..DiscoveryReport::default()
        }
    }

    fn ensure_discovered(&self) -> Result<(), GetError> {
        if self.first.get().is_some() {
            return Ok(());
        }
        let policy = SlotPolicy {
            wait_max: DISCOVERY_WAIT_MAX,
            ..self.supervision.slot.clone()
        };
        let first = self
            .first
            .get_or_build(&policy, || self.discover(Replace::Changed).map(drop));
        first.copied().map_err(GetError::first_discovery)
    }

    /// Judges what was scanned, makes it current, and gives the generation before. Another discovery
    /// may be quicker; then this scan is judged against that one's planners.
    fn publish(
        &self,
        report: &mut DiscoveryReport,
        replace: Replace,
    ) -> Result<&Snapshot<Planner>, PublishError> {
        let mut tries = 0;
        loop {
            let base = self.catalog.current();
            let keep = match replace {
                Replace::Changed => Some(base),
                Replace::All => None,
            };
            let admission = admit(
                &report.scan,
                keep,
                &self.builtins,
                &self.config,
                &self.supervision,
            );
            let Admission {
                planners,
                rejected,
                resolution,
            } = admission;
            let entries = self.builtins.iter().chain(&planners);
            let entries = entries.map(|planner| (planner.name().as_str(), Arc::clone(planner)));
            match self.catalog.publish(base, entries) {
                Err(PublishError::Superseded { .. }) if tries < PUBLISH_TRIES_MAX => tries += 1,
                Err(error) => return Err(error),
                Ok(published) => {
                    report.catalog_changed = matches!(published, Published::New(_));
                    report.rejected = rejected;
                    report.resolution = resolution;
                    return Ok(base);
                }
            }
        }
    }

    /// Retires the planners of `base` that are not in the catalog any more.
    fn retire_missing(&self, base: &Snapshot<Planner>) -> Result<Retired, DiscoverError> {
        let current = self.catalog.current();
        let is_current = |planner: &Arc<Planner>| {
            let same_name = current.get(planner.name().as_str());
            same_name.is_some_and(|other| Arc::ptr_eq(other, planner))
        };
        let missing = base.iter().map(|(_, planner)| planner);
        let missing = missing.filter(|planner| !is_current(planner));
        let retirement = retire_all(missing.map(|planner| planner.resident()), DRAIN_MAX);
        let Retirement {
            shut_down,
            leaked,
            absent,
            ..
        } = retirement.map_err(DiscoverError::inside_call)?;
        if leaked > 0 {
            tracing::warn!(
                leaked,
                "planners were still being called when they were replaced"
            );
        }
        Ok(Retired {
            shut_down,
            leaked,
            never_started: absent,
        })
    }

    fn scan_request(&self, replace: Replace) -> ScanRequest {
        let settings = self.config.discovery();
        let texts = |names: &[PlannerName]| -> BTreeSet<String> {
            names.iter().map(ToString::to_string).collect()
        };
        ScanRequest {
            directories: settings.plugin_dirs.clone(),
            manual: settings.manual.clone(),
            excluded: texts(&settings.exclude),
            first: texts(&self.config.trust().allowed),
            bounds: Bounds::default(),
            deep: settings.deep_fingerprint,
            afresh: settings.force_rediscover || replace == Replace::All,
        }
    }
}

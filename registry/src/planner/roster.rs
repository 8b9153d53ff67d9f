//! The catalog of a running registry: found, looked up, brought up to date, taken out of service.
//!
//! [`started`](Roster::started) is the hot path: it takes no lock and writes nothing. Everything else
//! may scan folders, one thread at a time. A planner that a newer generation leaves out is retired
//! after that generation is current: new calls are turned away and find the successor, calls in
//! flight are awaited within a bound, and the instance is shut down once.

mod discovering;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use registry_core::catalog::{Catalog, Snapshot};
use registry_core::exclusive::Exclusive;
use registry_core::sync::Mutex;
use registry_core::sync::atomic::AtomicBool;

use super::discovery_report::{DiscoveryReport, Held};
use super::get_error::GetError;
use super::history::History;
use super::shutdown::Ending;
use super::start_error::StartError;
use super::supervised::{Planner, Supervision};
use crate::config::Config;
use crate::discovery::{Counter, Discovery};
use crate::journal::Journal;
use crate::name::PlannerName;
use crate::state::StateError;
use crate::suggest;
use crate::trust::Policy;

pub(crate) use discovering::Replace;

/// How often a planner is looked up that is replaced while it is being started or before it is called.
pub(super) const LOOKUPS_MAX: usize = 64;

/// The catalog of a running registry.
#[derive(Debug)]
pub(crate) struct Roster {
    config: Config,
    supervision: Arc<Supervision>,
    builtins: Vec<Arc<Planner>>,
    catalog: Catalog<Planner>,
    /// What is remembered of files. Whoever has it is the one who discovers.
    memory: Exclusive<Discovery>,
    discovered_once: AtomicBool,
    latest: Mutex<Arc<DiscoveryReport>>,
    counter: Counter,
    pub(super) ending: Ending,
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
            memory: Exclusive::new(memory),
            discovered_once: AtomicBool::new(false),
            latest: Mutex::new(Arc::default()),
            counter: Counter::default(),
            ending: Ending::default(),
        }
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// Planners linked into the host.
    pub(super) fn builtins(&self) -> &[Arc<Planner>] {
        &self.builtins
    }

    /// What may run.
    pub(crate) fn policy(&self) -> &Policy {
        &self.supervision.policy
    }

    /// The planner of this name, after a first discovery if there was none, started now if nobody has
    /// started it yet.
    #[inline]
    pub(crate) fn started(&self, name: &str) -> Result<&Arc<Planner>, GetError> {
        match self.catalog.get_ready(name, Planner::is_started) {
            Some(planner) => Ok(planner),
            None => self.start(name),
        }
    }

    /// A planner that is replaced while it is being started is looked up once more.
    #[cold]
    fn start(&self, name: &str) -> Result<&Arc<Planner>, GetError> {
        let mut lookups = 0;
        loop {
            let planner = self.find(name)?;
            lookups += 1;
            match planner.start_if_allowed() {
                Err(GetError::Start(StartError::Retired { .. })) if lookups < LOOKUPS_MAX => {}
                outcome => return outcome.map(|()| planner),
            }
        }
    }

    /// The planner of this name, after a first discovery if there was none.
    pub(crate) fn find(&self, name: &str) -> Result<&Arc<Planner>, GetError> {
        if let Some(planner) = self.catalog.get_shared(name) {
            return Ok(planner);
        }
        self.ensure_discovered()?;
        let found = self.catalog.get_shared(name);
        found.ok_or_else(|| self.unknown(name))
    }

    /// The planner of this name, if it is in the catalog now.
    pub(crate) fn find_known(&self, name: &str) -> Option<&Arc<Planner>> {
        self.catalog.get_shared(name)
    }

    /// The current generation of the catalog, after a first discovery if there was none.
    pub(crate) fn current(&self) -> Result<&Snapshot<Planner>, GetError> {
        self.ensure_discovered()?;
        Ok(self.catalog.current())
    }

    /// The planners in the catalog, by name.
    pub(crate) fn planners(&self) -> Result<Vec<&Arc<Planner>>, GetError> {
        self.ensure_discovered()?;
        Ok(self.known())
    }

    /// The planners in the catalog as it is now, by name.
    pub(crate) fn known(&self) -> Vec<&Arc<Planner>> {
        let current = self.catalog.current().iter();
        let mut planners: Vec<_> = current.map(|(_, planner)| planner).collect();
        planners.sort_by(|a, b| a.name().cmp(b.name()));
        planners
    }

    /// The planners of all generations that are kept.
    pub(super) fn ever_known(&self) -> Vec<Arc<Planner>> {
        let mut known: Vec<Arc<Planner>> = Vec::new();
        let mut seen = BTreeSet::new();
        for generation in self.catalog.generations() {
            let planners = generation.iter().map(|(_, planner)| planner);
            known.extend(
                planners
                    .filter(|own| seen.insert(Arc::as_ptr(own)))
                    .cloned(),
            );
        }
        // Nobody may have asked for a generation yet.
        let builtins = self.builtins.iter();
        known.extend(
            builtins
                .filter(|own| seen.insert(Arc::as_ptr(own)))
                .cloned(),
        );
        known
    }

    /// How many planners nothing keeps from being called; none before the first discovery, and none once
    /// the registry is closed.
    pub(crate) fn active(&self) -> usize {
        if self.is_closed() {
            return 0;
        }
        let planners = self.catalog.current().iter().map(|(_, planner)| planner);
        planners
            .filter(|planner| planner.obstacle().is_none())
            .count()
    }

    /// What the latest discovery found.
    pub(crate) fn latest(&self) -> Arc<DiscoveryReport> {
        Arc::clone(&self.latest.lock())
    }

    /// Frees the generations before the current one.
    pub(crate) fn compact(&mut self) {
        self.catalog.compact();
    }

    /// What all planners are held to.
    pub(super) fn supervision(&self) -> &Supervision {
        &self.supervision
    }

    /// The same, to be kept.
    pub(super) fn shared_supervision(&self) -> &Arc<Supervision> {
        &self.supervision
    }

    /// Whether nothing may begin any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.supervision.closing.is_closed()
    }

    /// Has a discovery under way come to its end soon.
    pub(super) fn stop_discovering(&self) {
        self.counter.stop();
    }

    /// Waits until no discovery is under way, at most until `until`; whether there is none.
    pub(super) fn has_stopped_discovering(&self, until: Instant) -> bool {
        let left = until.saturating_duration_since(Instant::now());
        self.memory.take(left).is_ok()
    }

    /// Writes what later processes have to know.
    pub(crate) fn save_state(&self) -> Result<(), StateError> {
        self.journal().save();
        self.supervision.ledger.flush()
    }

    /// How planners were started.
    pub(crate) fn history(&self) -> &History {
        &self.supervision.history
    }

    /// What changed lately.
    pub(crate) fn journal(&self) -> &Journal {
        &self.supervision.ledger.journal
    }

    /// Why later processes do not get to know what was learnt here, if they do not.
    pub(crate) fn unsaved(&self) -> Option<Arc<StateError>> {
        self.supervision.ledger.refusal()
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
}

impl Drop for Roster {
    fn drop(&mut self) {
        self.supervision.ledger.flush_or_warn();
    }
}

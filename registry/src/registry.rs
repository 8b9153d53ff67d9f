//! The facade: one registry and everything a host asks of it.

mod reporting;
mod selecting;

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use plugin_api::{Plan, PlanRequest};
use registry_core::parallel;

use crate::builder::{BuildError, Builder};
use crate::config::Config;
use crate::discovery::Progress;
use crate::heal::{HealError, HealReport, Healer};
use crate::name::PlannerName;
use crate::planner::{
    CancelToken, ChangeError, DiscoverError, DiscoveryReport, GetError, Handle, Held, Hold, Lifted,
    LockProposal, Lockable, LockingError, PlanFailure, Planner, Quarantine, Replace, Roster,
    ShutdownError, ShutdownReport,
};
use crate::select::{PoolOfGeneration, Selections};
use crate::state::StateError;

/// Finds, checks, loads and supervises planners.
///
/// It is shared between threads by reference; a [`Handle`] owns its share. Several registries can
/// stand in one process: they share nothing but the libraries that both have loaded.
#[derive(Debug)]
pub struct Registry {
    roster: Arc<Roster>,
    pool: Arc<PoolOfGeneration>,
    healer: Arc<Healer>,
    selections: Arc<Selections>,
}

/// How one planner's start went.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WarmUp {
    /// Which planner.
    pub planner: PlannerName,
    /// Nothing if it is started now, otherwise why it could not be.
    pub outcome: Result<(), GetError>,
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

    pub(crate) fn of(roster: Roster) -> Self {
        Self {
            selections: Arc::new(Selections::of(roster.config())),
            roster: Arc::new(roster),
            pool: Arc::default(),
            healer: Arc::new(Healer::new()),
        }
    }

    /// The checked configuration.
    pub fn config(&self) -> &Config {
        self.roster.config()
    }

    /// The planner `name`, started now if nobody has started it yet.
    ///
    /// Once it is started this takes no lock, allocates nothing, and writes nothing that another
    /// thread reads. The reference is to the supervised planner and lives as long as the borrow of
    /// the registry, across reloads; calls on a planner that was replaced meanwhile are turned away
    /// with `E_RETIRED`.
    #[inline]
    pub fn get(&self, name: &str) -> Result<&Planner, GetError> {
        Ok(self.roster.started(name)?)
    }

    /// The planner `name` as a handle that its user owns, started now if nobody has started it yet.
    pub fn handle(&self, name: &str) -> Result<Handle, GetError> {
        Ok(Handle::new(&self.roster, self.roster.started(name)?))
    }

    /// The planner `name` as a handle, if it is started already.
    #[cfg(feature = "async")]
    pub(crate) fn started_handle(&self, name: &str) -> Option<Handle> {
        let planner = self.roster.find_known(name)?;
        planner
            .is_started()
            .then(|| Handle::new(&self.roster, planner))
    }

    /// Another reference to the same registry.
    #[cfg(any(feature = "async", feature = "ops"))]
    pub(crate) fn share(&self) -> Self {
        Self {
            roster: Arc::clone(&self.roster),
            pool: Arc::clone(&self.pool),
            healer: Arc::clone(&self.healer),
            selections: Arc::clone(&self.selections),
        }
    }

    /// Asks the planner `name` for a plan.
    pub fn plan(&self, name: &str, request: &PlanRequest) -> Result<Plan, PlanFailure> {
        self.handle(name)?.plan(request)
    }

    /// Like [`plan`](Self::plan), and can be given up from another thread.
    pub fn plan_unless(
        &self,
        name: &str,
        request: &PlanRequest,
        cancel: &CancelToken,
    ) -> Result<Plan, PlanFailure> {
        self.handle(name)?.plan_unless(request, cancel)
    }

    /// Starts every planner in the catalog, `threads_max` at a time, and tells how each start went;
    /// by name.
    pub fn warm_up(&self, threads_max: NonZeroUsize) -> Result<Vec<WarmUp>, GetError> {
        let planners = self.roster.planners()?;
        Ok(parallel::map(&planners, threads_max, |planner| WarmUp {
            planner: planner.name().clone(),
            outcome: self.roster.started(planner.name().as_str()).map(drop),
        }))
    }

    /// Reads the plugin folders and brings the catalog up to date. Starts nothing.
    ///
    /// A planner whose file is unchanged stays the very same object, started or not. One whose file
    /// changed or is gone is retired: calls in flight are awaited within a bound, then it is shut
    /// down once.
    pub fn discover(&self) -> Result<Arc<DiscoveryReport>, DiscoverError> {
        self.roster.discover(Replace::Changed)
    }

    /// Reads the plugin folders, unless that was done before. Without it, the first question does it.
    pub fn ensure_discovered(&self) -> Result<(), GetError> {
        self.roster.ensure_discovered()
    }

    /// How far a discovery has come that another thread is waiting for; after it, what it looked at.
    pub fn progress(&self) -> Progress {
        self.roster.progress()
    }

    /// Like [`discover`](Self::discover), and reads every file anew, whatever is remembered of it.
    ///
    /// The capacity of the profiles is that of the configuration the registry was built with, so there
    /// is nothing to trim here.
    pub fn refresh_metadata(&self) -> Result<Arc<DiscoveryReport>, DiscoverError> {
        self.roster.discover(Replace::ChangedReadAnew)
    }

    /// Like [`discover`](Self::discover), and replaces every planner that comes from a file: each is
    /// constructed anew when it is next asked for. The same bytes are not mapped again, so a plugin's
    /// statics outlive a reload.
    pub fn reload(&self) -> Result<Arc<DiscoveryReport>, DiscoverError> {
        self.roster.discover(Replace::All)
    }

    /// What discovery found, as a lock, beside the lock that there is. Loads nothing and writes nothing.
    pub fn propose_lock(&self) -> Result<LockProposal, LockingError> {
        self.roster.propose_lock()
    }

    /// What the lock would have to accept for the file at `path` to run. Loads nothing.
    pub fn lockable(&self, path: impl AsRef<Path>) -> Result<Lockable, LockingError> {
        self.roster.lockable(path.as_ref())
    }

    /// Forgets that a lock was in force at the configured place, so that its absence is no failure any
    /// more; whether one was.
    pub fn forget_lock(&self) -> Result<bool, StateError> {
        self.roster.forget_lock()
    }

    /// Tries to bring planners back if none is active: reads the folders anew, lets go of failed starts
    /// and tries those again, up to 3 times with pauses of less than a second in between.
    ///
    /// Does nothing while a planner is active, or within 5 s after the latest heal; the report says
    /// which. Who asks while another thread heals gets that heal's report. With `heal.blocking` off
    /// there is one attempt and no pause. Holds of authors and operators stay.
    pub fn heal(&self) -> Result<Arc<HealReport>, HealError> {
        self.heal_unless(&CancelToken::new())
    }

    /// Like [`heal`](Self::heal), and can be given up from another thread. A start or a discovery that
    /// is under way is still awaited.
    pub fn heal_unless(&self, cancel: &CancelToken) -> Result<Arc<HealReport>, HealError> {
        self.healer.heal(&self.roster, cancel)
    }

    /// Holds the planner `name` back from now on: it is not selected, and calls are turned away with
    /// `E_QUARANTINED`. Replaces an earlier hold of an operator; later processes hold to it, too, if
    /// there is a state folder.
    pub fn quarantine(&self, name: &str, hold: Hold) -> Result<Quarantine, ChangeError> {
        self.roster.quarantine(name, hold)
    }

    /// Ends an operator's hold of the planner `name`, or the wait after its self-test failed. What its
    /// author or the configuration holds back stays so.
    pub fn lift(&self, name: &str) -> Result<Lifted, ChangeError> {
        self.roster.lift(name)
    }

    /// Everyone who is held back, by name. Starts none.
    pub fn list_quarantined(&self) -> Result<Vec<Quarantine>, GetError> {
        self.roster.quarantined()
    }

    /// Closes the breaker of the planner `name`; false if nothing was held against it. Calls under way no
    /// longer count.
    pub fn reset_breaker(&self, name: &str) -> Result<bool, ChangeError> {
        self.roster.reset_breaker(name)
    }

    /// Closes the breakers of all planners that there are at this moment; gives those that something was
    /// held against.
    pub fn reset_breakers(&self) -> Result<Vec<PlannerName>, ChangeError> {
        self.roster.reset_breakers()
    }

    /// Ends everything, `within` a bound: no call, start or discovery begins any more (`E_SHUTTING_DOWN`),
    /// starts and discoveries under way are given up, calls in flight may end by themselves and are given up
    /// some time before the bound, planners are told that no further call comes, workers are ended, and what
    /// later processes have to know is written.
    ///
    /// The report says what came to an end and what was left behind. Whoever asks again, or from another
    /// thread meanwhile, gets the same one, and waits as long as the first. Reports on planners can still be
    /// asked for afterwards.
    ///
    /// A planner in this process that does not poll its context cannot be stopped: its call is left behind,
    /// with its thread.
    pub fn shutdown(&self, within: Duration) -> Result<Arc<ShutdownReport>, ShutdownError> {
        self.roster.shut_down(within)
    }

    /// Whether [`shutdown`](Self::shutdown) was asked for.
    pub fn is_shut_down(&self) -> bool {
        self.roster.is_closed()
    }

    /// Writes what later processes have to know of how planners did. The registry does so by itself every
    /// few seconds while calls come in, and when its last user lets go of it.
    pub fn save_state(&self) -> Result<(), StateError> {
        self.roster.save_state()
    }

    /// What is kept so that references into earlier generations stay good. A discovery that changes
    /// nothing makes no generation.
    pub fn held(&self) -> Held {
        self.roster.held()
    }

    /// Frees the tables of generations before the current one; false while handles exist.
    pub fn compact(&mut self) -> bool {
        self.pool.clear();
        Arc::get_mut(&mut self.roster)
            .map(Roster::compact)
            .is_some()
    }
}

#[cfg(test)]
mod tests;

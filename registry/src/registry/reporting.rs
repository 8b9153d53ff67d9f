//! What a registry tells of itself and of files. Nothing here starts a planner.

use std::path::Path;
use std::time::SystemTime;

use super::Registry;
use crate::diagnose::{
    self, Diagnosis, Explanation, ExportError, ExportFormat, Health, Observed, PlannerStatus, Stats,
};
use crate::event::Event;
use crate::name::PlannerName;
use crate::planner::{
    DiscoverError, FailedStart, GetError, Include, StartSample, Verification, VerifyError,
};
use crate::select::SelectionSample;
use crate::state::StateError;

impl Registry {
    /// What is known of every planner that is allowed or found, by name. Starts none.
    pub fn list(&self) -> Result<Vec<PlannerStatus>, GetError> {
        Ok(self.diagnose()?.planners)
    }

    /// The names of the planners in the catalog that can be called, and of those that `include` adds, in
    /// order. Starts none.
    pub fn names(&self, include: Include) -> Result<Vec<PlannerName>, GetError> {
        let planners = self.roster.planners()?.into_iter();
        let included = planners.filter(|planner| include.has(planner.obstacle().as_ref()));
        Ok(included.map(|planner| planner.name().clone()).collect())
    }

    /// What is known of the planner `name`. Does not start it.
    pub fn describe(&self, name: &str) -> Result<PlannerStatus, GetError> {
        let wanted = name.trim().to_ascii_lowercase();
        let mut statuses = self.list()?.into_iter();
        let status = statuses.find(|status| status.name.as_str() == wanted);
        status.ok_or_else(|| self.roster.unknown(name))
    }

    /// Everything this registry knows, for a report. Starts nothing.
    pub fn diagnose(&self) -> Result<Diagnosis, GetError> {
        let diagnosis = self.observe(|observed: Observed<'_>| observed.diagnosis())?;
        let (selections, history) = (self.selections.samples(), self.roster.history());
        Ok(diagnosis.with_past(&selections, &history.starts(), &history.failures()))
    }

    /// This registry in numbers. Starts nothing.
    pub fn stats(&self) -> Result<Stats, GetError> {
        Ok(Stats::of(self.diagnose()?, self.held()))
    }

    /// Writes everything this registry knows to the file at `path`, in place of what is there. Whoever
    /// reads it meanwhile finds the old file or the new one, whole.
    pub fn export_diagnostics(
        &self,
        path: impl AsRef<Path>,
        format: ExportFormat,
    ) -> Result<(), ExportError> {
        diagnose::export(&self.diagnose()?, path.as_ref(), format)
    }

    /// Why the planner `name` is used or not, gate by gate. Loads nothing.
    pub fn explain(&self, name: &str) -> Result<Explanation, GetError> {
        let explained = self.observe(|observed| observed.explain(name))?;
        explained.ok_or_else(|| self.roster.unknown(name))
    }

    /// Why the file at `path` is used or not, gate by gate. A file that discovery has not seen, be it
    /// that it lies in no plugin folder, is judged by itself. Loads nothing.
    pub fn explain_file(&self, path: impl AsRef<Path>) -> Result<Explanation, GetError> {
        self.observe(|observed| observed.explain_file(path.as_ref()))
    }

    /// Applies every trust gate to the bytes that the file of the planner `name` holds now. Loads
    /// nothing.
    pub fn verify(&self, name: &str) -> Result<Verification, VerifyError> {
        self.roster.verify(name)
    }

    /// Applies every trust gate to the bytes that the file at `path` holds now, wherever it lies.
    /// Loads nothing.
    pub fn verify_file(&self, path: impl AsRef<Path>) -> Result<Verification, VerifyError> {
        self.roster.verify_file(path.as_ref())
    }

    /// Whether at least `active_min` planners can be used. Starts none.
    pub fn health(&self, active_min: usize) -> Health {
        match self.observe(|observed| observed.health(active_min)) {
            Ok(_) if self.is_shut_down() => {
                Health::without_discovery(&DiscoverError::ShuttingDown.into(), active_min)
            }
            Ok(health) => health,
            Err(error) => Health::without_discovery(&error, active_min),
        }
    }

    /// What changed since `since`, or as far back as is known; oldest first.
    ///
    /// Where a state folder is configured, the newest events of all processes that use it; otherwise
    /// those of this registry. The number is bounded.
    pub fn events(&self, since: Option<SystemTime>) -> Result<Vec<Event>, StateError> {
        self.roster.journal().events(since)
    }

    /// The newest selections that found a planner, oldest first: at most `limit`, and never more than
    /// `profiles.max` of them.
    pub fn selection_profiles(&self, limit: usize) -> Vec<SelectionSample> {
        newest(self.selections.samples(), limit)
    }

    /// The newest starts of planners, oldest first: at most `limit`, and never more than `profiles.max`
    /// of them.
    pub fn instantiation_profiles(&self, limit: usize) -> Vec<StartSample> {
        newest(self.roster.history().starts(), limit)
    }

    /// The newest failed starts, oldest first. A discovery archives those before it.
    pub fn failures(&self) -> Vec<FailedStart> {
        self.roster.history().failures()
    }

    /// Brings the gauges of the recorder that the host installed up to date: how planners stand, and what is
    /// kept. To be called before what the recorder has is read. Starts nothing.
    #[cfg(feature = "metrics")]
    pub fn record_metrics(&self) {
        diagnose::record(&self.health(0), self.held(), &self.roster.known());
    }

    fn observe<R>(&self, look: impl FnOnce(Observed<'_>) -> R) -> Result<R, GetError> {
        Ok(look(Observed {
            config: self.config(),
            policy: self.roster.policy(),
            planners: self.roster.planners()?,
            discovered: &self.roster.latest(),
            guard: self.roster.policy().guards.current(),
            journal: self.roster.journal(),
            unsaved: self.roster.unsaved(),
        }))
    }
}

/// The newest of these samples, which come oldest first.
fn newest<T>(mut samples: Vec<T>, limit: usize) -> Vec<T> {
    samples.drain(..samples.len().saturating_sub(limit));
    samples
}

//! Brings the catalog up to date: scans, judges, publishes, retires. One thread at a time.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use registry_core::catalog::{PublishError, Published, Snapshot};
use registry_core::exclusive::{NoTurn, Turn};
use registry_core::instance::InsideCall;
use registry_core::resident::{Retirement, retire_all};
use registry_core::sync::atomic::Ordering;

use super::Roster;
use crate::config::Policy;
use crate::discovery::{Bounds, Discovery, Progress, ScanRequest};
use crate::event::{Call, Event, EventKind};
use crate::meter;
use crate::name::PlannerName;
use crate::planner::admission::{Admission, admit};
use crate::planner::discover_error::DiscoverError;
use crate::planner::discovery_report::{DiscoveryReport, Retired};
use crate::planner::found::{self, Found};
use crate::planner::get_error::GetError;
use crate::planner::supervised::Planner;
use crate::state::StateError;
use crate::trust::Guard;

/// Longest time that a caller waits for another thread's discovery.
const DISCOVERY_WAIT_MAX: Duration = Duration::from_mins(2);

/// Longest time that calls in flight are awaited when their planner is retired.
const DRAIN_MAX: Duration = Duration::from_secs(5);

/// Which planners a discovery replaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replace {
    /// Those whose files changed.
    Changed,
    /// Those as well, found out by reading every file anew.
    ChangedReadAnew,
    /// All that come from files.
    All,
}

impl Roster {
    /// Scans the folders and makes what was found current. Runs no plugin code but the shutdown of
    /// planners that are no longer in the catalog, which is awaited.
    pub(crate) fn discover(&self, replace: Replace) -> Result<Arc<DiscoveryReport>, DiscoverError> {
        let mut memory = self.take_turn()?;
        self.discover_in_turn(&mut memory, replace)
    }

    /// How far the discovery under way has come.
    pub(crate) fn progress(&self) -> Progress {
        self.counter.progress()
    }

    /// Discovers, unless that was done before.
    pub(crate) fn ensure_discovered(&self) -> Result<(), GetError> {
        // Acquire, with the release in `publish`: whoever sees the flag sees what was published.
        if self.discovered_once.load(Ordering::Acquire) {
            return Ok(());
        }
        let mut memory = self.take_turn()?;
        if !self.discovered_once.load(Ordering::Acquire) {
            self.discover_in_turn(&mut memory, Replace::Changed)?;
        }
        Ok(())
    }

    fn take_turn(&self) -> Result<Turn<'_, Discovery>, DiscoverError> {
        let turn = self.memory.take(DISCOVERY_WAIT_MAX);
        let turn = turn.map_err(|NoTurn { waited }| DiscoverError::TimedOut { waited })?;
        // Looked at during the turn, which a shutdown takes as well: none begins after it.
        self.check_open()?;
        Ok(turn)
    }

    fn check_open(&self) -> Result<(), DiscoverError> {
        if self.is_closed() {
            Err(DiscoverError::ShuttingDown)
        } else {
            Ok(())
        }
    }

    fn discover_in_turn(
        &self,
        memory: &mut Turn<'_, Discovery>,
        replace: Replace,
    ) -> Result<Arc<DiscoveryReport>, DiscoverError> {
        let begun = Instant::now();
        let outcome = self.discover_uncounted(memory, replace);
        let word = match &outcome {
            Ok(report) if report.catalog_changed => "changed",
            Ok(_) => "unchanged",
            Err(error) => error.code(),
        };
        meter::discovered(word, begun.elapsed());
        outcome
    }

    /// The catalog's base is read before the folders are: what is published is never older than what
    /// it replaces.
    fn discover_uncounted(
        &self,
        memory: &mut Turn<'_, Discovery>,
        replace: Replace,
    ) -> Result<Arc<DiscoveryReport>, DiscoverError> {
        let started = Instant::now();
        let _call = Call::begin();
        self.supervision.history.archive_failures();
        let state_problem = self.recall();
        let base = self.catalog.current();
        if !base.is_empty() {
            // Retiring would wait for the very call that asks for it.
            InsideCall::check().map_err(DiscoverError::inside_call)?;
        }
        let guard = self.supervision.policy.guards.refresh(&self.config);
        self.supervision.policy.note_time();
        let request = self.scan_request(replace, &guard);
        let discovered = memory.with(|memory| memory.discover_counting(&request, &self.counter));
        let discovered = discovered.ok_or(DiscoverError::Bug)?;
        // It was given up half-way, and what it found says nothing.
        self.check_open()?;
        let mut report = DiscoveryReport {
            scan: discovered.scan,
            changes: discovered.changes,
            fingerprint: Some(discovered.fingerprint),
            compared: discovered.compared,
            files_read: discovered.read,
            cache_problem: discovered.cache_problem,
            reading_took: discovered.reading_took,
            sorting_took: discovered.sorting_took,
            state_problem,
            ..DiscoveryReport::default()
        };
        self.publish(&mut report, base, replace)?;
        self.learn_verdicts();
        report.took = started.elapsed();
        self.record(&report, base, replace);
        // Reports speak of the new generation while the old one is still being drained.
        let mut report = self.remember(report);
        if report.catalog_changed {
            let retired = self.retire_missing(base)?;
            report = self.remember(DiscoveryReport {
                retired,
                took: started.elapsed(),
                ..(*report).clone()
            });
        }
        Ok(report)
    }

    /// Learns what other processes left. Without it planners are held to what this one knows, and are
    /// checked and probed anew.
    fn recall(&self) -> Option<Arc<StateError>> {
        let supervision = &self.supervision;
        let probes = self.config.uses_policy(Policy::Probe);
        let outcomes = [
            supervision.ledger.recall(),
            supervision.layouts.refresh(),
            if probes {
                supervision.prober.check()
            } else {
                Ok(())
            },
        ];
        let mut problem = None;
        for error in outcomes.into_iter().filter_map(Result::err) {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::warn!(code = error.code(), %error, cause, "what was remembered is not used");
            problem.get_or_insert(Arc::new(error));
        }
        problem
    }

    /// Learns what probes found, here or in other processes, of planners that are to be probed.
    fn learn_verdicts(&self) {
        let mut planners = self.known();
        planners.retain(|planner| planner.policy() == Policy::Probe);
        if planners.is_empty() {
            return;
        }
        let kept = self.supervision.prober.kept();
        for planner in planners {
            planner.learn_verdict(&kept);
        }
    }

    /// Has the journal tell what a discovery found and changed.
    fn record(&self, report: &DiscoveryReport, base: &Snapshot<Planner>, replace: Replace) {
        let journal = self.journal();
        let found = found::all(report, base, self.catalog.current());
        journal.record_found(found.iter().map(Found::event));
        if replace == Replace::All {
            let planners = self.catalog.current().iter().count();
            let detail = format_args!("{planners} planners in the catalog");
            journal.record(Event::now(EventKind::Reloaded).detail(detail));
        }
        journal.save();
    }

    fn remember(&self, report: DiscoveryReport) -> Arc<DiscoveryReport> {
        let report = Arc::new(report);
        let previous = std::mem::replace(&mut *self.latest.lock(), Arc::clone(&report));
        drop(previous);
        report
    }

    /// Judges what was scanned and makes it current in place of `base`.
    fn publish(
        &self,
        report: &mut DiscoveryReport,
        base: &Snapshot<Planner>,
        replace: Replace,
    ) -> Result<(), PublishError> {
        let keep = match replace {
            Replace::Changed | Replace::ChangedReadAnew => Some(base),
            Replace::All => {
                self.supervision.prober.forget_faults();
                None
            }
        };
        let Admission {
            planners,
            rejected,
            resolution,
        } = admit(
            &report.scan,
            keep,
            &self.builtins,
            &self.config,
            &self.supervision,
        );
        let entries = self.builtins.iter().chain(&planners);
        let entries = entries.map(|planner| (planner.name().as_str(), Arc::clone(planner)));
        let published = self.catalog.publish(base, entries)?;
        self.discovered_once.store(true, Ordering::Release);
        report.catalog_changed = matches!(published, Published::New(_));
        // The empty generation that every catalog begins with is no loss.
        if report.catalog_changed && base.number() > 0 {
            meter::generation_retired();
        }
        report.rejected = rejected;
        report.resolution = resolution;
        Ok(())
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

    fn scan_request(&self, replace: Replace, guard: &Guard) -> ScanRequest {
        let settings = self.config.discovery();
        let texts = |names: &[PlannerName]| -> BTreeSet<String> {
            names.iter().map(ToString::to_string).collect()
        };
        let allowed = self.config.trust().allowed.iter();
        let first = allowed.chain(guard.locked()).map(ToString::to_string);
        ScanRequest {
            directories: settings.plugin_dirs.clone(),
            manual: settings.manual.clone(),
            excluded: texts(&settings.exclude),
            first: first.collect(),
            bounds: Bounds {
                file_bytes_max: self.config.file_bytes_max(),
                ..Bounds::default()
            },
            deep: settings.deep_fingerprint,
            afresh: settings.force_rediscover || replace != Replace::Changed,
        }
    }
}

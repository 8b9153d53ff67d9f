//! What a discovery found, as events.

use std::sync::Arc;

use registry_core::catalog::Snapshot;

use super::admission::Rejected;
use super::discovery_report::DiscoveryReport;
use super::supervised::Planner;
use crate::discovery::{Candidate, Refused};
use crate::event::{Event, EventKind};

/// One thing that a discovery found. It may have been known before.
#[derive(Debug)]
pub(super) enum Found<'a> {
    /// A planner that was not in the catalog.
    New(&'a Planner),
    /// A planner whose file changed.
    Changed(&'a Planner),
    /// A planner that its author holds back.
    Held(&'a Planner),
    /// A file that is no plugin.
    Refused(&'a Refused),
    /// A plugin that a trust gate turned away.
    Rejected(&'a Rejected),
}

/// The planners that `base` did not hold as they are in `current`, and every file that was turned away.
///
/// Planners come by name, since a snapshot's own order is another one in each process: where not all
/// are told of, each tells of the same ones.
pub(super) fn all<'a>(
    report: &'a DiscoveryReport,
    base: &Snapshot<Planner>,
    current: &'a Snapshot<Planner>,
) -> Vec<Found<'a>> {
    let mut found = Vec::new();
    let is_replaced = !std::ptr::eq(base, current);
    let mut planners: Vec<_> = current.iter().filter(|_| is_replaced).collect();
    planners.sort_unstable_by_key(|(name, _)| *name);
    for (name, planner) in planners {
        match base.get(name) {
            Some(old) if is_same(old, planner) => continue,
            Some(_) => found.push(Found::Changed(planner)),
            None => found.push(Found::New(planner)),
        }
        if planner.manifest().quarantined {
            found.push(Found::Held(planner));
        }
    }
    let refused = report.scan.refused.iter().chain(&report.resolution.refused);
    found.extend(refused.map(|refused| Found::Refused(refused)));
    found.extend(report.rejected.iter().map(Found::Rejected));
    found
}

/// Whether both are one planner, or come from the same state of the same file.
fn is_same(old: &Arc<Planner>, planner: &Arc<Planner>) -> bool {
    let candidate = planner.candidate();
    Arc::ptr_eq(old, planner) || candidate.is_some_and(|candidate| old.is_of(candidate))
}

impl Found<'_> {
    pub(super) fn event(&self) -> Event {
        match self {
            Self::New(planner) => of_planner(EventKind::Discovered, planner),
            Self::Changed(planner) => of_planner(EventKind::DigestChanged, planner),
            Self::Held(planner) => {
                let event = of_planner(EventKind::Quarantined, planner);
                event.detail("held back by its author")
            }
            Self::Refused(refused) => {
                let event = Event::now(EventKind::Refused).path(refused.path());
                event.code(refused.code()).detail(refused.reason())
            }
            Self::Rejected(rejected) => {
                let event = Event::now(EventKind::Refused).planner(&rejected.name);
                let event = event.path(&rejected.path).code(rejected.refusal.code());
                event.detail(&rejected.refusal)
            }
        }
    }
}

fn of_planner(kind: EventKind, planner: &Planner) -> Event {
    let event = Event::now(kind).planner(planner.name());
    let digest = |candidate: &Arc<Candidate>| candidate.digest().copied();
    let event = event.digest(planner.candidate().and_then(digest).as_ref());
    match planner.path() {
        Some(path) => event.path(path),
        None => event,
    }
}

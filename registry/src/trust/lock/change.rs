//! In what one lock differs from another.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use super::model::Lock;
use crate::name::PlannerName;

/// One difference between two locks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LockChange {
    /// The planner; none for what is revoked.
    pub planner: Option<PlannerName>,
    /// Whether it comes; if not, it goes.
    pub added: bool,
    /// What comes or goes.
    pub what: String,
}

impl Lock {
    /// What changes from this lock to `other`, by planner; what goes before what comes.
    pub fn changes_to(&self, other: &Self) -> Vec<LockChange> {
        let (own, others) = (self.lines(), other.lines());
        let change = |added| {
            move |(planner, what): &Line| LockChange {
                planner: planner.clone(),
                added,
                what: what.clone(),
            }
        };
        let gone = own.difference(&others).map(change(false));
        let come = others.difference(&own).map(change(true));
        let mut changes: Vec<_> = gone.chain(come).collect();
        changes.sort_by(|a, b| {
            (a.planner.is_none(), &a.planner, a.added).cmp(&(
                b.planner.is_none(),
                &b.planner,
                b.added,
            ))
        });
        changes
    }

    /// Each statement of the lock on a line of its own.
    fn lines(&self) -> BTreeSet<Line> {
        let accepted = self.planners().flat_map(|(name, entry)| {
            let min = entry.min_version().map(|min| format!("min_version {min}"));
            let digests = entry.versions().flat_map(|(version, digests)| {
                digests
                    .into_iter()
                    .map(move |digest| format!("{version} blake3:{digest}"))
            });
            min.into_iter()
                .chain(digests)
                .map(move |what| (Some(name.clone()), what))
        });
        let digests = self
            .revoked_digests()
            .map(|digest| format!("revoked blake3:{digest}"));
        let keys = self
            .revoked_keys()
            .iter()
            .map(|key| format!("revoked key {key}"));
        accepted
            .chain(digests.chain(keys).map(|what| (None, what)))
            .collect()
    }
}

type Line = (Option<PlannerName>, String);

impl fmt::Display for LockChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.added { '+' } else { '-' };
        match &self.planner {
            Some(planner) => write!(f, "{sign} {planner} {}", self.what),
            None => write!(f, "{sign} {}", self.what),
        }
    }
}

//! What later processes have to know of planners, as it stands in the state folder.
//!
//! Everything is a bounded number or text. What is read is taken as a claim: weights that are none
//! count as none, moments of the future as now, and no entry can lift a hold of an author or of the
//! configuration, which are not kept here.

use std::collections::BTreeMap;
use std::time::Duration;

use registry_core::breaker::{OpenSpan, Standing};
use registry_core::reliability::{Totals, Weights};
use serde::{Deserialize, Serialize};

use super::hold::Kept;
use super::record::Saved;
use crate::moment::Moment;
use crate::name::PlannerName;
use crate::state::Document;

/// Most planners that are remembered; beyond it the one that was called least lately is forgotten.
const PLANNERS_MAX: usize = 4096;

/// How planners did.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Outcomes {
    planners: BTreeMap<String, Outcome>,
}

/// Holds of operators.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Holds {
    planners: BTreeMap<String, HoldEntry>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Outcome {
    /// Decayed to `at_ms`.
    successes: f64,
    failures: f64,
    at_ms: u64,
    total_successes: u64,
    total_failures: u64,
    total_us: u64,
    last_success_ms: Option<u64>,
    last_error: Option<String>,
    breaker: Option<BreakerEntry>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct BreakerEntry {
    failures: u32,
    open_since_ms: Option<u64>,
    open_until_ms: Option<u64>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct HoldEntry {
    reason: String,
    since_ms: u64,
    until_ms: Option<u64>,
    /// When it was lifted: what is not in the file says nothing, so that a lost file lifts no hold.
    #[serde(default)]
    lifted_ms: Option<u64>,
}

/// What the file says of an operator's hold.
#[derive(Clone, Debug)]
pub(super) enum Known {
    Held(Kept),
    Lifted(Moment),
}

impl Document for Outcomes {
    const NAME: &'static str = "reliability";
    const VERSION: u32 = 1;
}

impl Document for Holds {
    const NAME: &'static str = "holds";
    const VERSION: u32 = 1;
}

impl Outcomes {
    /// Takes out what is remembered of a planner.
    pub(super) fn take(&mut self, name: &PlannerName) -> Option<Saved> {
        let entry = self.planners.remove(name.as_str())?;
        Some(entry.saved())
    }

    /// Adds what came since `before` was saved; other processes may have added their own meanwhile.
    pub(super) fn add(
        &mut self,
        name: &PlannerName,
        before: &Saved,
        after: &Saved,
        half_life: Duration,
    ) {
        let entry = self.planners.entry(name.as_str().to_owned()).or_default();
        entry.add(before, after, half_life);
        while self.planners.len() > PLANNERS_MAX {
            let oldest = self.planners.iter().min_by_key(|(_, entry)| entry.at_ms);
            let Some(oldest) = oldest.map(|(name, _)| name.clone()) else {
                return;
            };
            self.planners.remove(&oldest);
        }
    }

    /// Forgets the breaker of one planner, or of all.
    pub(super) fn forget_breakers(&mut self, name: Option<&PlannerName>) {
        for (own, entry) in &mut self.planners {
            if name.is_none_or(|name| name.as_str() == own) {
                entry.breaker = None;
            }
        }
    }

    /// The planners whose breakers are remembered as anything but untroubled.
    pub(super) fn troubled(&self) -> impl Iterator<Item = PlannerName> {
        let troubled = self.planners.iter();
        troubled
            .filter(|(_, entry)| entry.breaker.is_some())
            .filter_map(|(name, _)| PlannerName::parse(name).ok())
    }
}

impl Outcome {
    fn saved(&self) -> Saved {
        let open = self.breaker.and_then(|breaker| {
            Some(OpenSpan {
                since: Duration::from_millis(breaker.open_since_ms?),
                until: Duration::from_millis(breaker.open_until_ms?),
            })
        });
        Saved {
            weights: Weights {
                successes: self.successes,
                failures: self.failures,
                at: Duration::from_millis(self.at_ms),
            },
            totals: Totals {
                successes: self.total_successes,
                failures: self.total_failures,
                duration: Duration::from_micros(self.total_us),
                last_success: self.last_success_ms.map(Duration::from_millis),
                last_error: self.last_error.clone(),
            },
            breaker: Standing {
                failures: self.breaker.map_or(0, |breaker| breaker.failures),
                open,
            },
        }
    }

    fn add(&mut self, before: &Saved, after: &Saved, half_life: Duration) {
        let now = after.weights.at;
        let earlier = self.saved();
        let kept = Weights {
            // A date that was set back since must not keep the weights from ageing.
            at: earlier.weights.at.min(now),
            ..earlier.weights
        }
        .decayed(now, half_life);
        let counted = before.weights.decayed(now, half_life);
        let sum = |kept: f64, after: f64, counted: f64| {
            let kept = if kept.is_finite() { kept.max(0.0) } else { 0.0 };
            kept + (after - counted).max(0.0)
        };
        self.successes = sum(kept.successes, after.weights.successes, counted.successes);
        self.failures = sum(kept.failures, after.weights.failures, counted.failures);
        self.at_ms = millis(now);
        let more = |after: u64, before: u64| after.saturating_sub(before);
        let (own, was) = (&after.totals, &before.totals);
        let add = |total: &mut u64, more: u64| *total = total.saturating_add(more);
        add(
            &mut self.total_successes,
            more(own.successes, was.successes),
        );
        add(&mut self.total_failures, more(own.failures, was.failures));
        let took = own.duration.saturating_sub(was.duration);
        add(
            &mut self.total_us,
            u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        );
        self.last_success_ms = self.last_success_ms.max(own.last_success.map(millis));
        if own.failures > was.failures {
            self.last_error.clone_from(&own.last_error);
        }
        if after.breaker != before.breaker {
            let open = after.breaker.open;
            self.breaker = (after.breaker != Standing::default()).then(|| BreakerEntry {
                failures: after.breaker.failures,
                open_since_ms: open.map(|span| millis(span.since)),
                open_until_ms: open.map(|span| millis(span.until)),
            });
        }
    }
}

impl Holds {
    pub(super) fn set(&mut self, name: &PlannerName, hold: Option<&Kept>, now: Duration) {
        match hold {
            None => {
                if let Some(entry) = self.planners.get_mut(name.as_str()) {
                    entry.lifted_ms = Some(millis(now));
                }
            }
            Some(hold) => {
                let entry = HoldEntry {
                    reason: hold.reason.clone(),
                    since_ms: hold.since.unix_ms(),
                    until_ms: hold.until.map(Moment::unix_ms),
                    lifted_ms: None,
                };
                self.planners.insert(name.as_str().to_owned(), entry);
            }
        }
    }

    /// Whether one more planner can be held.
    pub(super) fn has_room(&self) -> bool {
        self.planners.len() < PLANNERS_MAX
    }

    /// Forgets the holds that have ended by themselves, and those that were lifted where they take the
    /// room of others.
    pub(super) fn prune(&mut self, now: Duration, date: Duration) {
        if !self.has_room() {
            self.planners.retain(|_, entry| entry.lifted_ms.is_none());
        }
        self.planners
            .retain(|_, entry| !entry.kept(now).has_ended(now, date));
    }

    /// The holds by name.
    pub(super) fn known(&self, now: Duration) -> BTreeMap<PlannerName, Known> {
        let holds = self.planners.iter().filter_map(|(name, entry)| {
            let name = PlannerName::parse(name).ok()?;
            let known = match entry.lifted_ms {
                Some(lifted_ms) => Known::Lifted(Moment::of_unix_ms(lifted_ms)),
                None => Known::Held(entry.kept(now)),
            };
            Some((name, known))
        });
        holds.collect()
    }
}

impl HoldEntry {
    fn kept(&self, now: Duration) -> Kept {
        let until = self.until_ms.map(Moment::of_unix_ms);
        Kept::recalled(&self.reason, Moment::of_unix_ms(self.since_ms), until, now)
    }
}

fn millis(moment: Duration) -> u64 {
    u64::try_from(moment.as_millis()).unwrap_or(u64::MAX)
}

//! What is known of how a planner does, by its name: it outlives the planner that a reload replaces.
//!
//! The first question to a record is one mark: whether anything at all was noted. A selection looks
//! through the records of all planners only when a mark was set since the one before. Everything behind it stands under small locks of its own, none of which is held while
//! another is taken, while plugin code runs or a file is opened.

use std::collections::BTreeMap;
use std::time::Duration;

use registry_core::breaker::{Breaker, BreakerPolicy, Standing};
use registry_core::mark::{Mark, Marks};
use registry_core::reliability::{Reliability, Totals, Weights};
use registry_core::sync::Mutex;

use super::breaker_open::BreakerOpen;
use super::hold::Kept;
use super::under_way::UnderWay;
use crate::moment::Moment;
use crate::name::PlannerName;

/// How often the journal is told of calls that fail with one code.
const TELL_EVERY: Duration = Duration::from_mins(1);

/// What is known of how a planner does.
#[derive(Debug)]
pub(crate) struct Record {
    name: PlannerName,
    noted: Mark,
    pub(super) reliability: Reliability,
    pub(super) breaker: Breaker,
    pub(super) under_way: UnderWay,
    hold: Mutex<Option<Kept>>,
    /// When the journal was last told of a failed call, by its code.
    told: Mutex<BTreeMap<&'static str, Duration>>,
    saved: Mutex<Saved>,
}

/// What is in the state folder, or came from it.
#[derive(Clone, Debug, Default)]
pub(super) struct Saved {
    pub(super) weights: Weights,
    pub(super) totals: Totals,
    pub(super) breaker: Standing,
}

impl Record {
    /// A blank record; `marks` counts those that are blank no more.
    pub(super) fn new(name: PlannerName, half_life: Duration, marks: Marks) -> Self {
        Self {
            name,
            noted: Mark::new(marks),
            reliability: Reliability::new(half_life),
            breaker: Breaker::new(),
            under_way: UnderWay::default(),
            hold: Mutex::new(None),
            told: Mutex::default(),
            saved: Mutex::default(),
        }
    }

    pub(super) fn name(&self) -> &PlannerName {
        &self.name
    }

    /// Whether nothing was ever noted, so that nobody need look further.
    #[inline]
    pub(crate) fn is_blank(&self) -> bool {
        !self.noted.is_set()
    }

    /// To be called before anything is noted.
    #[inline]
    pub(super) fn begin_note(&self) {
        self.noted.set();
    }

    /// Set before anything is noted.
    pub(crate) fn noted(&self) -> &Mark {
        &self.noted
    }

    /// The score that its outcomes give; none without any.
    pub(super) fn score(&self, now: Duration) -> Option<f64> {
        self.reliability.score(now)
    }

    /// Why its breaker refuses calls, if it does.
    pub(super) fn breaker_open(&self, policy: &BreakerPolicy) -> Option<BreakerOpen> {
        let last_error = || self.reliability.totals().last_error;
        BreakerOpen::at(policy.clock.now(), self.breaker.standing(), last_error)
    }

    /// Replaces the operator's hold; gives the one before.
    pub(super) fn set_hold(&self, hold: Option<Kept>) -> Option<Kept> {
        if hold.is_some() {
            self.begin_note();
        }
        std::mem::replace(&mut *self.hold.lock(), hold)
    }

    /// Takes over what is remembered of an operator's hold. One that has ended is news only to who still
    /// holds to another one, which it took the place of.
    pub(super) fn recall_hold(&self, kept: Kept, now: Duration, date: Duration) {
        let is_held = self.hold.lock().is_some();
        if is_held || !kept.has_ended(now, date) {
            self.set_hold(Some(kept));
        }
    }

    /// Ends a hold that was placed before it was `lifted` elsewhere.
    pub(super) fn lift_older(&self, lifted: Moment) {
        let mut hold = self.hold.lock();
        if hold.as_ref().is_some_and(|kept| kept.since <= lifted) {
            *hold = None;
        }
    }

    /// The operator's hold; with it whether one has just ended by itself.
    pub(super) fn hold(&self, now: Duration, date: Duration) -> (Option<Kept>, bool) {
        let mut hold = self.hold.lock();
        let ended = hold.as_ref().is_some_and(|kept| kept.has_ended(now, date));
        if ended {
            *hold = None;
        }
        (hold.clone(), ended)
    }

    /// Whether the journal is to be told of a call that failed with `code`.
    pub(super) fn is_news(&self, code: &'static str, now: Duration) -> bool {
        let mut told = self.told.lock();
        let before = told.get(code);
        let is_news = before.is_none_or(|before| now.saturating_sub(*before) >= TELL_EVERY);
        if is_news {
            told.insert(code, now);
        }
        is_news
    }

    pub(super) fn saved(&self) -> Saved {
        self.saved.lock().clone()
    }

    pub(super) fn set_saved(&self, saved: Saved) {
        *self.saved.lock() = saved;
    }

    /// What would be saved now.
    pub(super) fn to_save(&self, now: Duration) -> Saved {
        Saved {
            weights: self.reliability.weights(now),
            totals: self.reliability.totals(),
            breaker: self.breaker.standing(),
        }
    }
}

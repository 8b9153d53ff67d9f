//! The records of all planners, and how they outlive the process.
//!
//! Records are made for names and never taken away, so a planner that a reload replaces hands its
//! record on. What happened in the state folder's other users is read when planners are discovered;
//! what happened here is written by [`flush`](Ledger::flush): when the registry is dropped, when a
//! hold or a breaker is changed by hand, and every few seconds from a thread of its own that a finished
//! call starts and that ends with the write. A call never waits for a file.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use registry_core::breaker::{BreakerPolicy, Standing};
use registry_core::clock::Clock;
use registry_core::exclusive::{Exclusive, NoTurn, Turn};
use registry_core::mark::Marks;
use registry_core::sync::Mutex;
use registry_core::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::hold::Kept;
use super::record::Record;
use super::remembered::{Holds, Known, Outcomes};
use crate::config::Config;
use crate::journal::Journal;
use crate::moment::Moment;
use crate::name::PlannerName;
use crate::state::{StateError, StateFolder};

/// How often outcomes are written while calls come in.
const FLUSH_EVERY: Duration = Duration::from_secs(5);

/// Longest time that another thread's use of the state folder is awaited.
const TURN_WAIT_MAX: Duration = Duration::from_secs(10);

/// The records of all planners.
#[derive(Debug)]
pub(crate) struct Ledger {
    /// Steady, and dated: what it reads can be remembered.
    pub(super) clock: Clock,
    /// The system's date, which may be set.
    pub(super) date: Clock,
    pub(super) breaker: BreakerPolicy,
    /// When this process came to know of anything.
    pub(super) begun: Moment,
    half_life: Duration,
    /// Counts the records in which something was noted.
    noted: Marks,
    book: Mutex<Book>,
    pub(super) state: StateFolder,
    /// Why outcomes could not be written the last time, if they could not.
    refusal: Mutex<Option<Arc<StateError>>>,
    /// What changed.
    pub(crate) journal: Arc<Journal>,
    /// When outcomes were last written, on the clock, in milliseconds.
    flushed_ms: AtomicU64,
    is_flushing: AtomicBool,
    /// Whoever has it uses the state folder, so that none undoes what another one changes.
    turn: Exclusive<()>,
    calls: AtomicU64,
}

#[derive(Debug, Default)]
struct Book {
    records: BTreeMap<PlannerName, Arc<Record>>,
    /// Of planners that have no record yet.
    outcomes: Option<Outcomes>,
    holds: BTreeMap<PlannerName, Kept>,
}

impl Ledger {
    /// Empty books, kept as `config` says.
    pub(crate) fn of(config: &Config) -> Self {
        Self::with_clocks(config, Clock::dated(), Clock::wall())
    }

    pub(crate) fn with_clocks(config: &Config, clock: Clock, date: Clock) -> Self {
        let isolation = config.isolation();
        Self {
            breaker: BreakerPolicy {
                clock: clock.clone(),
                failures_max: isolation.breaker_failures,
                cooldown: isolation.breaker_reset,
            },
            begun: Moment::of(clock.now()),
            half_life: config.select().decay_half_life,
            noted: Marks::new(),
            book: Mutex::default(),
            state: StateFolder::of(config),
            refusal: Mutex::default(),
            journal: Arc::new(Journal::new(StateFolder::of(config))),
            flushed_ms: AtomicU64::new(millis(clock.now())),
            is_flushing: AtomicBool::new(false),
            turn: Exclusive::new(()),
            calls: AtomicU64::new(0),
            clock,
            date,
        }
    }

    /// The number of the next call, from 1.
    pub(super) fn next_call(&self) -> u64 {
        // Relaxed: only that numbers differ matters.
        self.calls.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The record of the planner `name`, made now if there is none.
    pub(super) fn record(&self, name: &PlannerName) -> Arc<Record> {
        let mut book = self.book.lock();
        if let Some(record) = book.records.get(name) {
            return Arc::clone(record);
        }
        let record = Arc::new(Record::new(
            name.clone(),
            self.half_life,
            self.noted.clone(),
        ));
        let outcomes = book.outcomes.as_mut();
        self.enter(&record, outcomes);
        if let Some(hold) = book.holds.remove(name) {
            record.set_hold(Some(hold));
        }
        book.records.insert(name.clone(), Arc::clone(&record));
        record
    }

    /// All records at one moment, by name.
    pub(super) fn records(&self) -> Vec<Arc<Record>> {
        self.book.lock().records.values().cloned().collect()
    }

    /// Holds of planners that have no record yet.
    pub(super) fn waiting_holds(&self) -> BTreeMap<PlannerName, Kept> {
        let (now, date) = (self.clock.now(), self.date.now());
        let mut holds = self.book.lock().holds.clone();
        holds.retain(|_, kept| !kept.has_ended(now, date));
        holds
    }

    /// Reads what others left: outcomes once, holds anew each time.
    pub(crate) fn recall(&self) -> Result<(), StateError> {
        if self.state.path().is_none() {
            return Ok(());
        }
        let _turn = self.take_turn()?;
        let outcomes = if self.book.lock().outcomes.is_none() {
            Some(self.state.read::<Outcomes>()?)
        } else {
            None
        };
        let holds = self.state.read::<Holds>()?;
        let mut book = self.book.lock();
        let Book {
            records,
            outcomes: known,
            holds: waiting,
        } = &mut *book;
        if let (None, Some(outcomes)) = (&known, outcomes) {
            let outcomes = known.insert(outcomes);
            for record in records.values() {
                self.enter(record, Some(outcomes));
            }
        }
        let (now, date) = (self.clock.now(), self.date.now());
        for (name, known) in holds.known(now) {
            match (records.get(&name), known) {
                (Some(record), Known::Held(kept)) => record.recall_hold(kept, now, date),
                (Some(record), Known::Lifted(lifted)) => record.lift_older(lifted),
                (None, Known::Held(kept)) if kept.has_ended(now, date) => {
                    waiting.remove(&name);
                }
                (None, Known::Held(kept)) => _ = waiting.insert(name, kept),
                (None, Known::Lifted(_)) => _ = waiting.remove(&name),
            }
        }
        Ok(())
    }

    /// Enters into a record what is remembered of its planner, which nobody has called yet.
    fn enter(&self, record: &Record, outcomes: Option<&mut Outcomes>) {
        let Some(remembered) = outcomes.and_then(|outcomes| outcomes.take(record.name())) else {
            return;
        };
        record.begin_note();
        let now = self.clock.now();
        record
            .reliability
            .recall(now, remembered.weights, remembered.totals);
        record.breaker.recall(remembered.breaker, &self.breaker);
        record.set_saved(record.to_save(now));
    }

    /// Whether it is time to write outcomes; whoever is told so has to call
    /// [`flush_when_due`](Self::flush_when_due).
    pub(super) fn is_due(&self) -> bool {
        let now = millis(self.clock.now());
        // Relaxed: two hints; the flag's exchange decides who writes.
        let age = now.saturating_sub(self.flushed_ms.load(Ordering::Relaxed));
        self.state.path().is_some()
            && u128::from(age) >= FLUSH_EVERY.as_millis()
            && !self.is_flushing.swap(true, Ordering::Relaxed)
    }

    /// Writes outcomes after [`is_due`](Self::is_due) said so.
    pub(super) fn flush_when_due(&self) {
        self.flush_or_warn();
        self.give_up_flush();
    }

    /// Takes back what [`is_due`](Self::is_due) said.
    pub(super) fn give_up_flush(&self) {
        self.is_flushing.store(false, Ordering::Relaxed);
    }

    /// Writes outcomes, and what changed; a failure is for the log.
    pub(crate) fn flush_or_warn(&self) {
        self.journal.save();
        let refusal = self.flush().err();
        if let Some(error) = &refusal {
            let cause = std::error::Error::source(error).map(ToString::to_string);
            tracing::warn!(code = error.code(), %error, cause, "reliability was not written");
        }
        *self.refusal.lock() = refusal.map(Arc::new);
    }

    /// Why later processes do not get to know what was learnt here, if they do not.
    pub(crate) fn refusal(&self) -> Option<Arc<StateError>> {
        let refusal = self.refusal.lock().clone();
        refusal.or_else(|| self.journal.refusal())
    }

    /// Writes what came since the last time. What cannot be written is tried again with what comes.
    pub(crate) fn flush(&self) -> Result<(), StateError> {
        let _turn = self.take_turn()?;
        let now = self.clock.now();
        self.flushed_ms.store(millis(now), Ordering::Relaxed);
        let news: Vec<_> = self
            .records()
            .into_iter()
            .map(|record| (record.saved(), record.to_save(now), record))
            .filter(|(before, after, _)| {
                before.totals != after.totals || before.breaker != after.breaker
            })
            .collect();
        if news.is_empty() || self.state.path().is_none() {
            return Ok(());
        }
        self.state.update(|outcomes: &mut Outcomes| {
            for (before, after, record) in &news {
                outcomes.add(record.name(), before, after, self.half_life);
            }
        })?;
        for (_, after, record) in news {
            record.set_saved(after);
        }
        Ok(())
    }

    /// Changes the operator's hold of a planner, here and for later processes; gives the one before.
    pub(super) fn set_hold(
        &self,
        name: &PlannerName,
        hold: Option<&Kept>,
    ) -> Result<Option<Kept>, StateError> {
        let record = self.record(name);
        let turn = self.take_turn();
        // Whatever the folder says: a hold that cannot be remembered holds nevertheless.
        let before = record.set_hold(hold.cloned());
        let _turn = turn?;
        if self.state.path().is_some() {
            let (now, date) = (self.clock.now(), self.date.now());
            self.state.update(|holds: &mut Holds| {
                holds.prune(now, date);
                if hold.is_none() || holds.has_room() {
                    holds.set(name, hold, now);
                }
            })?;
        }
        Ok(before)
    }

    /// Closes the breaker of one planner, or of all that there are at this moment, here and for later
    /// processes; gives those that were not untroubled.
    pub(super) fn reset_breakers(
        &self,
        name: Option<&PlannerName>,
    ) -> Result<Vec<PlannerName>, StateError> {
        let records = match name {
            Some(name) => vec![self.record(name)],
            None => self.records(),
        };
        // No outcomes are written meanwhile, so that none brings back what is forgotten.
        let turn = self.take_turn();
        let mut troubled = Vec::new();
        for record in records {
            if record.breaker.reset() != Standing::default() {
                troubled.push(record.name().clone());
            }
            let mut saved = record.saved();
            saved.breaker = Standing::default();
            record.set_saved(saved);
        }
        let _turn = turn?;
        if self.state.path().is_some() {
            let others = self.state.read::<Outcomes>()?;
            let others: Vec<_> = others
                .troubled()
                .filter(|own| name.is_none_or(|name| name == own))
                .collect();
            if !others.is_empty() {
                self.state
                    .update(|outcomes: &mut Outcomes| outcomes.forget_breakers(name))?;
                troubled.extend(others);
            }
        }
        troubled.sort();
        troubled.dedup();
        Ok(troubled)
    }
}

impl Ledger {
    fn take_turn(&self) -> Result<Turn<'_, ()>, StateError> {
        let turn = self.turn.take(TURN_WAIT_MAX);
        turn.map_err(|NoTurn { waited }| StateError::Busy {
            path: self.state.path().unwrap_or("".as_ref()).to_owned(),
            waited,
        })
    }
}

fn millis(moment: Duration) -> u64 {
    u64::try_from(moment.as_millis()).unwrap_or(u64::MAX)
}

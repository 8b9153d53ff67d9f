//! Runs a model through all its schedules and asserts what it reached.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// Two preemptions have missed a lost shutdown that three find.
const PREEMPTIONS: usize = 3;

/// Collects what happened over all schedules of a model.
#[derive(Default)]
pub(crate) struct Outcomes(Mutex<BTreeSet<&'static str>>);

impl Outcomes {
    /// Notes that some schedule got here.
    pub(crate) fn reach(&self, outcome: &'static str) {
        self.0.lock().unwrap().insert(outcome);
    }
}

/// Runs `model` through all its schedules; together they must reach exactly these outcomes.
pub(crate) fn check(
    outcomes: &[&'static str],
    model: impl Fn(&Arc<Outcomes>) + Send + Sync + 'static,
) {
    let reached = Arc::new(Outcomes::default());
    let schedules = Arc::new(AtomicUsize::new(0));
    let started = Instant::now();

    let mut builder = loom::model::Builder::new();
    builder.preemption_bound.get_or_insert(PREEMPTIONS);
    builder.max_branches = 10_000;
    // A run that was cut short would prove nothing.
    builder.max_permutations = None;
    builder.max_duration = None;
    let (noted, counted) = (Arc::clone(&reached), Arc::clone(&schedules));
    builder.check(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        model(&noted);
    });

    let schedules = schedules.load(Ordering::Relaxed);
    println!("{schedules} schedules in {:.2?}", started.elapsed());
    let reached = reached.0.lock().unwrap().clone();
    let wanted: BTreeSet<_> = outcomes.iter().copied().collect();
    assert_eq!(reached, wanted, "outcomes reached and wanted differ");
}

/// Whether the model itself was asked to misbehave at `fault`; see `registry_core::sync`.
pub(crate) fn broken(fault: &str) -> bool {
    std::env::var("REGISTRY_FAULT").is_ok_and(|active| active == fault)
}

/// Counts plainly, out of sight of the checker: for asserting after the threads were joined.
#[derive(Clone, Default)]
pub(crate) struct Counter(Arc<AtomicUsize>);

impl Counter {
    /// Counts one more and gives the number before.
    pub(crate) fn add(&self) -> usize {
        self.0.fetch_add(1, Ordering::SeqCst)
    }

    /// The number so far.
    pub(crate) fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

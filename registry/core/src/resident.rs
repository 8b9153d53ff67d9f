//! A slot with an instance in it, from first use to retirement.
//!
//! This is the part of a header that lives and dies: built at most once, called while it lasts,
//! retired when its generation is. Whatever the order in which building and retiring meet, what
//! was built is dropped exactly once: by the retirement if it finds it, by the builder if not.

use std::time::{Duration, Instant};

use crate::instance::{Drained, InsideCall, Instance};
use crate::slot::{Slot, SlotError, SlotPhase, SlotPolicy};

/// An instance that is built on first use and retired with its generation.
#[derive(Debug)]
pub struct Resident<I, E> {
    slot: Slot<Instance<I>, E>,
}

/// How a retirement ended, counted over residents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retirement {
    /// Instances taken out and dropped.
    pub shut_down: usize,
    /// Instances whose calls did not end within the bound.
    pub leaked: usize,
    /// Residents without an instance: never built, or still being built, in which case the builder
    /// drops what it builds.
    pub absent: usize,
    /// Residents that had been drained before.
    pub already: usize,
}

impl<I, E> Resident<I, E> {
    /// A resident not built yet.
    pub fn new() -> Self {
        Self { slot: Slot::new() }
    }

    /// The instance, if it was built.
    #[inline]
    pub fn get(&self) -> Option<&Instance<I>> {
        self.slot.get()
    }

    /// The instance, built by `build` if need be; see [`Slot::get_or_build`].
    pub fn get_or_build(
        &self,
        policy: &SlotPolicy,
        build: impl FnOnce() -> Result<I, E>,
    ) -> Result<&Instance<I>, SlotError<E>> {
        self.slot
            .get_or_build(policy, || build().map(Instance::new))
    }

    /// Forgets failures, so that the next caller builds at once; `false` when there were none.
    pub fn reset(&self) -> bool {
        self.slot.reset()
    }

    /// What the slot is doing.
    pub fn phase(&self, policy: &SlotPolicy) -> SlotPhase<E> {
        self.slot.phase(policy)
    }

    /// Ends building, turns new calls away, waits at most `within` for the others, and drops the
    /// instance.
    pub fn retire(&self, within: Duration) -> Result<Retirement, InsideCall> {
        retire_all([self], within)
    }
}

impl<I, E> Default for Resident<I, E> {
    fn default() -> Self {
        Self::new()
    }
}

/// Retires many residents within one bound: all turn calls away first, so that they drain together.
pub fn retire_all<'a, I: 'a, E: 'a>(
    residents: impl IntoIterator<Item = &'a Resident<I, E>>,
    within: Duration,
) -> Result<Retirement, InsideCall> {
    InsideCall::check()?;
    let mut report = Retirement::default();
    let mut instances = Vec::new();
    for resident in residents {
        match resident.slot.close() {
            Some(instance) => {
                instance.retire();
                instances.push(instance);
            }
            None => report.absent += 1,
        }
    }
    let started = Instant::now();
    for instance in instances {
        // Once the bound is used up, the others are still tried, without waiting.
        match instance.drain(within.saturating_sub(started.elapsed()))? {
            Drained::ShutDown => report.shut_down += 1,
            Drained::Leaked => report.leaked += 1,
            Drained::Already => report.already += 1,
        }
    }
    Ok(report)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::backoff::Backoff;
    use crate::clock::Clock;

    const MINUTE: Duration = Duration::from_mins(1);

    fn policy() -> SlotPolicy {
        SlotPolicy {
            clock: Clock::monotonic(),
            wait_max: MINUTE,
            backoff: Backoff::NONE,
        }
    }

    fn built(token: &Arc<()>) -> Resident<Arc<()>, std::fmt::Error> {
        let resident = Resident::new();
        let built = resident.get_or_build(&policy(), || Ok(Arc::clone(token)));
        assert!(!built.unwrap().is_retired());
        resident
    }

    #[test]
    fn retiring_counts_each_resident_under_one_heading() {
        let token = Arc::new(());
        let (alive, drained, empty) = (built(&token), built(&token), Resident::new());
        assert_eq!(drained.retire(MINUTE).unwrap().shut_down, 1);
        assert_eq!(Arc::strong_count(&token), 2);
        let report = retire_all([&alive, &drained, &empty], MINUTE);
        let expected = Retirement {
            shut_down: 1,
            leaked: 0,
            absent: 1,
            already: 1,
        };
        assert_eq!(report, Ok(expected));
        assert_eq!(Arc::strong_count(&token), 1);
    }

    #[test]
    fn what_is_built_while_it_is_retired_is_dropped_by_its_builder() {
        let token = Arc::new(());
        let resident = Resident::<_, std::fmt::Error>::new();
        let result = resident.get_or_build(&policy(), || {
            let absent = resident.retire(MINUTE).map(|report| report.absent);
            assert_eq!(absent, Ok(1));
            Ok(Arc::clone(&token))
        });
        assert_eq!(result.unwrap_err().code(), "E_RETIRED");
        assert_eq!(Arc::strong_count(&token), 1);
    }

    #[test]
    fn retiring_from_inside_a_call_changes_nothing() {
        let token = Arc::new(());
        let (inner, outer) = (built(&token), built(&token));
        let refused = outer.get().unwrap().call(|_| inner.retire(MINUTE));
        assert_eq!(refused, Ok(Err(InsideCall)));
        assert_eq!(inner.get().unwrap().call(|_| 1), Ok(1));
    }
}

//! One thread at a time in the dynamic loader.
//!
//! The loader holds a lock of its own while a library's constructors run, and whoever comes meanwhile,
//! for whatever library, waits for it without bound. Waiting here instead has one. No lock of ours is
//! held during a turn: it is a name under a lock, taken away when the turn is dropped.
//!
//! Waiting is looking again after a pause. A condition variable would make the thread's first wait
//! register a thread-local destructor, for which the C library takes the very lock that is held.

use std::thread::sleep;
use std::time::{Duration, Instant};

use registry_core::sync::Mutex;

use crate::name::PlannerName;

/// Time between two looks.
const PAUSE: Duration = Duration::from_millis(1);

/// Who is in the dynamic loader.
#[derive(Debug)]
pub(super) struct Turns {
    current: Mutex<Option<PlannerName>>,
}

/// The right to call the dynamic loader, until it is dropped.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    turns: &'a Turns,
}

impl Turns {
    /// Nobody is.
    pub(super) fn new() -> Self {
        Self {
            current: Mutex::new(None),
        }
    }

    /// A turn for `planner`, or the name of the planner whose turn did not end within `wait_max`.
    pub(super) fn take(
        &self,
        planner: &PlannerName,
        wait_max: Duration,
    ) -> Result<Turn<'_>, PlannerName> {
        let started = Instant::now();
        loop {
            let waited = started.elapsed();
            {
                let mut current = self.current.lock();
                match &*current {
                    Some(other) if waited >= wait_max => return Err(other.clone()),
                    Some(_) => {}
                    None => {
                        *current = Some(planner.clone());
                        return Ok(Turn { turns: self });
                    }
                }
            }
            sleep(PAUSE.min(wait_max.saturating_sub(waited)));
        }
    }

    /// Whose turn it is.
    pub(super) fn current(&self) -> Option<PlannerName> {
        self.current.lock().clone()
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.turns.current.lock() = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> PlannerName {
        PlannerName::parse(text).unwrap()
    }

    #[test]
    fn a_turn_is_refused_while_another_lasts_and_given_once_it_has_ended() {
        let (turns, first, second) = (Turns::new(), name("first"), name("second"));
        let turn = turns.take(&first, Duration::ZERO).unwrap();
        for bound in [Duration::ZERO, Duration::from_millis(5)] {
            assert_eq!(turns.take(&second, bound).unwrap_err(), first);
        }
        drop(turn);
        let _turn = turns.take(&second, Duration::ZERO).unwrap();
        assert_eq!(turns.current(), Some(second));
    }

    #[test]
    fn many_threads_take_turns_and_are_never_two_at_once() {
        let (turns, inside) = (Turns::new(), Mutex::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        let minute = Duration::from_mins(1);
                        let _turn = turns.take(&name("planner"), minute).unwrap();
                        // The lock would hide an overlap if it were held across the turn.
                        *inside.lock() += 1;
                        std::thread::yield_now();
                        assert_eq!(*inside.lock(), 1);
                        *inside.lock() -= 1;
                    }
                });
            }
        });
        assert_eq!(turns.current(), None);
    }
}

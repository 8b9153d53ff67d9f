//! Real threads in numbers: constructions and shutdowns are counted exactly.
#![cfg(not(any(registry_loom, registry_shuttle)))]
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "every function here is part of a test"
)]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use registry_core::backoff::Backoff;
use registry_core::catalog::Catalog;
use registry_core::clock::Clock;
use registry_core::resident::{Resident, Retirement, retire_all};
use registry_core::slot::{SlotError, SlotPolicy};

const THREADS: usize = 64;
const NAMES: usize = 100;
const ROUNDS: usize = 200;
const PATIENT: Duration = Duration::from_mins(1);

type Header = Resident<Plugin, std::fmt::Error>;

/// Counts its shutdowns.
struct Plugin(Arc<AtomicUsize>);

impl Drop for Plugin {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

struct World {
    catalog: Catalog<Header>,
    policy: SlotPolicy,
    builds: AtomicUsize,
    shutdowns: Arc<AtomicUsize>,
}

impl World {
    fn new() -> Self {
        Self {
            catalog: Catalog::new(),
            policy: SlotPolicy {
                clock: Clock::monotonic(),
                wait_max: PATIENT,
                backoff: Backoff::NONE,
            },
            builds: AtomicUsize::new(0),
            shutdowns: Arc::default(),
        }
    }

    /// Puts new headers in the place of all the old ones.
    fn reload(&self, names: &[String]) -> Retirement {
        let base = self.catalog.current();
        let entries = names.iter().map(|name| (&**name, Arc::new(Header::new())));
        self.catalog.publish(base, entries).unwrap();
        retire_all(base.iter().map(|(_, header)| &**header), PATIENT).unwrap()
    }

    /// Calls one planner, building it if need be; retired ones are looked up again.
    fn call(&self, name: &str) {
        // Each retry means a reload ended meanwhile, so there are no more than rounds.
        for _ in 0..=ROUNDS {
            let header = self.catalog.get(name).unwrap();
            let instance = header.get_or_build(&self.policy, || {
                self.builds.fetch_add(1, Ordering::Relaxed);
                Ok(Plugin(Arc::clone(&self.shutdowns)))
            });
            match instance.map(|instance| instance.call(|_| ())) {
                Ok(Ok(())) => return,
                Ok(Err(_)) | Err(SlotError::Closed) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
        panic!("retired more often than reloaded");
    }
}

/// In each round all threads want all planners of a cold generation at once; then, while they go
/// on calling, the next generation replaces it.
#[test]
fn planners_are_built_once_a_generation_and_shut_down_once_when_it_is_retired() {
    let world = World::new();
    let names: Vec<_> = (0..NAMES).map(|n| format!("planner_{n}")).collect();
    let barrier = Barrier::new(THREADS + 1);
    world.reload(&names);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (world, names, barrier) = (&world, &names, &barrier);
            scope.spawn(move || {
                for _ in 0..ROUNDS {
                    barrier.wait();
                    for name in names {
                        world.call(name);
                    }
                    barrier.wait();
                    // These calls meet the reload.
                    for name in names.iter().cycle().skip(thread).take(NAMES) {
                        world.call(name);
                    }
                }
            });
        }
        for round in 1..=ROUNDS {
            barrier.wait();
            barrier.wait();
            if round < ROUNDS {
                let retirement = world.reload(&names);
                let expected = Retirement {
                    shut_down: NAMES,
                    ..Retirement::default()
                };
                assert_eq!(retirement, expected, "round {round}");
            }
        }
    });
    assert_eq!(world.builds.load(Ordering::Relaxed), NAMES * ROUNDS);
    let shutdowns = Arc::clone(&world.shutdowns);
    assert_eq!(shutdowns.load(Ordering::Relaxed), NAMES * (ROUNDS - 1));
    assert_eq!(world.catalog.held().generations, ROUNDS + 1);
    drop(world);
    assert_eq!(shutdowns.load(Ordering::Relaxed), NAMES * ROUNDS);
}

//! Random schedules of a model too large to enumerate: many threads, many names, reloads between.
#![cfg(registry_shuttle)]
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "every function here is part of a test"
)]

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use registry_core::backoff::Backoff;
use registry_core::catalog::Catalog;
use registry_core::clock::ManualClock;
use registry_core::resident::{Resident, retire_all};
use registry_core::slot::{SlotError, SlotPolicy};
use shuttle::thread;

const CALLERS: usize = 8;
const NAMES: usize = 100;
const RELOADS: usize = 2;
/// Schedules tried by each scheduler; a step is a lock or an atomic, and one schedule has 10,000s.
const SCHEDULES: usize = 400;
/// Under the checker, any bound but zero means: until it is done.
const PATIENT: Duration = Duration::from_secs(1);

/// Plain counts of one schedule, out of sight of the checker.
#[derive(Default)]
struct Counts {
    builds: AtomicUsize,
    shutdowns: AtomicUsize,
    calls: AtomicUsize,
}

/// How often, over all schedules, a caller met a retirement.
#[derive(Default)]
struct Met {
    retired: AtomicUsize,
    closed: AtomicUsize,
}

struct Plugin(Arc<Counts>);

impl Drop for Plugin {
    fn drop(&mut self) {
        self.0.shutdowns.fetch_add(1, Ordering::SeqCst);
    }
}

type Header = Resident<Plugin, ()>;

fn policy() -> SlotPolicy {
    SlotPolicy {
        clock: ManualClock::new().clock(),
        wait_max: PATIENT,
        backoff: Backoff::NONE,
    }
}

fn name(index: usize) -> String {
    format!("planner_{}", index % NAMES)
}

fn reload(catalog: &Catalog<Header>) {
    let base = catalog.current();
    let entries = (0..NAMES).map(|index| (name(index), Arc::new(Header::new())));
    catalog.publish(base, entries).unwrap();
    let retired = base.iter().map(|(_, header)| &**header);
    assert_eq!(retire_all(retired, PATIENT).unwrap().leaked, 0);
}

/// Calls one planner, building it if need be; retired ones are looked up again.
fn call(catalog: &Catalog<Header>, name: &str, counts: &Arc<Counts>, met: &Met) {
    for _ in 0..=RELOADS {
        let header = catalog.get(name).unwrap();
        let built = header.get_or_build(&policy(), || {
            counts.builds.fetch_add(1, Ordering::SeqCst);
            thread::yield_now();
            Ok(Plugin(Arc::clone(counts)))
        });
        let _before = match built.map(|instance| instance.call(|_| thread::yield_now())) {
            Ok(Ok(())) => {
                counts.calls.fetch_add(1, Ordering::SeqCst);
                return;
            }
            Ok(Err(_)) => met.retired.fetch_add(1, Ordering::SeqCst),
            Err(SlotError::Closed) => met.closed.fetch_add(1, Ordering::SeqCst),
            Err(other) => panic!("{other:?}"),
        };
    }
    panic!("retired more often than reloaded");
}

fn model(met: &Arc<Met>) {
    let counts = Arc::new(Counts::default());
    let catalog = Arc::new(Catalog::new());
    reload(&catalog);
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let (catalog, counts) = (Arc::clone(&catalog), Arc::clone(&counts));
            let met = Arc::clone(met);
            thread::spawn(move || {
                for index in 0..NAMES {
                    call(&catalog, &name(index + caller), &counts, &met);
                }
            })
        })
        .collect();
    for _ in 0..RELOADS {
        thread::yield_now();
        reload(&catalog);
    }
    for caller in callers {
        caller.join().unwrap();
    }
    let load = |count: &AtomicUsize| count.load(Ordering::SeqCst);
    assert_eq!(load(&counts.calls), CALLERS * NAMES);
    let latest = catalog.current().iter();
    let alive = latest.filter(|(_, header)| header.get().is_some()).count();
    let builds = load(&counts.builds);
    assert!(builds <= NAMES * (RELOADS + 1), "{builds} constructions");
    assert_eq!(load(&counts.shutdowns), builds - alive, "shutdowns");
    drop(catalog);
    assert_eq!(load(&counts.shutdowns), builds, "shutdowns at the end");
}

/// Runs the model under a scheduler, and asserts that retirements were met in both ways.
fn explore(schedule: impl FnOnce(Box<dyn Fn() + Send + Sync>)) {
    let met = Arc::new(Met::default());
    let noted = Arc::clone(&met);
    schedule(Box::new(move || model(&noted)));
    assert!(
        met.retired.load(Ordering::SeqCst) > 0,
        "no call met a retired instance"
    );
    assert!(
        met.closed.load(Ordering::SeqCst) > 0,
        "no build met a retirement"
    );
}

#[test]
fn eight_callers_a_hundred_names_and_reloads_at_random() {
    explore(|model| shuttle::check_random(model, SCHEDULES));
}

#[test]
fn eight_callers_a_hundred_names_and_reloads_by_priority() {
    explore(|model| shuttle::check_pct(model, SCHEDULES, 3));
}

#[test]
fn a_slot_with_a_gap_is_rejected() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "eight_callers_a_hundred_names_and_reloads_at_random",
        ])
        .env("REGISTRY_FAULT", "slot.lock_gap")
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(!output.status.success(), "a gap is accepted");
    assert!(said.contains("BuiltTwice"), "{said}");
}

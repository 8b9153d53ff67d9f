//! A lookup that hits allocates nothing, however the name is written.
#![cfg(not(any(registry_loom, registry_shuttle)))]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use registry_core::backoff::Backoff;
use registry_core::catalog::Catalog;
use registry_core::clock::Clock;
use registry_core::resident::Resident;
use registry_core::slot::SlotPolicy;

/// Counts what this thread allocates.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

#[expect(unsafe_code, reason = "an allocator cannot be written without")]
// SAFETY: every call is passed on unchanged to the system's allocator; the counter allocates
// nothing, being a constant-initialised thread-local without a destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's promises about the layout are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: `ptr` came from `System.alloc` with this layout.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(work: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

#[test]
fn the_counter_sees_an_allocation() {
    assert_eq!(allocations(|| drop(black_box(Box::new(1)))), 1);
}

#[test]
fn looking_up_and_calling_a_warm_planner_allocates_nothing() {
    let policy = SlotPolicy {
        clock: Clock::monotonic(),
        wait_max: Duration::from_secs(1),
        backoff: Backoff::NONE,
    };
    let longest = "x".repeat(64);
    let names = ["mixed_case", &longest, "abc"];
    let catalog = Catalog::<Resident<u32, std::fmt::Error>>::new();
    let entries = names.map(|name| (name, Arc::new(Resident::new())));
    catalog.publish(catalog.current(), entries).unwrap();
    for name in names {
        let header = catalog.get(name).unwrap();
        header.get_or_build(&policy, || Ok(7)).unwrap();
    }

    let shouted = format!(" \t{}  ", longest.to_uppercase());
    let written = ["mixed_case", " Mixed_Case ", &longest, &shouted, "ABC"];
    let mut answers = 0;
    let allocated = allocations(|| {
        for _ in 0..1000 {
            for name in written {
                let header = catalog.get(black_box(name)).unwrap();
                let instance = header.get_or_build(&policy, || Ok(8)).unwrap();
                answers += instance.call(|answer| *answer).unwrap();
            }
        }
    });
    assert_eq!((allocated, answers), (0, 7 * 5000));
    assert_eq!(allocations(|| assert!(catalog.get("absent").is_none())), 0);
}

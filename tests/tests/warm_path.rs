//! Borrowing a started planner by name allocates nothing, however the name is written; selecting one
//! allocates the rows of the ranking and nothing else.

#![expect(unsafe_code, reason = "a counting allocator is one")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;

use plugin_api::{Context, Plan, PlanContext, PlanError, PlanRequest, Planner};
use registry::{Builtin, Query, Registry};

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: every call is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(work: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

#[derive(Default)]
struct Idle;

impl Planner for Idle {
    fn plan(&self, _request: &PlanRequest, _cx: &Context) -> Result<Plan, PlanError> {
        Err(PlanError::failed("idle"))
    }
}

#[test]
fn the_warm_path_allocates_nothing() {
    let longest = "l".repeat(64);
    let names = ["short_planner", longest.as_str()];
    let builder = Registry::builder().allow(names);
    let builder = names.iter().fold(builder, |builder, name| {
        builder.builtin(Builtin::new(name, Idle))
    });
    let registry = builder.build().unwrap();
    for name in names {
        registry.get(name).unwrap();
    }
    let asked = [
        "short_planner",
        " Short_Planner ",
        &longest,
        &format!("\t{} ", longest.to_uppercase()),
    ];
    for name in asked {
        let counted = allocations(|| {
            for _ in 0..1_000 {
                black_box(registry.get(black_box(name))).unwrap();
            }
        });
        assert_eq!(counted, 0, "{name:?}");
    }
    assert_eq!(
        allocations(|| drop(black_box(Box::new(1)))),
        1,
        "the count counts"
    );
}

#[test]
fn a_selection_allocates_its_rows_alone() {
    let names: Vec<_> = (0..200).map(|number| format!("planner_{number}")).collect();
    let builder = Registry::builder().allow(&names);
    let builder = names.iter().fold(builder, |builder, name| {
        builder.builtin(Builtin::new(name, Idle).manifest(|manifest| {
            manifest.reliability = Some(0.5);
            manifest.capabilities = vec![format!("own_of_{name}"), "structural".to_owned()];
        }))
    });
    let registry = builder.build().unwrap();
    let query = Query::new("Split")
        .require_all(["Structural", "own_of_planner_7", "own_of_planner_70", "x"])
        .context(PlanContext::new().with("hotspots_count", "12"));
    let best = |registry: &Registry| registry.select(black_box(&query)).unwrap().best().score();
    assert_eq!(
        registry.select_best_name(&query).unwrap().as_str(),
        "planner_7"
    );
    let counted = allocations(|| {
        black_box(best(&registry));
    });
    assert_eq!(counted, 1);
}

//! Readers find a whole generation at any moment, and the successor of whatever was retired.

use std::sync::Arc;
use std::time::Duration;

use loom::thread;
use registry_core::catalog::Catalog;
use registry_core::resident::Resident;

use crate::check::{Counter, Outcomes, broken, check};
use crate::instances::{Plugin, policy};

type Header = Resident<Plugin, ()>;

const PATIENT: Duration = Duration::from_secs(1);

fn header(shutdowns: &Counter) -> Arc<Header> {
    let header = Header::new();
    header
        .get_or_build(&policy(), || Ok(Plugin::new(shutdowns)))
        .unwrap();
    Arc::new(header)
}

fn publish(catalog: &Catalog<Header>, header: Arc<Header>) {
    catalog
        .publish(catalog.current(), [("planner", header)])
        .unwrap();
}

/// What a call through the registry does; `false` when it met a retired instance.
fn call(catalog: &Catalog<Header>) -> bool {
    let header = catalog
        .get("planner")
        .expect("a generation lacks its planner");
    let instance = header.get().expect("a header lost its instance");
    instance.call(Plugin::answer).is_ok()
}

/// A reload while `readers` borrow and call.
fn reload_under(readers: usize, reached: &Arc<Outcomes>) {
    let (old_ends, new_ends) = (Counter::default(), Counter::default());
    let catalog = Arc::new(Catalog::new());
    let old = header(&old_ends);
    publish(&catalog, Arc::clone(&old));

    let read = || {
        let (catalog, reached) = (Arc::clone(&catalog), Arc::clone(reached));
        thread::spawn(move || {
            if call(&catalog) {
                reached.reach("answered");
            } else {
                assert!(call(&catalog), "no successor behind a retired instance");
                reached.reach("retired, then answered by the successor");
            }
        })
    };
    let readers: Vec<_> = (0..readers).map(|_| read()).collect();

    let new = header(&new_ends);
    let retirement = if broken("reload.retire_first") {
        let retirement = old.retire(PATIENT).unwrap();
        publish(&catalog, new);
        retirement
    } else {
        publish(&catalog, new);
        old.retire(PATIENT).unwrap()
    };
    assert_eq!((retirement.shut_down, retirement.leaked), (1, 0));
    assert_eq!(old_ends.get(), 1, "shutdowns when the reload ends");
    for reader in readers {
        reader.join().unwrap();
    }
    drop((old, catalog));
    assert_eq!((old_ends.get(), new_ends.get()), (1, 1));
}

const RELOAD: [&str; 2] = ["answered", "retired, then answered by the successor"];

#[test]
fn a_reader_finds_the_old_or_the_new_and_after_the_old_was_retired_the_new() {
    check(&RELOAD, |reached| reload_under(1, reached));
}

#[test]
fn so_do_two_readers() {
    check(&RELOAD, |reached| reload_under(2, reached));
}

#[test]
fn of_two_reloads_from_one_base_one_is_refused() {
    check(&["first", "second"], |reached| {
        let catalog = Arc::new(Catalog::new());
        let reload = |catalog: &Catalog<Header>| {
            let base = catalog.current();
            let entries = [("planner", header(&Counter::default()))];
            let published = catalog.publish(base, entries);
            published.map(|_| ()).map_err(|error| error.code())
        };
        let shared = Arc::clone(&catalog);
        let other = thread::spawn(move || reload(&shared));
        let mine = reload(&catalog);
        match (mine, other.join().unwrap()) {
            (Ok(()), Err("E_SUPERSEDED")) => reached.reach("first"),
            (Err("E_SUPERSEDED"), Ok(())) => reached.reach("second"),
            // One after the other: the second derived from what the first published.
            (Ok(()), Ok(())) => assert_eq!(catalog.current().number(), 2),
            odd => panic!("{odd:?}"),
        }
        assert!(call(&catalog));
    });
}

#[test]
fn a_header_that_another_thread_found_ready_has_its_instance() {
    check(&["ready", "not ready"], |reached| {
        let catalog = Arc::new(Catalog::new());
        let (ends, header) = (Counter::default(), Arc::new(Header::new()));
        publish(&catalog, Arc::clone(&header));
        // It never looks for itself: it has the other's word alone.
        let trusting = {
            let (catalog, reached) = (Arc::clone(&catalog), Arc::clone(reached));
            thread::spawn(move || match catalog.get_ready("planner", |_| false) {
                Some(header) => {
                    assert!(header.get().is_some(), "ready without its instance");
                    reached.reach("ready");
                }
                None => reached.reach("not ready"),
            })
        };
        header
            .get_or_build(&policy(), || Ok(Plugin::new(&ends)))
            .unwrap();
        let found = catalog.get_ready("planner", |header| header.get().is_some());
        assert!(found.is_some(), "built and not ready");
        trusting.join().unwrap();
    });
}

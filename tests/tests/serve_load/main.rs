//! A minute with 64 connections while planners crash in their workers, heal and reload: every answer is
//! the one that was meant, and nothing grows.
//!
//! The suite is its own host, which it starts with `--host`. It has no harness, for a harness has a
//! `main` of its own.

mod caller;
mod host;
mod process;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use caller::{Caller, Seen};
use host::Host;

/// Connections that are open all the time.
const CONNECTIONS: usize = 64;

/// How long they ask before anything is measured, and for how long each time.
const WARM_UP: Duration = Duration::from_secs(5);
const HALF: Duration = Duration::from_secs(30);

/// More memory than this in the second half is a leak. The first fills what has bounds of its own, and
/// each reload keeps a little for references into earlier generations.
const GROWTH_KIB_MAX: u64 = 8 << 10;

fn main() {
    registry::worker::serve_if_requested();
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.as_slice() {
        [_, first, plugins, state] if first == host::HOST => host::be_host(plugins, state),
        _ => a_minute_of_crashes_heals_and_reloads(),
    }
}

fn a_minute_of_crashes_heals_and_reloads() {
    let mut host = Host::start();
    let mut callers: Vec<Caller> = (0..CONNECTIONS)
        .map(|number| Caller::new(host.address, number))
        .collect();
    ask(&mut callers, WARM_UP);
    let mut seen = Seen::default();
    let mut samples = vec![host.sample()];
    for _ in 0..2 {
        seen = seen.and(ask(&mut callers, HALF));
        samples.push(host.sample());
    }
    let [before, between, after] = samples.as_slice() else {
        panic!("three samples: {samples:?}");
    };
    println!("before  {before:?}\nbetween {between:?}\nafter   {after:?}");
    seen.print();
    seen.check();
    assert_eq!(before.children, 2, "one worker a planner");
    assert_eq!(after.children, before.children);
    assert!(after.descriptors <= before.descriptors);
    assert!(after.threads <= before.threads);
    assert!(after.memory_kib <= between.memory_kib + GROWTH_KIB_MAX);
    let workers = process::children(host.pid());
    drop(callers);
    let said = host.end();
    println!("{said}");
    assert!(said.ends_with("all answered"), "{said}");
    for worker in workers {
        process::await_end(worker);
    }
}

/// Has every caller ask for so long; what they saw.
fn ask(callers: &mut [Caller], lasts: Duration) -> Seen {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let asking: Vec<_> = callers
            .iter_mut()
            .map(|caller| scope.spawn(|| caller.ask_until(&over)))
            .collect();
        let begun = Instant::now();
        thread::sleep(lasts.saturating_sub(begun.elapsed()));
        over.store(true, Ordering::Relaxed);
        let seen = asking.into_iter().map(|asking| asking.join().unwrap());
        seen.fold(Seen::default(), Seen::and)
    })
}

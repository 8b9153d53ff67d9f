//! Calls into a worker, with peers in the same run: an in-process call of the same planner, the same
//! planner behind a pipe, a spin echo over shared memory, and a pipe to a bare child of this program.
//!
//! The caller is pinned to the first core that this process may use, whoever answers to the second. Rounds of all
//! subjects alternate, so that other work on the machine meets them alike; medians are compared. One
//! round before the first is thrown away: it meets cold caches and unmapped pages, and all subjects
//! alike. It is no criterion bench: what is measured depends on the time between two calls.
//!
//! `cargo bench -p benches --bench isolation -- peers` builds wasmtime and iceoryx2, and measures them beside these.
//! `cargo bench -p benches --bench isolation -- crowd` measures a hundred workers instead.

#![expect(clippy::print_stdout, reason = "it is its output")]
#![expect(
    clippy::expect_used,
    reason = "a bench that cannot measure has no result"
)]

mod cold;
mod crowd;
mod measure;
mod peers;
mod scale;
mod subject;

use std::time::Duration;

use measure::{Sample, cores, pin, ratio, show, timed, unpin};
use peers::{Pipe, PlanPipe, SpinEcho};
use scale::{Scale, When};
use subject::{call, plugin_folder, registry, worker_of};

/// Rounds, in each of which every subject is measured once.
const ROUNDS: usize = 40;

/// Calls that follow each other at once, in one round.
const HOT_CALLS: usize = 2_000;

/// Calls that come out of idleness, in one round, and the time before each.
const IDLE_CALLS: usize = 10;
const IDLE: Duration = Duration::from_millis(20);

fn main() {
    registry::worker::serve_if_requested();
    let arguments: Vec<String> = std::env::args().collect();
    let is_given = |wanted: &str| arguments.iter().any(|argument| argument == wanted);
    if peers::serve_if_requested(&arguments) {
        return;
    }
    let rounds = if is_given("--test") { 1 } else { ROUNDS };
    let folder = plugin_folder();
    if is_given("crowd") {
        crowd::run(folder.path());
        return;
    }
    let built = is_given("peers").then(scale::build);
    let cores = cores();
    let [ours, theirs] = [cores.first(), cores.get(1).or(cores.first())]
        .map(|core| *core.expect("this process may use a core"));
    println!("caller pinned to core {ours}, who answers to core {theirs}; {rounds} rounds\n");

    let workers = registry(folder.path(), "worker");
    let in_process = registry(folder.path(), "in-process");
    call(&workers);
    pin(None, ours);
    pin(Some(worker_of(&workers)), theirs);
    let mut pipe = Pipe::start(theirs);
    let mut plans = PlanPipe::start(folder.path(), theirs);
    let spin = SpinEcho::start(theirs);
    let mut scale = built.map(|program| Scale::start(&program, theirs));
    let mut hot = [const { Vec::new() }; 5];
    let mut idle = [const { Vec::new() }; 4];
    for round in 0..=rounds {
        let hot_now = [
            timed(HOT_CALLS, None, || call(&workers)),
            timed(HOT_CALLS, None, || call(&in_process)),
            timed(HOT_CALLS, None, || spin.ask()),
            timed(HOT_CALLS / 10, None, || pipe.ask()),
            timed(HOT_CALLS / 10, None, || plans.ask()),
        ];
        if let Some(scale) = &mut scale {
            scale.measure(When::Hot, round > 0);
            scale.measure(When::Cold, round > 0);
        }
        let mut idle_now = [const { Vec::new() }; 4];
        for _ in 0..IDLE_CALLS {
            idle_now[0].extend(timed(1, Some(IDLE), || call(&workers)));
            idle_now[1].extend(timed(1, Some(IDLE), || pipe.ask()));
            idle_now[2].extend(timed(1, Some(IDLE), || call(&in_process)));
            idle_now[3].extend(timed(1, Some(IDLE), || plans.ask()));
            if let Some(scale) = &mut scale {
                scale.measure(When::FromIdle, round > 0);
            }
        }
        if round > 0 {
            gather(&mut hot, hot_now);
            gather(&mut idle, idle_now);
        }
    }
    tell_hot(&hot.map(Sample::of));
    tell_idle(&idle.map(Sample::of));
    if let Some(scale) = scale {
        scale.tell();
    }
    unpin(&cores);
    cold::run(folder.path(), rounds);
    cold::idle_cost(&workers);
}

fn gather<const N: usize>(all: &mut [Vec<Duration>; N], now: [Vec<Duration>; N]) {
    for (all, now) in all.iter_mut().zip(now) {
        all.extend(now);
    }
}

fn tell_hot(samples: &[Sample; 5]) {
    let [worker, local, echo, ..] = samples;
    show(
        "hot, 1 call after the other",
        &[
            "worker",
            "the same planner in process",
            "spin echo, 100 bytes",
            "pipe to a bare child, 100 bytes",
            "the same planner behind a pipe",
        ],
        samples,
    );
    let added = worker.median.saturating_sub(local.median);
    println!(
        "\nhot: the worker adds {added:.2?}, {:.2} x the spin echo\n",
        ratio(added, echo.median)
    );
}

fn tell_idle(samples: &[Sample; 4]) {
    let [worker, piped, local, plans] = samples.each_ref().map(|sample| sample.median);
    show(
        "from idle, 20 ms between calls",
        &[
            "worker",
            "pipe to a bare child, 100 bytes",
            "the same planner in process",
            "the same planner behind a pipe",
        ],
        samples,
    );
    println!(
        "\nidle: worker / pipe {:.2}; less the call in process {:.2}; \
         worker / the same planner behind a pipe {:.2}",
        ratio(worker, piped),
        ratio(worker.saturating_sub(local), piped),
        ratio(worker, plans)
    );
}

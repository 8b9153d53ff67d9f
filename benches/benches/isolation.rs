//! Calls into a worker, with peers in the same run: an in-process call of the same planner, a spin echo
//! over shared memory, and a pipe to a bare child of this program.
//!
//! The caller is pinned to the first core that this process may use, whoever answers to the second. Rounds of all
//! subjects alternate, so that other work on the machine meets them alike; medians are compared. It
//! is no criterion bench: what is measured depends on the time between two calls.

#![expect(clippy::print_stdout, reason = "it is its output")]
#![expect(
    clippy::expect_used,
    reason = "a bench that cannot measure has no result"
)]

use std::hint::{black_box, spin_loop};
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use registry::Registry;
use registry::plugin_api::PlanRequest;
use rustix::process::{Pid, Signal, kill_process};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use xtask::artifacts::{self, Build};
use xtask::workspace_root;

/// The first argument of a bare child that echoes what it reads.
const ECHO: &str = "--echo";

/// Bytes of one message of the peers.
const MESSAGE: usize = 100;

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
    if arguments.iter().any(|argument| argument == ECHO) {
        echo();
        return;
    }
    let rounds = if arguments.iter().any(|argument| argument == "--test") {
        1
    } else {
        ROUNDS
    };
    let cores = cores();
    let [ours, theirs] = [cores.first(), cores.get(1).or(cores.first())]
        .map(|core| *core.expect("this process may use a core"));
    let folder = plugin_folder();
    let workers = registry(folder.path(), "worker");
    let in_process = registry(folder.path(), "in-process");
    call(&workers);
    pin(None, ours);
    pin(Some(worker_of(&workers)), theirs);
    println!("caller pinned to core {ours}, who answers to core {theirs}; {rounds} rounds\n");

    let mut pipe = Pipe::start(theirs);
    let spin = SpinEcho::start(theirs);
    let mut hot = [const { Vec::new() }; 4];
    let mut idle = [const { Vec::new() }; 3];
    for _ in 0..rounds {
        hot[0].extend(timed(HOT_CALLS, None, || call(&workers)));
        hot[1].extend(timed(HOT_CALLS, None, || call(&in_process)));
        hot[2].extend(timed(HOT_CALLS, None, || spin.ask()));
        hot[3].extend(timed(HOT_CALLS / 10, None, || pipe.ask()));
        for _ in 0..IDLE_CALLS {
            idle[0].extend(timed(1, Some(IDLE), || call(&workers)));
            idle[1].extend(timed(1, Some(IDLE), || pipe.ask()));
            idle[2].extend(timed(1, Some(IDLE), || call(&in_process)));
        }
    }
    let [worker, local, echo, piped] = hot.each_mut().map(|samples| show(samples));
    println!("| hot, 1 call after the other | median | p99 |\n|---|---|---|");
    for (name, [median, p99]) in [
        ("worker", worker),
        ("the same planner in process", local),
        ("spin echo, 100 bytes", echo),
        ("pipe to a bare child, 100 bytes", piped),
    ] {
        println!("| {name} | {median:.2?} | {p99:.2?} |");
    }
    let added = worker[0].saturating_sub(local[0]);
    println!(
        "\nhot: the worker adds {added:.2?}, {:.2} x the spin echo\n",
        ratio(added, echo[0])
    );
    let [worker, piped, local] = idle.each_mut().map(|samples| show(samples));
    println!("| from idle, 20 ms between calls | median | p99 |\n|---|---|---|");
    for (name, [median, p99]) in [
        ("worker", worker),
        ("pipe to a bare child, 100 bytes", piped),
        ("the same planner in process", local),
    ] {
        println!("| {name} | {median:.2?} | {p99:.2?} |");
    }
    println!(
        "\nidle: worker / pipe {:.2}; less the call in process {:.2}",
        ratio(worker[0], piped[0]),
        ratio(worker[0].saturating_sub(local[0]), piped[0])
    );
    unpin(&cores);
    cold(folder.path(), rounds);
    idle_cost(&workers);
}

/// Starts, of a bare child, of a worker anew, and of a planner that is verified as well.
fn cold(folder: &Path, rounds: usize) {
    let (mut bare, mut again, mut first) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let begun = Instant::now();
        let mut pipe = Pipe::start_anywhere();
        pipe.ask();
        bare.push(begun.elapsed());
        drop(pipe);
        let registry = registry(folder, "worker");
        registry.ensure_discovered().expect("the folder is read");
        let begun = Instant::now();
        call(&registry);
        first.push(begun.elapsed());
        let pid = worker_of(&registry);
        kill_process(pid, Signal::KILL).expect("the worker is killed");
        while Path::new(&format!("/proc/{}", pid.as_raw_nonzero())).exists() {
            thread::yield_now();
        }
        let begun = Instant::now();
        call(&registry);
        again.push(begun.elapsed());
    }
    let [bare, again, first] = [&mut bare, &mut again, &mut first].map(|samples| show(samples));
    println!("\n| cold, to the first answer | median | p99 |\n|---|---|---|");
    for (name, [median, p99]) in [
        ("bare child", bare),
        ("worker, started anew", again),
        ("worker, its planner verified and sealed before", first),
    ] {
        println!("| {name} | {median:.2?} | {p99:.2?} |");
    }
    println!(
        "\ncold: worker / bare child {:.2}",
        ratio(again[0], bare[0])
    );
}

/// Processor time of a worker that nobody calls.
fn idle_cost(workers: &Registry) {
    let pid = worker_of(workers).as_raw_nonzero();
    let used = || {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/schedstat")).unwrap_or_default();
        let first = stat.split(' ').next().unwrap_or_default();
        Duration::from_nanos(first.parse().unwrap_or_default())
    };
    thread::sleep(Duration::from_millis(100));
    let before = used();
    thread::sleep(Duration::from_secs(5));
    println!(
        "\nan idle worker used {:.2?} in 5 s",
        used().saturating_sub(before)
    );
}

fn registry(folder: &Path, policy: &str) -> Registry {
    Registry::builder()
        .plugin_dir(folder)
        .allow(["obeys"])
        .set("isolation.policy", policy)
        .build()
        .expect("the registry is built")
}

fn call(registry: &Registry) {
    let planner = registry.get("obeys").expect("the planner starts");
    let plan = planner.plan(&PlanRequest::new("idle"));
    black_box(plan.expect("the planner answers"));
}

fn worker_of(registry: &Registry) -> Pid {
    let planner = registry.get("obeys").expect("the planner starts");
    let plan = planner.plan(&PlanRequest::new("pid")).expect("it answers");
    let pid = plan.tasks()[0].description.parse().expect("a number");
    Pid::from_raw(pid).expect("a process")
}

/// The planner, optimised: one that plans for longer than both sides spin is never hot.
fn plugin_folder() -> tempfile::TempDir {
    let built = Build::new(&["--release", "--package", "fixture-plugins", "--examples"])
        .target_dir(&workspace_root().join("target"))
        .run()
        .expect("the fixtures build");
    let library = artifacts::find(&built, "obeys", "example").expect("it was built");
    let folder = tempfile::tempdir().expect("a folder");
    xtask::demo::stage(&library.path, folder.path()).expect("the library is copied");
    folder
}

/// How long each of `count` calls took, each after a pause.
fn timed(count: usize, pause: Option<Duration>, mut call: impl FnMut()) -> Vec<Duration> {
    (0..count)
        .map(|_| {
            if let Some(pause) = pause {
                thread::sleep(pause);
            }
            let begun = Instant::now();
            call();
            begun.elapsed()
        })
        .collect()
}

/// Median and 99th percentile.
fn show(samples: &mut [Duration]) -> [Duration; 2] {
    samples.sort_unstable();
    [
        samples[samples.len() / 2],
        samples[samples.len() * 99 / 100],
    ]
}

fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}

/// A bare child of this program that echoes over two pipes.
struct Pipe {
    child: Child,
    to: ChildStdin,
    from: ChildStdout,
}

impl Pipe {
    fn start_anywhere() -> Self {
        let program = std::env::current_exe().expect("this program has a path");
        let mut child = Command::new(program)
            .arg(ECHO)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the child starts");
        let to = child.stdin.take().expect("a pipe");
        let from = child.stdout.take().expect("a pipe");
        Self { child, to, from }
    }

    fn start(core: usize) -> Self {
        let pipe = Self::start_anywhere();
        pin(Some(Pid::from_child(&pipe.child)), core);
        pipe
    }

    fn ask(&mut self) {
        let mut message = [7; MESSAGE];
        self.to.write_all(&message).expect("the child reads");
        self.from
            .read_exact(&mut message)
            .expect("the child answers");
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn echo() {
    let (mut from, mut to) = (std::io::stdin(), std::io::stdout());
    let mut message = [0; MESSAGE];
    while from.read_exact(&mut message).is_ok() {
        if to.write_all(&message).and_then(|()| to.flush()).is_err() {
            return;
        }
    }
}

/// A thread that spins on shared memory and echoes what is put there: to the processor, threads and
/// processes share memory alike.
struct SpinEcho {
    shared: Arc<[Half; 2]>,
}

#[derive(Default)]
#[repr(align(128))]
struct Half {
    turn: AtomicU64,
    message: [AtomicU64; MESSAGE.div_ceil(8)],
}

impl Half {
    fn put(&self, turn: u64, value: u64) {
        for word in &self.message {
            word.store(value, Ordering::Relaxed);
        }
        self.turn.store(turn, Ordering::Release);
    }

    fn get(&self, turn: u64) -> u64 {
        while self.turn.load(Ordering::Acquire) < turn {
            spin_loop();
        }
        let words = self.message.iter();
        words.fold(0, |sum, word| sum ^ word.load(Ordering::Relaxed))
    }
}

impl SpinEcho {
    /// The thread spins as long as this process lives, but gives way to whatever else runs on its core.
    fn start(core: usize) -> Self {
        let shared: Arc<[Half; 2]> = Arc::default();
        let theirs = Arc::clone(&shared);
        thread::spawn(move || {
            pin(None, core);
            for turn in 1.. {
                let mut looks = 0_u32;
                while theirs[0].turn.load(Ordering::Acquire) < turn {
                    looks += 1;
                    if looks > 10_000 {
                        // Nobody asks for now; others are measured.
                        thread::sleep(Duration::from_millis(1));
                    }
                    spin_loop();
                }
                let value = theirs[0].get(turn);
                theirs[1].put(turn, value);
            }
        });
        Self { shared }
    }

    fn ask(&self) {
        let turn = self.shared[0].turn.load(Ordering::Relaxed) + 1;
        self.shared[0].put(turn, turn);
        black_box(self.shared[1].get(turn));
    }
}

fn cores() -> Vec<usize> {
    let allowed = sched_getaffinity(None).unwrap_or_default();
    (0..CpuSet::MAX_CPU)
        .filter(|core| allowed.is_set(*core))
        .collect()
}

fn pin(process: Option<Pid>, core: usize) {
    let mut only = CpuSet::new();
    only.set(core);
    sched_setaffinity(process, &only).expect("it is pinned");
}

fn unpin(cores: &[usize]) {
    let mut all = CpuSet::new();
    for core in cores {
        all.set(*core);
    }
    sched_setaffinity(None, &all).expect("it is let go");
}

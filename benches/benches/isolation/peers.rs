//! Peers: children of this program behind pipes, and a thread that spins.

use std::hint::{black_box, spin_loop};
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use registry::plugin_api::{Plan, PlanRequest};
use rustix::process::Pid;

use crate::measure::pin;
use crate::subject::{OBJECTIVE, registry};

/// The first argument of a bare child that echoes what it reads.
const ECHO: &str = "--echo";

/// The first argument of a child that plans what it reads; the folder of the plugin follows.
const PLANS: &str = "--plan-over-pipe";

/// Bytes of one message of the peers that echo.
const MESSAGE: usize = 100;

/// Does the work of a child, if this process is one.
pub(crate) fn serve_if_requested(arguments: &[String]) -> bool {
    match arguments.get(1).map(String::as_str) {
        Some(ECHO) => echo(),
        Some(PLANS) => plan(Path::new(&arguments[2])),
        _ => return false,
    }
    true
}

/// A child of this program behind two pipes.
struct Piped {
    child: Child,
    to: ChildStdin,
    from: ChildStdout,
}

impl Piped {
    fn start(arguments: &[&str]) -> Self {
        let program = std::env::current_exe().expect("this program has a path");
        let mut child = Command::new(program)
            .args(arguments)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the child starts");
        let to = child.stdin.take().expect("a pipe");
        let from = child.stdout.take().expect("a pipe");
        Self { child, to, from }
    }
}

impl Drop for Piped {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// A bare child that echoes.
pub(crate) struct Pipe(Piped);

impl Pipe {
    pub(crate) fn start_anywhere() -> Self {
        Self(Piped::start(&[ECHO]))
    }

    pub(crate) fn start(core: usize) -> Self {
        let pipe = Self::start_anywhere();
        pin(Some(Pid::from_child(&pipe.0.child)), core);
        pipe
    }

    pub(crate) fn ask(&mut self) {
        let mut message = [7; MESSAGE];
        self.0.to.write_all(&message).expect("the child reads");
        self.0
            .from
            .read_exact(&mut message)
            .expect("the child answers");
    }
}

fn echo() {
    let (mut from, mut to) = (io::stdin(), io::stdout());
    let mut message = [0; MESSAGE];
    while from.read_exact(&mut message).is_ok() {
        if to.write_all(&message).and_then(|()| to.flush()).is_err() {
            return;
        }
    }
}

/// A child that has the same planner in process, and sends the plan as the worker does: a call without the
/// guard, the sandbox and the shared memory.
pub(crate) struct PlanPipe(Piped);

impl PlanPipe {
    pub(crate) fn start(folder: &Path, core: usize) -> Self {
        let folder = folder.to_str().expect("a folder whose name is text");
        let mut pipe = Self(Piped::start(&[PLANS, folder]));
        // Started, it stays on its core.
        pipe.ask();
        pin(Some(Pid::from_child(&pipe.0.child)), core);
        pipe
    }

    pub(crate) fn ask(&mut self) {
        let request = PlanRequest::new(OBJECTIVE);
        let request = request.to_json().expect("a request that can be sent");
        send(&mut self.0.to, &request).expect("the child reads");
        let answer = receive(&mut self.0.from).expect("the child answers");
        black_box(Plan::from_json(&answer).expect("a plan"));
    }
}

fn plan(folder: &Path) {
    let registry = registry(folder, "in-process");
    let planner = registry.get("obeys").expect("the planner starts");
    let (mut from, mut to) = (io::stdin(), io::stdout());
    while let Ok(request) = receive(&mut from) {
        let request = PlanRequest::from_json(&request).expect("a request");
        let plan = planner.plan(&request).expect("a plan");
        let sent = send(&mut to, &plan.to_json().expect("a plan that can be sent"));
        if sent.and_then(|()| to.flush()).is_err() {
            return;
        }
    }
}

/// Length and bytes, in one write.
fn send(to: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    let mut message = length.to_le_bytes().to_vec();
    message.extend_from_slice(bytes);
    to.write_all(&message)
}

fn receive(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = usize::try_from(u32::from_le_bytes(length)).map_err(io::Error::other)?;
    let mut bytes = vec![0; length];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// A thread that spins on shared memory and echoes what is put there: to the processor, threads and
/// processes share memory alike.
pub(crate) struct SpinEcho {
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
    pub(crate) fn start(core: usize) -> Self {
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

    pub(crate) fn ask(&self) {
        let turn = self.shared[0].turn.load(Ordering::Relaxed) + 1;
        self.shared[0].put(turn, turn);
        black_box(self.shared[1].get(turn));
    }
}

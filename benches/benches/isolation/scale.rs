//! Others for scale: a call into a guest of wasmtime, and one into another process by iceoryx2.
//!
//! They are a package of their own, which is no member of the workspace, and measure themselves whenever a line asks
//! them to. So nothing of them is in this program, and their rounds alternate with ours.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use rustix::process::Pid;
use xtask::artifacts::{self, Build};

use crate::measure::{Sample, pin, show};
use crate::{HOT_CALLS, IDLE};

const PACKAGE: &str = "isolation_peers";

const MANIFEST: &str = "benches/isolation_peers/Cargo.toml";

/// In which rounds a call is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    Hot,
    FromIdle,
    Cold,
}

impl When {
    /// Calls at once, and the pause before each.
    fn calls(self) -> (usize, Duration) {
        match self {
            Self::Hot => (HOT_CALLS, Duration::ZERO),
            Self::FromIdle => (1, IDLE),
            Self::Cold => (1, Duration::ZERO),
        }
    }
}

/// What is measured, the peers' word for it, and what is told of it.
const ROWS: [(When, &str, &str); 6] = [
    (When::Hot, "guest", "hot: wasmtime"),
    (When::Hot, "looking", "hot: iceoryx2, both sides look"),
    (When::FromIdle, "guest", "from idle: wasmtime"),
    (
        When::FromIdle,
        "waiting",
        "from idle: iceoryx2, both sides wait for events",
    ),
    (When::Cold, "instance", "cold: wasmtime, a new instance"),
    (When::Cold, "module", "cold: wasmtime, compiled as well"),
];

/// The peers' program, optimised.
pub(crate) fn build() -> PathBuf {
    let built = Build::new(&["--release", "--manifest-path", MANIFEST])
        .run()
        .expect("the peers build");
    let program = artifacts::find(&built, PACKAGE, "bin").expect("it was built");
    program.path.clone()
}

/// The peers, and how long their calls took.
pub(crate) struct Scale {
    peers: Peer,
    /// Dropped after those that ask it.
    _server: Peer,
    samples: [Vec<Duration>; ROWS.len()],
}

impl Scale {
    /// The caller stays on the core that this thread is pinned to.
    pub(crate) fn start(program: &Path, core: usize) -> Self {
        let name = format!("registry/isolation/{}", std::process::id());
        let mut server = Peer::start(program, "serve", &name);
        server.line();
        pin(Some(Pid::from_child(&server.child)), core);
        Self {
            peers: Peer::start(program, "measure", &name),
            _server: server,
            samples: [const { Vec::new() }; _],
        }
    }

    pub(crate) fn measure(&mut self, now: When, is_kept: bool) {
        let (count, pause) = now.calls();
        for ((when, subject, _), sample) in ROWS.iter().zip(&mut self.samples) {
            if *when == now {
                let times = self.peers.ask(subject, count, pause);
                if is_kept {
                    sample.extend(times);
                }
            }
        }
    }

    pub(crate) fn tell(self) {
        println!();
        let names = ROWS.map(|(_, _, name)| name);
        show(
            "for scale, 100 bytes",
            &names,
            &self.samples.map(Sample::of),
        );
    }
}

/// A process of theirs, which ends when its standard input does.
struct Peer {
    child: Child,
    from: BufReader<ChildStdout>,
}

impl Peer {
    fn start(program: &Path, role: &str, name: &str) -> Self {
        let mut child = Command::new(program)
            .args([role, name])
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the peer starts");
        let from = child.stdout.take().expect("a pipe");
        Self {
            child,
            from: BufReader::new(from),
        }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.from.read_line(&mut line).expect("the peer answers");
        line
    }

    fn ask(&mut self, subject: &str, count: usize, pause: Duration) -> Vec<Duration> {
        let to = self.child.stdin.as_mut().expect("a pipe");
        writeln!(to, "{subject} {count} {}", pause.as_millis()).expect("the peer reads");
        let line = self.line();
        let times: Vec<Duration> = line
            .split_whitespace()
            .map(|time| Duration::from_nanos(time.parse().expect("nanoseconds")))
            .collect();
        assert_eq!(times.len(), count, "what {subject} took");
        times
    }
}

impl Drop for Peer {
    /// Not killed: iceoryx2 would leave files behind.
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ended = self.child.wait();
    }
}

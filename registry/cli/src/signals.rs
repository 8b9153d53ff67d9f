//! What becomes of the command on SIGTERM and SIGINT.
//!
//! ```text
//! first signal ──► a byte in a pipe ──► a thread: registry.shutdown(bound) ──► exit, at the bound at the latest
//!                                          └─► the command's own thread answers, or is told E_SHUTTING_DOWN
//! second signal ─► the signal's default: the process is gone at once
//! ```
//!
//! A handler may do next to nothing, so all that runs in one is signal-hook's: a store to a flag, a write
//! to a pipe, and, once the flag is up, the default action. Everything else happens on a thread that reads
//! the pipe.
//!
//! The thread holds the registry weakly: until a signal comes, it is the command's, which ends it by
//! dropping it, also when it fails half-way. Once one came, both threads may end it, and share one end.
//! Whatever the command's thread is stuck in, be it a planner in this process or a destructor of one, the
//! process ends at the bound, without running what planners registered for its end. Workers end with it.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use registry::Registry;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::{flag, low_level};

/// The bound until the configuration is known.
const BOUND: Duration = Duration::from_secs(10);

/// Time for the command to write its answer after the registry has ended.
const ANSWER_MAX: Duration = Duration::from_secs(1);

/// The signals that stop the command.
const SIGNALS: [i32; 2] = [SIGTERM, SIGINT];

/// Stops the command on a signal. Without handlers, as in tests, it is never asked to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Signals {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    asked: Arc<AtomicBool>,
    state: Mutex<State>,
    changed: Condvar,
    /// The exit code of a command that gave no answer because it was stopped.
    code_of_stopped: u8,
}

#[derive(Debug, Default)]
struct State {
    /// What is to be ended.
    registry: Weak<Registry>,
    bound: Option<Duration>,
    /// Whether it has ended.
    over: bool,
}

impl Signals {
    /// Handles the signals of this process from now on. A command that gives no answer because of one exits
    /// with `code_of_stopped`.
    pub(crate) fn handle(code_of_stopped: u8) -> io::Result<Self> {
        let signals = Self {
            shared: Arc::new(Shared {
                code_of_stopped,
                ..Shared::default()
            }),
        };
        let (reader, writer) = UnixStream::pair()?;
        for signal in SIGNALS {
            // In this order: the first signal finds the flag down, and raises it.
            flag::register_conditional_default(signal, Arc::clone(&signals.shared.asked))?;
            flag::register(signal, Arc::clone(&signals.shared.asked))?;
            low_level::pipe::register(signal, writer.try_clone()?)?;
        }
        let waiting = signals.clone();
        let thread = thread::Builder::new().name("registry-signals".to_owned());
        thread.spawn(move || waiting.wait(reader))?;
        Ok(signals)
    }

    /// Ends `registry` when a signal comes, within the bound that it is configured with.
    pub(crate) fn look_after(&self, registry: &Arc<Registry>) {
        let mut state = self.shared.lock();
        state.registry = Arc::downgrade(registry);
        state.bound = Some(registry.config().isolation().stop_timeout);
        drop(state);
        // A signal that came before ends what did not exist yet.
        if self.is_asked() {
            let _ended = registry.shutdown(self.bound());
        }
    }

    /// Whether a signal came.
    pub(crate) fn is_asked(&self) -> bool {
        // Relaxed: the flag guards no other memory.
        self.shared.asked.load(Ordering::Relaxed)
    }

    /// Waits for a signal, at most so long; whether one came.
    pub(crate) fn are_asked_within(&self, wait_max: Duration) -> bool {
        let until = Instant::now() + wait_max;
        let mut state = self.shared.lock();
        while !self.is_asked() && Instant::now() < until {
            state = self.shared.wait(state, until);
        }
        drop(state);
        self.is_asked()
    }

    /// The exit code of a command that has come to its end with `code`, or was stopped on the way there. The
    /// registry has ended by then.
    pub(crate) fn exit_code(&self, code: u8) -> u8 {
        if !self.is_asked() {
            return code;
        }
        let until = Instant::now() + self.bound() + ANSWER_MAX;
        let mut state = self.shared.lock();
        while !state.over && Instant::now() < until {
            state = self.shared.wait(state, until);
        }
        code.min(self.shared.code_of_stopped)
    }

    fn bound(&self) -> Duration {
        self.shared.lock().bound.unwrap_or(BOUND)
    }

    fn wait(&self, mut reader: UnixStream) {
        let mut byte = [0];
        while let Err(error) = reader.read_exact(&mut byte) {
            if error.kind() != io::ErrorKind::Interrupted {
                return;
            }
        }
        let begun = Instant::now();
        let bound = self.bound();
        let until = begun + bound;
        let _ = writeln!(
            io::stderr(),
            "stopping, within {bound:?}; a second signal ends the command at once"
        );
        let registry = self.shared.lock().registry.upgrade();
        // The flag was raised before the lock was taken: whoever holds it next sees the flag.
        self.shared.changed.notify_all();
        if let Some(registry) = registry {
            // What was left behind is told in the log.
            let _ended = registry.shutdown(bound);
        }
        let mut state = self.shared.lock();
        state.over = true;
        self.shared.changed.notify_all();
        let until = until.max(Instant::now() + ANSWER_MAX);
        while Instant::now() < until {
            state = self.shared.wait(state, until);
        }
        // The command's thread does not come back.
        low_level::exit(self.shared.code_of_stopped.into());
    }
}

impl Shared {
    /// Nothing that is done under the lock panics.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>, until: Instant) -> MutexGuard<'a, State> {
        let left = until.saturating_duration_since(Instant::now());
        let (state, _) = self
            .changed
            .wait_timeout(state, left)
            .unwrap_or_else(PoisonError::into_inner);
        state
    }
}

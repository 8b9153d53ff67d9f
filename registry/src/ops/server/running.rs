//! A server that answers, until it is stopped.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::task::LocalSet;
use tokio::time::timeout;

use super::{Lane, QUICK_THREADS, ServeError, Server, WORK_THREADS, accept};
use crate::config::Token;
use crate::ops::http::Desk;
use crate::ops::socket::Bound;

/// How long a server that is let go of has to finish.
const DROP_TIMEOUT: Duration = Duration::from_secs(1);

/// A server that answers, until it is stopped or let go of.
#[derive(Debug)]
#[must_use]
pub struct Running {
    address: Option<SocketAddr>,
    socket: Option<PathBuf>,
    takes_changes: bool,
    /// The time there is to finish, once it is to stop.
    stop: watch::Sender<Option<Duration>>,
    thread: Option<JoinHandle<bool>>,
}

/// How a server stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stopped {
    /// Whether every request that had come was answered. Otherwise the rest was cut off.
    pub all_answered: bool,
}

impl Running {
    /// The address that it answers at over TCP.
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// The Unix socket that it answers at.
    pub fn socket(&self) -> Option<&Path> {
        self.socket.as_deref()
    }

    /// Whether callers over TCP who know the token may change something; without a token nobody may.
    pub fn takes_changes(&self) -> bool {
        self.takes_changes
    }

    /// Accepts nothing more, answers what has come, and closes the rest; all within `deadline`.
    pub fn stop(mut self, deadline: Duration) -> Stopped {
        Stopped {
            all_answered: self.end(deadline),
        }
    }

    /// Returns when it has stopped by itself, which only a bug of ours makes it do.
    pub fn wait(mut self) {
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }

    fn end(&mut self, deadline: Duration) -> bool {
        let Some(thread) = self.thread.take() else {
            return true;
        };
        self.stop.send_replace(Some(deadline));
        // The thread ends by itself within the deadline.
        thread.join().unwrap_or(false)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end(DROP_TIMEOUT);
    }
}

pub(super) fn start(
    server: Server,
    token: Option<Token>,
    listener: Option<TcpListener>,
    socket: Option<Bound>,
) -> Result<Running, ServeError> {
    let address = listener.as_ref().map(TcpListener::local_addr).transpose();
    let address = address.map_err(ServeError::System)?;
    let path = socket.as_ref().map(|bound| bound.path().to_owned());
    let takes_changes = token.is_some();
    if address.is_some() && !takes_changes {
        tracing::info!("calls over TCP change nothing: no token is configured");
    }
    let runtime = runtime().map_err(ServeError::System)?;
    let (stop, told) = watch::channel(None);
    let taken_along = Served {
        server,
        token,
        listener,
        socket,
        loopback: address.is_none_or(|address| address.ip().is_loopback()),
    };
    let work = move || taken_along.run(runtime, told);
    let thread = thread::Builder::new().name("registry-serve".to_owned());
    let thread = thread.spawn(work).map_err(ServeError::System)?;
    Ok(Running {
        address,
        socket: path,
        takes_changes,
        stop,
        thread: Some(thread),
    })
}

fn runtime() -> std::io::Result<Runtime> {
    Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .max_blocking_threads(QUICK_THREADS.get() + WORK_THREADS.get())
        .thread_name("registry-answer")
        .build()
}

/// What the thread takes along.
struct Served {
    server: Server,
    token: Option<Token>,
    listener: Option<TcpListener>,
    socket: Option<Bound>,
    loopback: bool,
}

impl Served {
    /// Serves until told to stop; whether everything that had come was answered.
    fn run(self, runtime: Runtime, mut told: watch::Receiver<Option<Duration>>) -> bool {
        let waiting_max = self.server.limits.waiting_max;
        let desk = Rc::new(Desk {
            control: Arc::clone(&self.server.control),
            token: self.token,
            metrics: self.server.metrics,
            quick: Lane::new(
                QUICK_THREADS,
                waiting_max.max(self.server.limits.connections_max),
            ),
            work: Lane::new(WORK_THREADS, waiting_max),
            limits: self.server.limits,
            loopback: self.loopback,
            began: Instant::now(),
        });
        let mut socket = self.socket;
        let unix = socket.as_mut().and_then(Bound::take_listener);
        let listener = self.listener;
        let tasks = LocalSet::new();
        let (stop, stopping) = watch::channel(false);
        let serving = tasks.run_until(async {
            if let Some(listener) = listener {
                let listener = tokio::net::TcpListener::from_std(listener)?;
                tasks.spawn_local(accept::serve(listener, Rc::clone(&desk), stopping.clone()));
            }
            if let Some(listener) = unix {
                let listener = tokio::net::UnixListener::from_std(listener)?;
                tasks.spawn_local(accept::serve(listener, Rc::clone(&desk), stopping.clone()));
            }
            // Whoever could tell is gone if this fails, which means the same.
            let deadline = told.wait_for(Option::is_some).await;
            Ok::<_, std::io::Error>(deadline.map_or(DROP_TIMEOUT, |time| time.unwrap_or_default()))
        });
        let begun = runtime.block_on(serving);
        // Nobody finds a socket any more at which nobody will answer.
        drop(socket);
        let deadline = match begun {
            Ok(deadline) => deadline,
            Err(error) => {
                tracing::error!("nothing can be served: {error}");
                Duration::ZERO
            }
        };
        let until = Instant::now() + deadline;
        stop.send_replace(true);
        let finished = runtime.block_on(async { timeout(deadline, tasks).await.is_ok() });
        // What still runs in a planner or on a disk is not waited for beyond the deadline.
        runtime.shutdown_timeout(until.saturating_duration_since(Instant::now()));
        finished
    }
}

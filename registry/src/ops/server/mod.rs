//! Answers over TCP and over a Unix socket, on a thread of its own.
//!
//! ```text
//! Server ─start─► thread: accept ─► seat ─► connection ─► http::respond ─► Lane ─► Control
//! ```

mod accept;
mod connection;
mod either;
mod error;
mod lane;
mod limits;
mod metrics;
mod running;
mod seats;
mod stream;
#[cfg(test)]
mod tests;
mod token;

use std::fmt;
use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use super::Control;
use super::socket::{Bound, Place, folder_of};
use crate::config;

pub use error::ServeError;
pub(in crate::ops) use lane::Lane;
pub use limits::Limits;
pub(in crate::ops) use metrics::Metrics;
pub use running::{Running, Stopped};

/// Threads that answer from memory, and threads that touch files or planners.
const QUICK_THREADS: NonZeroUsize = NonZeroUsize::new(2).unwrap();
const WORK_THREADS: NonZeroUsize = NonZeroUsize::new(4).unwrap();

/// How many connections wait to be accepted.
const BACKLOG: i32 = 1024;

/// What is to be served, and where. Nothing is opened before [`start`](Self::start).
#[must_use]
pub struct Server {
    control: Arc<dyn Control>,
    settings: config::Control,
    address: Option<SocketAddr>,
    socket: bool,
    metrics: Option<Metrics>,
    limits: Limits,
}

impl Server {
    pub(crate) fn new(control: Arc<dyn Control>, settings: &config::Control) -> Self {
        Self {
            control,
            settings: settings.clone(),
            address: None,
            socket: false,
            metrics: None,
            limits: Limits::default(),
        }
    }

    /// Answers over TCP at `address`; with port 0 at any that is free. Whoever can connect can read what
    /// is known of the planners, so that this should be an address of this machine alone.
    pub fn listen(self, address: SocketAddr) -> Self {
        Self {
            address: Some(address),
            ..self
        }
    }

    /// Answers this user and root at a Unix socket in the folder that `control.socket` names, where
    /// `registry ps` and `--attach` find it.
    pub fn expose(self) -> Self {
        Self {
            socket: true,
            ..self
        }
    }

    /// Gives out what `render` writes as `/metrics`, in the text format of Prometheus. Without it there
    /// is nothing under that path.
    pub fn metrics(self, render: impl Fn() -> String + Send + Sync + 'static) -> Self {
        Self {
            metrics: Some(Metrics::new(render)),
            ..self
        }
    }

    /// Replaces the bounds.
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Opens what was asked for and begins to answer.
    pub fn start(self) -> Result<Running, ServeError> {
        let token = match self.address {
            Some(_) => token::of(&self.settings)?,
            None => None,
        };
        let listener = self.address.map(listen).transpose()?;
        let socket = self.socket.then(|| self.bind()).transpose()?;
        running::start(self, token, listener, socket)
    }

    fn bind(&self) -> Result<Bound, ServeError> {
        let folder: PathBuf = folder_of(&self.settings.socket);
        Ok(Bound::in_folder(&Place::open(&folder)?)?)
    }
}

fn listen(address: SocketAddr) -> Result<TcpListener, ServeError> {
    let listener = TcpListener::bind(address).and_then(|listener| {
        listener.set_nonblocking(true)?;
        // A longer line than the default, so that a crowd delays nobody by a second.
        rustix::net::listen(&listener, BACKLOG)?;
        Ok(listener)
    });
    listener.map_err(|source| ServeError::Listen { address, source })
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("address", &self.address)
            .field("socket", &self.socket)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

//! Listening: one loop a listener, each with seats of its own.

use std::io;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::connection;
use super::either::{Either, either};
use super::seats::Seats;
use crate::ops::http::{Caller, Desk};
use crate::ops::socket::is_trusted;

/// How long nothing is accepted after that failed, as it does when there are no descriptors left.
const PAUSE: Duration = Duration::from_millis(100);

/// Where connections come from.
pub(super) trait Listener {
    type Stream: AsyncRead + AsyncWrite + Unpin + 'static;

    /// The next connection, and who is at its other end.
    async fn next(&self) -> io::Result<(Self::Stream, Caller)>;
}

impl Listener for TcpListener {
    type Stream = tokio::net::TcpStream;

    async fn next(&self) -> io::Result<(Self::Stream, Caller)> {
        let (stream, _) = self.accept().await?;
        stream.set_nodelay(true)?;
        Ok((stream, Caller::Anybody))
    }
}

impl Listener for UnixListener {
    type Stream = tokio::net::UnixStream;

    async fn next(&self) -> io::Result<(Self::Stream, Caller)> {
        let (stream, _) = self.accept().await?;
        let peer = stream.peer_cred()?;
        let caller = if is_trusted(peer.uid()) {
            Caller::SameUser
        } else {
            tracing::warn!(uid = peer.uid(), "another user asked at the control socket");
            Caller::Stranger
        };
        Ok((stream, caller))
    }
}

/// Accepts and serves until told to stop; then finishes what was asked. What is left when this is dropped
/// is cut off.
pub(super) async fn serve(
    listener: impl Listener,
    desk: Rc<Desk>,
    mut stop: watch::Receiver<bool>,
) {
    let seats = Seats::new(desk.limits.connections_max);
    let mut connections = JoinSet::new();
    let told = stop.clone();
    loop {
        let accepted = async {
            let accepted = listener.next().await;
            match accepted {
                Ok(accepted) => Ok((accepted, seats.take().await)),
                Err(error) => Err(error),
            }
        };
        match either(stop.wait_for(|stop| *stop), accepted).await {
            Either::First(_) => break,
            Either::Second(Ok(((stream, caller), seated))) => {
                let (desk, stop) = (Rc::clone(&desk), told.clone());
                connections.spawn_local(connection::serve(stream, caller, desk, seated, stop));
            }
            Either::Second(Err(error)) => {
                tracing::warn!("no connection could be accepted: {error}");
                sleep(PAUSE).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

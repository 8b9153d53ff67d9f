//! One connection from its acceptance to its end.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::timeout;

use super::either::{Either, either};
use super::seats::Seated;
use super::stream::Stream;
use crate::ops::http::{Caller, Desk, head_timed_out, respond};

/// How long what a caller still sends is taken in after the last answer, so that it is not lost with it.
const LINGER: Duration = Duration::from_secs(1);

/// How much of it.
const LINGER_BYTES_MAX: usize = 1 << 20;

/// Serves one connection until it ends, its seat is given away, or `stop` says so and nothing is left to
/// answer.
pub(super) async fn serve<S>(
    inner: S,
    caller: Caller,
    desk: Rc<Desk>,
    seated: Rc<Seated>,
    mut stop: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let limits = &desk.limits;
    let stream = Stream::new(inner, Rc::clone(&seated), limits.answer_timeout);
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_timeout)
        .max_headers(limits.headers_max)
        .max_header_size(limits.head_bytes_max)
        .max_buf_size(limits.head_bytes_max.max(BUFFER_BYTES_MIN));
    let service = {
        let (desk, seated) = (Rc::clone(&desk), Rc::clone(&seated));
        service_fn(move |request| {
            let (desk, busy) = (Rc::clone(&desk), seated.busy());
            let answered = async move {
                let reply = respond(&desk, caller, request).await;
                drop(busy);
                Ok::<_, Infallible>(reply)
            };
            Box::pin(answered) as Pin<Box<dyn Future<Output = _>>>
        })
    };
    let mut connection = builder.serve_connection(TokioIo::new(stream), service);
    let leave = async {
        match either(seated.taken_away(), stop.wait_for(|stop| *stop)).await {
            Either::First(()) => Leave::AtOnce,
            Either::Second(_) => Leave::Answered,
        }
    };
    let ended = either(leave, poll_fn(|cx| connection.poll_without_shutdown(cx))).await;
    let ended = match ended {
        Either::First(Leave::AtOnce) => return,
        // Nothing was asked, or not in full.
        Either::First(Leave::Answered) if seated.is_waiting() => return,
        Either::First(Leave::Answered) => {
            Pin::new(&mut connection).graceful_shutdown();
            poll_fn(|cx| connection.poll_without_shutdown(cx)).await
        }
        Either::Second(ended) => ended,
    };
    let parts = connection.into_parts();
    let mut stream = parts.io.into_inner();
    let begun = !parts.read_buf.is_empty();
    if ended.is_err_and(|error| begun && error.is_timeout()) {
        // A caller that is gone does not miss it.
        let _ = timeout(LINGER, stream.write_all(head_timed_out())).await;
    }
    either(seated.taken_away(), linger(stream)).await;
}

/// The smallest buffer that heads can be read with.
const BUFFER_BYTES_MIN: usize = 8 << 10;

/// How a connection that is still open has to go.
enum Leave {
    AtOnce,
    Answered,
}

/// Closes the connection so that the last answer arrives: a socket that is closed with something unread
/// would take the answer back.
async fn linger<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S) {
    let drain = async {
        if stream.shutdown().await.is_err() {
            return;
        }
        let mut buffer = [0; 4096];
        let mut taken = 0;
        while taken < LINGER_BYTES_MAX {
            match stream.read(&mut buffer).await {
                Ok(0) | Err(_) => return,
                Ok(count) => taken += count,
            }
        }
    };
    // After that, whoever still sends is not waited for.
    let _ = timeout(LINGER, drain).await;
}

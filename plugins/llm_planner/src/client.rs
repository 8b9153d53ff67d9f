//! One exchange with the endpoint over HTTP.
//!
//! A request goes to the one address it was made for: no redirect, no proxy, no connection kept. The
//! exchange ends with the call's time, after a silence, or when the call is cancelled: a thread beside
//! it looks at the caller's will and shuts the connection.

use std::io::{self, Read};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use ureq::http::header::{AUTHORIZATION, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use ureq::http::{HeaderMap, Request, Response};
use ureq::{Agent, Body, SendBody, Timeout};

use crate::error::AskError;
use crate::host::{Host, POLL_INTERVAL};
use crate::settings::Settings;

/// Largest body of a response, whatever its status.
pub(crate) const RESPONSE_SIZE_BYTES_MAX: u64 = 10 * 1024 * 1024;

/// Largest head of a response.
const HEAD_SIZE_BYTES_MAX: usize = 32 * 1024;

/// How long the parts of an exchange may take; the whole is bounded by the call's own time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeouts {
    /// For the name to be resolved, and again for the connection and its encryption.
    pub(crate) connect: Duration,
    /// For the next bytes to come or go. Models think before the first one.
    pub(crate) silence: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            silence: Duration::from_mins(2),
        }
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<String>,
    pub(crate) body: Vec<u8>,
}

/// Sends `question` and reads the reply, whatever its status.
pub(crate) fn post(
    host: &dyn Host,
    settings: &Settings,
    timeouts: Timeouts,
    question: &[u8],
) -> Result<Reply, AskError> {
    let agent = agent(host, timeouts);
    let mut body = TrackedBody {
        left: question,
        asked_for: false,
    };
    let result = while_wanted(host, &agent, || {
        exchange(&agent, settings, question.len(), &mut body)
    });
    result.map_err(|error| classify(error, body.asked_for))
}

fn agent(host: &dyn Host, timeouts: Timeouts) -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .max_idle_connections(0)
        .max_response_header_size(HEAD_SIZE_BYTES_MAX)
        .user_agent(concat!("llm_planner/", env!("CARGO_PKG_VERSION")))
        .timeout_global(Some(host.remaining()))
        .timeout_resolve(Some(timeouts.connect))
        .timeout_connect(Some(timeouts.connect))
        .timeout_per_read(Some(timeouts.silence))
        .timeout_per_write(Some(timeouts.silence))
        .build()
        .into()
}

fn exchange(
    agent: &Agent,
    settings: &Settings,
    question_len: usize,
    body: &mut TrackedBody<'_>,
) -> Result<Reply, ExchangeError> {
    let request = Request::post(settings.endpoint.uri().clone())
        .header(AUTHORIZATION, settings.key.bearer())
        .header(CONTENT_TYPE, "application/json")
        .header(CONTENT_LENGTH, question_len)
        .header(CONNECTION, "close")
        .body(SendBody::from_reader(body))
        .map_err(ureq::Error::from)?;
    let mut response = agent.run(request)?;
    let status = response.status();
    if status.is_redirection() {
        return Ok(Reply::without_body(status.as_u16()));
    }
    match read_body(&mut response) {
        Ok(body) => Ok(Reply {
            status: status.as_u16(),
            retry_after: retry_after(response.headers()),
            body,
        }),
        // The status says what went wrong; the explanation is not worth another failure.
        Err(_) if !status.is_success() => Ok(Reply {
            retry_after: retry_after(response.headers()),
            ..Reply::without_body(status.as_u16())
        }),
        Err(error) => Err(error),
    }
}

impl Reply {
    fn without_body(status: u16) -> Self {
        Self {
            status,
            retry_after: None,
            body: Vec::new(),
        }
    }
}

fn retry_after(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?;
    Some(value.to_owned())
}

fn read_body(response: &mut Response<Body>) -> Result<Vec<u8>, ExchangeError> {
    let body = response.body_mut();
    if body.content_length() > Some(RESPONSE_SIZE_BYTES_MAX) {
        return Err(ExchangeError::TooLarge);
    }
    // One more than is allowed tells a body that is too large from one that just fits.
    let mut bytes = Vec::new();
    body.as_reader()
        .take(RESPONSE_SIZE_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(ureq::Error::from)?;
    if bytes.len() as u64 > RESPONSE_SIZE_BYTES_MAX {
        return Err(ExchangeError::TooLarge);
    }
    Ok(bytes)
}

/// Does `work`, and shuts down the agent's connections if the call is cancelled meanwhile.
fn while_wanted<T>(
    host: &dyn Host,
    agent: &Agent,
    work: impl FnOnce() -> Result<T, ExchangeError>,
) -> Result<T, ExchangeError> {
    let (done, ended) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let watch = move || {
            while ended.recv_timeout(POLL_INTERVAL) == Err(RecvTimeoutError::Timeout) {
                if host.is_cancelled() {
                    agent.clone().shutdown();
                    return;
                }
            }
        };
        thread::Builder::new()
            .spawn_scoped(scope, watch)
            .map_err(ureq::Error::Io)?;
        let result = work();
        drop(done);
        result
    })
}

#[derive(Debug)]
enum ExchangeError {
    TooLarge,
    Http(ureq::Error),
}

impl From<ureq::Error> for ExchangeError {
    fn from(error: ureq::Error) -> Self {
        Self::Http(error)
    }
}

/// What a failure means. An endpoint that never got the question can be asked again.
fn classify(error: ExchangeError, question_sent: bool) -> AskError {
    let error = match error {
        ExchangeError::TooLarge => return AskError::TooLarge,
        ExchangeError::Http(error) => error,
    };
    match &error {
        ureq::Error::Timeout(Timeout::Global | Timeout::PerCall) => AskError::Deadline,
        ureq::Error::Timeout(_) if question_sent => AskError::Silent,
        ureq::Error::Io(io) if io.kind() == io::ErrorKind::PermissionDenied => {
            AskError::Denied(error)
        }
        // A handshake that failed does not succeed the next time.
        ureq::Error::Io(io) if !question_sent && io.kind() == io::ErrorKind::InvalidData => {
            AskError::Unusable(error)
        }
        ureq::Error::Io(_) if question_sent => AskError::Interrupted(error),
        ureq::Error::Io(_)
        | ureq::Error::Timeout(_)
        | ureq::Error::HostNotFound
        | ureq::Error::ConnectionFailed => AskError::Unreachable(error),
        _ => AskError::Unusable(error),
    }
}

/// A request's body that knows whether it was asked for, which happens once the connection stands and
/// the request's head is sent.
#[derive(Debug)]
struct TrackedBody<'question> {
    left: &'question [u8],
    asked_for: bool,
}

impl Read for TrackedBody<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.asked_for = true;
        self.left.read(buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_that_the_system_forbids_is_told_from_one_that_fails() {
        let io = |kind| ExchangeError::Http(ureq::Error::Io(io::Error::from(kind)));
        assert!(matches!(
            classify(io(io::ErrorKind::PermissionDenied), false),
            AskError::Denied(_)
        ));
        assert!(matches!(
            classify(io(io::ErrorKind::ConnectionRefused), false),
            AskError::Unreachable(_)
        ));
        assert!(matches!(
            classify(io(io::ErrorKind::ConnectionReset), true),
            AskError::Interrupted(_)
        ));
    }
}

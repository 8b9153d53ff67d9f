//! What a caller can make grow, and how far.

use std::time::Duration;

/// What a caller can make grow, and how far. TCP and the Unix socket each have connections of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Most connections. When there are as many, the one that has waited longest for its next request is
    /// closed for a new one; while none waits, new ones are not accepted.
    pub connections_max: usize,
    /// Longest head of a request, in bytes, of 8,192 or more.
    pub head_bytes_max: usize,
    /// Most headers in it.
    pub headers_max: usize,
    /// Longest body of a request, in bytes.
    pub body_bytes_max: usize,
    /// How long a connection may go without a whole head, from its begin or from the answer before.
    pub head_timeout: Duration,
    /// How long a body may take to come.
    pub body_timeout: Duration,
    /// How long an answer may take to be found, its request's body included. What was begun goes on.
    pub request_timeout: Duration,
    /// How long a caller may take to fetch an answer.
    pub answer_timeout: Duration,
    /// Most requests that wait for one of the threads that find answers.
    pub waiting_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 256,
            head_bytes_max: 16 << 10,
            headers_max: 64,
            body_bytes_max: 16 << 10,
            head_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(30),
            answer_timeout: Duration::from_secs(30),
            waiting_max: 64,
        }
    }
}

//! What a request over HTTP means, and how it is answered.
//!
//! ```text
//! request → target → host named → route → method → authority → parameters → body → lane → reply
//! ```
//!
//! The first of these that a request fails answers it. Bodies are read last, and only of callers that may
//! have what they ask for.

mod authority;
mod body;
mod outside;
mod parameters;
mod refusal;
mod reply;
mod route;
mod service;

pub(super) use authority::Caller;
pub(super) use refusal::Refusal;
pub(super) use reply::head_timed_out;
pub(super) use service::{Desk, respond};

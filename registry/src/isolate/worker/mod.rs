//! The side of the worker: a process that holds one planner and serves its host.
//!
//! ```text
//! receive descriptors and regions → close all else → own session → [sandbox] → tell of it →
//! map → construct → self-test → serve calls
//! ```
//!
//! From the moment at which it maps the library, whatever it says may be the plugin's words. So it tells
//! its host of the sandbox before, and goes on when the host has heard that.
//!
//! A program becomes a worker when [`serve_if_requested`] finds that it was started as one. It takes
//! nothing from its host but three descriptors, the environment that the operator granted, and
//! messages. It ends when its host does: it is told by the kernel, and the end of the control socket
//! says so as well.

mod calls;
mod confine;
mod ending;
mod entrance;
mod fault;
mod service;

pub use ending::ExitCode;
pub use entrance::serve_if_requested;
pub(super) use entrance::{ARGUMENT, NAME, is_served};
pub(super) use service::StartOrder;

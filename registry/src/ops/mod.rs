//! How a running registry is asked from outside. Layer 9, behind the feature `ops`.
//!
//! ```text
//! command, here ───────────────────────────┐
//! command, --attach ─► Unix socket ─┐      ▼
//! monitoring, curl ──► TCP ─────────┴─► Question ─► answer ─► Control (the registry)
//! ```
//!
//! There is one set of questions and one set of answers to them. A command that looks by itself, one that
//! asks a running host, and a caller over HTTP get what the same lines of code say.
//!
//! [`Server`] answers on a thread of its own. What touches files or planners runs beside it on a bounded
//! number of threads, so that a slow heal delays no health check. Everything a caller can make grow has a
//! bound in [`Limits`]: connections, heads, bodies, and every time that is waited.
//!
//! Who may change something is settled before a question is read: over the Unix socket, whoever the kernel
//! says is this user or root; over TCP, whoever knows the token, and nobody where there is none.

mod answer;
mod attach;
mod control;
mod failure;
mod http;
mod question;
mod server;
mod socket;

pub(crate) use answer::answer;
pub use attach::{AttachError, Attached, Exposed, Standing, hosts};
pub(crate) use control::Control;
pub use failure::Failure;
pub use question::{Answer, Form, Question, Subject};
pub use server::{Limits, Running, ServeError, Server, Stopped};
pub use socket::{FolderError, Host, PROTOCOL};

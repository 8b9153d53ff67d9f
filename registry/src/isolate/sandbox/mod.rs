//! What a process can no longer do, once it has restricted itself.
//!
//! A worker calls [`apply`] before it maps a plugin. What it says about itself afterwards is
//! [`Enforced`]: one line for each [`LayerName`], telling whether the kernel agreed. A layer is never
//! reported as on because it was asked for, only because the call that switches it on succeeded.
//!
//! ```text
//! Spec → session, descriptors → no new privileges → memory group → namespaces that need privileges
//!      → user → user namespace and those inside it → capabilities → parent death → limits → Landlock
//!      → seccomp → Enforced
//! ```
//!
//! The order is forced:
//! - Without privileges, Landlock and seccomp want no-new-privileges first.
//! - What needs privileges comes before they are given up; a user namespace gives new ones, so
//!   capabilities are dropped behind it.
//! - A change of user clears the signal of the parent's death, and so does a gain of capabilities.
//! - Landlock and seccomp hold for the calling thread and those it starts, so there must be one; and
//!   seccomp comes last, since it takes away the calls that the other steps make.
//!
//! Nothing is taken back: a process that applied a sandbox keeps it until it ends.

mod access;
mod apply;
mod descriptors;
mod enforced;
mod error;
mod limits;
mod memory;
mod namespaces;
mod privileges;
mod spec;
mod steps;
mod system_calls;

pub use apply::apply;
pub use enforced::{Enforced, Layer, LayerName, LayerState};
pub use error::{LayerError, SandboxError};
pub use rustix::process::Pid;
pub use spec::{Limits, Mode, Network, Spec};

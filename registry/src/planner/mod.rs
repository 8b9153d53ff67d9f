//! A planner under supervision: how it comes to be, and every call into it. Layer 5.
//!
//! A [`Planner`] is in the catalog from discovery on, without its library being opened. The first
//! request for it walks [`start`]: verify → map → construct → self-test, once, whatever the number
//! of threads that ask. [`call`] wraps every call with deadline, cancellation and accounting; the
//! plugin's own object is never reachable.

mod admission;
mod builtin;
mod call;
mod cancel;
mod error;
mod get_error;
mod start;
mod supervised;

pub use admission::Rejected;
pub(crate) use admission::{Admission, admit};
pub use builtin::Builtin;
pub use cancel::CancelToken;
pub use error::{CallError, CallProblem, StartError, StartFailure};
pub use get_error::{GetError, PlanFailure};
pub use supervised::{CallCounts, Phase, Planner};
pub(crate) use supervised::{Options, Source, Supervision};

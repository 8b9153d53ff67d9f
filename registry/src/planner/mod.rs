//! A planner under supervision: how it comes to be, and every call into it. Layer 5.
//!
//! A [`Planner`] is in the catalog from discovery on, without its library being opened. The first
//! request for it walks [`start`]: verify → map → construct → self-test, once, whatever the number
//! of threads that ask. [`call`] wraps every call with deadline, cancellation and accounting; the
//! plugin's own object is never reachable.

mod admission;
mod breaker_open;
mod builtin;
mod call;
mod call_error;
mod cancel;
mod change;
mod change_error;
mod closing;
mod discover_error;
mod discovery_report;
mod found;
mod get_error;
mod handle;
mod history;
mod hold;
mod holds;
mod include;
mod ledger;
mod locking;
mod obstacle;
mod permissions;
mod probing;
mod record;
mod remembered;
mod retry;
mod roster;
mod shutdown;
mod shutdown_report;
mod standing;
mod start;
mod start_error;
mod supervised;
#[cfg(test)]
pub(crate) mod testing;
mod under_way;
mod verification;

pub use admission::Rejected;
pub use breaker_open::BreakerOpen;
pub(crate) use builtin::planners_of;
pub use builtin::{Builtin, BuiltinError};
pub use call_error::{CallError, CallProblem};
pub use cancel::CancelToken;
pub use change_error::ChangeError;
pub use discover_error::DiscoverError;
pub use discovery_report::{DiscoveryReport, Held, Retired};
pub use get_error::{GetError, PlanFailure};
pub use handle::Handle;
pub use history::{FailedStart, StartSample};
pub use hold::{Hold, HoldEnd, Holder, Quarantine};
pub use holds::Lifted;
pub use include::Include;
#[cfg(test)]
pub(crate) use ledger::Ledger;
pub use locking::{LockProposal, Lockable, LockingError};
pub(crate) use obstacle::Obstacle;
pub use probing::{ProbeCause, ProbeFailure};
pub(crate) use record::Record;
pub(crate) use roster::{Replace, Roster};
pub use shutdown_report::{ShutdownError, ShutdownReport};
pub use start_error::{StartError, StartFailure};
pub(crate) use supervised::Supervision;
pub use supervised::{CallCounts, Phase, Planner};
pub use under_way::OverdueCall;
pub use verification::{Verification, VerifyError};

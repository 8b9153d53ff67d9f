//! What a worker takes away from itself before it maps its planner.

#![expect(
    unsafe_code,
    reason = "a sandbox closes descriptors whose owners it cannot know"
)]

use std::error::Error;
use std::os::fd::{AsRawFd, BorrowedFd};

use rustix::process::getpid;

use super::service::StartOrder;
use crate::isolate::sandbox::{self, Enforced, Mode, Pid, SandboxError};
use crate::load::Outlook;
use crate::trust::Verified;

/// The first of the users that workers of root become, one each: its number plus the process's own,
/// which no other living process has.
const FIRST_USER: u32 = 2_000_000_000;

/// Threads of a worker with a user of its own: those that serve calls, and many of its planner's.
const THREADS_MAX: u64 = 512;

/// Longest reason that is told.
const REASON_BYTES_MAX: usize = 1000;

/// Applies the sandbox of `order`. What a worker needs from now on is open already.
pub(super) fn confine(
    order: &StartOrder,
    control: BorrowedFd<'_>,
    verified: &Verified,
    outlook: &Outlook,
) -> Result<Enforced, SandboxError> {
    let mut spec = order.sandbox.clone();
    let library = verified.sealed().descriptor();
    spec.keep_fds = [control.as_raw_fd(), library.as_raw_fd()].into();
    spec.keep_fds.extend(outlook.descriptor());
    if rustix::process::geteuid().is_root() && spec.mode != Mode::Off {
        let own = getpid().as_raw_nonzero().get().unsigned_abs();
        spec.uid = Some(FIRST_USER + own);
        // Of a user that it shares with others, theirs would count as well.
        spec.limits.processes = Some(THREADS_MAX);
    }
    let host = i32::try_from(order.host).ok().and_then(Pid::from_raw);
    let host = host.ok_or(SandboxError::ParentGone)?;
    // SAFETY: beside the standard ones this process owns three descriptors, and these are kept: what it
    // inherited was closed when it began, and those of the shared memory when that was mapped.
    unsafe { sandbox::apply(&spec, host) }
}

/// Why a sandbox cannot be had, on one line.
pub(super) fn reason(error: &SandboxError) -> String {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        line.push_str(": ");
        line.push_str(&cause.to_string());
        next = cause.source();
    }
    line.truncate(line.floor_char_boundary(REASON_BYTES_MAX));
    line
}

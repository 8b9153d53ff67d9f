//! A session of its own, and no descriptors of others.

#![expect(
    unsafe_code,
    reason = "no binding offers close_range, which closes descriptors whose owners it cannot know, nor a \
              getsid that may answer 0"
)]

use std::io;
use std::os::fd::RawFd;

use rustix::process::{getpid, setsid};

use super::{LayerError, LayerState};

/// Leads a session of its own, which also makes it a process group that can be killed as one.
pub(super) fn own_session() -> Result<LayerState, LayerError> {
    if !leads_its_session() {
        setsid().map_err(LayerError::of("no session can be begun"))?;
    }
    Ok(LayerState::On)
}

/// Whether this process leads its session. In a namespace of processes that was entered from outside,
/// as a container's is by a command run in it, the session is one that has no number here: 0.
fn leads_its_session() -> bool {
    // SAFETY: it takes a number and answers with one.
    unsafe { libc::getsid(0) == getpid().as_raw_nonzero().get() }
}

/// Closes all descriptors but the three standard ones and `keep`.
///
/// # Safety
/// Nothing in the process may own any of the others.
pub(super) unsafe fn close_others(keep: &[RawFd]) -> Result<LayerState, LayerError> {
    for (first, last) in gaps(keep) {
        // SAFETY: the caller says that nobody owns what lies in the gaps.
        let closed = unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
        if closed != 0 {
            return Err(LayerError::of("descriptors cannot be closed")(
                io::Error::last_os_error(),
            ));
        }
    }
    Ok(LayerState::On)
}

/// The ranges between the descriptors that stay, both ends included.
fn gaps(keep: &[RawFd]) -> Vec<(u32, u32)> {
    let mut kept: Vec<u32> = keep
        .iter()
        .filter_map(|&fd| u32::try_from(fd).ok())
        .chain([0, 1, 2])
        .collect();
    kept.sort_unstable();
    kept.dedup();
    let mut gaps = Vec::new();
    let mut first = 0;
    for fd in kept {
        if fd > first {
            gaps.push((first, fd - 1));
        }
        first = fd + 1;
    }
    gaps.push((first, u32::MAX));
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gaps_leave_out_the_standard_descriptors_and_those_to_keep() {
        assert_eq!(gaps(&[]), [(3, u32::MAX)]);
        assert_eq!(gaps(&[9, 3, 9, -1, 5]), [(4, 4), (6, 8), (10, u32::MAX)]);
    }
}

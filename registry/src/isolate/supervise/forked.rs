//! Whether this process was forked from one that has workers.
//!
//! A forked child finds all of its parent's memory, the workers' handles and what is shared with them
//! included, but no thread that watches over them, and they are no children of its own. It must neither
//! talk to them, which would mix its frames into the parent's, nor end them.

#![expect(
    unsafe_code,
    reason = "the C library calls back in a forked child, and no safe binding asks it to"
)]

use std::io;

use registry_core::sync::atomic::{AtomicBool, Ordering};

static FORKED: AtomicBool = AtomicBool::new(false);

/// What is said of a worker that is wanted in such a process.
pub(super) const REASON: &str = "this process was forked from one that has workers, and can neither use those nor start its own";

/// Has every child that is forked from now on know what it is.
pub(super) fn watch() -> io::Result<()> {
    // SAFETY: the callback has the form that is asked for, and does what may be done in a forked child.
    match unsafe { libc::pthread_atfork(None, None, Some(note)) } {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}

/// Whether this process is such a child.
pub(super) fn is_forked() -> bool {
    // Relaxed: it is set before the child's only thread comes back from its birth.
    FORKED.load(Ordering::Relaxed)
}

extern "C" fn note() {
    FORKED.store(true, Ordering::Relaxed);
}

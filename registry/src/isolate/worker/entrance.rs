//! Whether this process was started as a worker, and what it does first.

#![expect(
    unsafe_code,
    reason = "descriptors that the process inherited are taken over and closed"
)]

use std::env;
use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use registry_core::sync::atomic::{AtomicBool, Ordering};
use rustix::fs::{FileType, Mode, OFlags};
use rustix::process::{Signal, set_parent_process_death_signal, setsid};

use super::ending::{ExitCode, end};
use super::{fault, service};
use crate::isolate::wire::{Heard, Hello, build, hear};

/// What a worker is called in the list of processes.
pub(in crate::isolate) const NAME: &str = "registry-worker";

/// The first argument of a worker; the second is its planner's name, for people.
pub(in crate::isolate) const ARGUMENT: &str = "--serve-registry-host";

/// Whether this program would serve if it were started as a worker.
static SERVED: AtomicBool = AtomicBool::new(false);

/// Serves as a worker, and does not return, if this process was started as one by a host that uses this
/// library; returns at once otherwise.
///
/// It must be the first thing that `main` does: a host whose planners run in workers starts its own
/// program anew for each. What runs before it runs in every worker, outside of its sandbox.
///
/// ```no_run
/// registry::worker::serve_if_requested();
/// // the host's own work
/// ```
pub fn serve_if_requested() {
    if !is_requested() {
        // Relaxed: the flag carries nothing but itself.
        SERVED.store(true, Ordering::Relaxed);
        return;
    }
    end(serve())
}

/// Whether [`serve_if_requested`] was called, and so would be in a worker.
pub(in crate::isolate) fn is_served() -> bool {
    SERVED.load(Ordering::Relaxed)
}

/// A person who starts the program with these arguments by hand has no socket as stdin.
fn is_requested() -> bool {
    let mut arguments = env::args_os();
    arguments.next().as_deref() == Some(OsStr::new(NAME))
        && arguments.next().as_deref() == Some(OsStr::new(ARGUMENT))
        && rustix::fs::fstat(io::stdin())
            .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Socket)
}

fn serve() -> ExitCode {
    match enter() {
        Ok((control, hello)) => service::run(control, hello),
        Err(code) => code,
    }
}

/// Takes over what the host gave, and lets go of everything else.
fn enter() -> Result<(OwnedFd, Hello), ExitCode> {
    close_inherited();
    fault::watch();
    // Without a parent nobody is left to serve; the end of the socket says so, too.
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(|_| ExitCode::System)?;
    // All that the planner starts is in a group with it, and can be ended with it.
    let _leads_already = setsid();
    let control = take_stdin().map_err(|_| ExitCode::System)?;
    match hear(control.as_fd()) {
        Ok(Heard::Hello(hello, theirs)) if theirs == build().as_bytes() => Ok((control, hello)),
        Ok(Heard::Hello(..)) => Err(ExitCode::OtherBuild),
        Ok(Heard::End) => Err(ExitCode::Done),
        _ => Err(ExitCode::NoHello),
    }
}

/// A host may hold descriptors that it forgot to keep from its children.
fn close_inherited() {
    // SAFETY: nothing of this process holds a descriptor above the three standard ones yet: this runs
    // before anything else does.
    unsafe { libc::close_range(3, libc::c_uint::MAX, 0) };
}

/// Moves the control socket away from where a plugin would read.
fn take_stdin() -> io::Result<OwnedFd> {
    let control = rustix::io::fcntl_dupfd_cloexec(io::stdin(), 3)?;
    let null = rustix::fs::open("/dev/null", OFlags::RDONLY, Mode::empty())?;
    rustix::stdio::dup2_stdin(null)?;
    Ok(control)
}

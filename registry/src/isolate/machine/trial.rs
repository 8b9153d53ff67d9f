//! Tries something in a child, so that it leaves no mark on this process.

#![expect(
    unsafe_code,
    reason = "what a sandbox does cannot be undone, so it is tried by a forked child"
)]

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};

/// What is tried. It runs between `fork` and the child's end, perhaps beside threads that hold locks
/// for ever, so it makes system calls and nothing else: it takes no lock and no memory.
pub(super) type Trial = fn() -> Result<(), Errno>;

/// How long a child may take. No trial waits for anything.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// What came of a trial.
pub(super) type Outcome = Result<(), Errno>;

/// Has a child try.
pub(super) fn in_child(trial: Trial) -> io::Result<Outcome> {
    let (result, answers) = pipe_with(PipeFlags::CLOEXEC)?;
    // SAFETY: the child makes system calls only, and ends without returning.
    let child = unsafe { libc::fork() };
    match child {
        -1 => Err(io::Error::last_os_error()),
        0 => answer(trial, &answers),
        child => {
            drop(answers);
            let outcome = read(result);
            end(child);
            outcome
        }
    }
}

/// What the child does.
fn answer(trial: Trial, answers: &OwnedFd) -> ! {
    let errno = trial().err().map_or(0, Errno::raw_os_error);
    let bytes = errno.to_ne_bytes();
    // SAFETY: it writes from the array above, and the child ends without running this process's
    // destructors or handlers.
    unsafe {
        libc::write(answers.as_raw_fd(), bytes.as_ptr().cast(), bytes.len());
        libc::_exit(0);
    }
}

fn read(result: OwnedFd) -> io::Result<Outcome> {
    let bound = Timespec::try_from(WAIT_MAX).map_err(io::Error::other)?;
    let mut awaited = [PollFd::new(&result, PollFlags::IN)];
    if poll(&mut awaited, Some(&bound))? == 0 {
        return Err(io::ErrorKind::TimedOut.into());
    }
    let mut errno = [0; 4];
    File::from(result).read_exact(&mut errno)?;
    Ok(match i32::from_ne_bytes(errno) {
        0 => Ok(()),
        errno => Err(Errno::from_raw_os_error(errno)),
    })
}

/// Whatever it is at, it has nothing left to do.
fn end(child: libc::pid_t) {
    // SAFETY: the child is not reaped yet, so the number is still its own. That somebody else reaps it,
    // as a host that ignores `SIGCHLD` does, makes both calls fail without harm.
    unsafe {
        libc::kill(child, libc::SIGKILL);
        libc::waitpid(child, std::ptr::null_mut(), 0);
    }
}

#[cfg(test)]
mod tests {
    use rustix::process::{Pid, Signal, getpid, kill_process, setsid};

    use super::*;

    #[test]
    fn the_outcome_is_the_one_of_the_child() {
        assert_eq!(in_child(|| Ok(())).unwrap(), Ok(()));
        assert_eq!(in_child(|| Err(Errno::XDEV)).unwrap(), Err(Errno::XDEV));
        // A new session is the child's alone.
        // SAFETY: it takes a number and answers with one.
        let session = || unsafe { libc::getsid(0) };
        let before = session();
        assert_eq!(in_child(|| setsid().map(|_: Pid| ())).unwrap(), Ok(()));
        assert_eq!(session(), before);
    }

    #[test]
    fn a_child_that_ends_without_an_answer_is_noticed() {
        let killed = in_child(|| kill_process(getpid(), Signal::KILL));
        assert_eq!(killed.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}

//! How a worker ends.

#![expect(
    unsafe_code,
    reason = "a worker ends without running what a plugin registered for the end"
)]

/// The exit codes of a worker. A worker that a signal ended, or that ended with any other code, was
/// ended by its planner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExitCode {
    /// The host shut it down, or is gone.
    Done = 0,
    /// It was given no descriptors, or others than it needs.
    NoHello = 90,
    /// The host is of another build of this library.
    OtherBuild = 91,
    /// The shared memory is not as it must be.
    BadMemory = 92,
    /// What the host wrote cannot be understood.
    BadOrder = 93,
    /// The sandbox could not be built as strictly as asked.
    NoSandbox = 94,
    /// The system refused what every worker needs.
    System = 95,
}

impl ExitCode {
    /// What a host says about it.
    pub(in crate::isolate) fn meaning(code: i32) -> Option<&'static str> {
        [
            (Self::NoHello, "it was not given its descriptors"),
            (Self::OtherBuild, "it is of another build of this library"),
            (Self::BadMemory, "it did not accept the shared memory"),
            (Self::BadOrder, "it did not understand its order"),
            (Self::NoSandbox, "its sandbox could not be built"),
            (Self::System, "the system refused what it needs"),
        ]
        .into_iter()
        .find(|(known, _)| *known as i32 == code)
        .map(|(_, meaning)| meaning)
    }
}

/// Ends this process at once: no destructor and no function that was registered for the end is run, for
/// they may be a plugin's.
pub(super) fn end(code: ExitCode) -> ! {
    // SAFETY: it does nothing but end the process.
    unsafe { libc::_exit(code as i32) }
}

//! The processor time of another process.

#![expect(
    unsafe_code,
    reason = "no safe binding reads the clock of another process"
)]

use std::time::Duration;

use rustix::process::Pid;

/// The kernel's count of what all threads of a process used, the ended ones included. Reading it needs no
/// right, no file and no descriptor. What children used is not in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProcessorClock(libc::clockid_t);

impl ProcessorClock {
    /// The clock of the process `pid`; none if there is no such process.
    pub(super) fn of(pid: Pid) -> Option<Self> {
        let mut clock = 0;
        // SAFETY: the C library writes one number, to where there is room for it.
        let found =
            unsafe { libc::clock_getcpuclockid(pid.as_raw_nonzero().get(), &raw mut clock) };
        (found == 0).then_some(Self(clock))
    }

    /// What was used so far; none if the process is gone. Once it is reaped the number may be another one's.
    pub(super) fn read(self) -> Option<Duration> {
        let mut time = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        // SAFETY: the kernel writes one time, to where there is room for it.
        let read = unsafe { libc::clock_gettime(self.0, &raw mut time) };
        let seconds = u64::try_from(time.tv_sec).ok()?;
        let nanoseconds = u32::try_from(time.tv_nsec).ok()?;
        (read == 0).then(|| Duration::new(seconds, nanoseconds))
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use rustix::process::getpid;

    use super::*;

    #[test]
    fn it_counts_all_threads_and_the_ended_ones() {
        let clock = ProcessorClock::of(getpid()).unwrap();
        let before = clock.read().unwrap();
        let worked = Duration::from_millis(20);
        thread::spawn(move || {
            let begun = own_time();
            while own_time() < begun + worked {}
        })
        .join()
        .unwrap();
        assert!(clock.read().unwrap() >= before + worked);
    }

    #[test]
    fn a_process_that_is_not_there_has_none() {
        // The kernel gives no number as high as this.
        let nobody = Pid::from_raw(1 << 22).unwrap();
        let time = ProcessorClock::of(nobody).and_then(ProcessorClock::read);
        assert_eq!(time, None);
    }

    /// What this thread used.
    fn own_time() -> Duration {
        ProcessorClock(libc::CLOCK_THREAD_CPUTIME_ID)
            .read()
            .unwrap()
    }
}

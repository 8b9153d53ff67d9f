//! System calls as they are.

use std::io;

use libc::c_long;

/// The outcome of a system call: what it gave, or the number of its error.
pub(crate) type Outcome = Result<c_long, i32>;

/// A system call with these arguments.
pub(crate) fn call(number: c_long, arguments: [usize; 6]) -> Outcome {
    let at = |place: usize| arguments[place];
    // SAFETY: each caller passes addresses that are valid, or nowhere.
    outcome(unsafe { libc::syscall(number, at(0), at(1), at(2), at(3), at(4), at(5)) })
}

pub(crate) fn outcome(result: c_long) -> Outcome {
    if result == -1 {
        Err(io::Error::last_os_error().raw_os_error().unwrap())
    } else {
        Ok(result)
    }
}

/// Ends this process after some seconds, and bounds what it may use until then.
pub(crate) fn seat_belt(seconds: u32) {
    let bounds = [
        (libc::RLIMIT_CPU, u64::from(seconds)),
        (libc::RLIMIT_AS, 8 << 30),
        (libc::RLIMIT_FSIZE, 1 << 20),
    ];
    for (resource, bound) in bounds {
        let limit = libc::rlimit {
            rlim_cur: bound,
            rlim_max: bound,
        };
        // SAFETY: it reads the one structure.
        let set = unsafe { libc::setrlimit(resource, &raw const limit) };
        assert_eq!(set, 0, "the seat belt cannot be fastened");
    }
    // SAFETY: the signal's default action, which ends the process, is what is wanted.
    unsafe { libc::alarm(seconds) };
}

/// Asks the kernel for its 32-bit `getpid`, at the door that 32-bit programs use.
#[cfg(target_arch = "x86_64")]
pub(crate) fn getpid_of_32_bits() -> i32 {
    let pid: i32;
    // SAFETY: the call reads no memory, and what it changes is named.
    unsafe {
        std::arch::asm!(
            "int 0x80",
            inlateout("eax") 20 => pid,
            out("r8") _, out("r9") _, out("r10") _, out("r11") _,
        );
    }
    pid
}

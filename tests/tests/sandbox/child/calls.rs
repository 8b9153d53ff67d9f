//! Every system call there is, with arguments that do no harm.

use libc::c_long;

use crate::raw::call;
use crate::say;

/// The last number that is tried. Those above what the kernel knows must be refused, too.
const LAST: c_long = 1023;

/// Calls that end the process that makes them, or double it: each is tried in a process of its own.
const ALONE: [c_long; 7] = [
    libc::SYS_rt_sigreturn,
    libc::SYS_fork,
    libc::SYS_vfork,
    libc::SYS_exit,
    libc::SYS_exit_group,
    URETPROBE,
    URETPROBE + 1,
];

/// Made by the kernel's own trampoline alone; the number behind it is its sibling.
const URETPROBE: c_long = 335;

/// A descriptor, address or number that nothing has, and nothing else.
const NOWHERE: [usize; 6] = [usize::MAX, 0, 0, 0, 0, 0];

/// Calls whose arguments decide, with arguments that decide otherwise than [`NOWHERE`].
fn deciding() -> Vec<(&'static str, c_long, [usize; 6])> {
    let own = usize::try_from(std::process::id()).unwrap();
    let bits = |flags: libc::c_int| usize::try_from(flags.cast_unsigned()).unwrap();
    // Two flags that exclude each other behind those of a thread, so that none begins.
    let thread = libc::CLONE_THREAD | libc::CLONE_VM | libc::CLONE_SIGHAND;
    let no_thread = thread | libc::CLONE_PIDFD | libc::CLONE_PARENT_SETTID;
    let nowhere = usize::MAX;
    let anonymous = |kind: libc::c_int| [0, 0, 0, bits(kind | libc::MAP_ANONYMOUS), nowhere, 0];
    let option = |option: libc::c_int| [bits(option), nowhere, 0, 0, 0, 0];
    vec![
        (
            "mmap(private)",
            libc::SYS_mmap,
            anonymous(libc::MAP_PRIVATE),
        ),
        ("mmap(shared)", libc::SYS_mmap, anonymous(libc::MAP_SHARED)),
        (
            "ioctl(FIONBIO)",
            libc::SYS_ioctl,
            [nowhere, 0x5421, 0, 0, 0, 0],
        ),
        ("socket(unix)", libc::SYS_socket, [1, 99, 0, 0, 0, 0]),
        ("socket(inet)", libc::SYS_socket, [2, 1, nowhere, 0, 0, 0]),
        ("socket(inet6)", libc::SYS_socket, [10, 2, nowhere, 0, 0, 0]),
        ("socket(raw)", libc::SYS_socket, [2, 3, nowhere, 0, 0, 0]),
        (
            "clone(thread)",
            libc::SYS_clone,
            [bits(no_thread), 0, 0, 0, 0, 0],
        ),
        ("kill(own)", libc::SYS_kill, [own, 0, 0, 0, 0, 0]),
        ("kill(group)", libc::SYS_kill, [0, 0, 0, 0, 0, 0]),
        (
            "fcntl(F_SETOWN)",
            libc::SYS_fcntl,
            [nowhere, 8, own, 0, 0, 0],
        ),
        ("fcntl(F_GETFL)", libc::SYS_fcntl, [nowhere, 3, 0, 0, 0, 0]),
        (
            "prctl(PR_SET_NAME)",
            libc::SYS_prctl,
            option(libc::PR_SET_NAME),
        ),
        (
            "prctl(PR_SET_DUMPABLE)",
            libc::SYS_prctl,
            option(libc::PR_SET_DUMPABLE),
        ),
        ("tgkill(own)", libc::SYS_tgkill, [own, own, 0, 0, 0, 0]),
        ("openat(write)", libc::SYS_openat, [nowhere, 0, 1, 0, 0, 0]),
        (
            "openat(create)",
            libc::SYS_openat,
            [nowhere, 0, 0o100, 0, 0, 0],
        ),
        (
            "prlimit64(query)",
            libc::SYS_prlimit64,
            [0, nowhere, 0, 0, 0, 0],
        ),
        (
            "prlimit64(set)",
            libc::SYS_prlimit64,
            [0, nowhere, nowhere, 0, 0, 0],
        ),
    ]
}

/// Tries all but those that need a process of their own.
pub(crate) fn try_all() {
    for number in (0..=LAST).filter(|number| !ALONE.contains(number)) {
        try_one(number);
    }
    for (name, number, arguments) in deciding() {
        say(&format!("{name} {}", word(call(number, arguments))));
    }
}

/// Tries one.
pub(crate) fn try_one(number: c_long) {
    let mut arguments = NOWHERE;
    if number == libc::SYS_ppoll {
        // Without descriptors and without a time it would wait for ever.
        arguments[1] = usize::MAX;
    }
    say(&format!("{number} {}", word(call(number, arguments))));
}

/// How it came out. With these arguments the kernel itself never answers `EPERM`, and `ENOSYS` only
/// to what it does not know.
fn word(outcome: crate::raw::Outcome) -> &'static str {
    match outcome {
        Err(libc::EPERM) => "EPERM",
        Err(libc::ENOSYS) => "ENOSYS",
        _ => "allowed",
    }
}

//! The list of system calls that a sandboxed process may make, and why each is on it.
//!
//! `docs/isolation.md` names the number of them; the suite in `tests/tests/sandbox/` tries every number
//! there is from inside and holds the outcome against a committed table.

use libc::c_long;

/// System calls that belong together.
pub(super) struct Group {
    /// Why they are needed.
    #[cfg_attr(not(test), expect(dead_code, reason = "it is there to be read"))]
    pub(super) reason: &'static str,
    /// When they are allowed.
    pub(super) when: When,
    /// The calls, each with what its arguments must be like.
    pub(super) calls: &'static [(c_long, Arguments)],
}

/// When a group is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    Always,
    /// With the network granted.
    Net,
    /// With something granted to read.
    Read,
}

/// What the arguments of a call must be like. They are counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arguments {
    Any,
    /// This one is one of these.
    OneOf(u8, &'static [u64]),
    /// This one has none of these bits.
    Without(u8, u64),
    /// Of these bits, this one has exactly those.
    Bits {
        argument: u8,
        mask: u64,
        value: u64,
    },
    /// A mapping that is private, or of a file, and does not grow downwards.
    BoundedMemory,
    /// This one is the process itself.
    OwnProcess(u8),
    /// This one is zero or the process itself, and that one is zero.
    OwnProcessAndZero(u8, u8),
    /// A socket over IP, for a stream or for datagrams.
    InternetSocket,
}

use Arguments::{
    Any, Bits, BoundedMemory, InternetSocket, OneOf, OwnProcess, OwnProcessAndZero, Without,
};

/// Ways to open a file other than for reading.
const WRITING: u64 = flags(libc::O_ACCMODE | libc::O_CREAT | libc::O_TRUNC | libc::O_APPEND);

/// What makes a new process or namespace of a clone, instead of a thread.
const CLONE_KINDS: u64 = flags(
    libc::CLONE_THREAD
        | libc::CLONE_VM
        | libc::CLONE_SIGHAND
        | libc::CLONE_NEWNS
        | libc::CLONE_NEWCGROUP
        | libc::CLONE_NEWUTS
        | libc::CLONE_NEWIPC
        | libc::CLONE_NEWUSER
        | libc::CLONE_NEWPID
        | libc::CLONE_NEWNET,
);

/// What makes a thread of a clone.
const THREAD: u64 = flags(libc::CLONE_THREAD | libc::CLONE_VM | libc::CLONE_SIGHAND);

/// What may be done to a descriptor. Whom it sends signals to is not among it.
const DESCRIPTOR_COMMANDS: [u64; 6] = [
    flags(libc::F_DUPFD),
    flags(libc::F_DUPFD_CLOEXEC),
    flags(libc::F_GETFD),
    flags(libc::F_SETFD),
    flags(libc::F_GETFL),
    flags(libc::F_SETFL),
];

/// All bits of a C integer, as the filter sees them.
const fn flags(value: libc::c_int) -> u64 {
    value.cast_unsigned() as u64
}

/// Whatever is not here is refused with `EPERM`.
pub(super) const GROUPS: &[Group] = &[
    Group {
        reason: "mapping the library, and reading what is granted",
        when: When::Always,
        calls: &[
            (libc::SYS_openat, Without(2, WRITING)),
            (libc::SYS_read, Any),
            (libc::SYS_pread64, Any),
            (libc::SYS_readv, Any),
            (libc::SYS_lseek, Any),
            (libc::SYS_newfstatat, Any),
            (libc::SYS_fstat, Any),
            (libc::SYS_statx, Any),
            (libc::SYS_readlinkat, Any),
            (libc::SYS_close, Any),
        ],
    },
    #[cfg(target_arch = "x86_64")]
    Group {
        reason: "the same, by the older calls that C libraries still use here",
        when: When::Always,
        calls: &[(libc::SYS_readlink, Any), (libc::SYS_poll, Any)],
    },
    Group {
        reason: "answering and logging, to descriptors that were handed over",
        when: When::Always,
        calls: &[
            (libc::SYS_write, Any),
            (libc::SYS_writev, Any),
            (libc::SYS_ppoll, Any),
            (libc::SYS_fcntl, OneOf(1, &DESCRIPTOR_COMMANDS)),
        ],
    },
    Group {
        reason: "memory, without the kinds that no limit bounds: shared, and stacks",
        when: When::Always,
        calls: &[
            (libc::SYS_mmap, BoundedMemory),
            (libc::SYS_munmap, Any),
            (libc::SYS_mremap, Any),
            (libc::SYS_mprotect, Any),
            (libc::SYS_madvise, Any),
            (libc::SYS_brk, Any),
        ],
    },
    Group {
        reason: "threads",
        when: When::Always,
        calls: &[
            (
                libc::SYS_clone,
                Bits {
                    argument: 0,
                    mask: CLONE_KINDS,
                    value: THREAD,
                },
            ),
            // Answered by the other filter.
            (libc::SYS_clone3, Any),
            (libc::SYS_set_robust_list, Any),
            (libc::SYS_rseq, Any),
            (libc::SYS_futex, Any),
            (libc::SYS_sched_yield, Any),
            (libc::SYS_sched_getaffinity, Any),
            (libc::SYS_gettid, Any),
            (libc::SYS_exit, Any),
            (libc::SYS_prctl, OneOf(0, &[flags(libc::PR_SET_NAME)])),
        ],
    },
    Group {
        reason: "signals to itself, as abort and panics send them",
        when: When::Always,
        calls: &[
            (libc::SYS_rt_sigaction, Any),
            (libc::SYS_rt_sigprocmask, Any),
            (libc::SYS_rt_sigreturn, Any),
            (libc::SYS_sigaltstack, Any),
            (libc::SYS_kill, OwnProcess(0)),
            (libc::SYS_tgkill, OwnProcess(0)),
            (libc::SYS_restart_syscall, Any),
            (libc::SYS_exit_group, Any),
        ],
    },
    Group {
        reason: "time and chance",
        when: When::Always,
        calls: &[
            (libc::SYS_clock_gettime, Any),
            (libc::SYS_clock_getres, Any),
            (libc::SYS_clock_nanosleep, Any),
            (libc::SYS_nanosleep, Any),
            (libc::SYS_gettimeofday, Any),
            (libc::SYS_getrandom, Any),
        ],
    },
    Group {
        reason: "what a process may know of itself",
        when: When::Always,
        calls: &[
            (libc::SYS_getpid, Any),
            (libc::SYS_getppid, Any),
            (libc::SYS_getuid, Any),
            (libc::SYS_geteuid, Any),
            (libc::SYS_getgid, Any),
            (libc::SYS_getegid, Any),
            (libc::SYS_getcwd, Any),
            (libc::SYS_getcpu, Any),
            // The C library sizes the memory of its sorting by it.
            (libc::SYS_sysinfo, Any),
            (libc::SYS_prlimit64, OwnProcessAndZero(0, 2)),
        ],
    },
    Group {
        reason: "listing granted folders",
        when: When::Read,
        calls: &[(libc::SYS_getdents64, Any)],
    },
    Group {
        reason: "connections over IP; none is accepted, and other families of sockets stay closed",
        when: When::Net,
        calls: &[
            (libc::SYS_socket, InternetSocket),
            (libc::SYS_connect, Any),
            (libc::SYS_sendto, Any),
            (libc::SYS_recvfrom, Any),
            (libc::SYS_sendmsg, Any),
            (libc::SYS_recvmsg, Any),
            (libc::SYS_sendmmsg, Any),
            (libc::SYS_shutdown, Any),
            (libc::SYS_getsockname, Any),
            (libc::SYS_getpeername, Any),
            (libc::SYS_getsockopt, Any),
            (libc::SYS_setsockopt, Any),
            (libc::SYS_ioctl, OneOf(1, &[libc::FIONBIO, libc::FIONREAD])),
        ],
    },
];

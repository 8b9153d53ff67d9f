//! The seat belt: what is done in it harms nothing outside of it, whatever becomes of the sandbox.

#![expect(
    unsafe_code,
    reason = "namespaces are made and file systems mounted by calls that no safe binding offers"
)]

use std::ffi::CStr;
use std::fs;
use std::io::{Error, Result};
use std::process::{Command, ExitCode};
use std::ptr;

/// The first argument of the process that makes the namespaces.
pub(crate) const BELT: &str = "--belt";

/// The first argument of the first process inside.
pub(crate) const INIT: &str = "--init";

/// The variable with the number that the belt has outside.
const OUTSIDE: &str = "HOSTILE_SET_OUTSIDE";

/// Numbers of processes that one belt has for itself, and belts until they are used again.
const NUMBERS: u32 = 100;
const BELTS: u32 = 300;

/// The exit code that says that there is no seat belt.
pub(crate) const NO_BELT: u8 = 77;

/// Bounds on every process inside.
const BOUNDS: [(libc::__rlimit_resource_t, u64); 5] = [
    (libc::RLIMIT_AS, 16 << 30),
    (libc::RLIMIT_FSIZE, 64 << 20),
    (libc::RLIMIT_CORE, 0),
    (libc::RLIMIT_CPU, 60),
    (libc::RLIMIT_NPROC, 1024),
];

/// Starts the first process of new namespaces, and ends as it does.
pub(crate) fn fasten(rest: &[&str]) -> ExitCode {
    if let Err(error) = unshare() {
        println!("no namespaces for a seat belt: {error}");
        return ExitCode::from(NO_BELT);
    }
    let program = std::env::current_exe().unwrap();
    let mut init = Command::new(program);
    init.arg(INIT).args(rest);
    init.env(OUTSIDE, std::process::id().to_string());
    let status = init.status().unwrap();
    ExitCode::from(u8::try_from(status.code().unwrap_or(255)).unwrap())
}

/// New namespaces of processes and mounts; for those without privileges, in one of users.
fn unshare() -> Result<()> {
    let (user, group) = (rustix::process::getuid(), rustix::process::getgid());
    let mut kinds = libc::CLONE_NEWPID | libc::CLONE_NEWNS | libc::CLONE_NEWIPC;
    if !user.is_root() {
        kinds |= libc::CLONE_NEWUSER;
    }
    // SAFETY: the process has one thread, and holds nothing of what becomes another.
    checked(unsafe { libc::unshare(kinds) })?;
    if !user.is_root() {
        fs::write("/proc/self/setgroups", "deny")?;
        fs::write("/proc/self/uid_map", format!("0 {user} 1"))?;
        fs::write("/proc/self/gid_map", format!("0 {group} 1"))?;
    }
    Ok(())
}

/// Makes the namespaces hold: ends with the process outside, sees what is inside alone, is bounded.
pub(crate) fn hold() -> Result<()> {
    let kill = rustix::process::Signal::KILL;
    rustix::process::set_parent_process_death_signal(Some(kill))?;
    mount(c"none", c"/", None, libc::MS_REC | libc::MS_PRIVATE)?;
    let plain = libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC;
    mount(c"proc", c"/proc", Some(c"proc"), plain)?;
    count_apart();
    for (resource, bound) in BOUNDS {
        let limit = libc::rlimit {
            rlim_cur: bound,
            rlim_max: bound,
        };
        // SAFETY: it reads the one structure.
        checked(unsafe { libc::setrlimit(resource, &raw const limit) })?;
    }
    Ok(())
}

/// Workers of root have users that are called after their numbers. Without numbers of its own, a belt
/// would share them with the next one, and the system's bound on threads with them. Whoever is not root
/// has a namespace of users, and is counted in that.
fn count_apart() {
    let outside = std::env::var(OUTSIDE).ok();
    let outside: u32 = outside.and_then(|text| text.parse().ok()).unwrap_or(0);
    let last = (outside % BELTS + 1) * NUMBERS;
    let _refused = fs::write("/proc/sys/kernel/ns_last_pid", last.to_string());
}

fn mount(source: &CStr, target: &CStr, kind: Option<&CStr>, flags: libc::c_ulong) -> Result<()> {
    let kind = kind.map_or(ptr::null(), CStr::as_ptr);
    // SAFETY: each is a text that ends with a zero, or nothing.
    checked(unsafe { libc::mount(source.as_ptr(), target.as_ptr(), kind, flags, ptr::null()) })
}

fn checked(result: libc::c_int) -> Result<()> {
    if result == -1 {
        return Err(Error::last_os_error());
    }
    Ok(())
}

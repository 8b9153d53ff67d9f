//! What is tried. Nothing here takes a lock or memory, for it runs in forked children.

#![expect(
    unsafe_code,
    reason = "some system calls have no safe binding, or none that makes no others"
)]

use std::ptr;

use libc::{c_long, c_ulong};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use rustix::io::Errno;
use rustix::process::{Signal, parent_process_death_signal, set_parent_process_death_signal};
use rustix::thread::{
    Gid, Uid, UnshareFlags, set_no_new_privs, set_thread_groups, set_thread_res_gid,
    set_thread_res_uid, unshare_unsafe,
};

/// A user that can be assumed to own nothing.
const NOBODY: u32 = 65_534;

/// Landlock's interface: what it can restrict grows with the number.
pub(in crate::isolate) fn landlock_version() -> Result<c_long, Errno> {
    const VERSION: c_ulong = 1;
    let nothing: *const u8 = ptr::null();
    // SAFETY: asked for its version, the kernel reads no attributes.
    let version = unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, nothing, 0, VERSION) };
    number(version)
}

/// Restricts itself to executing nothing.
pub(super) fn landlock() -> Result<(), Errno> {
    let execute: u64 = 1;
    set_no_new_privs(true)?;
    let size = size_of_val(&execute);
    // SAFETY: the kernel reads as much of the attributes as it is told there is.
    let ruleset = number(unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            &raw const execute,
            size,
            0,
        )
    })?;
    // SAFETY: it takes numbers only.
    number(unsafe { libc::syscall(libc::SYS_landlock_restrict_self, ruleset, 0) })?;
    Ok(())
}

/// Puts a filter before its system calls, one that allows all.
pub(super) fn seccomp() -> Result<(), Errno> {
    set_no_new_privs(true)?;
    let mut allow = libc::sock_filter {
        code: 0x06,
        jt: 0,
        jf: 0,
        k: libc::SECCOMP_RET_ALLOW,
    };
    let program = libc::sock_fprog {
        len: 1,
        filter: &raw mut allow,
    };
    let install = libc::SECCOMP_SET_MODE_FILTER;
    // SAFETY: the program has the one instruction that it says it has.
    number(unsafe { libc::syscall(libc::SYS_seccomp, install, 0, &raw const program) })?;
    Ok(())
}

/// Closes the last descriptor there could be.
pub(super) fn close_range() -> Result<(), Errno> {
    // SAFETY: nobody has as many descriptors.
    number(unsafe { libc::syscall(libc::SYS_close_range, u32::MAX, u32::MAX, 0) })?;
    Ok(())
}

pub(super) fn parent_death() -> Result<(), Errno> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    match parent_process_death_signal()? {
        Some(Signal::KILL) => Ok(()),
        _ => Err(Errno::NOSYS),
    }
}

/// Becomes another user.
pub(super) fn change_user() -> Result<(), Errno> {
    let (user, group) = (Uid::from_raw(NOBODY), Gid::from_raw(NOBODY));
    set_thread_groups(&[])?;
    set_thread_res_gid(group, group, group)?;
    set_thread_res_uid(user, user, user)
}

/// A user namespace, begun without privileges, as a worker begins it.
pub(super) fn user_namespace() -> Result<(), Errno> {
    if rustix::process::geteuid().is_root() {
        change_user()?;
    }
    unshare(UnshareFlags::NEWUSER)
}

/// The other namespaces, with privileges or inside of a user namespace.
pub(super) fn namespaces() -> Result<(), Errno> {
    let plain = UnshareFlags::NEWNET | UnshareFlags::NEWIPC | UnshareFlags::NEWNS;
    unshare(plain).or_else(|_| unshare(UnshareFlags::NEWUSER | plain))
}

/// A file in memory that nobody can change or shrink any more.
pub(super) fn sealed_memory() -> Result<(), Errno> {
    let file = memfd_create(c"trial", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    fcntl_add_seals(
        &file,
        SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE | SealFlags::SEAL,
    )
}

/// One that can never be executed as a program.
pub(super) fn sealed_memory_without_execution() -> Result<(), Errno> {
    memfd_create(c"trial", MemfdFlags::CLOEXEC | MemfdFlags::NOEXEC_SEAL)?;
    Ok(())
}

fn unshare(flags: UnshareFlags) -> Result<(), Errno> {
    // SAFETY: none of these flags touches descriptors or memory.
    unsafe { unshare_unsafe(flags) }
}

fn number(result: c_long) -> Result<c_long, Errno> {
    if result == -1 {
        // SAFETY: the C library keeps a number for each thread.
        Err(Errno::from_raw_os_error(unsafe {
            *libc::__errno_location()
        }))
    } else {
        Ok(result)
    }
}

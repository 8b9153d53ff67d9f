//! Namespaces of its own.
//!
//! A process that may create namespaces does so before it gives up its privileges. Any other first
//! needs a user namespace, inside of which it may.

#![expect(
    unsafe_code,
    reason = "unshare can break threads and handles that rely on what was shared"
)]

use std::ffi::CStr;
use std::{fs, io, ptr};

use rustix::process::{DumpableBehavior, dumpable_behavior, set_dumpable_behavior};
use rustix::process::{getegid, geteuid};
use rustix::thread::{UnshareFlags, unshare_unsafe};

use super::{LayerError, LayerName, LayerState};

/// Those that can be had with privileges, or inside a user namespace.
pub(super) const PLAIN: [LayerName; 3] = [
    LayerName::NetworkNamespace,
    LayerName::IpcNamespace,
    LayerName::MountNamespace,
];

/// Begins one of [`PLAIN`].
pub(super) fn begin(name: LayerName) -> Result<LayerState, LayerError> {
    let flag = match name {
        LayerName::NetworkNamespace => UnshareFlags::NEWNET,
        LayerName::IpcNamespace => UnshareFlags::NEWIPC,
        LayerName::MountNamespace => UnshareFlags::NEWNS,
        _ => return Err(LayerError::new("our bug: no such namespace")),
    };
    unshare(flag)?;
    if name == LayerName::MountNamespace {
        keep_mounts_apart()?;
    }
    Ok(LayerState::On)
}

/// A process cannot change its own number, and its children's is no matter where it can have none. It
/// must not ask for it either: no thread could be started afterwards.
pub(super) fn begin_pids() -> LayerState {
    LayerState::off("a process is born into one, and it was started without")
}

/// Begins a user namespace in which the process is the user and group that it was, and nobody else is.
pub(super) fn begin_users() -> Result<LayerState, LayerError> {
    let (uid, gid) = (geteuid().as_raw(), getegid().as_raw());
    unshare(UnshareFlags::NEWUSER)?;
    // After a change of user the kernel gives these files to root.
    let before = dumpable_behavior().map_err(LayerError::of("prctl refuses"))?;
    set_dumpable_behavior(DumpableBehavior::Dumpable).map_err(LayerError::of("prctl refuses"))?;
    let named = name_users(uid, gid);
    if before != DumpableBehavior::Dumpable {
        set_dumpable_behavior(DumpableBehavior::NotDumpable)
            .map_err(LayerError::of("prctl refuses"))?;
    }
    named.map_err(LayerError::of("its users cannot be named"))?;
    Ok(LayerState::On)
}

fn name_users(uid: u32, gid: u32) -> io::Result<()> {
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/gid_map", format!("{gid} {gid} 1"))?;
    fs::write("/proc/self/uid_map", format!("{uid} {uid} 1"))
}

fn unshare(flags: UnshareFlags) -> Result<(), LayerError> {
    // SAFETY: none of these flags touches descriptors or memory, and there is one thread only.
    unsafe { unshare_unsafe(flags) }.map_err(LayerError::of("the kernel grants none"))
}

/// Mounts made outside from now on do not appear inside.
fn keep_mounts_apart() -> Result<(), LayerError> {
    const ROOT: &CStr = c"/";
    let flags = libc::MS_REC | libc::MS_PRIVATE;
    // SAFETY: the path is a C string, and a change of propagation reads no other pointer.
    let done = unsafe { libc::mount(ptr::null(), ROOT.as_ptr(), ptr::null(), flags, ptr::null()) };
    if done == 0 {
        Ok(())
    } else {
        Err(LayerError::of("mounts cannot be kept apart")(
            io::Error::last_os_error(),
        ))
    }
}

//! Applies a sandbox to the process it is called in.

#![expect(
    unsafe_code,
    reason = "closing descriptors that are not its own is what a sandbox is for"
)]

use std::fs;
use std::os::unix::fs::MetadataExt;

use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};
use rustix::thread::CapabilitySet;

use super::access::Access;
use super::memory::Memory;
use super::namespaces::PLAIN;
use super::steps::Steps;
use super::{
    Enforced, LayerError, LayerName, LayerState, SandboxError, Spec, descriptors, limits,
    namespaces, privileges, system_calls,
};

/// Restricts the calling process for the rest of its life, as `spec` says, and tells what came of it.
/// `parent` is the process that it shall not outlive; the thread of it that started this one must not
/// end either.
///
/// After an error some layers hold and others do not: end the process then.
///
/// # Safety
/// Nothing in the process may own a descriptor beside the three standard ones and those that `spec`
/// keeps: all others are closed.
pub unsafe fn apply(spec: &Spec, parent: Pid) -> Result<Enforced, SandboxError> {
    be_alone()?;
    let mut steps = Steps::new(spec);
    steps.take(LayerName::Session, descriptors::own_session)?;
    // SAFETY: the caller says that nobody owns what is closed.
    let close = || unsafe { descriptors::close_others(&spec.keep_fds) };
    steps.take(LayerName::Descriptors, close)?;
    steps.take(LayerName::NoNewPrivileges, privileges::no_new)?;
    let bounds_memory = steps.is_wanted(LayerName::Memory);
    let mut memory = if bounds_memory {
        Memory::join(spec)
    } else {
        Memory::default()
    };
    give_up_privileges(spec, &mut steps)?;
    end_with(parent, &mut steps)?;
    steps.take(LayerName::Limits, || limits::set(&spec.limits))?;
    Access::restrict(spec, &mut steps)?;
    if bounds_memory {
        memory.limit(spec);
    }
    steps.take(LayerName::SystemCalls, || system_calls::restrict(spec))?;
    let filtered = steps.holds(LayerName::SystemCalls);
    steps.take(LayerName::Memory, || memory.state(spec, filtered))?;
    Ok(steps.finish())
}

/// What holds for one thread is no sandbox for others.
fn be_alone() -> Result<(), SandboxError> {
    // The folder has one entry a thread, and a link for each beside its own two.
    let links = fs::metadata("/proc/self/task").map_or(3, |folder| folder.nlink());
    match links.saturating_sub(2) {
        0 | 1 => Ok(()),
        threads => Err(SandboxError::Threads { threads }),
    }
}

/// Namespaces, the user and the capabilities, each where it still can and may be had.
fn give_up_privileges(spec: &Spec, steps: &mut Steps<'_>) -> Result<(), SandboxError> {
    let privileged = privileges::has(CapabilitySet::SYS_ADMIN);
    if privileged {
        begin_namespaces(spec, steps)?;
    }
    steps.take(LayerName::PidNamespace, || Ok(namespaces::begin_pids()))?;
    steps.take(LayerName::User, || privileges::change_user(spec))?;
    steps.take(LayerName::UserNamespace, namespaces::begin_users)?;
    if !privileged {
        begin_namespaces(spec, steps)?;
    }
    steps.take(LayerName::Capabilities, privileges::drop_capabilities)
}

fn begin_namespaces(spec: &Spec, steps: &mut Steps<'_>) -> Result<(), SandboxError> {
    for name in PLAIN {
        let granted = spec.net.is_granted() && name == LayerName::NetworkNamespace;
        steps.take(name, || {
            if granted {
                Ok(LayerState::off("the network is granted"))
            } else {
                namespaces::begin(name)
            }
        })?;
    }
    Ok(())
}

/// Asks to be killed when the parent ends. That it may have ended before holds whatever was asked for.
fn end_with(parent: Pid, steps: &mut Steps<'_>) -> Result<(), SandboxError> {
    steps.take(LayerName::ParentDeath, || {
        set_parent_process_death_signal(Some(Signal::KILL))
            .map_err(LayerError::of("the parent's end cannot be watched"))?;
        Ok(LayerState::On)
    })?;
    if getppid() == Some(parent) {
        Ok(())
    } else {
        Err(SandboxError::ParentGone)
    }
}

//! Gives up privileges: the way to new ones, the user, the capabilities.

use rustix::io::Errno;
use rustix::process::geteuid;
use rustix::thread::{
    CapabilitySet, CapabilitySets, Gid, Uid, capabilities, capability_is_in_bounding_set,
    clear_ambient_capability_set, remove_capability_from_bounding_set, set_capabilities,
    set_no_new_privs, set_thread_groups, set_thread_res_gid, set_thread_res_uid,
};

use super::{LayerError, LayerState, Spec};

pub(super) fn no_new() -> Result<LayerState, LayerError> {
    set_no_new_privs(true).map_err(LayerError::of("new privileges cannot be ruled out"))?;
    Ok(LayerState::On)
}

/// Whether the process may do `capability` now.
pub(super) fn has(capability: CapabilitySet) -> bool {
    capabilities(None).is_ok_and(|sets| sets.effective.contains(capability))
}

/// Becomes the user of `spec`, for good.
pub(super) fn change_user(spec: &Spec) -> Result<LayerState, LayerError> {
    if !geteuid().is_root() {
        return Ok(LayerState::off("only root can become another user"));
    }
    let Some(uid) = spec.uid.filter(|uid| *uid != 0) else {
        return Err(LayerError::new(
            "it runs as root, and no other user was chosen for it",
        ));
    };
    // What is left in the bounding set could be had again through a file's capabilities.
    empty_bounding_set();
    let (own, group) = (Uid::from_raw(uid), Gid::from_raw(spec.gid.unwrap_or(uid)));
    set_thread_groups(&[]).map_err(LayerError::of("its groups cannot be left"))?;
    set_thread_res_gid(group, group, group)
        .map_err(LayerError::of("its group cannot be changed"))?;
    set_thread_res_uid(own, own, own).map_err(LayerError::of("its user cannot be changed"))?;
    if set_thread_res_uid(Uid::ROOT, Uid::ROOT, Uid::ROOT).is_ok() {
        return Err(LayerError::new("root could be had back"));
    }
    Ok(LayerState::On)
}

/// Gives up every capability. Behind no-new-privileges, what an unprivileged process must leave in the
/// bounding set is out of reach.
pub(super) fn drop_capabilities() -> Result<LayerState, LayerError> {
    empty_bounding_set();
    // Kernels before 4.3 have no such set.
    let _ = clear_ambient_capability_set();
    let none = CapabilitySets {
        effective: CapabilitySet::empty(),
        permitted: CapabilitySet::empty(),
        inheritable: CapabilitySet::empty(),
    };
    set_capabilities(None, none).map_err(LayerError::of("capabilities cannot be dropped"))?;
    match capabilities(None) {
        Ok(left) if left == none => Ok(LayerState::On),
        Ok(_) => Err(LayerError::new("some capabilities stayed")),
        Err(error) => Err(LayerError::of("capabilities cannot be read")(error)),
    }
}

fn empty_bounding_set() {
    for bit in 0..u64::BITS {
        let capability = CapabilitySet::from_bits_retain(1 << bit);
        match capability_is_in_bounding_set(capability) {
            Ok(true) => {
                if remove_capability_from_bounding_set(capability) == Err(Errno::PERM) {
                    return;
                }
            }
            Ok(false) => {}
            // The kernel knows no higher one.
            Err(_) => return,
        }
    }
}

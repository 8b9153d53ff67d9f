//! Bounds on what a process may use.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::{LayerError, LayerState, Limits};

/// Sets all bounds but the one on memory.
pub(super) fn set(limits: &Limits) -> Result<LayerState, LayerError> {
    let bounds = [
        (Resource::Nofile, Some(limits.open_files)),
        (Resource::Fsize, Some(limits.file_size)),
        (Resource::As, Some(limits.address_space_bytes)),
        (Resource::Nproc, limits.processes),
    ];
    for (resource, bound) in bounds {
        if let Some(bound) = bound {
            lower(resource, bound).map_err(LayerError::of("a limit cannot be set"))?;
        }
    }
    bound_core(limits.core).map_err(LayerError::of("the limit of core dumps cannot be set"))?;
    Ok(LayerState::On)
}

/// Sets the bound on private writable memory.
pub(super) fn set_data(limits: &Limits) -> Result<(), LayerError> {
    lower(Resource::Data, limits.data_bytes)
        .map_err(LayerError::of("the limit of data cannot be set"))
}

/// Where core dumps go to a program, the kernel takes no heed of 0 and reads 1 as none at all. So this
/// limit may have to be raised from 0.
fn bound_core(bytes: u64) -> rustix::io::Result<()> {
    let hard = getrlimit(Resource::Core).maximum.unwrap_or(u64::MAX);
    fix(Resource::Core, bytes.max(1).min(hard))
}

/// Raises nothing.
fn lower(resource: Resource, bound: u64) -> rustix::io::Result<()> {
    let now = getrlimit(resource);
    let bounds = [now.current, now.maximum].into_iter().flatten();
    fix(resource, bounds.fold(bound, u64::min))
}

fn fix(resource: Resource, bound: u64) -> rustix::io::Result<()> {
    let limit = Rlimit {
        current: Some(bound),
        maximum: Some(bound),
    };
    setrlimit(resource, limit)
}

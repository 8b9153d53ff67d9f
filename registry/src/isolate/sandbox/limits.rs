//! Bounds on what a process may use.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::{LayerError, LayerState, Limits};

/// Sets all bounds but the one on memory.
pub(super) fn set(limits: &Limits) -> Result<LayerState, LayerError> {
    let bounds = [
        (Resource::Nofile, Some(limits.open_files)),
        (Resource::Fsize, Some(limits.file_size)),
        (Resource::Core, Some(core_bytes(limits.core))),
        (Resource::As, Some(limits.address_space_bytes)),
        (Resource::Nproc, limits.processes),
    ];
    for (resource, bound) in bounds {
        if let Some(bound) = bound {
            lower(resource, bound).map_err(LayerError::of("a limit cannot be set"))?;
        }
    }
    Ok(LayerState::On)
}

/// Sets the bound on private writable memory.
pub(super) fn set_data(limits: &Limits) -> Result<(), LayerError> {
    lower(Resource::Data, limits.data_bytes)
        .map_err(LayerError::of("the limit of data cannot be set"))
}

/// Where core dumps go to a program, the kernel takes no heed of 0 and reads 1 as none at all.
fn core_bytes(core: u64) -> u64 {
    core.max(1)
}

fn lower(resource: Resource, bound: u64) -> rustix::io::Result<()> {
    let hard = getrlimit(resource).maximum.unwrap_or(u64::MAX);
    let bound = Some(bound.min(hard));
    let limit = Rlimit {
        current: bound,
        maximum: bound,
    };
    setrlimit(resource, limit)
}

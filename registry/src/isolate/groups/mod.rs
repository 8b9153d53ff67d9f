//! Control groups that bound the memory of workers, one each, where the kernel lets this process make
//! them.
//!
//! A [`Group`] is a folder that is made and bounded before its worker starts. The worker joins it while
//! it still may, says so, and what it does from then on is counted there. The folder is removed when
//! the worker was reaped. Those of a host that was killed are removed by the next one.

mod group;
mod places;

pub(super) use group::Group;
pub(super) use places::delegated;

//! System calls, by seccomp: what is not on the list is refused.
//!
//! [`table`] is the list, [`filter`] makes programs of it. Two are installed. The first answers `clone3`
//! with `ENOSYS`, at which the C library starts threads by `clone`, whose flags a filter can see;
//! with `EPERM` it would start none. The second answers everything off the list with `EPERM`. Where both
//! have an answer the newer one wins, so it must let `clone3` pass.

mod filter;
mod table;

pub(super) use filter::restrict;

//! The side of the host: starts workers, calls them, watches them, ends them.
//!
//! A [`Worker`] stands for one planner; behind it is a [`process`] at a time, started when it is first
//! needed and anew, with a growing wait and within a budget, after it ended. One permanent thread, the
//! [`keeper`], starts all processes, because a worker is told of the end of the *thread* that started
//! it; the same thread reads what workers print, reaps them, and ends those whose callers have given up.
//!
//! What must hold:
//!
//! * A process that a caller has to do without is ended with its whole group, and reaped.
//! * A group is signalled only while its leader is not reaped, so its number is nobody else's.
//! * A process that is forked from a host has no part in the host's workers.
//! * A worker that told of its sandbox may hold a plugin: from then on no failure of it is one of the
//!   machine's, whatever it says or exits with.
//! * A worker that used up the processor time of a call, be it after the call, is ended.
//! * Whatever a worker prints takes at most 4 KiB a stream here, and no more than a little of the time.

mod account;
mod end_record;
mod forked;
mod keeper;
mod launch;
mod meter;
mod patience;
mod process;
mod processor;
mod program;
mod seats;
mod tail;
mod worker;

pub(crate) use launch::Launch;
pub(crate) use program::Program;
pub use program::ProgramError;
pub(crate) use worker::Worker;

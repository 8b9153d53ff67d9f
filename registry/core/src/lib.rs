//! The concurrency primitives of the planner plugin runtime. They know no plugins.
//!
//! Each module is one state machine, written against the [`sync`] facade so that the model
//! checkers run the very code that ships.
#![forbid(unsafe_code)]

pub mod backoff;
pub mod breaker;
pub mod catalog;
pub mod clock;
pub mod exclusive;
pub mod failure_log;
pub mod instance;
pub mod mailbox;
pub mod mark;
pub mod parallel;
pub mod reliability;
pub mod resident;
pub mod ring;
pub mod slot;
pub mod sync;
pub mod warn_once;

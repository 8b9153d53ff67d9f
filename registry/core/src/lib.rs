//! The concurrency primitives of the planner plugin runtime. They know no plugins.
//!
//! Each module is one state machine, written against the [`sync`] facade so that the model
//! checkers run the very code that ships.
#![forbid(unsafe_code)]

pub mod backoff;
pub mod catalog;
pub mod clock;
pub mod instance;
pub mod resident;
pub mod slot;
pub mod sync;

//! The concurrency primitives of the planner plugin runtime.
#![forbid(unsafe_code)]

//! Planners in processes of their own. Layer 4, above `load/`.
//!
//! [`sandbox`] is what such a process does to itself before a plugin's code is mapped into it.

pub mod sandbox;

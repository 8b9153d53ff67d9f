//! What a sandboxed process can still do, tried from inside of one.
//!
//! Each test runs `child/main.rs`, which applies a sandbox to itself. Where a layer is claimed to stop
//! something, the same is tried three times: without a sandbox, where it works; with that layer alone;
//! and with everything.

mod calls;
mod descriptors;
mod doctor;
mod layers;
mod life;
mod memory;
mod modes;
mod run;

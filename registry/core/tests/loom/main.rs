//! Every schedule of small models of what ships, up to three preemptions; run by `cargo loom`.
//!
//! Each model names the outcomes that must be reached, so that none passes by never getting there,
//! and [`twins`] proves that each can fail.
#![cfg(registry_loom)]
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "every function here is part of a test"
)]

mod bookkeeping;
mod check;
mod generations;
mod instances;
mod mailboxes;
mod marks;
mod slots;
mod twins;

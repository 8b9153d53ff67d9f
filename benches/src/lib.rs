//! Shared ground of the benchmarks: names, and threads that really overlap.

mod names;
mod threads;

pub use names::{Names, name};
pub use threads::{on_one_core, on_two_cores, processor_time};

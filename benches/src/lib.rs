//! Shared ground of the benchmarks.

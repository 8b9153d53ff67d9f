//! Finds, checks, loads and supervises planner plugins.

//! Surveys, decomposes, orders and verifies an architecture change in passes.

//! Shared ground of the integration suites.

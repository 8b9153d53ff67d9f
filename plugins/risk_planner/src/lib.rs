//! Puts mitigation and a gate before work on risky hotspots.

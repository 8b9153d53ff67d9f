//! The manifest: what a plugin says of itself, readable from its file without running it.

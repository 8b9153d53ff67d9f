//! The binary interface between a plugin and a host. Plugin authors never touch it: the export
//! macro fills it in, and the host's loader reads it.
//!
//! Two tables of functions cross the boundary, and nothing else does but byte slices and plain
//! values: [`PluginTable`] is what a plugin offers, [`HostTable`] what a host lends it for the length
//! of one call. Requests, plans and errors travel as JSON. Bytes that one side produces for the
//! other are pushed into a [`Sink`] that the receiving side owns, so memory is always freed by the
//! side that allocated it.
//!
//! Both tables are abi_stable prefix types: a field may be added behind the last one in a minor
//! version, and code built before it still loads. Nothing here may change otherwise without a new
//! major version.

mod guest;
mod panics;
mod tables;

pub use guest::{Root, header, instance_of, root, table};
pub use tables::{
    Buffer, Call, Constructed, HostPrefix, HostRef, HostTable, Instance, PluginPrefix, PluginRef,
    PluginTable, Sink, Status, level,
};

/// The crate whose types the tables are made of, for the host's loader and the export macro.
pub use abi_stable;

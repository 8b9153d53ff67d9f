//! The Unix socket by which the processes of one user ask each other: where it lies, and what is said.

mod folder;
mod listener;
mod peer;
mod protocol;

pub use folder::FolderError;
pub(super) use folder::{Place, folder_of, pid_of};
pub(super) use listener::{Bound, SocketError, State, state_of};
pub(super) use peer::{connect, is_trusted, peer_of};
pub(super) use protocol::{Ask, HostStatus, Outcome, Spoken, Told};
pub use protocol::{Host, PROTOCOL};

//! Who is at the other end of a socket.

use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

/// Whether the user `uid` may ask this process, and be asked by it: this user, and root.
pub(in crate::ops) fn is_trusted(uid: u32) -> bool {
    uid == 0 || uid == rustix::process::geteuid().as_raw()
}

/// The owner of the socket at `path`; none if something else is there.
pub(in crate::ops) fn peer_of(path: &Path) -> io::Result<Option<u32>> {
    let metadata = path.symlink_metadata()?;
    let is_socket = metadata.file_type().is_socket();
    Ok(is_socket.then(|| metadata.uid()))
}

/// A connection to the socket at `path`, if it comes about within `patience`.
pub(in crate::ops) fn connect(path: &Path, patience: Duration) -> io::Result<UnixStream> {
    let address = SocketAddrUnix::new(path)?;
    let flags = SocketFlags::CLOEXEC;
    let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    // It bounds the wait for a place in the line before the host, too.
    set_socket_timeout(&socket, Timeout::Send, Some(patience))?;
    rustix::net::connect(&socket, &address)?;
    Ok(UnixStream::from(socket))
}

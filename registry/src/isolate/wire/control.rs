//! The socket beside the shared memory: it carries descriptors, and its end says that a side is gone.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::cmsg_space;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};

use super::build::build;

/// Longest message on the socket.
const CONTROL_BYTES_MAX: usize = 256;

/// Descriptors of the first message, in their order.
const DESCRIPTORS: usize = 3;

/// The first message: what a worker is given.
#[derive(Debug)]
pub(in crate::isolate) struct Hello {
    /// The library, sealed.
    pub(in crate::isolate) library: OwnedFd,
    /// What the host writes.
    pub(in crate::isolate) requests: OwnedFd,
    /// What the worker writes.
    pub(in crate::isolate) answers: OwnedFd,
}

/// What came over the socket.
#[derive(Debug)]
pub(in crate::isolate) enum Heard {
    /// The first message, and the build of who sent it.
    Hello(Hello, Vec<u8>),
    /// Another slot is to be served.
    OpenSlot(usize),
    /// The other side is gone.
    End,
    /// Nothing that has a meaning.
    Unknown,
}

/// Sends the first message.
pub(in crate::isolate) fn send_hello(
    socket: BorrowedFd<'_>,
    descriptors: [BorrowedFd<'_>; DESCRIPTORS],
) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(DESCRIPTORS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !control.push(SendAncillaryMessage::ScmRights(&descriptors)) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let build = build();
    let text = [IoSlice::new(build.as_bytes())];
    sendmsg(
        socket,
        &text,
        &mut control,
        SendFlags::NOSIGNAL | SendFlags::DONTWAIT,
    )?;
    Ok(())
}

/// Waits for one message that brings no descriptors. Reading is left to a sandboxed worker; receiving
/// descriptors is not.
pub(in crate::isolate) fn hear_plain(socket: BorrowedFd<'_>) -> io::Result<Heard> {
    let mut bytes = [0; CONTROL_BYTES_MAX];
    let length = rustix::io::retry_on_intr(|| rustix::io::read(socket, &mut bytes))?;
    Ok(match bytes[..length] {
        [] => Heard::End,
        [slot] => Heard::OpenSlot(usize::from(slot)),
        _ => Heard::Unknown,
    })
}

/// Waits for one message.
pub(in crate::isolate) fn hear(socket: BorrowedFd<'_>) -> io::Result<Heard> {
    let mut bytes = [0; CONTROL_BYTES_MAX];
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(DESCRIPTORS))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let received = rustix::io::retry_on_intr(|| {
        let buffer = &mut [IoSliceMut::new(&mut bytes)];
        recvmsg(socket, buffer, &mut control, RecvFlags::CMSG_CLOEXEC)
    })?;
    let mut descriptors = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = message {
            descriptors.extend(rights);
        }
    }
    if received
        .flags
        .intersects(ReturnFlags::TRUNC | ReturnFlags::CTRUNC)
    {
        return Ok(Heard::Unknown);
    }
    let bytes = &bytes[..received.bytes.min(CONTROL_BYTES_MAX)];
    let descriptors = <[OwnedFd; DESCRIPTORS]>::try_from(descriptors);
    Ok(match (bytes, descriptors) {
        ([], _) => Heard::End,
        (build, Ok([library, requests, answers])) => Heard::Hello(
            Hello {
                library,
                requests,
                answers,
            },
            build.to_vec(),
        ),
        _ => Heard::Unknown,
    })
}

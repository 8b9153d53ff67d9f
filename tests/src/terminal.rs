//! A terminal, for what the command shows only there.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::pty::{OpenptFlags, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// How large it is.
const SIZE: Winsize = Winsize {
    ws_row: 40,
    ws_col: 100,
    ws_xpixel: 0,
    ws_ypixel: 0,
};

/// The two ends of a terminal: the one that shows, and the one that a program writes to.
pub(crate) fn open() -> (OwnedFd, OwnedFd) {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let shows = openpt(flags).unwrap();
    unlockpt(&shows).unwrap();
    let user = ioctl_tiocgptpeer(&shows, flags).unwrap();
    tcsetwinsize(&user, SIZE).unwrap();
    (shows, user)
}

/// Everything written to the terminal until nobody can write any more, with plain line ends.
pub(crate) fn read(shows: OwnedFd) -> String {
    let mut bytes = Vec::new();
    let end = File::from(shows).read_to_end(&mut bytes).unwrap_err();
    // So a terminal tells that its other end is closed.
    assert_eq!(end.raw_os_error(), Some(Errno::IO.raw_os_error()));
    String::from_utf8(bytes).unwrap().replace("\r\n", "\n")
}

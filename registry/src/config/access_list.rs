//! POSIX access lists: users and groups of their own that may do what the group's permission bits say.

use std::os::fd::{AsRawFd as _, BorrowedFd};
use std::path::Path;

use rustix::io::Errno;

/// Where a list is kept. There is none where the permission bits say it all.
const ATTRIBUTE: &str = "system.posix_acl_access";

/// Whether what is open has one. The descriptor may be one that only names a file.
pub(crate) fn is_on_open(fd: BorrowedFd<'_>) -> bool {
    is_on(Path::new(&format!("/proc/self/fd/{}", fd.as_raw_fd())))
}

/// Whether what stands at `path` has one. What cannot be found out is taken for one.
pub(super) fn is_on(path: &Path) -> bool {
    let asked = rustix::fs::getxattr(path, ATTRIBUTE, &mut [0_u8; 0][..]);
    !matches!(asked, Err(Errno::NODATA | Errno::OPNOTSUPP))
}

//! Keeps stdout for answers alone.
//!
//! A planner in this process can print, and a printed line would break the one document that an
//! answer is. So the answer keeps a way out of its own, and what else is printed goes to stderr.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;

/// The only way to stdout from now on; what anybody prints goes to stderr.
pub(crate) fn reserve() -> io::Result<File> {
    let stdout = io::stdout().as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdout(io::stderr())?;
    Ok(File::from(stdout))
}

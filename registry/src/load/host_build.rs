//! Which build of the host this is: what is remembered under one says nothing about another.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;

use plugin_api::API_VERSION;
use registry_core::sync::OnceLock;

/// The program that runs, as a file.
const PROGRAM: &str = "/proc/self/exe";

/// One value for this build of the host: its program's file as it is, this crate and the interface.
pub(crate) fn host_build() -> Option<&'static str> {
    static BUILD: OnceLock<Option<String>> = OnceLock::new();
    let build = BUILD.get_or_init(|| {
        let program = std::fs::metadata(PROGRAM).ok()?;
        let version = env!("CARGO_PKG_VERSION");
        Some(format!("{} {version} {API_VERSION}", identity(&program)))
    });
    build.as_deref()
}

/// The state of a file: another one, or the same one changed, has another.
pub(crate) fn identity(file: &Metadata) -> String {
    let times = [
        (file.mtime(), file.mtime_nsec()),
        (file.ctime(), file.ctime_nsec()),
    ];
    format!("{:?} {times:?}", [file.dev(), file.ino(), file.size()])
}

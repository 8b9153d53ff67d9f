//! The libraries that a plugin needs, settled before the plugin is mapped.
//!
//! The loader looks for a library that is not loaded along a path which the environment can lead anywhere.
//! So nothing is left for it to look for: what is needed is loaded already, or is loaded first, by its full
//! path, from a folder of the system. Where the environment could have led astray what the process itself
//! has loaded, that must come from such a folder, too.

#![expect(
    unsafe_code,
    reason = "asking for a loaded library and loading a system library are calls into the dynamic loader"
)]

use std::ffi::{CStr, OsStr, c_char, c_void};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use libloading::os::unix::{Library, RTLD_LAZY, RTLD_LOCAL, RTLD_NOW};

use super::error::LoadError;

/// Where systems keep the C library's family and the unwinder.
const SYSTEM_FOLDERS: [&str; 6] = [
    "/lib/x86_64-linux-gnu",
    "/usr/lib/x86_64-linux-gnu",
    "/lib64",
    "/usr/lib64",
    "/lib",
    "/usr/lib",
];

/// The library that names one more such folder: the one it was found in.
const ANCHOR: &str = "libc.so.6";

/// What is known of a library file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Evidence {
    /// Whether it lies in a folder of the system, links resolved.
    in_system_folder: bool,
    owner: u32,
    mode: u32,
}

/// Makes sure that mapping a library that needs `library` finds it loaded, and the right one.
///
/// `redirectable` says whether the environment can have led the loader to other files. Only whoever has
/// the turn in the dynamic loader may call this.
pub(super) fn settle(library: &'static str, redirectable: bool) -> Result<(), LoadError> {
    let Some(loaded) = loaded(library) else {
        return load_from_system(library, redirectable);
    };
    if !redirectable || evidence(&loaded, None).is_some_and(is_system_file) {
        return Ok(());
    }
    Err(LoadError::LibraryRedirected {
        library,
        path: loaded,
    })
}

/// A file that nobody but root can have put where the system looks for it.
fn is_system_file(evidence: Evidence) -> bool {
    evidence.in_system_folder && evidence.owner == 0 && evidence.mode & 0o022 == 0
}

fn evidence(file: &Path, anchor: Option<&Path>) -> Option<Evidence> {
    let real = fs::canonicalize(file).ok()?;
    let metadata = fs::metadata(&real).ok()?;
    let folder = real.parent()?;
    let mut system = SYSTEM_FOLDERS.iter().map(Path::new).chain(anchor);
    Some(Evidence {
        in_system_folder: system
            .any(|system| fs::canonicalize(system).is_ok_and(|system| system == folder)),
        owner: metadata.uid(),
        mode: metadata.mode(),
    })
}

/// The file that a loaded library comes from; none if it is not loaded.
fn loaded(library: &str) -> Option<PathBuf> {
    // SAFETY: nothing is loaded with this flag, so no code of a library runs.
    let handle = unsafe { Library::open(Some(library), RTLD_LAZY | libc::RTLD_NOLOAD) }.ok()?;
    // Never closed: it stays loaded from now on.
    file_of(handle.into_raw())
}

/// Loads the library from a folder of the system, to stay.
fn load_from_system(library: &'static str, redirectable: bool) -> Result<(), LoadError> {
    let anchor = if redirectable { None } else { loaded(ANCHOR) };
    let anchor = anchor.as_deref().and_then(Path::parent);
    let mut folders = SYSTEM_FOLDERS.iter().map(Path::new).chain(anchor);
    let is_system = |file: &PathBuf| evidence(file, anchor).is_some_and(is_system_file);
    let file = folders.find_map(|folder| Some(folder.join(library)).filter(is_system));
    let file = file.ok_or(LoadError::LibraryMissing { library })?;
    let flags = RTLD_NOW | RTLD_LOCAL | libc::RTLD_NODELETE;
    // SAFETY: the file is one of the system's own libraries.
    let loaded = unsafe { Library::open(Some(&file), flags) };
    let loaded = loaded.map_err(|_| LoadError::LibraryMissing { library })?;
    // Never closed, as above.
    let _handle = loaded.into_raw();
    Ok(())
}

/// The beginning of the loader's own record of an object, as `<link.h>` has it.
#[repr(C)]
struct LinkMap {
    address: usize,
    name: *const c_char,
}

fn file_of(handle: *mut c_void) -> Option<PathBuf> {
    let mut record: *const LinkMap = std::ptr::null();
    // SAFETY: the handle is a loaded library's, and this request stores one pointer.
    let asked = unsafe { libc::dlinfo(handle, libc::RTLD_DI_LINKMAP, (&raw mut record).cast()) };
    if asked != 0 || record.is_null() {
        return None;
    }
    // SAFETY: the loader's record of a loaded object lives as long as the object.
    let name = unsafe { (*record).name };
    // SAFETY: its name is a string that ends in NUL and lives as long.
    let name = (!name.is_null()).then(|| unsafe { CStr::from_ptr(name) })?;
    Some(PathBuf::from(OsStr::from_bytes(name.to_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_file_lies_in_a_system_folder_and_is_roots_to_write() {
        let good = Evidence {
            in_system_folder: true,
            owner: 0,
            mode: 0o100_755,
        };
        let bad = [
            Evidence {
                in_system_folder: false,
                ..good
            },
            Evidence {
                owner: 1000,
                ..good
            },
            Evidence {
                mode: 0o100_775,
                ..good
            },
            Evidence {
                mode: 0o100_757,
                ..good
            },
        ];
        assert!(is_system_file(good));
        assert_eq!(bad.map(is_system_file), [false; 4]);
    }

    #[test]
    fn the_c_library_is_loaded_from_where_the_system_keeps_it() {
        let file = loaded("libc.so.6").unwrap();
        assert!(is_system_file(evidence(&file, None).unwrap()), "{file:?}");
        settle("libc.so.6", true).unwrap();
        assert_eq!(loaded("libno_such_library.so.7"), None);
        let missing = settle("libno_such_library.so.7", false).unwrap_err();
        assert_eq!(missing.code(), "E_LIBRARY_MISSING");
    }
}

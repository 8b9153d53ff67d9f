//! What others do to load a library.

#![expect(
    unsafe_code,
    reason = "opening a library and believing its symbols is what is measured"
)]

use std::hint::black_box;
use std::path::Path;

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use plugin_api::abi::PluginRef;
use plugin_api::abi::abi_stable::library::lib_header_from_path;
use stabby::libloading::StabbyLibrary;
use stabby_plugin::Construct;

use super::Failure;
use super::child::{Kind, Stopwatch};

/// Opens the library, checks the layout of its tables, and takes the root module.
pub(crate) fn abi_stable(file: &Path, kind: Kind) -> Result<(), Failure> {
    let watch = Stopwatch::start();
    let header = lib_header_from_path(file)?;
    let module = header.init_root_module::<PluginRef>()?;
    watch.tell(kind.word());
    black_box(module);
    Ok(())
}

/// Opens the library.
pub(crate) fn bare_dlopen(file: &Path, kind: Kind) -> Result<(), Failure> {
    let watch = Stopwatch::start();
    // SAFETY: the library is the workspace's own.
    let library = unsafe { Library::open(Some(file), RTLD_NOW | RTLD_LOCAL) }?;
    watch.tell(kind.word());
    std::mem::forget(library);
    Ok(())
}

/// Opens the library, compares the reports of its constructor's type, and takes the constructor.
pub(crate) fn stabby(file: &Path, kind: Kind) -> Result<(), Failure> {
    let watch = Stopwatch::start();
    // SAFETY: as above.
    let library = unsafe { Library::open(Some(file), RTLD_NOW | RTLD_LOCAL) }?;
    let library = libloading::Library::from(library);
    // SAFETY: the plugin exports the symbol with its type's report.
    let construct = unsafe { library.get_stabbied::<Construct>(b"construct") };
    let construct = construct.map_err(|error| error.to_string())?;
    watch.tell(kind.word());
    black_box(construct());
    std::mem::forget(library);
    Ok(())
}

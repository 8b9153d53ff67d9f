//! What a child measures: one first load, or its parts one after the other.

#![expect(
    unsafe_code,
    reason = "opening a library and believing its symbols is what is measured"
)]

use std::fs::{self, File};
use std::hint::black_box;
use std::io::Write;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::time::Instant;

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use plugin_api::abi::PluginRef;
use plugin_api::abi::abi_stable::StableAbi;
use plugin_api::abi::abi_stable::abi_stability::abi_checking::check_layout_compatibility;
use plugin_api::abi::abi_stable::library::{
    AbiHeaderRef, ROOT_MODULE_LOADER_NAME_WITH_NUL, lib_header_from_path,
};
use registry::Registry;
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};

use super::{Failure, PLANNER};

/// What can be measured.
pub(crate) const KINDS: [&str; 4] = ["verified_load", "parts", "abi_stable", "bare_dlopen"];

/// Measures `kind` on `file`, and prints each figure in nanoseconds behind its name.
pub(crate) fn run(kind: &str, file: &Path) -> Result<(), Failure> {
    match kind {
        "verified_load" => verified_load(file),
        "parts" => parts(file),
        "abi_stable" => abi_stable(file),
        "bare_dlopen" => bare_dlopen(file),
        _ => Err(format!("nothing is called {kind}").into()),
    }
}

fn told(name: &str, begun: Instant) {
    println!("{name} {}", begun.elapsed().as_nanos());
}

fn verified_load(file: &Path) -> Result<(), Failure> {
    let folder = file.parent().ok_or("a file without a folder")?;
    let registry = Registry::builder().plugin_dir(folder).allow([PLANNER]);
    let registry = registry.build()?;
    registry.ensure_discovered()?;
    let begun = Instant::now();
    let planner = registry.get(PLANNER)?;
    told("verified_load", begun);
    black_box(planner);
    Ok(())
}

fn parts(file: &Path) -> Result<(), Failure> {
    let begun = Instant::now();
    let bytes = fs::read(file)?;
    told("read", begun);

    let begun = Instant::now();
    black_box(blake3::hash(&bytes));
    told("blake3", begun);

    let begun = Instant::now();
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING | MemfdFlags::NOEXEC_SEAL;
    let mut memory = File::from(memfd_create("planner", flags)?);
    memory.write_all(&bytes)?;
    let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
    fcntl_add_seals(&memory, seals)?;
    told("sealed_copy", begun);

    let begun = Instant::now();
    let path = format!("/proc/self/fd/{}", memory.as_raw_fd());
    // SAFETY: the library is the workspace's own planner.
    let library = unsafe { Library::open(Some(&path), RTLD_NOW | RTLD_LOCAL) }?;
    told("dlopen", begun);

    // SAFETY: the export macro puts a header under this name.
    let header = unsafe { library.get::<AbiHeaderRef>(ROOT_MODULE_LOADER_NAME_WITH_NUL) }?;
    let header = header.upgrade()?;
    let begun = Instant::now();
    let layout = header
        .layout()
        .ok_or("the planner says nothing of its tables")?;
    let same = check_layout_compatibility(<PluginRef as StableAbi>::LAYOUT, layout);
    told("layout_check", begun);
    if same.is_err() {
        return Err("the planner has other tables".into());
    }
    std::mem::forget(library);
    Ok(())
}

fn abi_stable(file: &Path) -> Result<(), Failure> {
    let begun = Instant::now();
    let header = lib_header_from_path(file)?;
    let module = header.init_root_module::<PluginRef>()?;
    told("abi_stable", begun);
    black_box(module);
    Ok(())
}

fn bare_dlopen(file: &Path) -> Result<(), Failure> {
    let begun = Instant::now();
    // SAFETY: as above.
    let library = unsafe { Library::open(Some(file), RTLD_NOW | RTLD_LOCAL) }?;
    told("bare_dlopen", begun);
    std::mem::forget(library);
    Ok(())
}

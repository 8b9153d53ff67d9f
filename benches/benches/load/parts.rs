//! The parts of a load, one after the other in one process, each by itself.

#![expect(
    unsafe_code,
    reason = "opening a library and believing its symbols is what is measured"
)]

use std::ffi::c_void;
use std::fs::{self, File};
use std::hint::black_box;
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::path::Path;

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use plugin_api::abi::abi_stable::StableAbi;
use plugin_api::abi::abi_stable::abi_stability::abi_checking::check_layout_compatibility;
use plugin_api::abi::abi_stable::library::{
    AbiHeaderRef, LibHeader, ROOT_MODULE_LOADER_NAME_WITH_NUL,
};
use plugin_api::abi::abi_stable::prefix_type::WithMetadata;
use plugin_api::abi::abi_stable::staticref;
use plugin_api::abi::abi_stable::std_types::RSlice;
use plugin_api::abi::{Buffer, Call, HostRef, HostTable, PluginRef, Sink, Status};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};

use super::Failure;
use super::child::Stopwatch;

/// The parts of a verified load.
pub(crate) const PARTS: [&str; 6] = [
    "read",
    "blake3",
    "sealed_copy",
    "dlopen",
    LAYOUT_CHECK,
    "construct",
];

/// The part that a remembered verdict saves.
pub(crate) const LAYOUT_CHECK: &str = "layout_check";

/// How much is read at once.
const PART_BYTES: usize = 32 << 10;

/// Most bytes of a planner's error.
const ERROR_BYTES_MAX: usize = 4096;

pub(crate) fn run(file: &Path) -> Result<(), Failure> {
    // A verified load comes after a discovery, which has hashed before.
    black_box(blake3::hash(b"features of the processor"));
    let watch = Stopwatch::start();
    read(file)?;
    watch.tell("read");

    let bytes = fs::read(file)?;
    let watch = Stopwatch::start();
    black_box(blake3::hash(&bytes));
    watch.tell("blake3");

    let watch = Stopwatch::start();
    let memory = sealed_copy(&bytes)?;
    watch.tell("sealed_copy");

    let watch = Stopwatch::start();
    let path = format!("/proc/self/fd/{}", memory.as_raw_fd());
    // SAFETY: the library is the workspace's own planner.
    let library = unsafe { Library::open(Some(&path), RTLD_NOW | RTLD_LOCAL) }?;
    watch.tell("dlopen");

    let constructing = Stopwatch::start();
    // SAFETY: the export macro puts a header under this name.
    let header = unsafe { library.get::<AbiHeaderRef>(ROOT_MODULE_LOADER_NAME_WITH_NUL) }?;
    let header = header.upgrade()?;
    let constructing = constructing.pause();
    let watch = Stopwatch::start();
    let layout = header
        .layout()
        .ok_or("the planner says nothing of its tables")?;
    let same = check_layout_compatibility(<PluginRef as StableAbi>::LAYOUT, layout);
    watch.tell(LAYOUT_CHECK);
    if same.is_err() {
        return Err("the planner has other tables".into());
    }

    // From the opened library to the planner, but for the check.
    let constructing = constructing.resume();
    construct(header)?;
    constructing.tell("construct");
    std::mem::forget(library);
    Ok(())
}

/// Reads all of it through one buffer.
fn read(file: &Path) -> Result<(), Failure> {
    let mut file = File::open(file)?;
    let mut part = vec![0; PART_BYTES];
    while file.read(&mut part)? > 0 {
        black_box(&part);
    }
    Ok(())
}

fn sealed_copy(bytes: &[u8]) -> Result<File, Failure> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING | MemfdFlags::NOEXEC_SEAL;
    let mut memory = File::from(memfd_create("planner", flags)?);
    memory.write_all(bytes)?;
    let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
    fcntl_add_seals(&memory, seals)?;
    Ok(memory)
}

fn construct(header: &'static LibHeader) -> Result<(), Failure> {
    // SAFETY: the layout was checked.
    let table = unsafe { header.init_root_module_with_unchecked_layout::<PluginRef>() }?;
    let call = Call {
        host: HostRef(Host::TABLE.as_prefix()),
        state: std::ptr::null(),
    };
    let mut buffer = Buffer::new(ERROR_BYTES_MAX);
    // SAFETY: the buffer is not used before the call has returned.
    let sink = unsafe { Sink::into_buffer(&mut buffer) };
    // SAFETY: call and sink are valid until it returns.
    let constructed = unsafe { table.construct()(call, sink) };
    if constructed.status == Status::OK {
        // It is never freed, as the library is never closed.
        Ok(())
    } else {
        Err("the planner was not constructed".into())
    }
}

/// A host that answers nothing.
struct Host;

impl Host {
    staticref! {
        const TABLE: WithMetadata<HostTable> = WithMetadata::new(HostTable {
            log,
            cancelled,
            remaining_ns,
            setting,
        });
    }
}

unsafe extern "C" fn log(_state: *const c_void, _level: u8, _text: RSlice<'_, u8>) {}

unsafe extern "C" fn cancelled(_state: *const c_void) -> bool {
    false
}

unsafe extern "C" fn remaining_ns(_state: *const c_void) -> u64 {
    u64::MAX
}

unsafe extern "C" fn setting(_state: *const c_void, _key: RSlice<'_, u8>, _value: Sink) -> bool {
    false
}

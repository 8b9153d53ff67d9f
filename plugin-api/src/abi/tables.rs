//! The tables and the plain values beside them.

#![expect(
    unsafe_code,
    reason = "the interface is made of function pointers over raw state"
)]
#![allow(
    clippy::allow_attributes_without_reason,
    non_local_definitions,
    clippy::pedantic,
    reason = "abi_stable's derive expands to code that these lints object to"
)]

use std::ffi::c_void;
use std::fmt;

use abi_stable::StableAbi;
use abi_stable::library::RootModule;
use abi_stable::sabi_types::VersionStrings;
use abi_stable::std_types::RSlice;

/// What a plugin offers.
///
/// The pointer in an [`Instance`] belongs to the table that constructed it. No function may be
/// called on an instance once `destroy` was; `plan` may be called from many threads at once.
#[repr(C)]
#[derive(Debug, StableAbi)]
#[sabi(kind(Prefix(prefix_ref = PluginRef, prefix_fields = PluginPrefix)))]
pub struct PluginTable {
    /// The manifest in its section, repeated so that a host can tell whether the object it
    /// opened is the one it read.
    pub manifest: RSlice<'static, u8>,
    /// Makes the planner. On failure the sink holds the error and the instance is null.
    pub construct: unsafe extern "C" fn(call: Call, answer: Sink) -> Constructed,
    /// Turns a request into a plan, both as JSON.
    pub plan: unsafe extern "C" fn(
        instance: Instance,
        call: Call,
        request: RSlice<'_, u8>,
        answer: Sink,
    ) -> Status,
    /// Runs the planner's own check of itself.
    pub self_test: unsafe extern "C" fn(instance: Instance, call: Call, answer: Sink) -> Status,
    /// Tells the planner that no further call comes. At most once an instance.
    pub shutdown: unsafe extern "C" fn(instance: Instance, answer: Sink) -> Status,
    /// Frees the planner. Exactly once an instance, and the last call on it.
    #[sabi(last_prefix_field)]
    pub destroy: unsafe extern "C" fn(instance: Instance, answer: Sink) -> Status,
    /// Stands for the first addition of a later minor version, so that both directions of
    /// compatibility are tested with real builds.
    #[cfg(plugin_api_next)]
    pub next: extern "C" fn() -> u32,
}

impl RootModule for PluginRef {
    abi_stable::declare_root_module_statics! {PluginRef}
    const BASE_NAME: &'static str = "planner";
    const NAME: &'static str = "planner";
    /// Versioned on its own, apart from the crate: below 1.0.0 abi_stable would refuse older
    /// plugins in newer hosts.
    const VERSION_STRINGS: VersionStrings = VersionStrings::new("1.0.0");
}

impl fmt::Debug for PluginRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PluginRef")
    }
}

/// What a host lends to a plugin for the length of one call. Every function may be called from any
/// thread while the call lasts.
#[repr(C)]
#[derive(Debug, StableAbi)]
#[sabi(kind(Prefix(prefix_ref = HostRef, prefix_fields = HostPrefix)))]
pub struct HostTable {
    /// Takes a log line of UTF-8 text at one of the levels in [`level`].
    pub log: unsafe extern "C" fn(state: *const c_void, level: u8, text: RSlice<'_, u8>),
    /// Whether the caller no longer wants the answer.
    pub cancelled: unsafe extern "C" fn(state: *const c_void) -> bool,
    /// Nanoseconds until the deadline; `u64::MAX` where there is none.
    pub remaining_ns: unsafe extern "C" fn(state: *const c_void) -> u64,
    /// Pushes the JSON value of a setting into the sink and says whether there is one.
    #[sabi(last_prefix_field)]
    pub setting:
        unsafe extern "C" fn(state: *const c_void, key: RSlice<'_, u8>, value: Sink) -> bool,
    /// See [`PluginTable::next`].
    #[cfg(plugin_api_next)]
    pub next: extern "C" fn() -> u32,
}

impl fmt::Debug for HostRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HostRef")
    }
}

/// Levels of a log line, the most severe first.
pub mod level {
    /// Something failed.
    pub const ERROR: u8 = 1;
    /// Something is odd.
    pub const WARN: u8 = 2;
    /// Something of note happened.
    pub const INFO: u8 = 3;
    /// Something that helps to find a fault.
    pub const DEBUG: u8 = 4;
}

/// One call into a plugin: the host's functions and the state they work on.
///
/// Valid until the call returns, and no longer.
#[repr(C)]
#[derive(Clone, Copy, Debug, StableAbi)]
pub struct Call {
    /// The host's functions.
    pub host: HostRef,
    /// What the host's functions want as their first argument.
    pub state: *const c_void,
}

/// A planner made by `construct`, opaque to the host.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, StableAbi)]
pub struct Instance(pub *mut c_void);

/// What `construct` gives back.
#[repr(C)]
#[derive(Clone, Copy, Debug, StableAbi)]
pub struct Constructed {
    /// How it went.
    pub status: Status,
    /// The planner, null unless the status is [`Status::OK`].
    pub instance: Instance,
}

/// How a call went. A plain number, so that a value unknown to the reader is no undefined
/// behaviour.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, StableAbi)]
pub struct Status(pub u32);

impl Status {
    /// The sink holds the answer.
    pub const OK: Self = Self(0);
    /// The sink holds a [`PlanError`](crate::PlanError) as JSON.
    pub const ERROR: Self = Self(1);
    /// The planner panicked; the sink holds the panic's text.
    pub const PANIC: Self = Self(2);
}

/// Where bytes for the other side go. The receiving side owns the buffer behind it.
#[repr(C)]
#[derive(Clone, Copy, Debug, StableAbi)]
pub struct Sink {
    /// The receiver's buffer.
    pub state: *mut c_void,
    /// Appends bytes to the buffer.
    pub push: unsafe extern "C" fn(state: *mut c_void, bytes: RSlice<'_, u8>),
}

impl Sink {
    /// Appends `bytes` to the receiver's buffer.
    ///
    /// # Safety
    /// The call that lent the sink must not have returned, and no other thread may use the sink
    /// meanwhile.
    pub unsafe fn push(self, bytes: &[u8]) {
        // SAFETY: the lender made `state` and `push` for each other, and the caller vouches for
        // the time and the exclusive use.
        unsafe { (self.push)(self.state, RSlice::from_slice(bytes)) }
    }

    /// A sink into `buffer`.
    ///
    /// # Safety
    /// The sink must not be used once `buffer` is used again.
    pub unsafe fn into_buffer(buffer: &mut Buffer) -> Self {
        Self {
            state: std::ptr::from_mut(buffer).cast(),
            push: push_into_buffer,
        }
    }
}

/// A bounded buffer behind a [`Sink`].
#[derive(Debug)]
pub struct Buffer {
    bytes: Vec<u8>,
    size_bytes_max: usize,
    overflowed: bool,
}

impl Buffer {
    /// An empty buffer that keeps at most `size_bytes_max` bytes.
    pub fn new(size_bytes_max: usize) -> Self {
        Self {
            bytes: Vec::new(),
            size_bytes_max,
            overflowed: false,
        }
    }

    /// The bytes that were pushed, or `None` when they were more than the bound.
    pub fn into_bytes(self) -> Option<Vec<u8>> {
        (!self.overflowed).then_some(self.bytes)
    }

    /// The bytes that were pushed, as far as the bound allowed.
    pub fn beginning(&self) -> &[u8] {
        &self.bytes
    }

    fn push(&mut self, bytes: &[u8]) {
        let room = self.size_bytes_max - self.bytes.len();
        self.overflowed |= bytes.len() > room;
        self.bytes
            .extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

unsafe extern "C" fn push_into_buffer(state: *mut c_void, bytes: RSlice<'_, u8>) {
    // SAFETY: `Sink::into_buffer` made `state` from an exclusive reference to a `Buffer` that is
    // not used while the sink is.
    let buffer = unsafe { &mut *state.cast::<Buffer>() };
    buffer.push(bytes.as_slice());
}

#[cfg(plugin_api_next)]
pub(crate) extern "C" fn next() -> u32 {
    1
}

//! The plugin's side: fills the table for a [`Planner`], and lets no panic across.
//!
//! Functions that abi_stable's own macros generate end the process when the planner panics, so
//! every entry point here is written by hand around [`contain`].

#![expect(
    unsafe_code,
    reason = "entry points receive raw pointers from the host"
)]

use abi_stable::library::{CheckTypeLayout, LibHeader, RootModuleResult};
use abi_stable::marker_type::ErasedPrefix;
use abi_stable::prefix_type::{PrefixRefTrait, PrefixTypeTrait};
use abi_stable::std_types::{RResult, RSlice};

use super::panics::{caught, install_hook};
use super::tables::{Call, Constructed, Instance, PluginRef, PluginTable, Sink, Status};
use crate::{Context, PlanError, PlanRequest, Planner};

/// What a plugin's constructor returns, which only [`root`] can make.
#[repr(transparent)]
#[derive(Debug)]
pub struct Root(RootModuleResult);

/// The header under which abi_stable finds a plugin's root module.
///
/// It takes no constructor that makes the module in another way:
///
/// ```compile_fail,E0308
/// use plugin_api::abi::abi_stable::{library::RootModuleResult, std_types::RErr};
///
/// extern "C" fn forged() -> RootModuleResult {
///     RErr(plugin_api::abi::abi_stable::library::RootModuleError::Unwound)
/// }
/// plugin_api::abi::header(forged);
/// ```
pub const fn header(constructor: extern "C" fn() -> Root) -> LibHeader {
    // SAFETY: `Root` has the representation of what it holds.
    let constructor = unsafe {
        std::mem::transmute::<extern "C" fn() -> Root, extern "C" fn() -> RootModuleResult>(
            constructor,
        )
    };
    // SAFETY: whatever function returns a `Root` returns a value of `root`, which was cast from a
    // `PluginRef`.
    unsafe { LibHeader::from_constructor::<PluginRef>(constructor, CheckTypeLayout::Yes) }
}

/// The root module for planners of type `P`, made when the host asks for it, which it asks of plugins
/// only.
pub fn root<P: Planner + Default>(manifest: &'static [u8]) -> Root {
    install_hook();
    let table = table::<P>(manifest, construct::<P>);
    // SAFETY: the host casts it back to the `PluginRef` that it is.
    let module = unsafe { table.to_prefix_ref().cast::<ErasedPrefix>() };
    Root(RResult::ROk(module))
}

/// The table for planners of type `P`, which also serves planners linked into the host.
pub fn table<P: Planner>(
    manifest: &'static [u8],
    construct: unsafe extern "C" fn(Call, Sink) -> Constructed,
) -> PluginRef {
    PluginTable {
        manifest: RSlice::from_slice(manifest),
        construct,
        plan: plan::<P>,
        self_test: self_test::<P>,
        shutdown: shutdown::<P>,
        destroy: destroy::<P>,
        #[cfg(plugin_api_next)]
        next: super::tables::next,
    }
    .leak_into_prefix()
}

/// Hands a planner over to the host, which frees it with the table's `destroy`.
pub fn instance_of<P: Planner>(planner: P) -> Instance {
    Instance(Box::into_raw(Box::new(planner)).cast())
}

unsafe extern "C" fn construct<P: Planner + Default>(_call: Call, answer: Sink) -> Constructed {
    let mut instance = Instance(std::ptr::null_mut());
    let status = contain(answer, || {
        instance = instance_of(P::default());
        Ok(Vec::new())
    });
    Constructed { status, instance }
}

unsafe extern "C" fn plan<P: Planner>(
    instance: Instance,
    call: Call,
    request: RSlice<'_, u8>,
    answer: Sink,
) -> Status {
    contain(answer, || {
        // SAFETY: see `planner`.
        let planner = unsafe { planner::<P>(instance) };
        let request = PlanRequest::from_json(request.as_slice())?;
        planner.plan(&request, &Context::of_call(call))?.to_json()
    })
}

unsafe extern "C" fn self_test<P: Planner>(instance: Instance, call: Call, answer: Sink) -> Status {
    contain(answer, || {
        // SAFETY: see `planner`.
        let planner = unsafe { planner::<P>(instance) };
        planner.self_test(&Context::of_call(call))?;
        Ok(Vec::new())
    })
}

unsafe extern "C" fn shutdown<P: Planner>(instance: Instance, answer: Sink) -> Status {
    contain(answer, || {
        // SAFETY: see `planner`.
        unsafe { planner::<P>(instance) }.shutdown();
        Ok(Vec::new())
    })
}

unsafe extern "C" fn destroy<P: Planner>(instance: Instance, answer: Sink) -> Status {
    contain(answer, || {
        // SAFETY: `instance_of` made the pointer from a box of this very type, and the host calls
        // this once, after every other call on it has returned.
        drop(unsafe { Box::from_raw(instance.0.cast::<P>()) });
        Ok(Vec::new())
    })
}

/// The planner behind an instance.
///
/// # Safety
/// The instance must come from `instance_of::<P>` and not have been destroyed; the host keeps the
/// reference's use within the call.
unsafe fn planner<'call, P: Planner>(instance: Instance) -> &'call P {
    // SAFETY: the caller vouches for it.
    unsafe { &*instance.0.cast::<P>() }
}

/// Runs an entry point; its answer, its error or its panic's text goes to the host.
fn contain(answer: Sink, entry: impl FnOnce() -> Result<Vec<u8>, PlanError>) -> Status {
    let (status, bytes) = match caught(entry) {
        Ok(Ok(bytes)) => (Status::OK, bytes),
        Ok(Err(error)) => (Status::ERROR, error_json(&error)),
        Err(text) => (Status::PANIC, text.into_bytes()),
    };
    // SAFETY: the host lent the sink for this call, which has not returned, and only this thread
    // of the entry point holds it.
    unsafe { answer.push(&bytes) };
    status
}

/// The error as JSON. It is made of texts and numbers, which always serialise; an empty answer reads
/// as an error without text.
fn error_json(error: &PlanError) -> Vec<u8> {
    serde_json::to_vec(error).unwrap_or_default()
}

//! Calls into a plugin: bytes in, bytes out, every outcome a value.

#![expect(
    unsafe_code,
    reason = "entry points of a plugin are function pointers over raw state"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use plugin_api::Planner;
use plugin_api::abi::abi_stable::std_types::RSlice;
use plugin_api::abi::{self, Call, Constructed, PluginRef, Sink, Status};

use registry_core::sync::{Condvar, Mutex, OnceLock};

use super::exchange::{ANSWER_SIZE_BYTES_MAX, CallFailure, FAILURE_SIZE_BYTES_MAX, exchange};
use super::farewell::Farewell;
use super::host::CallState;

/// Longest time that a plugin's shutdown is awaited.
const SHUTDOWN_MAX: Duration = Duration::from_secs(2);

/// A plugin's table of functions. Tables are never freed, so it can be copied at will.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Module {
    table: PluginRef,
}

impl Module {
    /// The module behind a table that passed the layout check.
    pub(super) fn new(table: PluginRef) -> Self {
        Self { table }
    }

    /// The manifest that the code hands out.
    pub(super) fn manifest(self) -> &'static [u8] {
        self.table.manifest().as_slice()
    }

    /// Makes the planner.
    pub(crate) fn construct(self, state: &CallState<'_>) -> Result<Instance, CallFailure> {
        let mut instance = None;
        exchange(FAILURE_SIZE_BYTES_MAX, |answer| {
            let construct = self.table.construct();
            // SAFETY: the table passed the layout check, and call and sink are valid until it
            // returns.
            let constructed = unsafe { construct(state.as_call(), answer) };
            // Owned before the outcome is judged, so that it is freed whatever that is.
            instance = self.own(state, constructed.instance);
            constructed.status
        })?;
        instance.ok_or(CallFailure::Protocol(
            "the plugin constructed a null planner".into(),
        ))
    }

    fn own(self, state: &CallState<'_>, raw: abi::Instance) -> Option<Instance> {
        (!raw.0.is_null()).then(|| Instance {
            planner: state.planner.as_str().into(),
            table: self.table,
            raw,
            is_hosts: false,
            farewell: OnceLock::new(),
        })
    }
}

/// A constructed planner. Dropping it shuts the planner down and frees it.
#[derive(Debug)]
pub(crate) struct Instance {
    /// Whose it is, for the log.
    planner: Box<str>,
    table: PluginRef,
    raw: abi::Instance,
    /// Whether its code is linked into the host.
    is_hosts: bool,
    /// By when it has to end, where that is known.
    farewell: OnceLock<Arc<Farewell>>,
}

// SAFETY: the interface demands that an instance can be called from many threads and dropped on
// any: the export macro accepts `Planner` types only, which are `Send + Sync`.
unsafe impl Send for Instance {}
// SAFETY: as above.
unsafe impl Sync for Instance {}

impl Instance {
    /// A planner linked into the host, behind the same table as any other.
    pub(crate) fn builtin<P: Planner>(name: &str, planner: P) -> Self {
        Self {
            planner: name.into(),
            table: abi::table::<P>(&[], refuse_to_construct),
            raw: abi::instance_of(planner),
            is_hosts: true,
            farewell: OnceLock::new(),
        }
    }

    /// Passes a request and returns the answer.
    pub(crate) fn plan(
        &self,
        state: &CallState<'_>,
        request: &[u8],
    ) -> Result<Vec<u8>, CallFailure> {
        let request = RSlice::from_slice(request);
        exchange(ANSWER_SIZE_BYTES_MAX, |answer| {
            let plan = self.table.plan();
            // SAFETY: the instance came from this table and lives as long as `self`; call, request
            // and sink are valid until it returns.
            unsafe { plan(self.raw, state.as_call(), request, answer) }
        })
    }

    /// Says by when it has to have ended once it is dropped.
    pub(crate) fn end_by(&self, farewell: &Arc<Farewell>) {
        let _first = self.farewell.set(Arc::clone(farewell));
    }

    /// Runs the self-test.
    pub(crate) fn self_test(&self, state: &CallState<'_>) -> Result<(), CallFailure> {
        exchange(FAILURE_SIZE_BYTES_MAX, |answer| {
            let self_test = self.table.self_test();
            // SAFETY: as in `plan`.
            unsafe { self_test(self.raw, state.as_call(), answer) }
        })
        .map(drop)
    }
}

/// Tells the planner that no further call comes, then frees it.
///
/// A plugin does so on a thread of its own, which is awaited within a bound: one that never comes back
/// costs that thread, and holds up nobody who replaces it.
impl Drop for Instance {
    fn drop(&mut self) {
        let ending = Ending {
            planner: std::mem::take(&mut self.planner),
            table: self.table,
            raw: self.raw,
        };
        if self.is_hosts {
            return ending.run();
        }
        let farewell = self.farewell.get();
        let bound = farewell.map_or(SHUTDOWN_MAX, |farewell| farewell.at_most(SHUTDOWN_MAX));
        if !ending.run_within(bound)
            && let Some(farewell) = farewell
        {
            farewell.note_left();
        }
    }
}

/// An instance that nobody can call any more.
struct Ending {
    planner: Box<str>,
    table: PluginRef,
    raw: abi::Instance,
}

// SAFETY: as for `Instance`, which can be dropped on any thread.
unsafe impl Send for Ending {}

impl Ending {
    fn run(self) {
        let outcomes = [self.table.shutdown(), self.table.destroy()].map(|ending| {
            // SAFETY: the instance came from this table; an ending is made by the one drop of its
            // instance and used up here, `destroy` comes last, and nothing can use the instance after
            // it. The sink is valid until the call returns.
            exchange(FAILURE_SIZE_BYTES_MAX, |answer| unsafe {
                ending(self.raw, answer)
            })
        });
        for failure in outcomes.into_iter().filter_map(Result::err) {
            tracing::warn!(planner = &*self.planner, %failure, "a planner failed while it was shut down");
        }
    }

    /// Whether it came to its end within the bound.
    fn run_within(self, bound: Duration) -> bool {
        let planner = self.planner.clone();
        let ended = Arc::new((Mutex::new(false), Condvar::new()));
        let telling = Arc::clone(&ended);
        let log = tracing::dispatcher::get_default(tracing::Dispatch::clone);
        let work = move || {
            tracing::dispatcher::with_default(&log, || self.run());
            *telling.0.lock() = true;
            telling.1.notify_all();
        };
        let thread = std::thread::Builder::new().name("registry-shutdown".to_owned());
        if let Err(error) = thread.spawn(work) {
            tracing::warn!(planner = &*planner, %error, "no thread to shut a planner down; it is leaked");
            return false;
        }
        let deadline = Instant::now() + bound;
        let (flag, changed) = &*ended;
        let mut has_ended = flag.lock();
        while !*has_ended {
            let timed_out;
            (has_ended, timed_out) = changed.wait_until(has_ended, deadline);
            if timed_out && !*has_ended {
                drop(has_ended);
                tracing::warn!(
                    planner = &*planner,
                    waited_ms = u64::try_from(bound.as_millis()).unwrap_or(u64::MAX),
                    "a planner does not end its shutdown; its thread is left behind"
                );
                return false;
            }
        }
        true
    }
}

/// Stands in the table of a planner that the host made itself.
unsafe extern "C" fn refuse_to_construct(_call: Call, _answer: Sink) -> Constructed {
    Constructed {
        status: Status(u32::MAX),
        instance: abi::Instance(std::ptr::null_mut()),
    }
}

#[cfg(test)]
mod tests {
    use plugin_api::{Context, Plan, PlanError, PlanRequest};
    use registry_core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use super::*;
    use crate::config::Table;
    use crate::load::LogLimit;
    use crate::name::PlannerName;

    static FREED: AtomicUsize = AtomicUsize::new(0);

    #[derive(Default)]
    struct Counted;

    impl Planner for Counted {
        fn plan(&self, _request: &PlanRequest, _cx: &Context) -> Result<Plan, PlanError> {
            Err(PlanError::failed("never called"))
        }
    }

    impl Drop for Counted {
        fn drop(&mut self) {
            FREED.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn constructed(status: Status) -> Constructed {
        Constructed {
            status,
            instance: abi::instance_of(Counted),
        }
    }

    unsafe extern "C" fn with_an_error(_call: Call, answer: Sink) -> Constructed {
        // SAFETY: the call that lent the sink has not returned.
        unsafe { answer.push(b"{}") };
        constructed(Status::ERROR)
    }

    unsafe extern "C" fn with_an_unknown_status(_call: Call, _answer: Sink) -> Constructed {
        constructed(Status(7))
    }

    unsafe extern "C" fn with_too_long_an_answer(_call: Call, answer: Sink) -> Constructed {
        // SAFETY: as above.
        unsafe { answer.push(&vec![b' '; FAILURE_SIZE_BYTES_MAX + 1]) };
        constructed(Status::OK)
    }

    unsafe extern "C" fn without_an_instance(_call: Call, _answer: Sink) -> Constructed {
        Constructed {
            status: Status::OK,
            instance: abi::Instance(std::ptr::null_mut()),
        }
    }

    #[test]
    fn an_instance_that_comes_with_a_failure_is_freed() {
        let state = CallState {
            planner: &PlannerName::parse("counted").unwrap(),
            deadline: None,
            cancelled: &AtomicBool::new(false),
            halted: &AtomicBool::new(false),
            settings: &Table::default(),
            log_limit: &LogLimit::new(),
            relay: None,
        };
        let failures = [
            with_an_error,
            with_an_unknown_status,
            with_too_long_an_answer,
            without_an_instance,
        ]
        .map(
            |construct: unsafe extern "C" fn(Call, Sink) -> Constructed| {
                let module = Module::new(abi::table::<Counted>(&[], construct));
                module.construct(&state).unwrap_err()
            },
        );
        assert!(matches!(
            failures,
            [
                CallFailure::Error(_),
                CallFailure::Protocol(_),
                CallFailure::TooLarge { .. },
                CallFailure::Protocol(_)
            ]
        ));
        assert_eq!(FREED.load(Ordering::SeqCst), 3);
    }

    static GATE: Mutex<bool> = Mutex::new(false);
    static GATE_OPENED: Condvar = Condvar::new();

    #[derive(Default)]
    struct Hanging(Arc<(Mutex<bool>, Condvar)>);

    impl Planner for Hanging {
        fn plan(&self, _request: &PlanRequest, _cx: &Context) -> Result<Plan, PlanError> {
            Err(PlanError::failed("never called"))
        }

        fn shutdown(&self) {
            await_gate();
        }
    }

    impl Drop for Hanging {
        fn drop(&mut self) {
            *self.0.0.lock() = true;
            self.0.1.notify_all();
        }
    }

    /// Waits until the gate is open, within a bound that a test never reaches.
    fn await_gate() {
        let deadline = Instant::now() + Duration::from_mins(1);
        let mut open = GATE.lock();
        while !*open {
            let timed_out;
            (open, timed_out) = GATE_OPENED.wait_until(open, deadline);
            assert!(!timed_out, "nobody opened the gate");
        }
    }

    #[test]
    fn a_shutdown_that_hangs_is_left_behind_and_may_still_end() {
        let freed: Arc<(Mutex<bool>, Condvar)> = Arc::default();
        let ending = Ending {
            planner: "hanging".into(),
            table: abi::table::<Hanging>(&[], refuse_to_construct),
            raw: abi::instance_of(Hanging(Arc::clone(&freed))),
        };
        assert!(!ending.run_within(Duration::from_millis(1)));
        assert!(!*freed.0.lock());
        *GATE.lock() = true;
        GATE_OPENED.notify_all();
        let deadline = Instant::now() + Duration::from_mins(1);
        let mut is_freed = freed.0.lock();
        while !*is_freed {
            let timed_out;
            (is_freed, timed_out) = freed.1.wait_until(is_freed, deadline);
            assert!(!timed_out, "it was never freed");
        }
        let prompt = Ending {
            planner: "prompt".into(),
            table: abi::table::<Hanging>(&[], refuse_to_construct),
            raw: abi::instance_of(Hanging::default()),
        };
        assert!(
            prompt.run_within(Duration::from_mins(1)),
            "the gate is open"
        );
    }
}

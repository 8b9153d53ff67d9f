//! A worker at work: starts its planner as ordered, then answers.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use plugin_api::manifest::Manifest;
use registry_core::instance::{Drained, Instance as Cell};
use registry_core::sync::atomic::AtomicBool;
use registry_core::sync::{Mutex, OnceLock};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::calls::{Answer, Call, answer_of};
use super::confine;
use super::ending::{ExitCode, end};
use crate::config::Table;
use crate::isolate::failure::Stage;
use crate::isolate::sandbox::{Enforced, SandboxError, Spec};
use crate::isolate::wire::{
    Access, Ends, Fault, Heard, Hello, Kind, Lane, Message, Region, SLOTS, SPIN, hear_plain,
};
use crate::load::{self, CallFailure, CallState, Instance, LogLimit, Outlook, RelayedError};
use crate::name::PlannerName;
use crate::trust::Verified;

/// How long a worker waits for the end of calls when it is shut down; its host does not wait longer.
const DRAIN_MAX: Duration = Duration::from_secs(1);

/// A wait that is looked at again so seldom that it costs nothing.
const LONG: Duration = Duration::from_hours(1);

/// What a worker is told to start.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::isolate) struct StartOrder {
    /// The planner's name.
    pub(in crate::isolate) planner: String,
    /// The manifest that was read from the library, as the text it is.
    pub(in crate::isolate) manifest: String,
    /// BLAKE3 of the library, in hexadecimal digits.
    pub(in crate::isolate) digest: String,
    /// The operator's settings for this planner.
    pub(in crate::isolate) settings: Map<String, Value>,
    /// What this process takes away from itself first.
    pub(in crate::isolate) sandbox: Spec,
    /// The host's process.
    pub(in crate::isolate) host: u32,
    /// Time for all of it, in nanoseconds.
    pub(in crate::isolate) within_ns: u64,
}

/// What all threads of a worker share.
#[derive(Debug)]
pub(super) struct Service {
    /// What the host writes; it cannot be written here.
    pub(super) requests: Region,
    /// What this worker writes.
    pub(super) answers: Region,
    /// What the host ordered, once it did.
    planner: OnceLock<Planner>,
}

#[derive(Debug)]
struct Planner {
    name: PlannerName,
    settings: Table,
    log_limit: LogLimit,
    instance: Cell<Instance>,
}

/// Serves until the host ends it.
pub(super) fn run(control: OwnedFd, hello: Hello) -> ExitCode {
    let requests = Region::receive(hello.requests.as_fd(), Access::Read);
    let answers = Region::receive(hello.answers.as_fd(), Access::Write);
    let (Ok(requests), Ok(answers)) = (requests, answers) else {
        return ExitCode::BadMemory;
    };
    // What is mapped stays so; what a plugin does with the descriptors is spared it.
    drop((hello.requests, hello.answers));
    let service = Arc::new(Service {
        requests,
        answers,
        planner: OnceLock::new(),
    });
    let lane = Mutex::new(Lane::default());
    match start(&service, &lane, control, hello.library) {
        Ok(()) => serve(&service, 0, &lane),
        Err(code) => code,
    }
}

/// Obeys the first two messages of the first slot.
fn start(
    service: &Arc<Service>,
    lane: &Mutex<Lane>,
    control: OwnedFd,
    library: OwnedFd,
) -> Result<(), ExitCode> {
    let ends = service.ends(0);
    let message = lane
        .lock()
        .receive(ends, None, Duration::ZERO, &mut patient);
    let message = message.map_err(|_| ExitCode::BadOrder)?;
    let order = serde_json::from_slice::<StartOrder>(&message.bytes);
    let (Kind::Start, Ok(order)) = (message.kind, order) else {
        return Err(ExitCode::BadOrder);
    };
    // What looks at descriptors or opens files comes before the sandbox, which lets neither be done.
    let (name, verified) = verified(&order, library).ok_or(ExitCode::BadOrder)?;
    let outlook = Outlook::open(&verified).map_err(|_| ExitCode::System)?;
    let say = |call: u64, answer: &Answer| {
        let head = (answer.kind, call, answer.extra);
        let sent = lane.lock().send(ends, head, &answer.bytes, &mut patient);
        sent.map_err(|_| ExitCode::BadOrder)
    };
    let enforced = match confine::confine(&order, control.as_fd(), &verified, &outlook) {
        Ok(enforced) => enforced,
        Err(error) => {
            say(message.call, &not_sandboxed(&error))?;
            return Err(ExitCode::NoSandbox);
        }
    };
    watch(service, control)?;
    say(message.call, &sandboxed(&enforced))?;
    // The host asks for the rest when it has a copy of that, which no plugin can change any more.
    let message = lane
        .lock()
        .receive(ends, None, Duration::ZERO, &mut patient);
    let call = match message {
        Ok(message) if message.kind == Kind::Load => message.call,
        _ => return Err(ExitCode::BadOrder),
    };
    let starting = Starting {
        service,
        lane,
        call,
        order,
    };
    say(call, &starting.run(name, verified, outlook))
}

/// One start under way.
struct Starting<'a> {
    service: &'a Service,
    lane: &'a Mutex<Lane>,
    call: u64,
    order: StartOrder,
}

impl Starting<'_> {
    fn run(self, name: PlannerName, verified: Verified, outlook: Outlook) -> Answer {
        let settings = Table::from(self.order.settings);
        let within = Duration::from_nanos(self.order.within_ns);
        let self_tested = verified.manifest().self_test;
        let reach = |stage: Stage| self.service.ends(0).own.set_stage(stage.number());
        reach(Stage::Map);
        let module = match load::open_with(verified, None, within, outlook) {
            Ok(module) => module,
            Err(error) => return not_loaded(&error),
        };
        let log_limit = LogLimit::new();
        let call = Call::new(self.service.ends(0), self.lane, self.call);
        let state = CallState {
            planner: &name,
            deadline: Instant::now().checked_add(within),
            cancelled: &AtomicBool::new(false),
            halted: &AtomicBool::new(false),
            settings: &settings,
            log_limit: &log_limit,
            relay: Some(&call),
        };
        reach(Stage::Construct);
        let instance = match module.construct(&state) {
            Ok(instance) => instance,
            Err(failure) => return answer_of(Err(failure), Stage::Construct),
        };
        reach(Stage::SelfTest);
        if self_tested && let Err(failure) = instance.self_test(&state) {
            return answer_of(Err(failure), Stage::SelfTest);
        }
        reach(Stage::Serve);
        let planner = Planner {
            name,
            settings,
            log_limit,
            instance: Cell::new(instance),
        };
        let _first = self.service.planner.set(planner);
        answer_of(Ok(Vec::new()), Stage::Serve)
    }
}

fn verified(order: &StartOrder, library: OwnedFd) -> Option<(PlannerName, Verified)> {
    let name = PlannerName::parse(&order.planner).ok()?;
    let manifest = Manifest::from_json(order.manifest.as_bytes()).ok()?;
    let digest = blake3::Hash::from_hex(&order.digest).ok()?;
    let verified = Verified::vouched_for_by_host(name.clone(), manifest, digest, library).ok()?;
    Some((name, verified))
}

fn sandboxed(enforced: &Enforced) -> Answer {
    Answer {
        kind: Kind::Answer,
        extra: 0,
        bytes: serde_json::to_vec(enforced).unwrap_or_default(),
    }
}

fn not_sandboxed(error: &SandboxError) -> Answer {
    Answer {
        kind: Kind::NotSandboxed,
        extra: 0,
        bytes: confine::reason(error).into_bytes(),
    }
}

fn not_loaded(error: &load::LoadError) -> Answer {
    Answer {
        kind: Kind::NotLoaded,
        extra: 0,
        bytes: serde_json::to_vec(&RelayedError::of(error)).unwrap_or_default(),
    }
}

/// Ends this process with its host, and serves further slots when the host opens them.
fn watch(service: &Arc<Service>, control: OwnedFd) -> Result<(), ExitCode> {
    let service = Arc::clone(service);
    let watching = move || {
        loop {
            match hear_plain(control.as_fd()) {
                Ok(Heard::OpenSlot(slot)) if (1..SLOTS).contains(&slot) => open(&service, slot),
                _ => end(ExitCode::Done),
            }
        }
    };
    let thread = thread::Builder::new().name("registry-control".to_owned());
    thread.spawn(watching).map_err(|_| ExitCode::System)?;
    Ok(())
}

/// A slot that no thread can be started for is never answered, and its call ends at its deadline.
fn open(service: &Arc<Service>, slot: usize) {
    let service = Arc::clone(service);
    let serving = move || end(serve(&service, slot, &Mutex::new(Lane::default())));
    let thread = thread::Builder::new().name(format!("registry-{slot}"));
    let _refused = thread.spawn(serving);
}

/// Answers what comes in one slot, until the process is to end.
fn serve(service: &Service, slot: usize, lane: &Mutex<Lane>) -> ExitCode {
    let ends = service.ends(slot);
    loop {
        // The host knows where both may run.
        let spin = if ends.other.is_hot() {
            SPIN
        } else {
            Duration::ZERO
        };
        let Ok(message) = lane.lock().receive(ends, None, spin, &mut patient) else {
            return ExitCode::BadOrder;
        };
        let call = message.call;
        let Some(answer) = service.answer(lane, ends, &message) else {
            return ExitCode::BadOrder;
        };
        let head = (answer.kind, call, answer.extra);
        if lane
            .lock()
            .send(ends, head, &answer.bytes, &mut patient)
            .is_err()
        {
            return ExitCode::BadOrder;
        }
        // One that could not shut its planner down leaves its own end to the host.
        if message.kind == Kind::Shutdown && answer.kind == Kind::Answer {
            return ExitCode::Done;
        }
    }
}

impl Service {
    fn ends(&self, slot: usize) -> Ends<'_> {
        Region::ends(&self.answers, &self.requests, slot)
    }

    /// The answer; `None` where the host does not keep to the rules.
    fn answer(&self, lane: &Mutex<Lane>, ends: Ends<'_>, message: &Message) -> Option<Answer> {
        let planner = self.planner.get()?;
        match message.kind {
            Kind::Plan => {
                let call = Call::new(ends, lane, message.call);
                let left = (message.extra != u64::MAX).then_some(message.extra);
                let left = left.map(Duration::from_nanos);
                let state = CallState {
                    planner: &planner.name,
                    deadline: left.and_then(|left| Instant::now().checked_add(left)),
                    cancelled: &AtomicBool::new(false),
                    halted: &AtomicBool::new(false),
                    settings: &planner.settings,
                    log_limit: &planner.log_limit,
                    relay: Some(&call),
                };
                let answer = planner
                    .instance
                    .call(|instance| instance.plan(&state, &message.bytes));
                // A host that shuts down asks for nothing more.
                Some(answer_of(answer.ok()?, Stage::Serve))
            }
            Kind::Shutdown => {
                let drained = planner.instance.drain(DRAIN_MAX);
                let outcome = match drained {
                    Ok(Drained::ShutDown | Drained::Already) => Ok(Vec::new()),
                    _ => Err(CallFailure::Protocol("its calls do not end".into())),
                };
                Some(answer_of(outcome, Stage::Serve))
            }
            _ => None,
        }
    }
}

/// A worker waits as long as its host lives: the end of the control socket ends it.
#[expect(clippy::unnecessary_wraps, reason = "the host's waits can fail")]
pub(super) fn patient() -> Result<Duration, Fault> {
    Ok(LONG)
}

//! Asking from asynchronous code: a cold start never runs on the executor's thread.

use std::future::Future;
use std::pin::pin;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::{Context as TaskContext, Poll, Waker};
use std::thread::ThreadId;

use plugin_api::manifest::Manifest;
use plugin_api::{Context, Plan, PlanError, PlanRequest, Planner, Task};
use pollster::block_on;
use registry::{Builtin, Query, Registry};

/// Starts when it is told to, says on which thread, and plans until it is given up.
struct Slow {
    may_start: Mutex<Receiver<()>>,
    said: Sender<ThreadId>,
}

impl Planner for Slow {
    fn plan(&self, request: &PlanRequest, cx: &Context) -> Result<Plan, PlanError> {
        self.said.send(std::thread::current().id()).unwrap();
        while request.objective() == "forever" {
            cx.check()?;
            std::thread::yield_now();
        }
        Plan::builder(request.objective())
            .task(Task::verify("done").describe("It was slow"))
            .build()
    }

    fn self_test(&self, _cx: &Context) -> Result<(), PlanError> {
        self.may_start.lock().unwrap().recv().unwrap();
        self.said.send(std::thread::current().id()).unwrap();
        Ok(())
    }

    fn shutdown(&self) {
        self.said.send(std::thread::current().id()).unwrap();
    }
}

fn slow() -> (Registry, Sender<()>, Receiver<ThreadId>) {
    slow_with(|_| {})
}

fn slow_with(declare: impl FnOnce(&mut Manifest)) -> (Registry, Sender<()>, Receiver<ThreadId>) {
    let (start, may_start) = channel();
    let (said, saying) = channel();
    let planner = Slow {
        may_start: Mutex::new(may_start),
        said,
    };
    let builtin = Builtin::new("slow_planner", planner)
        .manifest(|manifest| manifest.self_test = true)
        .manifest(declare);
    let registry = Registry::builder()
        .allow(["slow_planner"])
        .builtin(builtin)
        .build()
        .unwrap();
    (registry, start, saying)
}

#[test]
fn a_cold_start_leaves_the_executors_thread_free_and_a_warm_one_is_answered_at_once() {
    let (registry, start, said) = slow();
    let mut cold = pin!(registry.handle_async("slow_planner"));
    let mut task = TaskContext::from_waker(Waker::noop());
    assert!(
        cold.as_mut().poll(&mut task).is_pending(),
        "the poll came back before the start"
    );
    start.send(()).unwrap();
    let handle = block_on(cold).unwrap();
    assert_eq!(handle.planner().name().as_str(), "slow_planner");
    assert_ne!(said.recv().unwrap(), std::thread::current().id());

    let warm = pin!(registry.handle_async("slow_planner"));
    assert!(matches!(warm.poll(&mut task), Poll::Ready(Ok(_))));
}

#[test]
fn a_plan_is_made_on_another_thread_and_given_up_when_its_future_is_dropped() {
    let (registry, start, said) = slow();
    start.send(()).unwrap();
    let plan = block_on(registry.plan_async("slow_planner", PlanRequest::new("once"))).unwrap();
    assert_eq!(plan.tasks().len(), 1);
    let threads: Vec<_> = said.try_iter().collect();
    assert_eq!(threads.len(), 2);
    assert!(!threads.contains(&std::thread::current().id()));

    let handle = registry.handle("slow_planner").unwrap();
    {
        let mut endless = pin!(handle.plan_async(PlanRequest::new("forever")));
        let mut task = TaskContext::from_waker(Waker::noop());
        assert!(endless.as_mut().poll(&mut task).is_pending());
        said.recv().unwrap();
    }
    // The call holds the last share of the registry, and shuts the planner down when it has ended.
    drop((handle, registry));
    said.recv().unwrap();
}

#[test]
fn the_best_planner_is_ranked_and_started_off_the_executors_thread() {
    let (registry, start, said) = slow();
    let query = || Query::new("Split billing").require("structural");
    let error = block_on(registry.select_best_async(query())).unwrap_err();
    assert_eq!(error.code(), "E_NONE_SELECTABLE");
    drop((registry, start, said));

    let (registry, start, said) = slow_with(|manifest| manifest.reliability = Some(0.5));
    let ranked = block_on(registry.select_async(query())).unwrap();
    assert_eq!(ranked.best().name().as_str(), "slow_planner");
    start.send(()).unwrap();
    let best = block_on(registry.select_best_async(query())).unwrap();
    assert_eq!(best.name().as_str(), "slow_planner");
    assert_ne!(said.recv().unwrap(), std::thread::current().id());
}

#[test]
fn an_unknown_planner_is_an_error_like_everywhere() {
    let (registry, _start, _said) = slow();
    let error = block_on(registry.handle_async("slow_plannr")).unwrap_err();
    assert_eq!(
        (error.code(), error.nearest()),
        ("E_UNKNOWN_PLANNER", Some("slow_planner"))
    );
}

//! The host: a planner that crashes again and again, one that does not, and a server.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use plugin_api::PlanRequest;
use registry::{PlanFailure, Registry};
use tempfile::TempDir;
use tests::{PluginFolder, fixture, set_mode};

use crate::caller::TOKEN;
use crate::process::Sample;

/// The first argument of the host; its folders for plugins and state follow.
pub(crate) const HOST: &str = "--host";

/// How long there is to stop.
const STOP: Duration = Duration::from_secs(20);

/// The host as its parent sees it.
pub(crate) struct Host {
    child: Child,
    says: BufReader<ChildStdout>,
    pub(crate) address: SocketAddr,
    _plugins: PluginFolder,
    _state: TempDir,
}

impl Host {
    pub(crate) fn start() -> Self {
        let plugins = PluginFolder::new();
        let plugins = plugins
            .with(&fixture("obeys"))
            .with(&fixture("well_behaved"));
        let state = tempfile::tempdir().unwrap();
        set_mode(state.path(), 0o700);
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg(HOST)
            .args([plugins.path(), state.path()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut says = BufReader::new(child.stdout.take().unwrap());
        let address = line(&mut says).parse().unwrap();
        Self {
            child,
            says,
            address,
            _plugins: plugins,
            _state: state,
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it holds while nobody asks and each planner has its worker.
    pub(crate) fn sample(&mut self) -> Sample {
        self.tell("pause");
        let sample = Sample::of(self.pid());
        self.tell("go");
        sample
    }

    /// Tells it, and waits until it is done.
    fn tell(&mut self, what: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{what}").unwrap();
        assert_eq!(line(&mut self.says), what);
    }

    /// Lets it end; what it said last.
    pub(crate) fn end(&mut self) -> String {
        drop(self.child.stdin.take());
        let said = line(&mut self.says);
        assert!(self.child.wait().unwrap().success());
        said
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn line(says: &mut BufReader<ChildStdout>) -> String {
    let mut line = String::new();
    says.read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

/// What the planners are asked for all the time, unless it is to pause.
struct Work {
    registry: Arc<Registry>,
    /// Held while a planner is asked, so that nobody asks who has to pause.
    turns: [Mutex<()>; 2],
    over: AtomicBool,
    crashes: AtomicU64,
    plans: AtomicU64,
}

impl Work {
    fn crash(&self) {
        while !self.over.load(Ordering::Relaxed) {
            let _turn = self.turns[0].lock().unwrap();
            let crashed = self.registry.plan("obeys", &PlanRequest::new("abort"));
            let crashed = crashed.is_err_and(|error| {
                error.code() == "E_WORKER_CRASH" && matches!(error, PlanFailure::Call(_))
            });
            self.crashes
                .fetch_add(u64::from(crashed), Ordering::Relaxed);
        }
    }

    fn plan(&self) {
        while !self.over.load(Ordering::Relaxed) {
            let _turn = self.turns[1].lock().unwrap();
            let plan = self
                .registry
                .plan("well_behaved", &PlanRequest::new("Say hello"));
            self.plans
                .fetch_add(u64::from(plan.is_ok()), Ordering::Relaxed);
        }
    }

    /// Brings both planners up, each with its worker.
    fn settle(&self) {
        self.registry.lift("obeys").unwrap();
        for (name, objective) in [("obeys", "pid"), ("well_behaved", "Say hello")] {
            // An answer can be turned away while its planner is being replaced or its breaker is open.
            while self
                .registry
                .plan(name, &PlanRequest::new(objective))
                .is_err()
            {
                self.registry.reset_breaker(name).unwrap();
                thread::yield_now();
            }
        }
    }
}

pub(crate) fn be_host(plugins: &str, state: &str) {
    let registry = Registry::builder()
        .plugin_dir(plugins)
        .allow(["obeys", "well_behaved"])
        .set("isolation.policy", "worker")
        .set("isolation.breaker_reset", "20ms")
        .set("trust.state_dir", state)
        .set("control.token", TOKEN)
        .build()
        .unwrap();
    let registry = Arc::new(registry);
    let counted = Arc::clone(&registry);
    let server = registry.server().listen(([127, 0, 0, 1], 0).into());
    let server = server.metrics(move || {
        let health = counted.health(1);
        format!("active {}\nfailed {}\n", health.active, health.failed)
    });
    let running = server.start().unwrap();
    println!("{}", running.address().unwrap());
    let work = Work {
        registry,
        turns: Default::default(),
        over: AtomicBool::new(false),
        crashes: AtomicU64::new(0),
        plans: AtomicU64::new(0),
    };
    thread::scope(|scope| {
        scope.spawn(|| work.crash());
        scope.spawn(|| work.plan());
        let mut paused = None;
        for told in std::io::stdin().lines().map(Result::unwrap) {
            if told == "pause" {
                paused = Some([&work.turns[0], &work.turns[1]].map(|turn| turn.lock().unwrap()));
                work.settle();
            } else {
                paused = None;
            }
            println!("{told}");
        }
        work.over.store(true, Ordering::Relaxed);
        drop(paused);
    });
    let stopped = running.stop(STOP);
    let held = work.registry.held();
    let (crashes, plans) = (work.crashes.into_inner(), work.plans.into_inner());
    let all = if stopped.all_answered {
        "all"
    } else {
        "not all"
    };
    println!("{crashes} crashes and {plans} plans meanwhile; {held:?}; {all} answered");
}

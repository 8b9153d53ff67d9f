//! Asking a registry from outside (feature `ops`).

use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use crate::diagnose::{Diagnosis, Explanation, Health, PlannerStatus};
use crate::event::Event;
use crate::heal::{HealError, HealReport};
use crate::name::PlannerName;
use crate::ops::{self, Answer, Control, Failure, Form, Question, Running, ServeError, Server};
use crate::planner::{ChangeError, DiscoverError, GetError, Hold, Lifted, Quarantine};
use crate::registry::Registry;
use crate::state::StateError;

impl Registry {
    /// Lets this user, and root, ask and change this registry from other processes: `registry ps` finds it,
    /// and `registry diagnose --attach PID` and its like speak of it. It listens at a Unix socket of mode
    /// 0600 in the folder that `control.socket` names, as long as the result is kept.
    ///
    /// The registry is shared with it: it lasts as long, and [`compact`](Self::compact) frees nothing
    /// meanwhile.
    pub fn expose(&self) -> Result<Running, ServeError> {
        self.server().expose().start()
    }

    /// A server for this registry, which answers nowhere yet.
    pub fn server(&self) -> Server {
        Server::new(Arc::new(self.share()), self.config().control())
    }

    /// Asks this registry what a running one can be asked, in the same words.
    pub fn ask(&self, question: &Question, form: Form) -> Result<Answer, Failure> {
        ops::answer(self, question, form)
    }
}

impl Control for Registry {
    fn diagnose(&self) -> Result<Diagnosis, GetError> {
        self.diagnose()
    }

    fn health(&self, active_min: usize) -> Health {
        self.health(active_min)
    }

    fn describe(&self, name: &str) -> Result<PlannerStatus, GetError> {
        self.describe(name)
    }

    fn explain(&self, name: &str) -> Result<Explanation, GetError> {
        self.explain(name)
    }

    fn explain_file(&self, path: &Path) -> Result<Explanation, GetError> {
        self.explain_file(path)
    }

    fn events(&self, since: Option<SystemTime>) -> Result<Vec<Event>, StateError> {
        self.events(since)
    }

    fn heal(&self) -> Result<Arc<HealReport>, HealError> {
        self.heal()
    }

    fn reload(&self) -> Result<(), DiscoverError> {
        self.reload().map(drop)
    }

    fn quarantine(&self, name: &str, hold: Hold) -> Result<Quarantine, ChangeError> {
        self.quarantine(name, hold)
    }

    fn lift(&self, name: &str) -> Result<Lifted, ChangeError> {
        self.lift(name)
    }

    fn reset_breaker(&self, name: &str) -> Result<bool, ChangeError> {
        self.reset_breaker(name)
    }

    fn reset_breakers(&self) -> Result<Vec<PlannerName>, ChangeError> {
        self.reset_breakers()
    }
}

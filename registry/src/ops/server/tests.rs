//! What is answered where the registry is slow or broken.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, SystemTime};

use registry_core::sync::Mutex;

use super::*;
use crate::config::Config;
use crate::diagnose::{Diagnosis, Explanation, Health, PlannerStatus};
use crate::event::Event;
use crate::heal::{HealError, HealReport};
use crate::name::PlannerName;
use crate::planner::{ChangeError, DiscoverError, GetError, Hold, Lifted, Quarantine};
use crate::state::StateError;

/// A registry whose health is known when somebody says so; all else of it is broken.
#[derive(Debug)]
struct Slow(Mutex<Receiver<()>>);

impl Control for Slow {
    fn health(&self, _: usize) -> Health {
        self.0.lock().recv().unwrap();
        Health::default()
    }

    fn diagnose(&self) -> Result<Diagnosis, GetError> {
        panic!("broken")
    }

    fn describe(&self, _: &str) -> Result<PlannerStatus, GetError> {
        panic!("broken")
    }

    fn explain(&self, _: &str) -> Result<Explanation, GetError> {
        panic!("broken")
    }

    fn explain_file(&self, _: &Path) -> Result<Explanation, GetError> {
        panic!("broken")
    }

    fn events(&self, _: Option<SystemTime>) -> Result<Vec<Event>, StateError> {
        panic!("broken")
    }

    fn heal(&self) -> Result<Arc<HealReport>, HealError> {
        panic!("broken")
    }

    fn reload(&self) -> Result<(), DiscoverError> {
        panic!("broken")
    }

    fn quarantine(&self, _: &str, _: Hold) -> Result<Quarantine, ChangeError> {
        panic!("broken")
    }

    fn lift(&self, _: &str) -> Result<Lifted, ChangeError> {
        panic!("broken")
    }

    fn reset_breaker(&self, _: &str) -> Result<bool, ChangeError> {
        panic!("broken")
    }

    fn reset_breakers(&self) -> Result<Vec<PlannerName>, ChangeError> {
        panic!("broken")
    }
}

fn slow(limits: Limits) -> (Sender<()>, Running) {
    let (release, held) = channel();
    let config = Config::loader().load().unwrap();
    let server = Server::new(Arc::new(Slow(Mutex::new(held))), config.control());
    let server = server.listen(([127, 0, 0, 1], 0).into()).limits(limits);
    (release, server.start().unwrap())
}

fn ask(running: &Running, target: &str) -> TcpStream {
    let mut stream = TcpStream::connect(running.address().unwrap()).unwrap();
    let lines = "Host: localhost\r\nConnection: close\r\n\r\n";
    write!(stream, "GET {target} HTTP/1.1\r\n{lines}").unwrap();
    stream
}

fn told(mut stream: TcpStream) -> String {
    let mut told = String::new();
    stream.read_to_string(&mut told).unwrap();
    told
}

#[test]
fn an_answer_that_does_not_come_in_time_is_given_up() {
    let limits = Limits {
        request_timeout: Duration::from_millis(100),
        ..Limits::default()
    };
    let (release, running) = slow(limits);
    let told = told(ask(&running, "/readyz"));
    assert!(
        told.starts_with("HTTP/1.1 504 Gateway Timeout\r\n"),
        "{told}"
    );
    assert!(told.contains("\"E_HTTP_TIMEOUT\""), "{told}");
    release.send(()).unwrap();
}

#[test]
fn a_bug_is_told_as_one_and_nothing_of_it() {
    let (_release, running) = slow(Limits::default());
    let answer = told(ask(&running, "/v1/diagnostics"));
    assert!(
        answer.starts_with("HTTP/1.1 500 Internal Server Error\r\n"),
        "{answer}"
    );
    assert!(answer.contains("\"E_BUG\""), "{answer}");
    assert!(!answer.contains("broken"), "{answer}");
    let alive = ask(&running, "/healthz");
    assert!(told(alive).starts_with("HTTP/1.1 200 OK\r\n"));
}

#[test]
fn what_was_asked_before_the_stop_is_answered_and_what_takes_too_long_is_cut_off() {
    let (release, running) = slow(Limits::default());
    let answered = ask(&running, "/readyz");
    // It is at work on the first when it has accepted the second.
    let mut idle = TcpStream::connect(running.address().unwrap()).unwrap();
    write!(idle, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    idle.read_exact(&mut [0; 64]).unwrap();
    release.send(()).unwrap();
    let stopped = running.stop(Duration::from_mins(1));
    assert!(stopped.all_answered);
    assert!(told(answered).starts_with("HTTP/1.1 503 Service Unavailable\r\n"));

    let (release, running) = slow(Limits::default());
    let cut_off = ask(&running, "/readyz");
    let mut idle = TcpStream::connect(running.address().unwrap()).unwrap();
    write!(idle, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    idle.read_exact(&mut [0; 64]).unwrap();
    let stopped = running.stop(Duration::from_millis(100));
    assert!(!stopped.all_answered);
    assert_eq!(told(cut_off), "");
    release.send(()).unwrap();
}

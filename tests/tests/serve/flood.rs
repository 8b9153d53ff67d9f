//! Ten thousand callers who say nothing keep nobody out who does.

use std::io::{ErrorKind, Read};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use registry::ops::Limits;
use rustix::process::{Resource, getrlimit, setrlimit};

use crate::ground::{Ground, HANG, builder};

const IDLE: usize = 10_000;

/// Descriptors for both ends of what is open at one time, and some.
const DESCRIPTORS: u64 = 10_000 + 1_000;

/// How many connections the server keeps.
const KEPT: usize = 256;

#[test]
fn ten_thousand_idle_connections_delay_no_answer() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit
        .maximum
        .map_or(Some(DESCRIPTORS), |most| Some(most.min(DESCRIPTORS)));
    setrlimit(Resource::Nofile, limit).unwrap();

    let mut limits = Limits::default();
    assert_eq!(limits.connections_max, KEPT);
    // Nobody is sent away for having waited too long.
    limits.head_timeout = Duration::from_mins(10);
    let ground = Ground::of(builder(), limits);
    let mut idle: Vec<TcpStream> = Vec::with_capacity(IDLE);
    for number in 1..=IDLE {
        idle.push(TcpStream::connect(ground.address).unwrap());
        if number % 1_000 == 0 {
            assert_eq!(ground.get("/readyz").status, 200, "beside {number}");
        }
    }
    // The one that asked took the place of another, and has gone.
    let begun = Instant::now();
    while living(&mut idle) != KEPT - 1 {
        assert!(begun.elapsed() < HANG, "{} are kept", living(&mut idle));
        thread::yield_now();
    }
    assert_eq!(ground.get("/readyz").status, 200);
}

/// How many are still open. Those that are not were closed without a word.
fn living(idle: &mut [TcpStream]) -> usize {
    let open = |stream: &mut TcpStream| {
        stream.set_nonblocking(true).unwrap();
        match stream.read(&mut [0]) {
            Ok(0) => false,
            Ok(_) => panic!("somebody who said nothing was told something"),
            Err(error) if error.kind() == ErrorKind::WouldBlock => true,
            Err(error) => panic!("{error}"),
        }
    };
    idle.iter_mut()
        .filter_map(|stream| open(stream).then_some(()))
        .count()
}

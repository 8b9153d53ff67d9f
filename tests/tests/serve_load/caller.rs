//! A caller with one connection, and what all of them saw.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// What lets a caller change something.
pub(crate) const TOKEN: &str = "a-token-for-a-minute-of-changes-0001";

/// No answer takes this long.
const HANG: Duration = Duration::from_mins(1);

/// Between two changes of one caller.
const PACE: Duration = Duration::from_millis(50);

/// What callers read, one after the other.
const READ: [&str; 6] = [
    "/readyz",
    "/metrics",
    "/readyz",
    "/metrics",
    "/healthz",
    "/v1/diagnostics",
];

/// What one caller each changes.
const CHANGES: [&[(&str, &str)]; 4] = [
    &[("POST", "/v1/heal")],
    &[("POST", "/v1/reload")],
    &[
        ("POST", "/v1/planners/obeys/quarantine"),
        ("DELETE", "/v1/planners/obeys/quarantine"),
    ],
    &[
        ("POST", "/v1/planners/obeys/breaker/reset"),
        ("GET", "/v1/events?since=1"),
    ],
];

/// One caller.
pub(crate) struct Caller {
    stream: BufReader<TcpStream>,
    asks: Vec<(&'static str, &'static str)>,
    changes: bool,
}

/// What was answered: how long it took, by what was asked and the status and code.
#[derive(Default)]
pub(crate) struct Seen(BTreeMap<(String, String), Vec<Duration>>);

impl Caller {
    pub(crate) fn new(address: SocketAddr, number: usize) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(HANG)).unwrap();
        stream.set_nodelay(true).unwrap();
        let changes = CHANGES.get(number);
        let reads = || READ.iter().map(|target| ("GET", *target));
        Self {
            stream: BufReader::new(stream),
            asks: changes.map_or_else(|| reads().collect(), |changes| changes.to_vec()),
            changes: changes.is_some(),
        }
    }

    pub(crate) fn ask_until(&mut self, over: &AtomicBool) -> Seen {
        let mut seen = Seen::default();
        for (method, target) in self.asks.clone().into_iter().cycle() {
            if over.load(Ordering::Relaxed) {
                break;
            }
            let begun = Instant::now();
            let answer = self.ask(method, target);
            let asked = (format!("{method} {target}"), answer);
            seen.0.entry(asked).or_default().push(begun.elapsed());
            if self.changes {
                thread::sleep(PACE);
            }
        }
        seen
    }

    /// The status, and the code where one is told.
    fn ask(&mut self, method: &str, target: &str) -> String {
        let request = format!(
            "{method} {target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
        );
        self.stream.get_mut().write_all(request.as_bytes()).unwrap();
        let mut head = Vec::new();
        let mut length = 0;
        loop {
            let mut line = String::new();
            let count = self.stream.read_line(&mut line).unwrap();
            assert_ne!(count, 0, "closed instead of answered: {head:?}");
            if line == "\r\n" {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.trim_end().parse().unwrap();
            }
            head.push(line);
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).unwrap();
        let status = head[0]["HTTP/1.1 ".len()..][..3].to_owned();
        if status == "200" {
            return status;
        }
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        format!("{status} {}", body["error"]["code"])
    }
}

impl Seen {
    pub(crate) fn and(mut self, other: Self) -> Self {
        for (asked, took) in other.0 {
            self.0.entry(asked).or_default().extend(took);
        }
        self
    }

    pub(crate) fn print(&self) {
        for ((asked, answer), took) in &self.0 {
            let mut took = took.clone();
            took.sort_unstable();
            let at = |share: f64| {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_precision_loss,
                    clippy::cast_sign_loss,
                    reason = "a position in a list of at most a few million"
                )]
                let position = (took.len() as f64 * share) as usize;
                took[position.min(took.len() - 1)]
            };
            let (count, middle, most, longest) = (took.len(), at(0.5), at(0.99), at(1.0));
            println!(
                "{asked:44} {answer:24} {count:>7} times, p50 {middle:>9.1?}, p99 {most:>9.1?}, max {longest:>9.1?}"
            );
        }
    }

    /// Every answer is the one that was meant: everything is answered, and that with 200.
    pub(crate) fn check(&self) {
        let unmeant: Vec<_> = self
            .0
            .keys()
            .filter(|(_, answer)| answer != "200")
            .collect();
        assert!(unmeant.is_empty(), "{unmeant:?}");
        let asked = READ.into_iter().map(|target| ("GET", target));
        for (method, target) in asked.chain(CHANGES.concat()) {
            let key = (format!("{method} {target}"), "200".to_owned());
            assert!(self.0.contains_key(&key), "{key:?} was never asked");
        }
    }
}

//! A chat endpoint on loopback that says what a test tells it to.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{Scope, ScopedJoinHandle};
use std::time::Duration;

use serde_json::{Value, json};

/// Longest silence of a client.
const SILENCE_MAX: Duration = Duration::from_secs(20);

/// One request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) head: String,
    pub(crate) body: Value,
}

/// Where the endpoint listens, and what it was asked.
#[derive(Debug)]
pub(crate) struct Endpoint {
    address: SocketAddr,
    asked: Mutex<Vec<Asked>>,
    is_over: AtomicBool,
}

impl Endpoint {
    /// Answers each request with the next of `answers`, each a status and a body, while `work` runs; gives
    /// what `work` gave, and what was asked.
    pub(crate) fn with<R>(
        answers: &[(u16, String)],
        work: impl FnOnce(&Self) -> R,
    ) -> (R, Vec<Asked>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = Self {
            address: listener.local_addr().unwrap(),
            asked: Mutex::default(),
            is_over: AtomicBool::new(false),
        };
        let result = std::thread::scope(|scope| {
            let _serving = endpoint.serve(scope, &listener, answers);
            let _end = End(&endpoint);
            work(&endpoint)
        });
        (result, endpoint.asked.into_inner().unwrap())
    }

    /// The port that it listens on.
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// The address where the API starts.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    fn serve<'scope>(
        &'scope self,
        scope: &'scope Scope<'scope, '_>,
        listener: &'scope TcpListener,
        answers: &'scope [(u16, String)],
    ) -> ScopedJoinHandle<'scope, ()> {
        scope.spawn(move || {
            let mut answers = answers.iter();
            for stream in listener.incoming() {
                if self.is_over.load(Ordering::SeqCst) {
                    return;
                }
                let mut stream = stream.unwrap();
                let asked = read(&stream);
                self.asked.lock().unwrap().push(asked);
                // A request too many finds the connection closed.
                if let Some((status, body)) = answers.next() {
                    let length = body.len();
                    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n\r\n");
                    stream.write_all((head + body).as_bytes()).unwrap();
                }
            }
        })
    }
}

/// Ends the endpoint, also when the work panics.
struct End<'a>(&'a Endpoint);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.is_over.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for the next connection.
        drop(TcpStream::connect(self.0.address));
    }
}

/// What a model answers that says `text`.
pub(crate) fn says(text: &str) -> (u16, String) {
    let message = json!({"role": "assistant", "content": text});
    (200, json!({"choices": [{"message": message}]}).to_string())
}

fn read(stream: &TcpStream) -> Asked {
    stream.set_read_timeout(Some(SILENCE_MAX)).unwrap();
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut head).unwrap(), 0, "{head}");
    }
    let length = head
        .lines()
        .find_map(|line| {
            line.to_ascii_lowercase()
                .strip_prefix("content-length: ")?
                .parse()
                .ok()
        })
        .unwrap();
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    Asked {
        head,
        body: serde_json::from_slice(&body).unwrap(),
    }
}

//! An HTTP server of a few lines that does to each connection what the test says.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};

/// What a server does to a connection once it has read the request.
pub(super) type Step = Box<dyn FnOnce(&mut TcpStream) + Send>;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) line: String,
    pub(super) headers: Vec<String>,
    pub(super) body: Vec<u8>,
}

impl Seen {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// Listens on loopback until it is dropped. Does one step a connection; further connections are
/// recorded and closed.
#[derive(Debug)]
pub(super) struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(super) fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::<Mutex<Vec<Seen>>>::default();
        let stopped = Arc::<AtomicBool>::default();
        let mut steps: Vec<Step> = steps.into_iter().collect();
        steps.reverse();
        let thread = std::thread::spawn({
            let (seen, stopped) = (Arc::clone(&seen), Arc::clone(&stopped));
            move || {
                for stream in listener.incoming() {
                    if stopped.load(Ordering::SeqCst) {
                        return;
                    }
                    let mut stream = stream.unwrap();
                    stream
                        .set_read_timeout(Some(Duration::from_secs(20)))
                        .unwrap();
                    stream
                        .set_write_timeout(Some(Duration::from_secs(20)))
                        .unwrap();
                    seen.lock().unwrap().push(read_request(&stream));
                    if let Some(step) = steps.pop() {
                        step(&mut stream);
                    }
                }
            }
        });
        Self {
            address,
            seen,
            stopped,
            thread: Some(thread),
        }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests that arrived, none of which can still be under way.
    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(super) fn count(&self) -> usize {
        self.seen().len()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            let outcome = thread.join();
            assert!(
                outcome.is_ok() || std::thread::panicking(),
                "the server panicked"
            );
        }
    }
}

fn read_request(stream: &TcpStream) -> Seen {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = Vec::new();
        // What is no HTTP, like the start of encryption, has a first line of any bytes.
        let read = (&mut reader)
            .take(100_000)
            .read_until(b'\n', &mut line)
            .unwrap_or(0);
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        if read == 0 || line.is_empty() {
            break;
        }
        lines.push(line);
        if !lines[0].starts_with("POST ") {
            break;
        }
    }
    let length = lines
        .iter()
        .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let mut lines = lines.into_iter();
    Seen {
        line: lines.next().unwrap_or_default(),
        headers: lines.collect(),
        body,
    }
}

/// Sends `bytes` as they are. That the client has gone is no fault of the server's.
pub(super) fn raw(bytes: impl AsRef<[u8]> + Send + 'static) -> Step {
    Box::new(move |stream| drop(stream.write_all(bytes.as_ref())))
}

/// Answers with `status`, further header lines, and `body`.
pub(super) fn status(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Step {
    let body = body.as_ref();
    let mut bytes = format!(
        "HTTP/1.1 {status} X\r\ncontent-length: {}\r\n{headers}\r\n",
        body.len()
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    raw(bytes)
}

/// Answers as a model that says `content`.
pub(super) fn says(content: &str) -> Step {
    status(
        200,
        "content-type: application/json\r\n",
        completion(content),
    )
}

pub(super) fn completion(content: &str) -> String {
    json!({
        "id": "x",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": content}}],
        "usage": {"total_tokens": 3},
    })
    .to_string()
}

/// Blocks until the client has closed the connection, which it does before the server's timeout.
pub(super) fn wait_for_close(stream: &mut TcpStream) {
    let error = stream.read_to_end(&mut Vec::new()).err();
    let stayed = error.is_some_and(|error| error.kind() == ErrorKind::WouldBlock);
    assert!(!stayed, "the client stayed");
}

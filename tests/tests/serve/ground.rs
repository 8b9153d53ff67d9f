//! A server, and a caller that sends the very bytes it is told to.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use plugin_api::{Context, Plan, PlanError, PlanRequest, Planner, Task};
use registry::ops::{Limits, Running};
use registry::{Builder, Builtin, Registry};
use serde_json::Value;

/// The one planner there is.
pub(crate) const NAME: &str = "quiet_planner";

/// A token as long as one has to be.
pub(crate) const TOKEN: &str = "correct-horse-battery-staple-0123";

/// No answer takes this long; a test that waits for it hangs.
pub(crate) const HANG: Duration = Duration::from_mins(1);

struct Quiet;

impl Planner for Quiet {
    fn plan(&self, request: &PlanRequest, _: &Context) -> Result<Plan, PlanError> {
        let task = Task::verify("done");
        Plan::builder(request.objective()).task(task).build()
    }
}

/// A registry with one planner that is linked into this process.
pub(crate) fn builder() -> Builder {
    Registry::builder()
        .allow([NAME])
        .builtin(Builtin::new(NAME, Quiet))
}

/// A server at a free port of this machine, with the metrics `metric 1`.
pub(crate) struct Ground {
    pub(crate) registry: Registry,
    pub(crate) running: Running,
    pub(crate) address: SocketAddr,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Ground {
    /// Without a token.
    pub(crate) fn new() -> Self {
        Self::of(builder(), Limits::default())
    }

    /// With [`TOKEN`].
    pub(crate) fn with_token() -> Self {
        Self::of(builder().set("control.token", TOKEN), Limits::default())
    }

    pub(crate) fn of(builder: Builder, limits: Limits) -> Self {
        let registry = builder.build().unwrap();
        let server = registry.server().listen(([127, 0, 0, 1], 0).into());
        let server = server.limits(limits).metrics(|| "metric 1\n".to_owned());
        let running = server.start().unwrap();
        let address = running.address().unwrap();
        Self {
            registry,
            running,
            address,
        }
    }

    pub(crate) fn connect(&self) -> TcpStream {
        connect(self.address)
    }

    /// Everything that is sent back to these bytes.
    pub(crate) fn exchange(&self, request: &[u8]) -> String {
        send(self.address, request)
    }

    /// The answer to one request, with further lines in its head.
    pub(crate) fn ask(&self, method: &str, target: &str, lines: &[&str], body: &str) -> Told {
        let lines: String = lines.iter().flat_map(|line| [*line, "\r\n"]).collect();
        let length = body.len();
        let host = if lines.to_lowercase().contains("host:") {
            ""
        } else {
            "Host: localhost\r\n"
        };
        let request = format!(
            "{method} {target} HTTP/1.1\r\n{host}Connection: close\r\nContent-Length: {length}\r\n\
             {lines}\r\n{body}"
        );
        Told::of(&self.exchange(request.as_bytes()))
    }

    pub(crate) fn get(&self, target: &str) -> Told {
        self.ask("GET", target, &[], "")
    }

    /// A change by somebody who knows [`TOKEN`].
    pub(crate) fn change(&self, method: &str, target: &str, body: &str) -> Told {
        let token = format!("Authorization: Bearer {TOKEN}");
        self.ask(method, target, &[&token], body)
    }
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(HANG)).unwrap();
    stream.set_write_timeout(Some(HANG)).unwrap();
    stream
}

/// Everything that is sent back to these bytes by whoever listens at `address`.
pub(crate) fn send(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = connect(address);
    // The server may turn the rest away before it has read all of it.
    let _ = stream.write_all(request);
    rest_of(&mut stream)
}

/// What still comes on this connection, up to its end.
pub(crate) fn rest_of(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8(answer).unwrap()
}

impl Told {
    pub(crate) fn of(answer: &str) -> Self {
        let (head, body) = answer
            .split_once("\r\n\r\n")
            .unwrap_or_else(|| panic!("no answer: {answer:?}"));
        let status = head.strip_prefix("HTTP/1.1 ").unwrap()[..3].parse();
        Self {
            status: status.unwrap(),
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (given, value) = line.split_once(": ")?;
            given.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Status and code, where there is no answer.
    pub(crate) fn refusal(&self) -> (u16, String) {
        let code = self.json()["error"]["code"].clone();
        (self.status, code.as_str().unwrap_or_default().to_owned())
    }
}

/// A status and a code.
pub(crate) fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

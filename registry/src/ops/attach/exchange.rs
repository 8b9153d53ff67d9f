//! One request and its answer over a Unix socket, within a time and a size.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use super::AttachError;
use crate::ops::socket::connect;

/// Longest answer that is taken in.
const ANSWER_BYTES_MAX: usize = 64 << 20;

/// Shortest time that a read or a write is given.
const SHORTEST: Duration = Duration::from_millis(1);

/// What was answered.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

/// Asks for what stands at `target`.
pub(super) fn get(socket: &Path, target: &str, until: Instant) -> Result<Answered, AttachError> {
    let head = format!("GET {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    exchange(socket, head.as_bytes(), until)
}

/// Sends `body` to `target`.
pub(super) fn post(
    socket: &Path,
    target: &str,
    body: &[u8],
    until: Instant,
) -> Result<Answered, AttachError> {
    let length = body.len();
    let head = format!(
        "POST {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    );
    exchange(socket, &[head.as_bytes(), body].concat(), until)
}

fn exchange(socket: &Path, request: &[u8], until: Instant) -> Result<Answered, AttachError> {
    let failed = |error: io::Error| {
        let socket = socket.to_owned();
        match error.kind() {
            io::ErrorKind::ConnectionRefused => AttachError::Stale { socket },
            io::ErrorKind::NotFound => AttachError::none(&socket.to_string_lossy()),
            io::ErrorKind::PermissionDenied => AttachError::Refused { socket },
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => AttachError::TimedOut { socket },
            io::ErrorKind::InvalidData => AttachError::NotAHost { socket },
            _ => AttachError::Io {
                socket,
                source: error,
            },
        }
    };
    let mut stream = connect(socket, left(until).map_err(failed)?).map_err(failed)?;
    let answer = send(&mut stream, request, until).and_then(|()| receive(&mut stream, until));
    answer.and_then(|answer| parse(&answer)).map_err(failed)
}

fn send(stream: &mut UnixStream, mut request: &[u8], until: Instant) -> io::Result<()> {
    while !request.is_empty() {
        stream.set_write_timeout(Some(left(until)?))?;
        match stream.write(request) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => request = &request[count..],
            // Whoever turns a caller away need not hear all of it; its answer says why.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Everything up to the end of the connection.
fn receive(stream: &mut UnixStream, until: Instant) -> io::Result<Vec<u8>> {
    let mut answer = Vec::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        stream.set_read_timeout(Some(left(until)?))?;
        match stream.read(&mut buffer) {
            Ok(0) => return Ok(answer),
            Ok(count) if answer.len() + count > ANSWER_BYTES_MAX => {
                return Err(io::ErrorKind::InvalidData.into());
            }
            Ok(count) => answer.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn left(until: Instant) -> io::Result<Duration> {
    let left = until.saturating_duration_since(Instant::now());
    if left < SHORTEST {
        return Err(io::ErrorKind::TimedOut.into());
    }
    Ok(left)
}

/// Status and body of an answer that is as long as it says.
fn parse(answer: &[u8]) -> io::Result<Answered> {
    parsed(answer).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

fn parsed(answer: &[u8]) -> Option<Answered> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let (head, body) = (
        std::str::from_utf8(&answer[..end]).ok()?,
        &answer[end + 4..],
    );
    let mut lines = head.split("\r\n");
    let status = lines.next()?.strip_prefix("HTTP/1.1 ")?.get(..3)?;
    let length = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then_some(value)
    });
    let length: usize = length?.trim().parse().ok()?;
    (body.len() == length).then_some(Answered {
        status: status.parse().ok()?,
        body: body.to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_taken_if_it_is_as_long_as_it_says() {
        let whole = b"HTTP/1.1 200 OK\r\ncontent-type: a\r\nContent-Length: 2\r\n\r\nab";
        let answered = parse(whole).unwrap();
        assert_eq!((answered.status, &*answered.body), (200, &b"ab"[..]));
        for broken in [
            &b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab"[..],
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab",
            b"HTTP/1.1 200 OK\r\n\r\nab",
            b"HTTP/1.1 2",
            b"SSH-2.0-OpenSSH\r\n\r\n",
            b"",
        ] {
            let error = parse(broken).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        }
    }
}

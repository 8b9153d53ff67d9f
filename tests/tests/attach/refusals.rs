//! Who is not answered, and what does not answer.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use registry::config::Config;
use registry::ops::{Attached, Form, Question};
use tests::set_mode;

use crate::ground::{Host, NAME, command, socket_folder};

/// The first argument of a process of another user; the socket and that user follow.
pub(crate) const OTHER_USER: &str = "--other-user";

/// A user that is neither root nor whoever runs this.
const NOBODY: u32 = 65_534;

pub(crate) fn another_user_is_refused() {
    if !rustix::process::geteuid().is_root() {
        println!("  only root can be another user; not tried");
        return;
    }
    let host = Host::start();
    // The folder and the mode of the socket keep others out.
    assert_eq!(said_to_other_user(&host), "PermissionDenied");
    // Where both are opened, it is the host that refuses.
    set_mode(host.sockets().parent().unwrap(), 0o755);
    set_mode(&host.sockets(), 0o755);
    set_mode(&host.socket(), 0o666);
    let refused = said_to_other_user(&host);
    assert!(refused.starts_with("HTTP/1.1 403 Forbidden"), "{refused}");
    assert!(refused.contains("\"E_PEER_REFUSED\""), "{refused}");
    assert!(!refused.contains(NAME), "{refused}");
    set_mode(&host.sockets(), 0o700);
    assert_eq!(
        host.ask(&["list"]).code,
        0,
        "its own user is answered all the while"
    );
}

fn said_to_other_user(host: &Host) -> String {
    // Nobody could run it where it was built.
    let folder = tempfile::tempdir().unwrap();
    set_mode(folder.path(), 0o755);
    let program = folder.path().join("program");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    set_mode(&program, 0o755);
    let output = Command::new(&program)
        .arg(OTHER_USER)
        .arg(host.socket())
        .arg(NOBODY.to_string())
        .env_clear()
        .current_dir("/")
        .uid(NOBODY)
        .gid(NOBODY)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Prints what the host says to the user `uid`, who this process runs as.
pub(crate) fn be_other_user(socket: &Path, uid: u32) {
    assert_eq!(rustix::process::geteuid().as_raw(), uid);
    let said = UnixStream::connect(socket).and_then(|mut stream| {
        stream.set_read_timeout(Some(Duration::from_mins(1)))?;
        stream.write_all(b"GET /v1/diagnostics HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
        let mut said = String::new();
        stream.read_to_string(&mut said).map(|_| said)
    });
    match said {
        Ok(said) => print!("{said}"),
        Err(error) => print!("{:?}", error.kind()),
    }
}

/// Answers one caller with `answer`, whatever it asks.
fn pretend(socket: &Path, answer: String) -> thread::JoinHandle<()> {
    let listener = UnixListener::bind(socket).unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut asked = [0; 4096];
        let _ = stream.read(&mut asked).unwrap();
        stream.write_all(answer.as_bytes()).unwrap();
    })
}

pub(crate) fn other_versions_and_other_programs_are_told() {
    let above = tempfile::tempdir().unwrap();
    let folder = socket_folder(above.path());
    let socket = folder.join("7.sock");
    let http = |status: &str, body: &str| {
        format!(
            "HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    for (answer, code) in [
        (
            http("409 Conflict", r#"{"schema": 1, "protocol": 0}"#),
            "E_HOST_OLDER",
        ),
        (
            http("409 Conflict", r#"{"schema": 1, "protocol": 2}"#),
            "E_HOST_NEWER",
        ),
        (http("200 OK", r#"{"protocol": 1}"#), "E_NOT_A_HOST"),
        (http("200 OK", "<html>"), "E_NOT_A_HOST"),
        (http("404 Not Found", "{}"), "E_NOT_A_HOST"),
        (http("503 Service Unavailable", "{}"), "E_HOST_BUSY"),
        (http("200 OK", "x").replace(": 1", ": 9"), "E_NOT_A_HOST"),
        ("220 mail.example ESMTP\r\n".to_owned(), "E_NOT_A_HOST"),
        (String::new(), "E_NOT_A_HOST"),
    ] {
        let other = pretend(&socket, answer.clone());
        let told = command(&folder, &["list", "--attach", "7"]).run();
        let expected = format!("error[{code}]: ");
        assert!(
            told.refusal().1.starts_with(&expected),
            "{answer:?}: {told:#?}"
        );
        assert_eq!(told.code, 1);
        other.join().unwrap();
        std::fs::remove_file(&socket).unwrap();
    }
    // A host that this command is too new for says so itself.
    let host = Host::start();
    let mut stream = UnixStream::connect(host.socket()).unwrap();
    let body = r#"{"protocol": 2, "question": "list", "form": "json"}"#;
    let length = body.len();
    let request = format!(
        "POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    assert!(said.starts_with("HTTP/1.1 409 Conflict\r\n"), "{said}");
    assert!(said.contains("\"protocol\": 1"), "{said}");
    // What a host sends has no power over the terminal.
    let forged = r#"{"protocol": 1, "host": {"pid": 7, "program": "x\u001b[2J", "version": "1",
        "up_ms": 1500}, "outcome": {"answer": {"well": true, "text": "a\u001b]0;t\u0007\rb\n"}}}"#;
    let other = pretend(&socket, http("200 OK", forged));
    let told = command(&folder, &["list", "--attach", "7"]).run();
    assert_eq!(
        told.text(),
        "process 7 (x\\u{1b}[2J) was asked; up for 1 s\na\\u{1b}]0;t\\u{7}\\rb\n"
    );
    other.join().unwrap();
}

pub(crate) fn a_host_that_says_nothing_is_not_waited_for() {
    let above = tempfile::tempdir().unwrap();
    let folder = socket_folder(above.path());
    let socket = folder.join("7.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    let config = Config::loader().load().unwrap();
    let host = Attached::find(config.control(), socket.to_str().unwrap()).unwrap();
    let patience = Duration::from_millis(300);
    let begun = Instant::now();
    let error = host
        .patience(patience)
        .ask(&Question::List, Form::Json)
        .unwrap_err();
    assert_eq!(error.code(), "E_ATTACH_TIMEOUT");
    assert!(begun.elapsed() >= patience);
    let listed = command(&folder, &["ps", "--json"]).run().json();
    assert_eq!(listed["hosts"][0]["standing"], "silent");
    assert_eq!(listed["hosts"][0]["code"], "E_ATTACH_TIMEOUT");
    drop(listener);
}

pub(crate) fn commands_that_ask_no_host_say_so() {
    let above = tempfile::tempdir().unwrap();
    let folder = socket_folder(above.path());
    for arguments in [
        &["plan", NAME, "x"][..],
        &["select", "--objective", "x"],
        &["verify", NAME],
        &["lock"],
        &["doctor"],
        &["config", "show"],
        &["serve"],
        &["ps"],
        &["completions", "bash"],
    ] {
        let told = command(&folder, &[arguments, &["--attach", "7"]].concat()).run();
        let (code, text) = told.refusal();
        assert_eq!(code, 2, "{arguments:?}");
        assert!(
            text.starts_with("error[E_ATTACH_UNSUPPORTED]: "),
            "{arguments:?}: {text}"
        );
    }
    let both = command(&folder, &["list", "--attach", "7", "--plugin-dir", "x"]).run();
    assert_eq!(both.code, 2);
    let link = folder.join("link");
    std::fs::write(&link, "x").unwrap();
    let told = command(&folder, &["list", "--attach", link.to_str().unwrap()]).run();
    assert!(
        told.refusal().1.starts_with("error[E_NO_SUCH_HOST]: "),
        "{told:#?}"
    );
}

//! `registry serve`: told to stop, and failing half-way at its start.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;

use rustix::process::Signal;
use tests::{PluginFolder, RegistryCommand, fixture, set_mode};

use super::command::{command, left_in, stop};

/// `registry serve` at `address`, with its control socket below its home.
fn serve(folder: &PluginFolder, address: &str) -> RegistryCommand {
    let command = command(&["serve", "--listen", address], folder, "obeys");
    let sockets = command.folder().join("run");
    std::fs::create_dir(&sockets).unwrap();
    set_mode(&sockets, 0o700);
    command.env("FACTORY_CONTROL_SOCKET", sockets.to_str().unwrap())
}

fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_server_closes_its_port_and_takes_its_socket_away() {
    let folder = PluginFolder::new().with(&fixture("obeys"));
    let mut running = serve(&folder, "127.0.0.1:0").start();
    let line = running.await_stdout("listening at");
    let address = line.split_whitespace().last().unwrap().parse().unwrap();
    let socket = running.await_stdout("control socket");
    let socket = Path::new(socket.split_whitespace().last().unwrap()).to_owned();
    assert!(socket.exists(), "{socket:?}");
    let (head, body) = get(address, "/metrics").split_once("\r\n\r\n").map_or_else(
        || panic!("no answer"),
        |(head, body)| (head.to_owned(), body.to_owned()),
    );
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    let told = openmetrics_parser::prometheus::parse_prometheus(&body).unwrap();
    let planners = &told.families["registry_planners"];
    assert_eq!(planners.iter_samples().count(), 6, "{body}");
    assert!(
        body.contains("registry_planners{state=\"active\"} 1\n"),
        "{body}"
    );
    let ended = stop(running, Signal::TERM);
    assert!(!socket.exists(), "{ended:?}");
    let refused = TcpStream::connect(address).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
}

#[test]
fn a_start_that_fails_half_way_leaves_nothing() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = PluginFolder::new().with(&fixture("obeys"));
    let address = taken.local_addr().unwrap().to_string();
    let ended = serve(&folder, &address).start().end();
    assert_eq!((ended.code, ended.signal), (Some(1), None), "{ended:?}");
    assert_eq!(left_in(ended.home.path()), Vec::<String>::new());
}

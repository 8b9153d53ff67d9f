//! `registry serve` as a process.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tests::{RegistryCommand, program};

use crate::ground::{Told, send};

#[test]
fn the_command_answers_at_both_places_and_says_once_that_nobody_may_change_anything() {
    let home = tempfile::tempdir().unwrap();
    let sockets = home.path().join("sockets");
    let mut child = Command::new(program())
        .args(["serve", "--listen", "127.0.0.1:0", "--json"])
        .env_clear()
        .env("HOME", home.path())
        .env("FACTORY_CONTROL_SOCKET", &sockets)
        .current_dir(home.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut document = String::new();
    let mut says = BufReader::new(child.stdout.take().unwrap());
    while !document.ends_with("}\n") {
        assert_ne!(says.read_line(&mut document).unwrap(), 0, "{document}");
    }
    let began: Value = serde_json::from_str(&document).unwrap();
    let socket = sockets.join(format!("{}.sock", child.id()));
    assert_eq!(
        (&began["schema"], &began["socket"], &began["takes_changes"]),
        (&json!(1), &json!(socket), &json!(false))
    );
    let listening = began["listening"].as_str().unwrap();
    let address = listening.parse().unwrap();
    let ask = |method: &str, target: &str| {
        let lines = "Host: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
        let request = format!("{method} {target} HTTP/1.1\r\n{lines}");
        Told::of(&send(address, request.as_bytes()))
    };
    assert_eq!(ask("GET", "/healthz").status, 200);
    assert_eq!(
        ask("POST", "/v1/heal").refusal(),
        (403, "E_CHANGES_OFF".to_owned())
    );

    let command = |arguments: &[&str]| {
        let command = RegistryCommand::new(arguments);
        command.env("FACTORY_CONTROL_SOCKET", sockets.to_str().unwrap())
    };
    let listed = command(&["ps", "--json"]).run().json();
    assert_eq!(listed["hosts"][0]["pid"], child.id());
    assert_eq!(listed["hosts"][0]["host"]["program"], "registry");
    let pid = child.id().to_string();
    assert_eq!(command(&["list", "--attach", &pid]).run().code, 0);

    let second = command(&["serve", "--listen", listening]).run();
    let expected = format!("error[E_LISTEN]: cannot listen at {listening}\n");
    assert_eq!(second.code, 1, "{second:#?}");
    assert!(second.stderr.starts_with(&expected), "{second:#?}");

    child.kill().unwrap();
    child.wait().unwrap();
    let mut log = String::new();
    let mut stderr = child.stderr.take().unwrap();
    stderr.read_to_string(&mut log).unwrap();
    assert_eq!(log.matches("no token is configured").count(), 1, "{log}");
}

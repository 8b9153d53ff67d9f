//! `registry bundle`: one archive that says everything but secrets, and that the real `tar` unpacks.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use registry::Registry;
use serde_json::{Value, json};
use tests::{PluginFolder, RegistryCommand, fixture, section_source, set_mode};

/// What every archive holds, in its order.
const NAMES: [&str; 10] = [
    "bundle.json",
    "version.json",
    "diagnosis.json",
    "diagnosis.txt",
    "health.json",
    "discovery.json",
    "trust.json",
    "configuration.json",
    "events.json",
    "doctor.json",
];

fn tar(arguments: &[&str], archive: &Path, folder: &Path) -> String {
    let output = Command::new("tar")
        .args(arguments)
        .arg(archive)
        .arg("-C")
        .arg(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The members of an archive, by name without the folder that they all lie in.
fn unpacked(archive: &Path) -> BTreeMap<String, Vec<u8>> {
    let folder = PluginFolder::new();
    tar(&["-xf"], archive, folder.path());
    let listed = tar(&["-tf"], archive, folder.path());
    let member = |line: &str| {
        let bytes = std::fs::read(folder.file(line)).unwrap();
        (
            line.strip_prefix("registry-bundle/").unwrap().to_owned(),
            bytes,
        )
    };
    listed.lines().map(member).collect()
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn an_archive_has_fixed_members_a_list_of_them_and_one_reader() {
    let plugins = PluginFolder::new().with(&fixture("well_behaved"));
    let place = PluginFolder::new();
    let archive = place.file("help.tar");
    let path = archive.to_str().unwrap();
    let answer = RegistryCommand::new(&["bundle", path, "--json"])
        .plugin_dir(plugins.path())
        .env("FACTORY_ALLOWED_PLANNERS", "well_behaved")
        .run();
    let answer = answer.json();
    assert_eq!(
        (&answer["schema"], &answer["replaced"]),
        (&json!(1), &json!(false))
    );
    assert_eq!(mode(&archive), 0o600);
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1);

    let listed = tar(&["-tf"], &archive, place.path());
    let names = NAMES.iter();
    let expected: Vec<_> = names
        .map(|name| format!("registry-bundle/{name}"))
        .collect();
    assert_eq!(listed.lines().collect::<Vec<_>>(), expected);
    let members = unpacked(&archive);
    let json = |name: &str| -> Value { serde_json::from_slice(&members[name]).unwrap() };
    for name in NAMES.iter().filter(|name| {
        name.rsplit_once('.')
            .is_some_and(|(_, ending)| ending == "json")
    }) {
        assert_eq!(json(name)["schema"], 1, "{name}");
    }
    let list = json("bundle.json");
    assert_eq!(list["members"], answer["members"]);
    for entry in list["members"].as_array().unwrap() {
        let bytes = &members[entry["name"].as_str().unwrap()];
        assert_eq!(entry["bytes"], bytes.len());
        assert_eq!(entry.get("problem"), None, "{entry}");
    }
    assert_eq!(list["made_by"], {
        let mut version = json("version.json");
        version.as_object_mut().unwrap().remove("schema");
        version
    });
    assert_eq!(
        json("diagnosis.json")["planners"][0]["name"],
        "well_behaved"
    );
    assert_eq!(json("health.json")["status"], "ready");
    assert_eq!(json("trust.json")["lock"]["state"], "none");
    let text = String::from_utf8(members["diagnosis.txt"].clone()).unwrap();
    assert!(text.contains("\nCONFIGURATION\n"), "{text}");
}

#[test]
fn no_file_is_replaced_unless_that_is_asked_for_and_told() {
    let place = PluginFolder::new().with_file("help.tar", b"mine");
    let archive = place.file("help.tar");
    std::os::unix::fs::symlink("nowhere", place.file("link.tar")).unwrap();
    let bundle = |name: &str, more: &[&str]| {
        let path = place.file(name);
        RegistryCommand::new(&[&["bundle", path.to_str().unwrap()], more].concat()).run()
    };
    for name in ["help.tar", "link.tar"] {
        let refused = bundle(name, &[]);
        let (code, text) = refused.refusal();
        assert_eq!(code, 1);
        assert!(text.starts_with("error[E_EXISTS]: "), "{text}");
    }
    assert_eq!(std::fs::read(&archive).unwrap(), b"mine");
    let told = bundle("help.tar", &["--force"]);
    assert!(
        told.text()
            .contains("\nin place of the file that was there\n"),
        "{told:#?}"
    );
    assert_eq!(
        (mode(&archive), unpacked(&archive).len()),
        (0o600, NAMES.len())
    );
    let nowhere = bundle("missing/help.tar", &[]);
    assert!(
        nowhere.refusal().1.starts_with("error[E_WRITE]: "),
        "{nowhere:#?}"
    );
}

/// Planted where somebody may have left one. Each has the shape of a real one.
const SECRETS: [(&str, &str); 8] = [
    ("file name", "ghp_0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX"),
    ("environment", "sk-proj-Zx9Yw8Vu7Ts6Rq5Po4Nm3Lk2Ji1Hg0Fe"),
    ("configuration", "cfgW7qZ2vB9nM4xK"),
    ("plugin text", "AKIAQ3EGRT5PLM7WXYZ2"),
    ("event", "evtP4ssw0rdN0body"),
    ("log", "glpat-Xy9Zw8Vu7Ts6Rq5Po4Nm"),
    ("log's URL", "urlS3cretPart"),
    ("private key", "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"),
];

fn secret(place: &str) -> &'static str {
    let mut secrets = SECRETS.iter();
    secrets.find(|(name, _)| *name == place).unwrap().1
}

#[test]
fn no_planted_secret_is_in_any_member() {
    let manifest = json!({
        "schema": 1,
        "name": "leaky_planner",
        "version": "1.0.0",
        "api": {"major": 1, "minor": 0},
        "build": {"rustc": "none", "profile": "release", "panic": "unwind"},
        "description": format!("Signs in with {}.", secret("plugin text")),
        "hint": {"token": secret("plugin text")},
    });
    let plugins = PluginFolder::new()
        .with_c("leaky.so", &section_source(&manifest.to_string()))
        .with_file(&format!("lib{}.so", secret("file name")), b"no library")
        .with_file(&format!("token={}.so", secret("file name")), b"nor this");
    let place = PluginFolder::new().with_file(
        "host.log",
        format!(
            "PRIVATE-TOKEN: {}\nfetching https://robot:{}@example.org/x\n\
             -----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\nthe end \u{1b}[2J\n",
            secret("log"),
            secret("log's URL"),
            secret("private key"),
        )
        .as_bytes(),
    );
    set_mode(place.path(), 0o700);
    let state = place.file("state");
    let run = |arguments: &[&str]| {
        RegistryCommand::new(arguments)
            .plugin_dir(plugins.path())
            .config(&format!(
                "[planners.leaky_planner.config]\napi_key = \"{}\"\n",
                secret("configuration")
            ))
            .env("FACTORY_ALLOWED_PLANNERS", "leaky_planner")
            .env("FACTORY_STATE_DIR", state.to_str().unwrap())
            .env("LLM_PLANNER_API_KEY", secret("environment"))
            .run()
    };
    let reason = format!("password={}", secret("event"));
    let held = run(&["quarantine", "leaky_planner", "--reason", &reason]);
    assert_eq!(held.code, 0, "{held:#?}");
    let archive = place.file("help.tar");
    let log = place.file("host.log");
    let (archive_path, log_path) = (archive.to_str().unwrap(), log.to_str().unwrap());
    let made = run(&[
        "bundle",
        archive_path,
        "--log",
        log_path,
        "--log",
        "/dev/zero",
    ]);
    assert_eq!(made.code, 0, "{made:#?}");

    let members = unpacked(&archive);
    for (name, bytes) in &members {
        let text = String::from_utf8(bytes.clone()).unwrap();
        for (planted, secret) in SECRETS {
            assert!(!text.contains(secret), "{planted} in {name}: {text}");
        }
    }
    // The places themselves are told, so that nothing passed because it was not there.
    let text = |name: &str| String::from_utf8(members[name].clone()).unwrap();
    assert!(text("diagnosis.json").contains("Signs in with ********"));
    assert!(text("discovery.json").contains("E_NOT_A_LIBRARY"));
    assert!(text("configuration.json").contains("planners.leaky_planner.config"));
    assert!(
        text("events.json").contains("password=********"),
        "{}",
        text("events.json")
    );
    assert_eq!(
        text("logs/01.log"),
        "PRIVATE-TOKEN: ********\nfetching https://********@example.org/x\n********\n\
         the end \\u{1b}[2J\n"
    );
    assert_eq!(text("logs/02.log"), "");
    let list: Value = serde_json::from_str(&text("bundle.json")).unwrap();
    assert_eq!(
        list["members"].as_array().unwrap().last().unwrap()["problem"],
        "the log cannot be read: no regular file"
    );
}

#[test]
fn what_a_running_host_knows_is_in_the_archive_if_one_is_named() {
    let plugins = PluginFolder::new().with(&fixture("well_behaved"));
    let place = PluginFolder::new();
    set_mode(place.path(), 0o700);
    let builder = Registry::builder().plugin_dir(plugins.path());
    let builder = builder.set("control.socket", place.path());
    let host = builder.allow(["well_behaved"]).build().unwrap();
    host.get("well_behaved").unwrap();
    let running = host.expose().unwrap();
    let archive = place.file("help.tar");
    let socket = running.socket().unwrap().to_str().unwrap();
    let arguments = ["bundle", archive.to_str().unwrap(), "--attach", socket];
    let made = RegistryCommand::new(&arguments)
        .env("FACTORY_PLUGIN_DIRS", plugins.path().to_str().unwrap())
        .env("FACTORY_ALLOWED_PLANNERS", "well_behaved")
        .run();
    assert_eq!(made.code, 0, "{made:#?}");
    let members = unpacked(&archive);
    let state = |name: &str| {
        let document: Value = serde_json::from_slice(&members[name]).unwrap();
        document["planners"][0]["state"].clone()
    };
    assert_eq!(state("diagnosis.json"), "not_loaded");
    assert_eq!(state("host/diagnosis.json"), "ready");
    let health: Value = serde_json::from_slice(&members["host/health.json"]).unwrap();
    assert_eq!(health["active"], 1);
    let events = String::from_utf8(members["host/events.json"].clone()).unwrap();
    assert!(events.contains("\"loaded\""), "{events}");

    drop(running);
    let gone = place.file("gone.tar");
    let arguments = ["bundle", gone.to_str().unwrap(), "--attach", "/nowhere"];
    assert_eq!(RegistryCommand::new(&arguments).run().code, 1);
    assert!(!gone.exists());
}

#[test]
fn of_a_long_log_the_end_is_kept_from_the_beginning_of_a_line() {
    let line = "a line that nobody reads\n";
    let place = PluginFolder::new().with_file("host.log", line.repeat(200_000).as_bytes());
    let (archive, log) = (place.file("help.tar"), place.file("host.log"));
    let arguments = [
        "bundle",
        archive.to_str().unwrap(),
        "--log",
        log.to_str().unwrap(),
    ];
    assert_eq!(RegistryCommand::new(&arguments).run().code, 0);
    let kept = &unpacked(&archive)["logs/01.log"];
    let lines = (4 << 20) / line.len();
    assert_eq!(kept.len(), lines * line.len());
    assert!(kept.starts_with(line.as_bytes()) && kept.ends_with(line.as_bytes()));
}

//! Where dependencies come from and under which licenses, and that nothing builds other ones than those
//! that are written down.

use std::collections::BTreeMap;

use serde_json::Value;
use toml::Table;
use xtask::{cargo, workspace_root};

fn read(path: &str) -> String {
    std::fs::read_to_string(workspace_root().join(path)).unwrap()
}

/// Packages of the committed lock file that are not ours, for the platform that is supported.
fn foreign_packages() -> Vec<Value> {
    let output = cargo()
        .args(["metadata", "--locked", "--format-version", "1"])
        .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let used = metadata["resolve"]["nodes"].as_array().unwrap().iter();
    let used: Vec<&Value> = used.map(|node| &node["id"]).collect();
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages
        .filter(|package| used.contains(&&package["id"]) && !package["source"].is_null())
        .cloned()
        .collect()
}

fn texts(value: &toml::Value) -> Vec<String> {
    let list = value.as_array().unwrap().iter();
    list.map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// Licenses that every package may have, and more for some.
struct Allowed {
    all: Vec<String>,
    more: BTreeMap<String, Vec<String>>,
}

impl Allowed {
    fn of(deny: &Table) -> Self {
        let licenses = deny["licenses"].as_table().unwrap();
        let exceptions = licenses["exceptions"].as_array().unwrap().iter();
        let more = exceptions.map(|exception| {
            let name = exception["crate"].as_str().unwrap().to_owned();
            (name, texts(&exception["allow"]))
        });
        Self {
            all: texts(&licenses["allow"]),
            more: more.collect(),
        }
    }

    /// Whether a package may be used under `expression`: each of its parts under one of its choices.
    /// Nothing in the tree nests deeper.
    fn permits(&self, package: &str, expression: &str) -> bool {
        let more = self.more.get(package).into_iter().flatten();
        let allowed: Vec<&String> = self.all.iter().chain(more).collect();
        let expression = expression.replace(['(', ')'], "").replace('/', " OR ");
        expression.split(" AND ").all(|part| {
            let mut choices = part.split(" OR ").map(str::trim);
            choices.any(|choice| allowed.iter().any(|license| *license == choice))
        })
    }
}

#[test]
fn every_dependency_has_a_license_that_is_allowed_and_every_exception_is_needed() {
    let deny: Table = read("deny.toml").parse().unwrap();
    let allowed = Allowed::of(&deny);
    let packages = foreign_packages();
    assert!(packages.len() > 100, "{}", packages.len());
    let name = |package: &Value| package["name"].as_str().unwrap().to_owned();
    let license = |package: &Value| package["license"].as_str().unwrap_or("none").to_owned();
    let refused: Vec<_> = packages
        .iter()
        .map(|package| (name(package), license(package)))
        .filter(|(name, license)| !allowed.permits(name, license))
        .collect();
    assert_eq!(refused, []);

    let without = Allowed {
        more: BTreeMap::new(),
        ..Allowed::of(&deny)
    };
    let mut needed: Vec<_> = packages
        .iter()
        .map(|package| (name(package), license(package)))
        .filter(|(name, license)| !without.permits(name, license))
        .map(|(name, _)| name)
        .collect();
    needed.sort();
    needed.dedup();
    let excepted: Vec<_> = allowed.more.keys().cloned().collect();
    assert_eq!(needed, excepted);
}

#[test]
fn every_dependency_comes_from_the_one_registry_with_a_checksum_and_none_is_banned() {
    let deny: Table = read("deny.toml").parse().unwrap();
    let registries = texts(&deny["sources"]["allow-registry"]);
    let banned = deny["bans"]["deny"].as_array().unwrap().iter();
    let banned: Vec<_> = banned.map(|entry| entry["crate"].as_str()).collect();
    let peers = "benches/isolation_peers/Cargo.lock";
    for path in ["Cargo.lock", "fuzz/Cargo.lock", peers] {
        let lock: Table = read(path).parse().unwrap();
        for package in lock["package"].as_array().unwrap() {
            let Some(source) = package.get("source").and_then(toml::Value::as_str) else {
                continue;
            };
            let registry = source.strip_prefix("registry+").unwrap_or(source);
            assert!(registries.iter().any(|own| own == registry), "{package}");
            assert!(package.get("checksum").is_some(), "{package}");
            assert!(!banned.contains(&package["name"].as_str()), "{package}");
        }
    }
}

#[test]
fn every_advisory_that_is_passed_over_has_a_reason() {
    let deny: Table = read("deny.toml").parse().unwrap();
    for ignored in deny["advisories"]["ignore"].as_array().unwrap() {
        assert!(ignored["id"].as_str().unwrap().starts_with("RUSTSEC-"));
        assert!(ignored["reason"].as_str().unwrap().len() > 10, "{ignored}");
    }
}

/// Subcommands of cargo that look up versions where no lock file says them.
const RESOLVING: [&str; 14] = [
    "bench", "build", "check", "clippy", "deny", "doc", "fetch", "install", "metadata", "run",
    "rustc", "test", "tree", "vendor",
];

/// Commands in `script` that run cargo without its lock file.
fn unlocked(script: &str) -> Vec<&str> {
    let lines = script.lines().map(str::trim);
    let lines = lines.filter(|line| !line.starts_with('#'));
    let commands = lines.flat_map(|line| line.split("&&").flat_map(|part| part.split(';')));
    commands
        .filter(|command| {
            let mut words = command
                .split_whitespace()
                .skip_while(|word| *word != "cargo");
            words.next();
            let subcommand = words.find(|word| !word.starts_with(['+', '-']));
            subcommand.is_some_and(|word| RESOLVING.contains(&word))
                && !command.split_whitespace().any(|word| word == "--locked")
        })
        .map(str::trim)
        .collect()
}

#[test]
fn whatever_builds_here_does_so_by_the_lock_file() {
    let mut scripts = vec![".ci/run".to_owned()];
    let folder = workspace_root().join(".github/workflows");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        scripts.push(format!(".github/workflows/{name}"));
    }
    assert!(scripts.len() > 2, "{scripts:?}");
    for script in scripts {
        assert_eq!(unlocked(&read(&script)), Vec::<&str>::new(), "{script}");
    }
    let config: Table = read(".cargo/config.toml").parse().unwrap();
    for (name, alias) in config["alias"].as_table().unwrap() {
        assert!(alias.as_str().unwrap().contains(" --locked "), "{name}");
    }
}

#[test]
fn a_command_without_the_lock_file_is_found() {
    let script = "cargo test --locked\n# cargo build\n- run: cargo install tool && cargo fmt\nX=1 cargo +nightly test; \
                  cargo loom\ncargo deny --locked check";
    assert_eq!(
        unlocked(script),
        ["- run: cargo install tool", "X=1 cargo +nightly test"]
    );
}

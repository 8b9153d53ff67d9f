//! What a user of the library compiles, and which way the packages depend on each other.

use std::collections::BTreeSet;
use std::process::Command;

use xtask::workspace_root;

/// Names of the packages that `package` links, itself included.
fn linked_by(package: &str) -> BTreeSet<String> {
    linked_with(package, &[])
}

/// The same, with further arguments for cargo.
fn linked_with(package: &str, arguments: &[&str]) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .current_dir(workspace_root())
        .args([
            "tree", "--locked", "--edges", "normal", "--prefix", "none", "--format", "{p}",
        ])
        .args(["--package", package])
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

#[test]
fn a_user_of_the_library_compiles_no_command_line_async_http_or_tls_crate() {
    let linked = linked_by("registry");
    assert!(
        linked.contains("registry-core") && linked.contains("libloading"),
        "{linked:?}"
    );
    let unwanted = [
        "clap",
        "tokio",
        "async-std",
        "smol",
        "hyper",
        "hyper-util",
        "http",
        "mio",
        "reqwest",
        "ureq",
        "tiny_http",
        "axum",
        "rustls",
        "native-tls",
        "openssl",
        "ring",
        "tracing-subscriber",
        "metrics",
        "metrics-exporter-prometheus",
        "minisign",
        "schemars",
        "jsonschema",
        "tar",
        "flate2",
        "scrypt",
    ];
    let found: Vec<_> = unwanted
        .into_iter()
        .filter(|name| linked.contains(*name))
        .collect();
    assert_eq!(found, Vec::<&str>::new());
}

#[test]
fn answering_from_outside_compiles_no_command_line_and_no_tls() {
    let linked = linked_with("registry", &["--features", "ops"]);
    assert!(linked.contains("hyper") && linked.contains("tokio"));
    let unwanted = [
        "clap",
        "rustls",
        "openssl",
        "ring",
        "tracing-subscriber",
        "tokio-macros",
    ];
    let found = unwanted.into_iter().filter(|name| linked.contains(*name));
    assert_eq!(found.collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn plugin_authors_do_not_compile_the_runtime_and_the_core_knows_no_plugins() {
    let ours = |package: &str| -> Vec<String> {
        let ours = [
            "registry",
            "registry-core",
            "registry-cli",
            "plugin-api",
            "xtask",
        ];
        let linked = linked_by(package);
        linked
            .into_iter()
            .filter(|name| ours.contains(&name.as_str()))
            .collect()
    };
    assert_eq!(ours("plugin-api"), ["plugin-api"]);
    assert_eq!(ours("registry-core"), ["registry-core"]);
    assert_eq!(
        ours("registry"),
        ["plugin-api", "registry", "registry-core"]
    );
    assert_eq!(ours("structural_planner"), ["plugin-api"]);
}

//! What tells one build of the command from another.

use std::process::Command;

use serde_json::json;
use tests::RegistryCommand;
use xtask::workspace_root;

/// The commit that the sources are of, if they lie in a repository of their own.
fn commit() -> Option<String> {
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        let output = command.arg("-C").arg(workspace_root()).args(arguments);
        let output = output
            .output()
            .ok()
            .filter(|output| output.status.success())?;
        let text = String::from_utf8(output.stdout).ok()?;
        Some(text.trim().to_owned())
    };
    let top = std::fs::canonicalize(git(&["rev-parse", "--show-toplevel"])?).ok()?;
    (top == workspace_root().canonicalize().ok()?).then(|| git(&["rev-parse", "HEAD"]))?
}

#[test]
fn one_line_names_version_commit_interface_and_its_tables() {
    let answer = RegistryCommand::new(&["version", "--json"]).run().json();
    assert_eq!(
        (&answer["schema"], &answer["version"]),
        (&json!(1), &json!("0.1.0"))
    );
    assert_eq!(answer["api"], json!({"major": 1, "minor": 0}));
    // Another program with the same tables finds the same word for them.
    assert_eq!(answer["abi"], registry::abi_fingerprint());
    assert_eq!(registry::abi_fingerprint().len(), 16);
    let rustc = answer["rustc"].as_str().unwrap();
    assert!(rustc.starts_with("rustc 1."), "{rustc}");
    let built_of = answer["commit"].as_str().unwrap();
    match commit() {
        Some(commit) => assert_eq!(built_of, &commit[..12]),
        None => assert_eq!(built_of, "unknown"),
    }

    let line = RegistryCommand::new(&["--version"]).run();
    assert_eq!(
        line.text(),
        format!(
            "registry 0.1.0 (commit {built_of}, plugin interface 1.0, abi {})\n",
            registry::abi_fingerprint()
        )
    );
    let shown = RegistryCommand::new(&["version"]).run();
    let shown = shown.text();
    assert_eq!(shown.lines().count(), 5, "{shown}");
    assert!(
        shown.contains(&format!("commit            {built_of}\n")),
        "{shown}"
    );
}

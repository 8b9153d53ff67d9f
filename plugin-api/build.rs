//! Records the compiler's version, which the export macro writes into every manifest.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-env-changed=RUSTC");
    println!("cargo::rustc-env=PLUGIN_API_RUSTC={}", rustc_version());
}

/// The first line of `rustc --version` without its leading word, or `unknown`.
fn rustc_version() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    Command::new(rustc)
        .arg("--version")
        .output()
        .ok()
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .and_then(|line| line.trim().strip_prefix("rustc ").map(str::to_owned))
        .unwrap_or_else(|| "unknown".to_owned())
}

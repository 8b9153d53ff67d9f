//! Real libraries, built by the C compiler.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A manifest that says only what is required.
pub(crate) const MANIFEST: &str = concat!(
    r#"{"schema":1,"name":"some_planner","version":"1.2.3","api":{"major":1,"minor":0},"#,
    r#""build":{"rustc":"rustc 1.95.0","profile":"release","panic":"unwind"}}"#
);

/// [`MANIFEST`] under another name.
pub(crate) fn manifest(name: &str) -> String {
    MANIFEST.replace("some_planner", name)
}

/// C source of a library with that manifest, plus `more` code.
pub(crate) fn plugin_source(manifest: &str, more: &str) -> String {
    format!(
        "static const char manifest[] \
         __attribute__((section(\".planner_manifest\"), used)) = {manifest:?};\n{more}\n"
    )
}

/// Compiles `source` into the shared library `folder/name`.
pub(crate) fn compile(folder: &Path, name: &str, source: &str, options: &[&str]) -> PathBuf {
    let code = folder.join(format!("{name}.c"));
    let library = folder.join(name);
    std::fs::write(&code, source).unwrap();
    let output = Command::new("gcc")
        .args(["-shared", "-fPIC", "-o"])
        .args([&library, &code])
        .args(options)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "gcc: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    std::fs::remove_file(code).unwrap();
    library
}

//! `cargo reference`: writes the documents anew that are made from the code.

use std::process::Stdio;

use crate::{XtaskError, cargo, workspace_root};

/// What the example `reference` of `registry` is asked for, and where its answer stands.
pub const DOCUMENTS: [(&str, &str); 2] = [
    ("schema", "docs/diagnose.schema.json"),
    ("configuration", "docs/configuration.md"),
];

/// Writes them.
pub fn run() -> Result<(), XtaskError> {
    for (what, place) in DOCUMENTS {
        let mut command = cargo();
        command
            .args(["run", "--quiet", "--locked", "--package", "registry"])
            .args(["--features", "schema", "--example", "reference", "--", what])
            .stdin(Stdio::null())
            .stderr(Stdio::inherit());
        let program = command.get_program().to_owned();
        let output = command.output().map_err(XtaskError::io(program.as_ref()))?;
        if !output.status.success() {
            return Err(XtaskError::Failed {
                command: format!("{command:?}"),
                status: output.status.to_string(),
            });
        }
        let path = workspace_root().join(place);
        std::fs::write(&path, output.stdout).map_err(XtaskError::io(&path))?;
    }
    Ok(())
}

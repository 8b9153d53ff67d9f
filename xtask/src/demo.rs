//! `cargo demo`: builds and stages the plugins, shows what the runtime sees, and makes a real plan.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::artifacts::{self, Build};
use crate::module_graph;
use crate::{XtaskError, run_visibly, workspace_root};

/// The planners that the workspace ships.
pub const PLANNERS: [&str; 4] = [
    "llm_planner",
    "risk_planner",
    "structural_planner",
    "multi_pass_arch_planner",
];

const OBJECTIVE: &str = "Review the registry library from its foundations up";

/// Runs the demo.
pub fn run() -> Result<(), XtaskError> {
    let registry = build_and_stage()?;
    heading("registry diagnose --verbose");
    run_visibly(Command::new(&registry).args(["diagnose", "--verbose"]))?;

    let context = registry.with_file_name("demo-context.json");
    write_context(&context)?;
    heading(&format!(
        "registry plan structural_planner \"{OBJECTIVE}\" --context {}",
        context.display()
    ));
    run_visibly(
        Command::new(&registry)
            .args(["plan", "structural_planner", OBJECTIVE, "--context"])
            .arg(&context),
    )
}

/// Builds command and plugins, and puts the plugins into the folder beside the command where it
/// looks for them by default.
fn build_and_stage() -> Result<PathBuf, XtaskError> {
    let mut packages = vec!["--package", "registry-cli"];
    for planner in PLANNERS {
        packages.extend(["--package", planner]);
    }
    let built = Build::new(&packages).run()?;
    let registry = artifacts::find(&built, "registry", "bin")?.path.clone();
    let folder = registry.with_file_name("plugins");
    for planner in PLANNERS {
        stage(&artifacts::find(&built, planner, "cdylib")?.path, &folder)?;
    }
    Ok(registry)
}

/// Copies a library into `folder` with modes that do not depend on the umask: a plugin that others
/// can write is one that others can replace.
pub fn stage(library: &Path, folder: &Path) -> Result<PathBuf, XtaskError> {
    std::fs::create_dir_all(folder).map_err(XtaskError::io(folder))?;
    set_mode(folder, 0o755)?;
    let staged = folder.join(library.file_name().unwrap_or_default());
    // A new file under the final name: one that is mapped somewhere must not be written into.
    let fresh = staged.with_extension("so.new");
    std::fs::copy(library, &fresh).map_err(XtaskError::io(library))?;
    set_mode(&fresh, 0o644)?;
    std::fs::rename(&fresh, &staged).map_err(XtaskError::io(&staged))?;
    Ok(staged)
}

fn set_mode(path: &Path, mode: u32) -> Result<(), XtaskError> {
    std::fs::set_permissions(path, Permissions::from_mode(mode)).map_err(XtaskError::io(path))
}

/// Writes the module graph of this repository's library as a planner's context.
fn write_context(path: &Path) -> Result<(), XtaskError> {
    let source = module_graph::read(&workspace_root().join("registry/src"))?;
    let modules: Vec<_> = module_graph::modules(&source)
        .into_iter()
        .map(|module| json!({"path": module.path, "lines": module.lines, "depends_on": module.imports}))
        .collect();
    let context = json!({ "files": modules }).to_string();
    std::fs::write(path, context).map_err(XtaskError::io(path))
}

#[expect(clippy::print_stdout, reason = "the demo's own output")]
fn heading(command: &str) {
    println!("\n$ {command}");
}

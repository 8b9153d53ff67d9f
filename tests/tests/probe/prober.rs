//! A prober that cannot start: the plugin has no part in that.

use std::path::{Path, PathBuf};
use std::process::Command;

use registry::sandbox::{Enforced, LayerName, LayerState};
use serde_json::Value;
use tempfile::TempDir;
use tests::{PluginFolder, RegistryCommand, fixture, program, set_mode};

use super::state;

const NAME: &str = "obeys";

/// A program that takes Landlock from itself before it becomes the worker: as if the kernel had none.
const WITHOUT_LANDLOCK: &str = r"
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int count, char **arguments) {
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 444, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {4, filter};
    (void)count;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return 70;
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) return 71;
    execv(PROGRAM, arguments);
    return 72;
}
";

fn without_landlock() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    set_mode(folder.path(), 0o755);
    let (source, built) = (folder.path().join("own.c"), folder.path().join("own"));
    let text = format!(
        "#define PROGRAM \"{}\"\n{WITHOUT_LANDLOCK}",
        program().display()
    );
    std::fs::write(&source, text).unwrap();
    let mut compiler = Command::new("cc");
    compiler.arg("-o").arg(&built).arg(&source);
    assert!(compiler.status().unwrap().success());
    set_mode(&built, 0o755);
    (folder, built)
}

/// What the command, a process of its own each time, answers and how it ends.
fn ask(sandbox: &str, program: &Path, ground: [&Path; 2], words: &[&str]) -> (i32, Value) {
    let answer = RegistryCommand::new(&[words, &["--json"]].concat())
        .plugin_dir(ground[0])
        .env("FACTORY_STATE_DIR", ground[1].to_str().unwrap())
        .env("FACTORY_ALLOWED_PLANNERS", NAME)
        .env("FACTORY_ISOLATION", "probe")
        .env("FACTORY_SANDBOX", sandbox)
        .env("FACTORY_WORKER_PROGRAM", program.to_str().unwrap())
        .run();
    (answer.code, answer.json())
}

/// The last gate, which is the probe's.
fn probe_of(explanation: &Value) -> &Value {
    let gate = explanation["gates"].as_array().unwrap().last().unwrap();
    assert_eq!(gate["gate"], "probe");
    gate
}

#[test]
fn a_sandbox_that_cannot_be_had_is_not_held_against_the_plugin() {
    let (folder, state) = (PluginFolder::new().with(&fixture(NAME)), state());
    let (_built, program) = without_landlock();
    let ground = [folder.path(), state.path()];
    let (code, answer) = ask("strict", &program, ground, &["plan", NAME, "pid"]);
    assert_eq!(code, 1);
    assert_eq!(answer["error"]["code"], "E_WORKER_SANDBOX", "{answer:#}");
    assert!(!state.path().join("probes.json").exists());
    let (code, explanation) = ask("strict", &program, ground, &["explain", NAME]);
    assert_eq!((code, &explanation["last_crash"]), (0, &Value::Null));
    assert_eq!(probe_of(&explanation)["verdict"], "not_yet");
    // The same plugin passes where less is demanded, and what was missing is kept with the verdict.
    let (code, answer) = ask("best-effort", &program, ground, &["plan", NAME, "pid"]);
    assert_eq!(code, 0, "{answer:#}");
    let (code, explanation) = ask("best-effort", &program, ground, &["explain", NAME]);
    assert_eq!(
        (code, &probe_of(&explanation)["verdict"]),
        (0, &"passed".into())
    );
    let kept = std::fs::read(state.path().join("probes.json")).unwrap();
    let kept: Value = serde_json::from_slice(&kept).unwrap();
    let verdicts = kept["content"]["verdicts"].as_object().unwrap();
    let enforced = &verdicts.values().next().unwrap()["enforced"];
    let enforced: Enforced = serde_json::from_value(enforced.clone()).unwrap();
    let files = enforced.state(LayerName::Files).unwrap();
    assert!(matches!(files, LayerState::Off { .. }), "{files:?}");
    // What passed without a layer is not what a stricter sandbox asks about.
    let (_, explanation) = ask("strict", &program, ground, &["explain", NAME]);
    assert_eq!(probe_of(&explanation)["verdict"], "not_yet");
}

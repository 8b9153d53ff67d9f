//! A library constructor that hangs blocks the process's dynamic loader, and nobody waits for it
//! without bound.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use plugin_api::API_VERSION;
use registry::Registry;
use tests::{PluginFolder, fixture, manifest_source};

/// Longer than any wait here may take.
const PATIENCE: Duration = Duration::from_secs(20);

fn registry(folder: &PluginFolder) -> Registry {
    Registry::builder()
        .plugin_dir(folder.path())
        .allow(["hanging_planner", "chatty"])
        .set("isolation.self_test_timeout", "300ms")
        .build()
        .unwrap()
}

fn fifo(folder: &PluginFolder, name: &str) -> PathBuf {
    let path = folder.file(name);
    let status = Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(status.success());
    path
}

/// A library whose constructor opens one FIFO, so that we know that it runs, and waits for the other.
fn hanging(entered: &Path, leave: &Path) -> String {
    format!(
        "#include <fcntl.h>\n\
         #include <unistd.h>\n\
         {}\
         __attribute__((constructor)) static void hang(void) {{\n\
             close(open(\"{}\", O_WRONLY));\n\
             close(open(\"{}\", O_RDONLY));\n\
         }}\n",
        manifest_source("hanging_planner", API_VERSION.major, API_VERSION.minor),
        entered.display(),
        leave.display()
    )
}

/// Lets the constructor go on, whatever becomes of the test.
struct Release<'a>(&'a Path);

impl Drop for Release<'_> {
    fn drop(&mut self) {
        let both_ends = OpenOptions::new().read(true).write(true).open(self.0);
        // Held open until the constructor has surely seen it.
        std::mem::forget(both_ends);
    }
}

#[test]
fn whoever_maps_a_library_meanwhile_is_told_within_the_bound_who_hangs() {
    let folder = PluginFolder::new();
    let (entered, leave) = (fifo(&folder, "entered"), fifo(&folder, "leave"));
    let folder = folder
        .with(&fixture("chatty"))
        .with_c("hanging.so", &hanging(&entered, &leave));
    let registry = &registry(&folder);
    std::thread::scope(|scope| {
        let release = Release(&leave);
        let hanging = scope.spawn(|| registry.get("hanging_planner").map(drop));
        let other = scope.spawn(|| {
            File::open(&entered).unwrap();
            registry.get("chatty").map(drop)
        });
        // Starting a thread, waiting in another way and unwinding may ask the dynamic loader too.
        let started = Instant::now();
        while !other.is_finished() && started.elapsed() < PATIENCE {
            std::thread::yield_now();
        }
        let in_time = other.is_finished();
        drop(release);
        assert!(in_time);
        let error = other.join().unwrap().unwrap_err();
        assert_eq!(error.code(), "E_LOAD_TIMEOUT");
        assert_eq!(
            std::error::Error::source(&error).unwrap().to_string(),
            "the dynamic loader was still busy with planner \"hanging_planner\" after 300ms"
        );

        let error = hanging.join().unwrap().unwrap_err();
        assert_eq!(error.code(), "E_NO_ROOT");
    });
    // Whoever asks next need not wait for another registry's failure, of another age, to be over.
    self::registry(&folder).get("chatty").unwrap();
}

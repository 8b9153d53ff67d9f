//! What runs is the object that was sealed, whatever the dynamic loader hands out under its name.

use std::fs;
use std::os::fd::{FromRawFd, OwnedFd};
use std::sync::Mutex;

use plugin_api::{API_VERSION, PlanRequest};
use registry::Registry;
use tests::{PluginFolder, fixture, manifest_source};

const NAME: &str = "counts_constructions";

/// Held by each test, so that no other takes the descriptor's number.
static ALONE: Mutex<()> = Mutex::new(());

fn registry(folder: &PluginFolder, name: &str) -> Registry {
    let builder = Registry::builder().plugin_dir(folder.path());
    builder.allow([name]).build().unwrap()
}

/// How many constructions the plugin's statics have seen.
fn constructions(registry: &Registry) -> u64 {
    let plan = registry.plan(NAME, &PlanRequest::new("Count")).unwrap();
    plan.meta()["constructions"].as_u64().unwrap()
}

/// Descriptors of this process that hold a sealed copy of the planner.
fn sealed_copies() -> Vec<i32> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc/self/fd").unwrap() {
        let path = entry.unwrap().path();
        // The descriptor of this very listing may be gone already.
        let Ok(target) = fs::read_link(&path) else {
            continue;
        };
        if target
            .to_string_lossy()
            .starts_with("/memfd:counts_constructions")
        {
            found.push(path.file_name().unwrap().to_string_lossy().parse().unwrap());
        }
    }
    found
}

/// Closes descriptors that somebody else owns, as a broken host might.
#[expect(unsafe_code, reason = "closing foreign descriptors is what is tested")]
fn close(descriptors: &[i32]) {
    for descriptor in descriptors {
        // SAFETY: the descriptor is open, and its owner, which is never dropped, does not use it again.
        drop(unsafe { OwnedFd::from_raw_fd(*descriptor) });
    }
}

#[test]
fn a_new_build_runs_its_own_code_although_the_descriptor_of_the_old_one_was_closed_and_reused() {
    let _alone = ALONE.lock().unwrap();
    let old = PluginFolder::new().with_own(&fixture(NAME), "old");
    let old = registry(&old, NAME);
    assert_eq!([0, 1].map(|_| constructions(&old)), [1, 1]);
    let descriptors = sealed_copies();
    assert_eq!(descriptors.len(), 1);
    close(&descriptors);

    let new = PluginFolder::new().with_own(&fixture(NAME), "new");
    let new = registry(&new, NAME);
    assert_eq!(
        constructions(&new),
        1,
        "the statics are the new build's own"
    );
    assert_eq!(sealed_copies(), descriptors, "the number was reused");
    assert_ne!(
        old.get(NAME).unwrap().digest(),
        new.get(NAME).unwrap().digest()
    );
}

#[test]
fn a_header_that_lies_outside_of_the_sealed_object_is_refused() {
    let _alone = ALONE.lock().unwrap();
    // The loader asks a symbol of this kind where it lies.
    let elsewhere = format!(
        "{}\
         extern int puts(const char *);\n\
         static void *resolve(void) {{ return (void *)puts; }}\n\
         void header(void) __asm__(\"_1as_0lib_1header_0root_bmodule_bloader\");\n\
         void header(void) __attribute__((ifunc(\"resolve\")));\n",
        manifest_source("elsewhere_planner", API_VERSION.major, API_VERSION.minor)
    );
    let folder = PluginFolder::new().with_c("elsewhere.so", &elsewhere);
    let error = registry(&folder, "elsewhere_planner")
        .get("elsewhere_planner")
        .unwrap_err();
    assert_eq!(error.code(), "E_WRONG_OBJECT");
    assert_eq!(
        std::error::Error::source(&error).unwrap().to_string(),
        "the plugin header that the dynamic loader found lies outside of the verified library"
    );
}

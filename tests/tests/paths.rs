//! Which paths lead to code that may run: every way around the plugin folder, every wrong owner and every
//! loose mode is refused with a code of its own, and never stands in the way of a good file.

use std::fs;
use std::os::unix::fs::{chown, symlink};
use std::path::{Path, PathBuf};

use registry::Registry;
use registry::diagnose::{Diagnosis, PlannerState};
use tests::{PluginFolder, fixture, set_mode};

/// A user and a group that are neither root nor, in a container or on a build machine, this user.
const OTHER: u32 = 65_534;

fn registry(folders: &[&PluginFolder]) -> Registry {
    let builder = Registry::builder().allow(["well_behaved"]);
    let builder = folders
        .iter()
        .fold(builder, |builder, folder| builder.plugin_dir(folder.path()));
    builder.build().unwrap()
}

fn plugin() -> PluginFolder {
    PluginFolder::new().with(&fixture("well_behaved"))
}

/// The code under which the report refuses the file at `path`.
fn code(diagnosis: &Diagnosis, path: &Path) -> &'static str {
    let mut refused = diagnosis.files.refused.iter();
    let refused = refused.find(|refused| refused.path == path);
    refused.map_or("none", |refused| refused.problem.code)
}

/// The code for a folder whose one file is `link` to `target`.
fn code_of_link(folder: &PluginFolder, target: impl AsRef<Path>) -> &'static str {
    let link = folder.file("link.so");
    symlink(target, &link).unwrap();
    let diagnosis = registry(&[folder]).diagnose().unwrap();
    fs::remove_file(&link).unwrap();
    code(&diagnosis, &link)
}

#[test]
fn no_link_leads_out_of_the_plugin_folder() {
    let elsewhere = plugin();
    let outside = elsewhere.file("libwell_behaved.so");
    let folder = PluginFolder::new();
    let up = Path::new("..").join(elsewhere.path().file_name().unwrap());
    symlink(elsewhere.path(), folder.file("parent")).unwrap();
    let open = fs::File::open(&outside).unwrap();
    let number = std::os::fd::AsRawFd::as_raw_fd(&open);
    for target in [
        outside.clone(),
        up.join("libwell_behaved.so"),
        PathBuf::from("parent/libwell_behaved.so"),
        PathBuf::from(format!("/proc/self/fd/{number}")),
        PathBuf::from("../../proc/self/root").join(outside.strip_prefix("/").unwrap()),
    ] {
        assert_eq!(
            code_of_link(&folder, &target),
            "E_LINK_OUTSIDE",
            "{target:?}"
        );
    }
    for target in [".", ".."] {
        let code = code_of_link(&folder, target);
        let expected = if target == "." {
            "E_NOT_REGULAR"
        } else {
            "E_LINK_OUTSIDE"
        };
        assert_eq!(code, expected, "{target}");
    }
    assert_eq!(
        registry(&[&folder]).get("well_behaved").unwrap_err().code(),
        "E_ABSENT"
    );
}

#[test]
fn a_link_inside_the_folder_is_judged_by_the_folder_that_it_leads_to() {
    let folder = PluginFolder::new();
    let below = folder.file("below");
    fs::create_dir(&below).unwrap();
    set_mode(&below, 0o755);
    let file = xtask::demo::stage(&fixture("well_behaved"), &below).unwrap();
    let moved = below.join("library");
    fs::rename(file, &moved).unwrap();
    symlink("below/library", folder.file("link.so")).unwrap();
    let found = registry(&[&folder]);
    assert_eq!(
        found.get("well_behaved").unwrap().path(),
        Some(&*folder.file("link.so"))
    );
    set_mode(&below, 0o757);
    found.discover().unwrap();
    let diagnosis = found.diagnose().unwrap();
    assert_eq!(
        code(&diagnosis, &folder.file("link.so")),
        "E_DIRECTORY_WRITABLE_BY_OTHERS"
    );
}

#[test]
fn a_configured_file_is_a_file_and_no_trick() {
    let folder = plugin();
    let file = folder.file("libwell_behaved.so");
    let open = fs::File::open(&file).unwrap();
    let number = std::os::fd::AsRawFd::as_raw_fd(&open);
    for (path, expected) in [
        (folder.path().join("."), "E_NOT_REGULAR"),
        (folder.path().join(".."), "E_NOT_REGULAR"),
        (PathBuf::from("/"), "E_NOT_REGULAR"),
        (
            PathBuf::from(format!("/proc/self/fd/{number}")),
            "E_MAGIC_LINK",
        ),
        (file.join("below.so"), "E_NOT_A_DIRECTORY"),
        (folder.file("none.so"), "E_MISSING"),
    ] {
        let refused = registry::inspect(&path).unwrap_err();
        assert_eq!(refused.code(), expected, "{path:?}");
    }
}

#[test]
fn a_file_or_folder_that_others_can_change_or_own_is_refused_and_let_pass_when_that_is_configured()
{
    let folder = plugin();
    let file = folder.file("libwell_behaved.so");
    let is_root = rustix::process::geteuid().is_root();
    let mut cases: Vec<(&Path, u32, Option<u32>, &str, &str)> = vec![
        (
            &file,
            0o646,
            None,
            "E_FILE_WRITABLE_BY_OTHERS",
            "trust.allow_world_writable",
        ),
        (
            folder.path(),
            0o757,
            None,
            "E_DIRECTORY_WRITABLE_BY_OTHERS",
            "trust.allow_world_writable",
        ),
        (
            folder.path(),
            0o1777,
            None,
            "E_DIRECTORY_WRITABLE_BY_OTHERS",
            "trust.allow_world_writable",
        ),
    ];
    if is_root {
        cases.push((
            &file,
            0o644,
            Some(OTHER),
            "E_FILE_OWNER",
            "trust.allow_foreign_owner",
        ));
        cases.push((
            folder.path(),
            0o755,
            Some(OTHER),
            "E_DIRECTORY_OWNER",
            "trust.allow_foreign_owner",
        ));
    }
    for (path, mode, owner, expected, relaxation) in cases {
        let usual = if path == file { 0o644 } else { 0o755 };
        chown(path, owner, owner).unwrap();
        set_mode(path, mode);
        let strict = registry(&[&folder]);
        assert_eq!(
            code(&strict.diagnose().unwrap(), &file),
            expected,
            "{mode:o}"
        );
        assert_eq!(strict.get("well_behaved").unwrap_err().code(), expected);
        let explained = strict.explain("well_behaved").unwrap();
        let (_, gate) = explained.refusal().unwrap();
        assert_eq!(
            (gate.gate.label(), gate.problem.as_ref().unwrap().code),
            ("path", expected)
        );

        let relaxed = Registry::builder()
            .plugin_dir(folder.path())
            .allow(["well_behaved"])
            .set(relaxation, "1");
        let relaxed = relaxed.build().unwrap();
        assert_eq!(
            relaxed.get("well_behaved").unwrap().name().as_str(),
            "well_behaved"
        );
        let explained = relaxed.explain("well_behaved").unwrap();
        let path_gate = explained
            .gates
            .iter()
            .find(|gate| gate.gate.label() == "path");
        let evidence = &path_gate.unwrap().evidence;
        assert!(
            evidence.ends_with(&format!("relaxed by {relaxation}")),
            "{evidence}"
        );

        chown(path, is_root.then_some(0), is_root.then_some(0)).unwrap();
        set_mode(path, usual);
        // What was wrong is mended, without a new registry.
        strict.discover().unwrap();
        assert_eq!(
            strict.get("well_behaved").unwrap().name().as_str(),
            "well_behaved"
        );
    }
}

#[test]
fn a_group_writable_file_is_accepted_in_its_owners_own_group_alone() {
    let folder = plugin();
    let file = folder.file("libwell_behaved.so");
    let user = rustix::process::geteuid().as_raw();
    if chown(&file, None, Some(user)).is_err() {
        // Only root, or a member, can give a file to a group; the rule itself is tested on evidence.
        return;
    }
    set_mode(&file, 0o664);
    assert_eq!(
        registry(&[&folder])
            .get("well_behaved")
            .unwrap()
            .name()
            .as_str(),
        "well_behaved"
    );
    if rustix::process::geteuid().is_root() {
        chown(&file, None, Some(OTHER)).unwrap();
        let code = registry(&[&folder]).get("well_behaved").unwrap_err().code();
        assert_eq!(code, "E_FILE_WRITABLE_BY_OTHERS");
    }
}

/// Gives user 65534 the right to write, by an access list.
fn let_another_write(path: &Path) {
    const UNNAMED: u32 = u32::MAX;
    // Owner, the user, group, mask, others: each with what it may do.
    let entries: [(u16, u16, u32); 5] = [
        (0x01, 0o7, UNNAMED),
        (0x02, 0o7, OTHER),
        (0x04, 0o5, UNNAMED),
        (0x10, 0o7, UNNAMED),
        (0x20, 0o5, UNNAMED),
    ];
    let mut list = 2_u32.to_le_bytes().to_vec();
    for (tag, rights, user) in entries {
        list.extend(tag.to_le_bytes());
        list.extend(rights.to_le_bytes());
        list.extend(user.to_le_bytes());
    }
    let flags = rustix::fs::XattrFlags::empty();
    rustix::fs::setxattr(path, "system.posix_acl_access", &list, flags)
        .expect("temporary files are on a file system with access lists");
}

#[test]
fn what_an_access_list_lets_others_write_is_refused_although_the_group_is_the_owners_own() {
    let (folder, aside) = (plugin(), PluginFolder::new());
    let (file, lock) = (
        folder.file("libwell_behaved.so"),
        aside.file("plugins.lock"),
    );
    let registry = || {
        let builder = Registry::builder().plugin_dir(folder.path());
        let builder = builder.allow(["well_behaved"]);
        builder.set("trust.lock_file", &lock).build().unwrap()
    };
    registry()
        .propose_lock()
        .unwrap()
        .found
        .write(&lock)
        .unwrap();
    let user = rustix::process::geteuid().as_raw();
    for (path, usual, expected) in [
        (&*file, 0o644, "E_FILE_WRITABLE_BY_OTHERS"),
        (folder.path(), 0o755, "E_DIRECTORY_WRITABLE_BY_OTHERS"),
        (&lock, 0o644, "E_LOCK_NOT_OURS"),
        (aside.path(), 0o755, "E_LOCK_NOT_OURS"),
    ] {
        if chown(path, None, Some(user)).is_err() {
            // Nobody but root can always do so; the rule itself is tested on evidence.
            assert_ne!(user, 0);
            return;
        }
        let_another_write(path);
        let found = registry().get("well_behaved").unwrap_err();
        assert_eq!(found.code(), expected, "{path:?}");
        // The list stands, and lets nobody write any more.
        set_mode(path, usual);
        let found = registry();
        found.get("well_behaved").unwrap();
    }
}

#[test]
fn a_refused_file_shadows_none_that_passes_and_stands_in_the_report() {
    let (first, second) = (plugin(), plugin());
    set_mode(&first.file("libwell_behaved.so"), 0o666);
    let registry = registry(&[&first, &second]);
    let planner = registry.get("well_behaved").unwrap();
    assert_eq!(planner.path(), Some(&*second.file("libwell_behaved.so")));
    let diagnosis = registry.diagnose().unwrap();
    assert_eq!(diagnosis.count(PlannerState::Ready), 1);
    assert_eq!(
        code(&diagnosis, &first.file("libwell_behaved.so")),
        "E_FILE_WRITABLE_BY_OTHERS"
    );
}

#[test]
fn what_was_safe_when_it_was_found_is_judged_again_when_it_is_loaded() {
    let folder = plugin();
    let registry = registry(&[&folder]);
    registry.discover().unwrap();
    set_mode(folder.path(), 0o777);
    assert_eq!(
        registry.get("well_behaved").unwrap_err().code(),
        "E_DIRECTORY_WRITABLE_BY_OTHERS"
    );
}

#[test]
fn a_file_over_the_configured_size_is_refused_with_both_sizes() {
    let folder = plugin();
    let file = folder.file("libwell_behaved.so");
    let size = (1 << 20) + 1;
    fs::File::options()
        .write(true)
        .open(&file)
        .unwrap()
        .set_len(size)
        .unwrap();
    let within = |mib: &str| {
        let builder = Registry::builder()
            .plugin_dir(folder.path())
            .allow(["well_behaved"]);
        builder
            .set("trust.file_mib_max", mib)
            .build()
            .unwrap()
            .diagnose()
            .unwrap()
    };
    let diagnosis = within("1");
    assert_eq!(code(&diagnosis, &file), "E_TOO_LARGE");
    assert_eq!(
        diagnosis.files.refused[0].problem.reason,
        format!("is {size} bytes long; at most 1048576 are read")
    );
    assert_eq!(code(&within("2"), &file), "E_TRUNCATED");
}

/// A file outside of all folders is held to the same bound, whoever asks, and no other.
#[test]
fn a_file_that_is_asked_about_by_its_path_is_held_to_the_configured_size() {
    const MIB: u64 = 1 << 20;
    let (plugins, aside) = (PluginFolder::new(), plugin());
    let file = aside.file("libwell_behaved.so");
    let grow = |mib: u64| {
        let plugin = fs::OpenOptions::new().write(true).open(&file).unwrap();
        plugin.set_len(mib * MIB).unwrap();
    };
    // What the codes of all ways to ask are.
    let codes = |mib_max: &str| {
        let registry = Registry::builder()
            .plugin_dir(plugins.path())
            .allow(["well_behaved"])
            .set("trust.file_mib_max", mib_max)
            .set("trust.lock_file", aside.file("plugins.lock"))
            .build()
            .unwrap();
        let explanation = registry.explain_file(&file).unwrap();
        let problems = explanation
            .gates
            .iter()
            .filter_map(|gate| gate.problem.as_ref());
        [
            registry
                .verify_file(&file)
                .map_or_else(|error| error.code(), |_| "ok"),
            registry
                .lockable(&file)
                .map_or_else(|error| error.code(), |_| "ok"),
            problems.map(|problem| problem.code).next().unwrap_or("ok"),
        ]
    };
    // The default bound is 64 MiB; beyond the library there is nothing but a hole.
    grow(66);
    assert_eq!(codes("65"), ["E_TOO_LARGE"; 3]);
    assert_eq!(codes("66"), ["ok"; 3]);
    let too_large = registry::inspect(&file).unwrap_err();
    assert_eq!(too_large.code(), "E_TOO_LARGE");
}

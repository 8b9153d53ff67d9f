use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;

use rustix::fs::{CWD, Mode, mkfifoat};

use super::super::LeftOutBy;
use super::super::testing::{Image, MANIFEST, compile, manifest, plugin_source};
use super::*;

fn plugin(path: &Path, name: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, Image::new(&manifest(name)).bytes()).unwrap();
}

fn request(directory: &Path) -> ScanRequest {
    ScanRequest {
        directories: vec![directory.to_owned()],
        ..ScanRequest::default()
    }
}

fn names(candidates: &[Arc<Candidate>]) -> Vec<&str> {
    candidates
        .iter()
        .map(|candidate| candidate.name())
        .collect()
}

/// File names and codes of what was refused.
fn refusals(scan: &Scan) -> Vec<(&str, &str)> {
    scan.refused
        .iter()
        .map(|refused| {
            let name = refused.path().file_name().and_then(OsStr::to_str);
            (name.unwrap_or("(not UTF-8)"), refused.code())
        })
        .collect()
}

#[test]
fn a_directory_is_scanned_in_order_with_its_folders_and_the_rest_counted() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["zeta", "alpha", "mid"] {
        plugin(&folder.path().join(format!("lib{name}.so")), name);
    }
    plugin(&folder.path().join("nested/deeper/libbeta.so"), "beta");
    fs::write(folder.path().join("README"), "no plugin").unwrap();
    fs::write(folder.path().join("nested/libold.so.1"), "no plugin").unwrap();
    let scan = scan(&request(folder.path()));
    assert_eq!(names(&scan.candidates), ["alpha", "mid", "zeta", "beta"]);
    assert_eq!(
        scan.candidates[3].path(),
        folder.path().join("nested/deeper/libbeta.so")
    );
    assert_eq!((scan.ignored, refusals(&scan)), (2, vec![]));
    assert!(scan.left_out.is_empty());
}

#[test]
fn discovery_runs_no_constructor() {
    let folder = tempfile::tempdir().unwrap();
    let marker = folder.path().join("marker");
    let constructor = format!(
        "#include <fcntl.h>\n#include <stdlib.h>\n\
         __attribute__((constructor)) static void mark(void) \
         {{ open({:?}, O_CREAT | O_WRONLY, 0600); abort(); }}",
        marker.to_str().unwrap()
    );
    compile(
        folder.path(),
        "libx.so",
        &plugin_source(MANIFEST, &constructor),
        &[],
    );
    for _ in 0..100 {
        let scan = scan(&request(folder.path()));
        assert_eq!(names(&scan.candidates), ["some_planner"]);
    }
    assert!(!marker.exists());
}

#[test]
fn everything_that_is_no_regular_file_is_refused_and_stops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    plugin(&at("good.so"), "good");
    plugin(&at("elsewhere.so"), "elsewhere");
    fs::create_dir(at("plugins")).unwrap();
    let root = at("plugins");
    let inside = |name: &str| root.join(name);
    plugin(&inside("good.so"), "good");
    mkfifoat(CWD, inside("fifo.so"), Mode::RWXU).unwrap();
    let _socket = UnixListener::bind(inside("socket.so")).unwrap();
    fs::create_dir(inside("directory.so")).unwrap();
    symlink("nowhere", inside("dangling.so")).unwrap();
    symlink("loop.so", inside("loop.so")).unwrap();
    symlink("../elsewhere.so", inside("outside.so")).unwrap();
    symlink(at("elsewhere.so"), inside("absolute.so")).unwrap();
    symlink("good.so", inside("link.so")).unwrap();
    symlink("/dev/null", inside("null.so")).unwrap();
    let scan = scan(&request(&root));
    assert_eq!(names(&scan.candidates), ["good", "good"]);
    assert_eq!(
        refusals(&scan),
        [
            ("absolute.so", "E_LINK_OUTSIDE"),
            ("dangling.so", "E_DANGLING_LINK"),
            ("directory.so", "E_NOT_REGULAR"),
            ("fifo.so", "E_NOT_REGULAR"),
            ("loop.so", "E_LINK_LOOP"),
            ("null.so", "E_LINK_OUTSIDE"),
            ("outside.so", "E_LINK_OUTSIDE"),
            ("socket.so", "E_NOT_REGULAR"),
        ]
    );
    assert_eq!(scan.refused[3].reason(), "is a FIFO, not a regular file");
}

#[test]
fn a_missing_directory_is_reported_and_the_others_are_scanned() {
    let folder = tempfile::tempdir().unwrap();
    plugin(&folder.path().join("good.so"), "good");
    let mut request = request(&folder.path().join("missing"));
    request.directories.push(folder.path().join("good.so"));
    request.directories.push(folder.path().to_owned());
    let scan = scan(&request);
    assert_eq!(names(&scan.candidates), ["good"]);
    assert_eq!(
        refusals(&scan),
        [("missing", "E_MISSING"), ("good.so", "E_NOT_A_DIRECTORY")]
    );
}

#[test]
fn single_files_come_first_and_are_refused_like_any_other() {
    let folder = tempfile::tempdir().unwrap();
    plugin(&folder.path().join("plugins/good.so"), "good");
    plugin(&folder.path().join("single.plugin"), "single");
    let mut request = request(&folder.path().join("plugins"));
    for name in ["single.plugin", "gone.so", "gone/x.so", "plugins"] {
        request.manual.push(folder.path().join(name));
    }
    let scan = scan(&request);
    assert_eq!(names(&scan.candidates), ["single", "good"]);
    assert_eq!(
        refusals(&scan),
        [
            ("gone.so", "E_MISSING"),
            ("x.so", "E_MISSING"),
            ("plugins", "E_NOT_REGULAR")
        ]
    );
}

#[test]
fn excluded_names_are_listed_apart() {
    let folder = tempfile::tempdir().unwrap();
    plugin(&folder.path().join("a.so"), "one");
    plugin(&folder.path().join("b.so"), "two");
    let mut request = request(folder.path());
    request.excluded.insert("one".to_owned());
    let scan = scan(&request);
    assert_eq!(names(&scan.candidates), ["two"]);
    assert_eq!(names(&scan.excluded), ["one"]);
}

#[test]
fn a_name_that_is_not_utf8_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    plugin(
        &folder.path().join(OsStr::from_bytes(b"\xff\xfe.so")),
        "good",
    );
    let scan = scan(&request(folder.path()));
    assert_eq!(refusals(&scan), [("(not UTF-8)", "E_FILE_NAME")]);
}

#[test]
fn junk_cannot_crowd_out_what_comes_first() {
    let folder = tempfile::tempdir().unwrap();
    for junk in 0..200 {
        fs::write(folder.path().join(format!("a{junk:03}.so")), "junk").unwrap();
    }
    plugin(&folder.path().join("libmy_good.so"), "my-good");
    plugin(&folder.path().join("zebra.so"), "zebra");
    let mut request = request(folder.path());
    request.first = ["my-good", "zebra"].map(str::to_owned).into();
    request.bounds.files_max = 10;
    let bounded = scan(&request);
    assert_eq!(names(&bounded.candidates), ["my-good", "zebra"]);
    assert_eq!((bounded.refused.len(), bounded.left_out.files), (10, 190));
    let first = &bounded.left_out.listed[0];
    assert_eq!(
        (first.by, &first.path),
        (LeftOutBy::Files, &folder.path().join("a010.so"))
    );
    assert_eq!(bounded.left_out.listed.len(), 100);
    request.bounds.time_max = std::time::Duration::ZERO;
    let hurried = scan(&request);
    assert_eq!(names(&hurried.candidates), ["my-good", "zebra"]);
    assert_eq!((hurried.refused.len(), hurried.left_out.files), (0, 200));
}

#[test]
fn folders_beyond_the_bounds_are_left_out_and_listed() {
    let folder = tempfile::tempdir().unwrap();
    plugin(&folder.path().join("a/b/good.so"), "good");
    plugin(&folder.path().join("a/b/c/deep.so"), "deep");
    let mut request = request(folder.path());
    request.bounds.depth_max = 2;
    let shallow = scan(&request);
    assert_eq!(names(&shallow.candidates), ["good"]);
    assert_eq!(shallow.left_out.folders, 1);
    assert_eq!(shallow.left_out.listed[0].path, folder.path().join("a/b/c"));
    request.bounds.folders_max = 1;
    let narrow = scan(&request);
    assert_eq!(names(&narrow.candidates), [""; 0]);
    assert_eq!(narrow.left_out.listed[0].path, folder.path().join("a/b"));
}

#[test]
fn a_file_over_the_bound_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = fs::File::create(folder.path().join("sparse.so")).unwrap();
    file.set_len(2 << 30).unwrap();
    let scan = scan(&request(folder.path()));
    assert_eq!(refusals(&scan), [("sparse.so", "E_TOO_LARGE")]);
    assert_eq!(
        scan.refused[0].reason(),
        "is 2147483648 bytes long; at most 67108864 are read"
    );
}

#[test]
fn a_refusal_is_written_with_code_reason_and_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("empty.so");
    fs::write(&path, "").unwrap();
    let scan = scan(&request(folder.path()));
    assert_eq!(
        serde_json::to_value(&*scan.refused[0]).unwrap(),
        serde_json::json!({
            "path": path.to_str().unwrap(),
            "code": "E_NOT_A_LIBRARY",
            "reason": "not a shared library: the file is empty",
            "remedy": "Remove the file, or put the plugin's shared library in its place.",
        })
    );
}

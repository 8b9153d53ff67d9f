//! Files made to hang, crash, exhaust or deceive a scan: each is refused with its own code, and the
//! good file beside it is found.

use std::fs::{self, File, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::Uid;

use super::super::root::{Root, check_regular};
use super::super::testing::{Image, MANIFEST, manifest};
use super::*;

fn ground() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("good.so"),
        Image::new(&manifest("good")).bytes(),
    )
    .unwrap();
    folder
}

/// Scans a folder with a good file and gives the code of the one refusal beside it.
fn only_refusal(folder: &Path) -> &'static str {
    let request = ScanRequest {
        directories: vec![folder.to_owned()],
        ..ScanRequest::default()
    };
    let scan = scan(&request);
    let found: Vec<_> = scan.candidates.iter().map(|found| found.name()).collect();
    assert_eq!(found, ["good"]);
    assert_eq!(scan.refused.len(), 1, "{:?}", scan.refused);
    scan.refused[0].code()
}

fn code_of(content: &[u8]) -> &'static str {
    let folder = ground();
    fs::write(folder.path().join("x.so"), content).unwrap();
    only_refusal(folder.path())
}

/// Runs `work` in a thread that has given up its rights as root.
fn without_rights<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            if rustix::process::geteuid().is_root() {
                let nobody = Uid::from_raw(65_534);
                rustix::thread::set_thread_res_uid(nobody, nobody, nobody).unwrap();
            }
            work()
        });
        thread.join().unwrap()
    })
}

#[test]
fn an_unreadable_file_is_refused() {
    let folder = ground();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let path = folder.path().join("x.so");
    fs::write(&path, Image::new(MANIFEST).bytes()).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o000)).unwrap();
    assert_eq!(
        without_rights(|| only_refusal(folder.path())),
        "E_UNREADABLE"
    );
}

#[test]
fn an_unreadable_folder_is_refused() {
    let folder = ground();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let path = folder.path().join("closed");
    fs::create_dir(&path).unwrap();
    for mode in [0o000, 0o311] {
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        let code = without_rights(|| only_refusal(folder.path()));
        assert_eq!(code, "E_UNREADABLE_DIRECTORY", "{mode:o}");
    }
    // Listed, but not searched: the files are seen and cannot be opened.
    fs::write(path.join("x.so"), "").unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o744)).unwrap();
    assert_eq!(
        without_rights(|| only_refusal(folder.path())),
        "E_UNREADABLE"
    );
    fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_directory_that_cannot_be_entered_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner");
    fs::create_dir(&inner).unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o700)).unwrap();
    let request = ScanRequest {
        directories: vec![inner],
        ..ScanRequest::default()
    };
    if rustix::process::geteuid().is_root() {
        let scan = without_rights(|| scan(&request));
        assert_eq!(scan.refused[0].code(), "E_UNREADABLE_DIRECTORY");
    }
}

#[test]
fn a_device_is_refused_unopened() {
    let folder = ground();
    let device = rustix::fs::makedev(1, 3);
    let mode = Mode::from_raw_mode(0o666);
    let path = folder.path().join("x.so");
    // Only root may make a device, and in some containers not even root.
    let outcome = mknodat(CWD, path, FileType::CharacterDevice, mode, device);
    if outcome.is_ok() {
        assert_eq!(only_refusal(folder.path()), "E_NOT_REGULAR");
    }
    for kind in [FileType::CharacterDevice, FileType::BlockDevice] {
        assert_eq!(check_regular(kind).unwrap_err().code(), "E_NOT_REGULAR");
    }
}

#[test]
fn files_that_are_no_library_are_refused() {
    let mut text = b"some words\n".repeat(1000);
    assert_eq!(code_of(&text), "E_NOT_A_LIBRARY");
    text.truncate(1);
    assert_eq!(code_of(&text), "E_NOT_A_LIBRARY");
    assert_eq!(code_of(b""), "E_NOT_A_LIBRARY");
    assert_eq!(code_of(b"\x7f"), "E_NOT_A_LIBRARY");
    assert_eq!(code_of(b"\x7fELF"), "E_TRUNCATED");
}

#[test]
fn a_large_sparse_file_is_refused_even_within_the_bound() {
    let folder = ground();
    let path = folder.path().join("x.so");
    let file = File::create(&path).unwrap();
    file.set_len(2 << 30).unwrap();
    assert_eq!(only_refusal(folder.path()), "E_TOO_LARGE");
    let mut header = Image::new(MANIFEST).bytes();
    header.truncate(400);
    (&file).write_all(&header).unwrap();
    file.set_len(50 << 20).unwrap();
    assert_eq!(only_refusal(folder.path()), "E_DYNAMIC_DISAGREES");
}

#[test]
fn manifests_that_lie_about_themselves_are_refused_by_field() {
    let field = |from: &str, to: &str| {
        let text = MANIFEST.replace(from, to);
        assert_ne!(text, MANIFEST);
        code_of(&Image::new(&text).bytes())
    };
    let name = |name: &str| field("some_planner", name);
    for bad in [
        "../evil",
        "..",
        "a/b",
        "nul\\u0000",
        "\\u001b[2J",
        "Some",
        "\\u202egnp",
    ] {
        assert_eq!(name(bad), "E_MANIFEST_FIELD", "{bad}");
    }
    assert_eq!(name(&"a".repeat(65)), "E_MANIFEST_FIELD");
    assert_eq!(name("raw\0nul"), "E_MANIFEST_SYNTAX");
    assert_eq!(name("raw\x1bescape"), "E_MANIFEST_SYNTAX");
    let reliability = |value: &str| field("}}", &format!("}},\"reliability\":{value}}}"));
    assert_eq!(reliability("NaN"), "E_MANIFEST_SYNTAX");
    assert_eq!(reliability("2.0"), "E_MANIFEST_FIELD");
    assert_eq!(reliability("\"high\""), "E_MANIFEST_FIELD");
    assert_eq!(field("}}", "}},"), "E_MANIFEST_SYNTAX");
    assert_eq!(
        field("}}", "},\"name\":\"other\"}"),
        "E_MANIFEST_DUPLICATE_KEY"
    );
    let deep = format!("}},\"x\":{}}}", "[".repeat(10_000));
    assert_eq!(field("}}", &deep), "E_MANIFEST_TOO_DEEP");
}

#[test]
fn a_file_that_vanishes_after_it_was_listed_is_refused() {
    let folder = ground();
    let root = Root::open(folder.path(), folder.path()).unwrap();
    let error = root.open_file(c"listed-once.so").unwrap_err();
    assert_eq!(error.code(), "E_VANISHED");
}

#[test]
fn a_hundred_thousand_junk_files_hide_no_good_one() {
    // Memory is many times faster at making files than a disk.
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() {
        tempfile::tempdir_in(memory).unwrap()
    } else {
        tempfile::tempdir().unwrap()
    };
    for number in 0..100_000 {
        File::create(folder.path().join(format!("{number}.so"))).unwrap();
    }
    let good = Image::new(&manifest("good")).bytes();
    fs::write(folder.path().join("zzz-good.so"), good).unwrap();
    let request = ScanRequest {
        directories: vec![folder.path().to_owned()],
        first: ["zzz_good".to_owned()].into(),
        ..ScanRequest::default()
    };
    let scan = scan(&request);
    assert_eq!(scan.candidates.len(), 1);
    assert_eq!((scan.refused.len(), scan.left_out.files), (50_000, 50_000));
}

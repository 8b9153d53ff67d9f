//! Which files are read at all.

use std::os::unix::fs::{chown, symlink};

use super::*;

const CONTENT: &str = "[profiles]\nmax = 7\n";

fn set_mode(path: &PathBuf, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// The one problem of loading `path`, without the path it starts with.
fn fault(path: &PathBuf) -> String {
    let lines = problems_of(&Config::loader().file(path));
    assert_eq!(lines.len(), 1, "{lines:?}");
    let prefix = format!("{}: ", path.display());
    lines[0].strip_prefix(&prefix).unwrap().to_owned()
}

#[test]
fn a_named_file_must_exist_and_a_usual_one_need_not() {
    let folder = Folder::new();
    let missing = folder.path("missing.toml");
    assert_eq!(fault(&missing), "no such file");
    assert_eq!(fault(&folder.path("no/folder.toml")), "no such file");
    assert_eq!(
        problems_of(&with_variables([(
            "FACTORY_CONFIG",
            missing.to_str().unwrap()
        )])),
        [format!("{}: no such file", missing.display())]
    );
    assert_eq!(
        problems_of(&with_variables([("FACTORY_CONFIG", "")])),
        ["FACTORY_CONFIG=: empty; allowed: a path"]
    );
    let config = Config::loader()
        .usual_file(&missing)
        .working_dir_file(&missing)
        .load()
        .unwrap();
    assert_eq!(config.files(), Vec::<PathBuf>::new());
    assert_eq!(config.notes(), []);
}

#[test]
fn only_regular_files_of_a_bounded_size_are_read() {
    let folder = Folder::new();
    assert_eq!(fault(&folder.0.path().to_owned()), "not a regular file");
    assert_eq!(fault(&PathBuf::from("/dev/null")), "not a regular file");

    let pipe = folder.path("pipe.toml");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &pipe,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    )
    .unwrap();
    assert_eq!(fault(&pipe), "not a regular file");

    let largest = format!("#{}", "x".repeat(1024 * 1024 - 1));
    let config = Config::loader()
        .file(folder.write("a.toml", &largest))
        .load();
    assert_eq!(config.unwrap().files().len(), 1);
    let larger = folder.write("b.toml", format!("{largest}x"));
    assert_eq!(fault(&larger), "larger than 1048576 bytes");
}

#[test]
fn links_are_not_followed() {
    let folder = Folder::new();
    let target = folder.write("target.toml", CONTENT);
    let link = folder.path("link.toml");
    symlink(&target, &link).unwrap();
    let told = |path: &PathBuf| {
        format!(
            "{} is a symbolic link; allowed: the path it stands for",
            path.display()
        )
    };
    assert_eq!(fault(&link), told(&link));

    let linked_folder = folder.path("folder");
    symlink(folder.0.path(), &linked_folder).unwrap();
    assert_eq!(
        fault(&linked_folder.join("target.toml")),
        told(&linked_folder)
    );
}

#[test]
fn a_file_that_others_can_change_is_refused() {
    let folder = Folder::new();
    let path = folder.write("a.toml", CONTENT);
    set_mode(&path, 0o646);
    assert_eq!(
        fault(&path),
        format!(
            "{} can be changed by other users (mode 0646); try chmod go-w",
            path.display()
        )
    );
    let outer = folder.path("outer");
    let inner = outer.join("inner");
    fs::create_dir_all(&inner).unwrap();
    let path = folder.write("outer/inner/a.toml", CONTENT);
    set_mode(&inner, 0o755);
    set_mode(&outer, 0o757);
    assert_eq!(
        fault(&path),
        format!(
            "{} can be changed by other users (mode 0757); try chmod go-w",
            outer.display()
        )
    );
    set_mode(&outer, 0o1777);
    let config = Config::loader().file(&path).load().unwrap();
    assert_eq!(config.profiles().max, 7);
}

#[test]
fn group_writable_is_fine_in_the_owners_private_group_alone() {
    let folder = Folder::new();
    let path = folder.write("a.toml", CONTENT);
    let user = rustix::process::geteuid().as_raw();
    let private = chown(&path, None, Some(user)).is_ok();
    set_mode(&path, 0o664);
    if private {
        let config = Config::loader().file(&path).load().unwrap();
        assert_eq!(config.profiles().max, 7);
    }
    // Only root can give the file to a group that is surely not its own.
    if chown(&path, None, Some(user + 1)).is_ok() || !private {
        assert_eq!(
            fault(&path),
            format!(
                "{} can be changed by other users (mode 0664); try chmod go-w",
                path.display()
            )
        );
    }
}

#[test]
fn a_file_of_another_user_is_refused_and_in_the_working_directory_left_aside() {
    let folder = Folder::new();
    let path = folder.write("registry.toml", CONTENT);
    let user = rustix::process::geteuid().as_raw();
    if chown(&path, Some(65_534), None).is_err() {
        // Only root can give files away; nobody else meets a foreign file here.
        assert_ne!(user, 0);
        return;
    }
    let told = format!(
        "{} is owned by user 65534; allowed: root and user {user}",
        path.display()
    );
    assert_eq!(fault(&path), told);
    let config = Config::loader().working_dir_file(&path).load().unwrap();
    assert_eq!(config.profiles().max, 1000);
    assert_eq!(config.notes().len(), 1);
    assert_eq!(
        config.notes()[0].to_string(),
        format!("{} is ignored: {told}", path.display())
    );
}

//! Sockets of living and of dead hosts.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;

use tests::{PluginFolder, fixture, set_mode};

use crate::ground::{Host, NAME, command, registry, socket_folder};

pub(crate) fn hosts_are_listed_and_stale_sockets_told() {
    let mut host = Host::start();
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(&host.socket()), 0o600);
    assert_eq!(mode(&host.sockets()), 0o700);

    let listed = host.command(&["ps", "--json"]).run().json();
    let found = &listed["hosts"][0];
    assert_eq!(listed["hosts"].as_array().unwrap().len(), 1);
    assert_eq!(found["pid"].to_string(), host.pid());
    assert_eq!(found["standing"], "answers");
    assert_eq!(
        (&found["active"], &found["ready"]),
        (&1.into(), &true.into())
    );
    assert_eq!(found["socket"], host.socket().to_str().unwrap());
    let text = host.command(&["ps"]).run();
    let lines: Vec<_> = text.text().lines().collect();
    let words = |line: &str| {
        line.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        words(lines[0]),
        ["PID", "PROGRAM", "UP", "PLANNERS", "STATE", "SOCKET"]
    );
    assert_eq!(words(lines[1])[0], host.pid());
    assert_eq!(words(lines[1])[4..7], ["1", "active", "ready"]);

    host.kill();
    assert!(host.socket().exists(), "nobody took it away");
    let stale = host.command(&["ps", "--json"]).run().json();
    assert_eq!(stale["hosts"][0]["standing"], "stale");
    let path = host.socket();
    for target in [host.pid().as_str(), path.to_str().unwrap()] {
        let answer = host.command(&["list", "--attach", target]).run();
        assert_eq!(
            answer.refusal(),
            (
                1,
                format!(
                    "error[E_STALE_SOCKET]: whoever listened at {} is gone\n  \
                     next: Start the host again; the socket can be removed.\n",
                    path.display()
                )
                .as_str()
            )
        );
    }
    let none = host.command(&["list", "--attach", "1"]).run();
    assert!(
        none.refusal().1.starts_with("error[E_NO_SUCH_HOST]: "),
        "{none:#?}"
    );
    let empty = tempfile::tempdir().unwrap();
    let nobody = command(&socket_folder(empty.path()), &["ps"]).run();
    assert_eq!(nobody.text(), "no host is exposed\n");
}

pub(crate) fn a_stale_socket_is_replaced_and_a_living_one_never() {
    let plugins = PluginFolder::new().with(&fixture(NAME));
    let above = tempfile::tempdir().unwrap();
    let folder = socket_folder(above.path());
    let registry = registry(plugins.path(), &folder);
    let own = folder.join(format!("{}.sock", std::process::id()));
    // One that a dead process of the same id left behind.
    drop(UnixListener::bind(&own).unwrap());
    let exposed = registry.expose().unwrap();
    assert_eq!(exposed.socket(), Some(own.as_path()));
    let pid = std::process::id().to_string();
    assert_eq!(command(&folder, &["list", "--attach", &pid]).run().code, 0);

    let second = registry.expose().unwrap_err();
    assert_eq!(second.code(), "E_EXPOSED_ALREADY");
    assert_eq!(command(&folder, &["list", "--attach", &pid]).run().code, 0);
    drop(exposed);
    assert!(!own.exists());
    let left = std::fs::read_dir(&folder).unwrap().count();
    assert_eq!(left, 0, "nothing is left behind");

    // Whatever else has the name is left alone.
    std::fs::write(&own, "notes").unwrap();
    assert_eq!(registry.expose().unwrap_err().code(), "E_SOCKET_IO");
    assert_eq!(std::fs::read_to_string(&own).unwrap(), "notes");
    let listed = command(&folder, &["ps", "--json"]).run().json();
    assert_eq!(listed["hosts"][0]["code"], "E_NOT_A_HOST", "{listed}");
    std::fs::remove_file(&own).unwrap();

    // One that took the name meanwhile is not taken away with it.
    let exposed = registry.expose().unwrap();
    std::fs::remove_file(&own).unwrap();
    let other = UnixListener::bind(&own).unwrap();
    drop(exposed);
    assert!(own.exists());
    drop(other);
}

pub(crate) fn a_folder_that_others_can_enter_is_not_used() {
    let plugins = PluginFolder::new().with(&fixture(NAME));
    let above = tempfile::tempdir().unwrap();
    let folder = socket_folder(above.path());
    let registry = registry(plugins.path(), &folder);
    for mode in [0o755, 0o770, 0o701] {
        set_mode(&folder, mode);
        assert_eq!(
            registry.expose().unwrap_err().code(),
            "E_SOCKET_FOLDER",
            "{mode:o}"
        );
    }
    set_mode(&folder, 0o755);
    let answer = command(&folder, &["ps"]).run();
    assert!(
        answer.refusal().1.starts_with("error[E_SOCKET_FOLDER]: "),
        "{answer:#?}"
    );
    std::fs::remove_dir(&folder).unwrap();
    std::os::unix::fs::symlink(above.path(), &folder).unwrap();
    assert_eq!(registry.expose().unwrap_err().code(), "E_SOCKET_FOLDER");
    std::fs::remove_file(&folder).unwrap();
    let exposed = registry.expose().unwrap();
    assert!(
        exposed.socket().unwrap().exists(),
        "a folder that is not there is made"
    );
    drop(exposed);

    let deep = above.path().join("x".repeat(100));
    let mut deeper = std::fs::DirBuilder::new();
    std::os::unix::fs::DirBuilderExt::mode(&mut deeper, 0o700)
        .create(&deep)
        .unwrap();
    let registry = crate::ground::registry(plugins.path(), &deep);
    assert_eq!(registry.expose().unwrap_err().code(), "E_SOCKET_PATH");
}

//! The ground of one case, prepared and looked over by the first process in the seat belt: folders,
//! listeners, the host, and what is left when it has ended.

use std::fs;
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus};
use std::time::{Duration, Instant};

use rustix::process::{WaitOptions, wait};

use crate::belt;
use crate::cases::{Case, Library};
use crate::census::processes;
use crate::host::HOST;
use crate::want::Want;

/// The variable with the folder of the built libraries.
pub(crate) const LIBRARIES: &str = "HOSTILE_SET_LIBRARIES";

/// Where the case happens, for the host.
pub(crate) const GROUND: &str = "HOSTILE_SET_GROUND";

/// Longest wait for the end of what the host leaves behind.
const LEFT_MAX: Duration = Duration::from_secs(5);

/// Prepares the ground, runs the host and looks at what is left.
pub(crate) fn be_init(policy: &str, name: &str) -> ExitCode {
    if let Err(error) = belt::hold() {
        println!("the seat belt does not hold: {error}");
        return ExitCode::from(belt::NO_BELT);
    }
    let case = Case::named(name);
    let folder = tempfile::tempdir().unwrap();
    let ground = Ground::prepare(folder.path(), &case);
    let status = ground.run(policy, &case);
    let left = left_processes();
    if !left.is_empty() {
        println!("left behind: {left:?}");
        return ExitCode::FAILURE;
    }
    if is_as_wanted(status, case.want(policy)) {
        ExitCode::SUCCESS
    } else {
        println!("the host ended with {status}");
        ExitCode::FAILURE
    }
}

fn is_as_wanted(status: ExitStatus, want: Want) -> bool {
    match want {
        Want::HostEnds(signal) => status.signal() == Some(signal),
        Want::OneOf(wants) => wants.iter().any(|want| is_as_wanted(status, *want)),
        _ => status.success(),
    }
}

/// What is there for a planner to reach for. The listeners are there for as long as this is.
struct Ground<'a> {
    folder: &'a Path,
    tcp: TcpListener,
    socket: String,
    _abstract: UnixListener,
}

impl<'a> Ground<'a> {
    fn prepare(folder: &'a Path, case: &Case) -> Self {
        set_mode(folder, 0o755);
        for (name, mode) in [("plugins", 0o755), ("home", 0o755), ("tmp", 0o777)] {
            fs::create_dir(folder.join(name)).unwrap();
            set_mode(&folder.join(name), mode);
        }
        fs::write(folder.join("home/diary"), "dear diary").unwrap();
        let libraries = PathBuf::from(std::env::var_os(LIBRARIES).unwrap());
        let library = match case.library {
            Library::Rust => "libhostile.so",
            Library::C => "plugin.so",
        };
        for library in [library, "libwell_behaved.so"] {
            xtask::demo::stage(&libraries.join(library), &folder.join("plugins")).unwrap();
        }
        // The network is shared with other cases.
        let socket = folder.display().to_string();
        let address = SocketAddr::from_abstract_name(&socket).unwrap();
        Self {
            folder,
            tcp: TcpListener::bind(("127.0.0.1", 0)).unwrap(),
            socket,
            _abstract: UnixListener::bind_addr(&address).unwrap(),
        }
    }

    fn run(&self, policy: &str, case: &Case) -> ExitStatus {
        let folder = self.folder;
        Command::new(std::env::current_exe().unwrap())
            .args([HOST, policy, case.name])
            .env(GROUND, folder)
            .env("HOSTILE", case.order(policy))
            .env("HOSTILE_ARGUMENT", self.filled_in(case.argument))
            .env("HOST_SECRET", "hunter2")
            .env("HOME", folder.join("home"))
            .env("TMPDIR", folder.join("tmp"))
            .current_dir(folder.join("home"))
            .status()
            .unwrap()
    }

    /// The argument with what is known only now.
    fn filled_in(&self, argument: &str) -> String {
        let shown = |path: &str| self.folder.join(path).display().to_string();
        let program = std::env::current_exe().unwrap();
        argument
            .replace("{address}", &self.tcp.local_addr().unwrap().to_string())
            .replace("{socket}", &self.socket)
            .replace("{home}", &shown("home"))
            .replace("{folder}", &shown("plugins"))
            .replace("{program}", &program.display().to_string())
    }
}

/// Processes that are still there when those have been reaped whose parents are gone.
fn left_processes() -> Vec<String> {
    let until = Instant::now() + LEFT_MAX;
    loop {
        while let Ok(Some(_)) = wait(WaitOptions::NOHANG) {}
        let left = processes();
        // This one is left.
        if left.len() == 1 || Instant::now() > until {
            return left
                .into_iter()
                .filter(|one| !one.starts_with("1 "))
                .collect();
        }
        std::thread::yield_now();
    }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

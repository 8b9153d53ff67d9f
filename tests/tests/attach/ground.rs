//! A host in a process of its own, and the command that asks it.

use std::fs::DirBuilder;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use plugin_api::PlanRequest;
use registry::Registry;
use tempfile::TempDir;
use tests::{Answer, PluginFolder, RegistryCommand, fixture};

/// The first argument of a host; its folders for plugins and sockets follow.
pub(crate) const HOST: &str = "--host";

/// The planner that does what it is told.
pub(crate) const NAME: &str = "obeys";

/// A host, and where it is found.
pub(crate) struct Host {
    child: Child,
    says: BufReader<ChildStdout>,
    pub(crate) plugins: PluginFolder,
    sockets: TempDir,
}

impl Host {
    pub(crate) fn start() -> Self {
        let plugins = PluginFolder::new().with(&fixture(NAME));
        let sockets = tempfile::tempdir().unwrap();
        let folder = socket_folder(sockets.path());
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg(HOST)
            .args([plugins.path(), &folder])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let says = BufReader::new(child.stdout.take().unwrap());
        let mut host = Self {
            child,
            says,
            plugins,
            sockets,
        };
        assert_eq!(host.said(), "exposed");
        host
    }

    pub(crate) fn pid(&self) -> String {
        self.child.id().to_string()
    }

    pub(crate) fn sockets(&self) -> PathBuf {
        socket_folder(self.sockets.path())
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.sockets().join(format!("{}.sock", self.pid()))
    }

    /// Has the host ask its planner; what came of it.
    pub(crate) fn plan(&mut self, objective: &str) -> String {
        let stdin = self.child.stdin.as_mut().unwrap();
        writeln!(stdin, "{objective}").unwrap();
        self.said()
    }

    fn said(&mut self) -> String {
        let mut line = String::new();
        self.says.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// The command, knowing where hosts are.
    pub(crate) fn command(&self, arguments: &[&str]) -> RegistryCommand {
        command(&self.sockets(), arguments)
    }

    /// Asks this host.
    pub(crate) fn ask(&self, arguments: &[&str]) -> Answer {
        let pid = self.pid();
        let attached = [arguments, &["--attach", &pid]].concat();
        self.command(&attached).run()
    }

    /// Ends it without a chance to put anything away.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Lets it end by itself.
    pub(crate) fn end(&mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The command, with hosts in `sockets`.
pub(crate) fn command(sockets: &Path, arguments: &[&str]) -> RegistryCommand {
    RegistryCommand::new(arguments).env("FACTORY_CONTROL_SOCKET", sockets.to_str().unwrap())
}

/// A folder that nobody else can enter.
pub(crate) fn socket_folder(above: &Path) -> PathBuf {
    let folder = above.join("sockets");
    let made = DirBuilder::new().mode(0o700).create(&folder);
    assert!(made.is_ok() || folder.is_dir());
    folder
}

/// A registry whose one planner runs in a worker, at which one failure opens the breaker.
pub(crate) fn registry(plugins: &Path, sockets: &Path) -> Registry {
    Registry::builder()
        .plugin_dir(plugins)
        .allow([NAME])
        .set("isolation.policy", "worker")
        .set("isolation.breaker_failures", "1")
        .set("control.socket", sockets)
        .build()
        .unwrap()
}

/// Exposes a registry, and asks its planner for what each line says.
pub(crate) fn be_host(plugins: &Path, sockets: &Path) {
    let registry = registry(plugins, sockets);
    let exposed = registry.expose().unwrap();
    println!("exposed");
    for objective in std::io::stdin().lines().map(Result::unwrap) {
        match registry.plan(NAME, &PlanRequest::new(objective)) {
            Ok(plan) => println!("{}", plan.tasks()[0].description),
            Err(error) => println!("{}", error.code()),
        }
    }
    drop(exposed);
}

//! Runs the real `registry` command in an environment of its own.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;
use xtask::artifacts::Build;

use crate::{Running, compiled, set_mode, terminal};

/// The first line of a text, where no running host was asked.
pub const OWN_VIEW: &str = "this command's own view; no running host was asked\n";

/// One run of the command, with nothing in its environment but what is set here.
#[derive(Debug)]
pub struct RegistryCommand {
    command: Command,
    home: TempDir,
}

/// What the command answered.
#[derive(Debug)]
pub struct Answer {
    /// Its exit code; 255 where a signal ended it.
    pub code: i32,
    /// What it wrote to stdout.
    pub stdout: String,
    /// What it wrote to stderr.
    pub stderr: String,
}

impl RegistryCommand {
    /// `registry` with these arguments.
    pub fn new(arguments: &[&str]) -> Self {
        Self::of(program(), arguments)
    }

    /// Another build of `registry` with these arguments.
    pub fn of(program: &Path, arguments: &[&str]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .env("HOME", home.path())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .current_dir(home.path());
        Self { command, home }
    }

    /// Looks for plugins in `folder` alone.
    #[must_use]
    pub fn plugin_dir(mut self, folder: &Path) -> Self {
        self.command.arg("--plugin-dir").arg(folder);
        self
    }

    /// Sets a variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Writes a file into the working directory.
    #[must_use]
    pub fn working_file(self, name: &str, text: &str) -> Self {
        std::fs::write(self.home.path().join(name), text).unwrap();
        self
    }

    /// Writes a file that only its owner can change, below the home folder.
    #[must_use]
    pub fn home_file(self, name: &str, text: &str) -> Self {
        let path = self.home.path().join(name);
        let folder = path.parent().unwrap();
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .unwrap();
        std::fs::write(&path, text).unwrap();
        set_mode(&path, 0o644);
        self
    }

    /// Writes a configuration file that grants settings, and names it.
    #[must_use]
    pub fn config(self, text: &str) -> Self {
        let mut this = self.home_file("granting.toml", text);
        let path = this.home.path().join("granting.toml");
        this.command.arg("--config").arg(path);
        this
    }

    /// The working directory, which is the home folder as well.
    pub fn folder(&self) -> &Path {
        self.home.path()
    }

    /// Runs it to its end.
    pub fn run(mut self) -> Answer {
        Answer::of(self.command.output().expect("the command starts"))
    }

    /// Starts it, and leaves it to run.
    pub fn start(self) -> Running {
        let Self { command, home } = self;
        Running::start(command, home)
    }

    /// Runs it with a stdout whose reader has gone before it starts.
    pub fn run_unread(mut self) -> Answer {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let child = self.command.stdout(writer).stderr(Stdio::piped()).spawn();
        let child = child.expect("the command starts");
        Answer::of(child.wait_with_output().expect("the command ends"))
    }

    /// Runs it with a terminal of 100 columns as its stdout.
    pub fn run_on_terminal(self) -> Answer {
        let (terminal, user) = terminal::open();
        let Self { mut command, home } = self;
        command.env("TERM", "xterm").stdout(user);
        let child = command.stderr(Stdio::piped()).spawn();
        let child = child.expect("the command starts");
        // Otherwise this process would keep the terminal's other end open.
        drop(command);
        let shown = terminal::read(terminal);
        let output = child.wait_with_output().expect("the command ends");
        drop(home);
        Answer {
            stdout: shown,
            ..Answer::of(output)
        }
    }
}

impl Answer {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(255),
            stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
        }
    }

    /// Exit code and stderr, where nothing was answered.
    pub fn refusal(&self) -> (i32, &str) {
        assert_eq!(self.stdout, "", "{self:#?}");
        (self.code, &self.stderr)
    }

    /// Stdout, where all went well and nothing was logged.
    pub fn text(&self) -> &str {
        assert_eq!((self.code, self.stderr.as_str()), (0, ""), "{self:#?}");
        &self.stdout
    }

    /// The same below the line that says whose view it is: the command's own.
    pub fn report(&self) -> &str {
        let report = self.text().strip_prefix(OWN_VIEW);
        report.unwrap_or_else(|| panic!("the first line says whose view it is: {self:#?}"))
    }

    /// Stdout as the one JSON document it must be.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic_with(self, &error.to_string()))
    }
}

fn panic_with(answer: &Answer, error: &str) -> ! {
    panic!("stdout is no JSON document: {error}\n{answer:#?}")
}

/// The `registry` command, built once a process.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let build = Build::new(&["--package", "registry-cli"]);
        compiled(build, "fixtures", "registry", "bin")
    })
}

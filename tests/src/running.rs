//! A run of the command that is watched, and sent signals, before it ends.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// Longer than any wait takes unless something hangs.
const PATIENCE: Duration = Duration::from_mins(1);

/// A run of the command that has not ended, as far as anybody knows.
#[derive(Debug)]
pub struct Running {
    child: Child,
    home: TempDir,
    stdout: Lines,
    stderr: Lines,
}

/// What is written, line by line.
#[derive(Debug)]
struct Lines {
    come: Receiver<String>,
    seen: String,
}

impl Lines {
    fn of(source: impl Read + Send + 'static) -> Self {
        let (sender, come) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(source).lines() {
                let _ = sender.send(line.expect("it is UTF-8"));
            }
        });
        let seen = String::new();
        Self { come, seen }
    }

    fn next(&mut self) -> Option<String> {
        let line = self.come.recv_timeout(PATIENCE).ok()?;
        self.seen.push_str(&line);
        self.seen.push('\n');
        Some(line)
    }

    /// Waits for a line that holds `what`.
    fn await_line(&mut self, what: &str) -> String {
        loop {
            match self.next() {
                Some(line) if line.contains(what) => return line,
                Some(_) => {}
                None => panic!("never said: {what}\n{}", self.seen),
            }
        }
    }

    /// All of it, once its writer has ended.
    fn all(mut self) -> String {
        while self.next().is_some() {}
        self.seen
    }
}

/// How a run ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code, unless a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// What it wrote to stdout.
    pub stdout: String,
    /// What it wrote to stderr.
    pub stderr: String,
    /// Its home folder, as it left it.
    pub home: TempDir,
}

impl Running {
    /// Starts `command`, whose home is `home`.
    pub(crate) fn start(mut command: Command, home: TempDir) -> Self {
        command.stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the command starts");
        let stdout = Lines::of(child.stdout.take().unwrap());
        let stderr = Lines::of(child.stderr.take().unwrap());
        Self {
            child,
            home,
            stdout,
            stderr,
        }
    }

    /// The number of its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line on stderr that holds `what`, and gives it.
    pub fn await_stderr(&mut self, what: &str) -> String {
        self.stderr.await_line(what)
    }

    /// The same of stdout.
    pub fn await_stdout(&mut self, what: &str) -> String {
        self.stdout.await_line(what)
    }

    /// The processes that it started and that are still its children.
    pub fn children(&self) -> Vec<u32> {
        let pid = self.pid();
        let children = format!("/proc/{pid}/task");
        let tasks = std::fs::read_dir(children).into_iter().flatten().flatten();
        let lists =
            tasks.filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
        let lists: Vec<_> = lists.collect();
        let numbers = lists.iter().flat_map(|list| list.split_whitespace());
        numbers.filter_map(|number| number.parse().ok()).collect()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.pid()).unwrap()).unwrap();
        kill_process(pid, signal).expect("it is still there");
    }

    /// Waits for its end.
    pub fn end(mut self) -> Ended {
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if begun.elapsed() > PATIENCE {
                let _ = self.child.kill();
                panic!("it does not end\n{}", self.stderr.seen);
            }
            thread::sleep(Duration::from_millis(5));
        };
        Ended {
            code: status.code(),
            signal: status.signal(),
            stdout: self.stdout.all(),
            stderr: self.stderr.all(),
            home: self.home,
        }
    }
}

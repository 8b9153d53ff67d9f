//! One shell in a root of its own, which is given one command after the other.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use crate::stage::Stage;

/// A command that takes longer has hung.
const COMMAND_TIME_MAX: Duration = Duration::from_mins(1);

/// Most of what a command may print.
const PRINTED_BYTES_MAX: usize = 1 << 20;

/// Ends what a command printed. No command prints it: it stands in no document.
const END: &str = "end-of-command-0f5be3c7";

/// A shell, with everything that was started in it.
#[derive(Debug)]
pub(crate) struct Shell {
    child: Child,
    input: ChildStdin,
    lines: Receiver<String>,
    _stage: Stage,
}

/// How a command ended.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) code: i32,
    /// What it wrote to stdout and stderr, as a terminal would show it.
    pub(crate) printed: String,
}

impl Shell {
    /// A shell on a stage of its own.
    pub(crate) fn start() -> Self {
        let stage = Stage::new();
        let (reader, writer) = std::io::pipe().unwrap();
        let mut command = stage.shell();
        command.stdin(Stdio::piped());
        command.stdout(writer.try_clone().unwrap()).stderr(writer);
        let mut child = command.spawn().expect("unshare starts");
        // Otherwise this process would hold the other end of the pipe open.
        drop(command);
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(reader).split(b'\n').map_while(Result::ok) {
                if sender
                    .send(String::from_utf8_lossy(&line).into_owned())
                    .is_err()
                {
                    break;
                }
            }
        });
        let input = child.stdin.take().unwrap();
        let mut shell = Self {
            child,
            input,
            lines,
            _stage: stage,
        };
        let ready = shell.run("true");
        let fine = Ok(Answer {
            code: 0,
            printed: String::new(),
        });
        assert_eq!(ready, fine, "documents need a root of their own to run in");
        shell
    }

    /// Runs a command in the shell itself, so that variables and the working directory stay. `$?` is
    /// that of the command before.
    pub(crate) fn run(&mut self, command: &str) -> Result<Answer, String> {
        self.run_within(COMMAND_TIME_MAX, command)
    }

    fn run_within(&mut self, time_max: Duration, command: &str) -> Result<Answer, String> {
        let quoted = command.replace('\'', r"'\''");
        let line = format!(
            "(exit \"${{status:-0}}\"); eval '{quoted}' </dev/null\nstatus=$?; printf '\\n%s %s\\n' {END} \"$status\"\n"
        );
        // A shell that has ended is noticed by what it does not answer.
        let _ = self.input.write_all(line.as_bytes());
        let begun = Instant::now();
        let mut printed = String::new();
        loop {
            let left = time_max.saturating_sub(begun.elapsed());
            let line = match self.lines.recv_timeout(left) {
                Ok(line) => line,
                Err(error) => return Err(format!("no answer, {error}, after: {printed}")),
            };
            if let Some(code) = line.strip_prefix(END) {
                // The line end that comes before the mark.
                let printed = printed.strip_suffix('\n').unwrap_or(&printed).to_owned();
                let code = code.trim().parse().map_err(|_| line.clone())?;
                return Ok(Answer { code, printed });
            }
            printed.push_str(&line);
            printed.push('\n');
            if printed.len() > PRINTED_BYTES_MAX {
                return Err("it prints without end".to_owned());
            }
        }
    }
}

impl Shell {
    /// Ends the shell, and with it all else in its namespace.
    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::RecvTimeoutError;

    use super::*;

    #[test]
    fn a_command_that_hangs_ends_within_its_time_and_nothing_of_it_stays() {
        let mut shell = Shell::start();
        let answer = shell.run_within(Duration::from_millis(300), "echo begun; sleep 3600");
        let error = answer.unwrap_err();
        assert!(error.ends_with("after: begun\n"), "{error}");
        shell.end();
        // The pipe ends when the last process ends that could write to it.
        let ended = shell.lines.recv_timeout(COMMAND_TIME_MAX);
        assert_eq!(ended, Err(RecvTimeoutError::Disconnected));
    }

    #[test]
    fn commands_share_variables_folder_and_exit_code_and_print_as_on_a_terminal() {
        let mut shell = Shell::start();
        let mut said = |command: &str| {
            shell
                .run(command)
                .map(|answer| (answer.code, answer.printed))
        };
        let own = |code, printed: &str| Ok((code, printed.to_owned()));
        assert_eq!(said("X='it''s'; cd /opt; false"), own(1, ""));
        assert_eq!(said("echo $? \"$X\" $PWD"), own(0, "1 its /opt\n"));
        assert_eq!(said("printf a; printf b >&2; (exit 3)"), own(3, "ab"));
        assert_eq!(said("cat <<EOF\n$X\nEOF"), own(0, "its\n"));
        assert_eq!(said("id -u; ls /old 2>&1 | wc -l"), own(0, "0\n1\n"));
        assert_eq!(said("cat"), own(0, ""));
    }
}

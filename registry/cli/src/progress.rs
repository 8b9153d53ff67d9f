//! Shows how far a long discovery has come, on a terminal.
//!
//! Discovery works in a thread of its own, and this one looks on. The line is rewritten in place with
//! a carriage return and blanks, which any terminal knows, and is gone before anything else is written.

use std::io::Write;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use registry::Progress;

/// How long a discovery may take before anything is shown.
const SHOWN_AFTER: Duration = Duration::from_secs(1);

/// How often the line is rewritten.
const REWRITTEN_EVERY: Duration = Duration::from_millis(100);

/// Does `work`; if it takes long, shows what `progress` says meanwhile. Without a number of `columns`
/// there is no terminal, and nothing is shown.
pub(crate) fn during<R: Send>(
    work: impl Fn() -> R + Sync,
    progress: impl Fn() -> Progress,
    columns: Option<usize>,
    stderr: &mut dyn Write,
) -> R {
    match columns {
        Some(columns) => watch(work, progress, Line::new(columns), SHOWN_AFTER, stderr),
        None => work(),
    }
}

fn watch<R: Send>(
    work: impl Fn() -> R + Sync,
    progress: impl Fn() -> Progress,
    mut line: Line,
    shown_after: Duration,
    stderr: &mut dyn Write,
) -> R {
    let (sender, done) = mpsc::sync_channel(1);
    thread::scope(|scope| {
        let working = || {
            let result = work();
            // Nobody listens only if this scope is unwinding.
            let _ = sender.send(());
            result
        };
        let Ok(worker) = thread::Builder::new().spawn_scoped(scope, working) else {
            // No thread can be had: that costs the line, not the answer.
            return work();
        };
        let mut wait = shown_after;
        while done.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
            show(&line.draw(progress()), stderr);
            wait = REWRITTEN_EVERY;
        }
        show(&line.clear(), stderr);
        worker
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// What cannot be shown is no reason to give no answer.
fn show(text: &str, stderr: &mut dyn Write) {
    let _ = stderr.write_all(text.as_bytes());
    let _ = stderr.flush();
}

/// One line of a terminal, rewritten in place.
#[derive(Debug)]
struct Line {
    /// One less than the terminal has, as the last column makes some break the line.
    columns: usize,
    /// How many columns the text on the terminal takes.
    shown: usize,
    /// What the text says.
    said: Option<Progress>,
}

impl Line {
    fn new(columns: usize) -> Self {
        Self {
            columns: columns.saturating_sub(1),
            shown: 0,
            said: None,
        }
    }

    /// What brings the line on the terminal up to date; nothing if it is.
    fn draw(&mut self, progress: Progress) -> String {
        if self.said.replace(progress) == Some(progress) {
            return String::new();
        }
        let mut text = match progress {
            Progress { listed: 0, .. } => "looking for plugins".to_owned(),
            Progress {
                listed, examined, ..
            } => format!("looking at plugins: {examined} of {listed} files"),
        };
        // All of it is ASCII, so bytes are columns.
        text.truncate(self.columns);
        let before = std::mem::replace(&mut self.shown, text.len());
        format!("\r{text:<before$}")
    }

    /// What takes the line off the terminal.
    fn clear(&mut self) -> String {
        match std::mem::take(&mut self.shown) {
            0 => String::new(),
            shown => format!("\r{:shown$}\r", ""),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn a_line_is_rewritten_in_place_and_leaves_nothing_behind() {
        let mut line = Line::new(80);
        assert_eq!(line.clear(), "");
        let texts = [(0, 0), (7, 1_200), (1_200, 1_200)]
            .map(|(examined, listed)| line.draw(Progress::new(examined, listed)));
        assert_eq!(
            texts,
            [
                "\rlooking for plugins",
                "\rlooking at plugins: 7 of 1200 files",
                "\rlooking at plugins: 1200 of 1200 files",
            ]
        );
        assert_eq!(line.draw(Progress::new(1_200, 1_200)), "");
        let shorter = line.draw(Progress::default());
        assert_eq!(shorter, format!("\r{:<38}", "looking for plugins"));
        assert_eq!(line.clear(), format!("\r{}\r", " ".repeat(19)));
        assert_eq!(line.clear(), "");
    }

    #[test]
    fn a_narrow_terminal_never_breaks_the_line() {
        let mut line = Line::new(10);
        assert_eq!(line.draw(Progress::new(1, 2)), "\rlooking a");
        assert_eq!(line.clear(), "\r         \r");
        assert_eq!(Line::new(0).draw(Progress::new(1, 2)), "\r");
    }

    /// A writer that tells when the first bytes came.
    struct Telling(Vec<u8>, mpsc::Sender<()>);

    impl Write for Telling {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.extend_from_slice(bytes);
            let _ = self.1.send(());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn long_work_is_shown_until_it_ends_and_then_the_line_is_gone() {
        let (sender, shown) = mpsc::channel();
        let (mut stderr, shown) = (Telling(Vec::new(), sender), Mutex::new(shown));
        let work = || shown.lock().unwrap().recv().map(|()| 7);
        let progress = || Progress::new(1, 2);
        let result = watch(work, progress, Line::new(80), Duration::ZERO, &mut stderr);
        assert_eq!(result, Ok(7));
        let line = "looking at plugins: 1 of 2 files";
        let blanks = " ".repeat(line.len());
        assert_eq!(
            String::from_utf8(stderr.0).unwrap(),
            format!("\r{line}\r{blanks}\r")
        );
    }

    #[test]
    fn short_work_and_work_without_a_terminal_show_nothing() {
        let mut stderr = Vec::new();
        for columns in [Some(80), None] {
            let result = during(|| 7, Progress::default, columns, &mut stderr);
            assert_eq!((result, stderr.as_slice()), (7, &b""[..]));
        }
    }
}

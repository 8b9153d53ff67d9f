//! What is traced in this process, on whatever thread, to be waited for.

use std::io::Write;
use std::sync::{Condvar, Mutex, Once};
use std::time::Duration;

use tracing::Level;

static HEARD: (Mutex<String>, Condvar) = (Mutex::new(String::new()), Condvar::new());

/// Listens from now on. It is called before anything is traced that is to be heard.
pub(crate) fn listen() {
    static LISTEN: Once = Once::new();
    LISTEN.call_once(|| {
        tracing_subscriber::fmt()
            .with_ansi(false)
            .with_max_level(Level::INFO)
            .with_writer(|| Listener)
            .init();
    });
}

/// Waits until a line was traced that holds `what`.
pub(crate) fn await_line(what: &str) {
    let (heard, changed) = &HEARD;
    let lines = heard.lock().unwrap();
    let minute = Duration::from_mins(1);
    let (lines, timeout) = changed
        .wait_timeout_while(lines, minute, |lines| !lines.contains(what))
        .unwrap();
    assert!(!timeout.timed_out(), "never traced: {what}\n{lines}");
}

struct Listener;

impl Write for Listener {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let (heard, changed) = &HEARD;
        heard
            .lock()
            .unwrap()
            .push_str(&String::from_utf8_lossy(bytes));
        changed.notify_all();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

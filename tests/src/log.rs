//! Captures what is traced while a closure runs.
//!
//! One subscriber listens for the whole process and keeps events apart by thread. With a subscriber of
//! its own for each closure, an event that another test's thread was the first to reach would stay
//! switched off for good.

use std::cell::RefCell;
use std::io::Write;
use std::sync::Once;

use serde_json::Value;
use tracing::Level;

thread_local! {
    /// What was traced on this thread, where somebody wants to know.
    static TRACED: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// Events traced on this thread, as JSON objects.
#[derive(Clone, Copy, Debug)]
pub struct Log;

impl Log {
    /// Runs `work` and returns what it gave, with every event it traced.
    pub fn of<R>(work: impl FnOnce() -> R) -> (R, Vec<Value>) {
        static LISTEN: Once = Once::new();
        LISTEN.call_once(|| {
            tracing_subscriber::fmt()
                .json()
                .with_max_level(Level::TRACE)
                .with_writer(|| ThisThread)
                .init();
        });
        TRACED.set(Some(Vec::new()));
        let result = work();
        let traced = TRACED.take().unwrap();
        let events = String::from_utf8_lossy(&traced)
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        (result, events)
    }
}

struct ThisThread;

impl Write for ThisThread {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        TRACED.with_borrow_mut(|traced| {
            if let Some(traced) = traced {
                traced.extend_from_slice(bytes);
            }
        });
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

//! Work that may take a while, beside the thread that serves connections: so much at once, so much in
//! line, and the rest is turned away.

use std::cell::Cell;
use std::num::NonZeroUsize;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::ops::http::Refusal;

/// Work of one kind.
#[derive(Debug)]
pub(in crate::ops) struct Lane {
    running: Arc<Semaphore>,
    waiting: Cell<usize>,
    waiting_max: usize,
}

impl Lane {
    pub(super) fn new(threads: NonZeroUsize, waiting_max: usize) -> Self {
        Self {
            running: Arc::new(Semaphore::new(threads.get())),
            waiting: Cell::new(0),
            waiting_max,
        }
    }

    /// Runs `job` when it is its turn. Whoever stops waiting for one that has begun gives up no more than
    /// its result: its thread is free again when it ends.
    pub(in crate::ops) async fn run<R: Send + 'static>(
        &self,
        job: impl FnOnce() -> R + Send + 'static,
    ) -> Result<R, Refusal> {
        let turn = match Arc::clone(&self.running).try_acquire_owned() {
            Ok(turn) => turn,
            Err(_) => {
                let _in_line = self.in_line()?;
                let turn = Arc::clone(&self.running).acquire_owned().await;
                turn.map_err(|_| Refusal::Internal)?
            }
        };
        let done = spawn_blocking(move || {
            let _turn = turn;
            job()
        });
        done.await.map_err(|_| Refusal::Internal)
    }

    fn in_line(&self) -> Result<InLine<'_>, Refusal> {
        if self.waiting.get() >= self.waiting_max {
            return Err(Refusal::Busy);
        }
        self.waiting.set(self.waiting.get() + 1);
        Ok(InLine(self))
    }
}

/// A place in line until this is dropped.
struct InLine<'a>(&'a Lane);

impl Drop for InLine<'_> {
    fn drop(&mut self) {
        self.0.waiting.set(self.0.waiting.get().saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;
    use std::sync::mpsc;

    use tokio::runtime::Builder;
    use tokio::task::{LocalSet, spawn_local, yield_now};

    use super::*;

    #[test]
    fn so_much_runs_so_much_waits_and_the_rest_is_turned_away() {
        let runtime = Builder::new_current_thread().build().unwrap();
        LocalSet::new().block_on(&runtime, async {
            let lane = Rc::new(Lane::new(NonZeroUsize::MIN, 1));
            let (release, held) = mpsc::channel::<()>();
            let spawn = |job: Box<dyn FnOnce() -> u32 + Send>| {
                let lane = Rc::clone(&lane);
                spawn_local(async move { lane.run(job).await })
            };
            let first = spawn(Box::new(move || held.recv().map_or(0, |()| 1)));
            yield_now().await;
            let second = spawn(Box::new(|| 2));
            yield_now().await;
            assert_eq!(lane.run(|| 3).await, Err(Refusal::Busy));
            release.send(()).unwrap();
            assert_eq!(first.await.unwrap(), Ok(1));
            assert_eq!(second.await.unwrap(), Ok(2));
            let panics = lane.run(|| panic!("a bug")).await;
            assert_eq!(panics, Err::<(), _>(Refusal::Internal));
            assert_eq!(lane.run(|| 4).await, Ok(4));
        });
    }
}

//! Frames are handed over whole, and nobody sleeps through one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use loom::thread;
use registry_core::mailbox::{Counts, Futex, Mailbox, Side};
use registry_core::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use registry_core::sync::{Condvar, Mutex};

use crate::check::{Outcomes, check};

/// What the kernel does for a futex: the comparison and the beginning of the sleep are one step to
/// whoever wakes.
#[derive(Default)]
struct Kernel {
    queue: Mutex<()>,
    woken: Condvar,
}

impl Futex for &Kernel {
    fn wait(&self, word: &AtomicU32, expected: u32, bound: Duration) {
        let queue = self.queue.lock();
        if word.load(Ordering::SeqCst) == expected {
            drop(self.woken.wait_until(queue, Instant::now() + bound));
        }
    }

    fn wake(&self, _word: &AtomicU32) {
        drop(self.queue.lock());
        self.woken.notify_all();
    }
}

/// Two sides with a frame each, and the kernel.
#[derive(Default)]
struct Shared {
    sides: [Side; 2],
    frames: [AtomicU64; 2],
    kernel: Kernel,
}

impl Shared {
    fn mailbox(&self, own: usize) -> Mailbox<'_, &Kernel> {
        Mailbox::new(&self.sides[own], &self.sides[1 - own], &self.kernel)
    }

    fn post(&self, own: usize, counts: &mut Counts, frame: u64) {
        self.frames[own].store(frame, Ordering::Relaxed);
        self.mailbox(own).post(counts);
    }

    /// The frame that the other side posts.
    fn taken(&self, own: usize, counts: &mut Counts, reached: &Outcomes) -> u64 {
        let mailbox = self.mailbox(own);
        loop {
            let seen = mailbox.look();
            if Mailbox::<&Kernel>::may_take(*counts, seen).unwrap() {
                let frame = self.frames[1 - own].load(Ordering::Relaxed);
                mailbox.take_quietly(counts);
                return frame;
            }
            reached.reach("waited");
            mailbox.sleep(seen, Duration::from_secs(1));
        }
    }
}

#[test]
fn a_frame_is_taken_as_it_was_posted_and_no_wake_up_is_lost() {
    check(&["waited", "answered"], |reached| {
        let shared = Arc::new(Shared::default());
        let (theirs, outcomes) = (Arc::clone(&shared), Arc::clone(reached));
        let answering = thread::spawn(move || {
            let mut counts = Counts::default();
            let asked = theirs.taken(1, &mut counts, &outcomes);
            assert_eq!(asked, 7, "the frame behind the count");
            theirs.post(1, &mut counts, asked + 1);
        });
        let mut counts = Counts::default();
        shared.post(0, &mut counts, 7);
        let answer = shared.taken(0, &mut counts, reached);
        assert_eq!(answer, 8, "the frame behind the count");
        // The answer says that the request was taken.
        let seen = shared.mailbox(0).look();
        assert_eq!(Mailbox::<&Kernel>::may_post(counts, seen), Ok(true));
        reached.reach("answered");
        answering.join().unwrap();
    });
}

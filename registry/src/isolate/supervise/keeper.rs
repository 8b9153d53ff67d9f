//! The one thread that starts workers and watches over them.
//!
//! It sleeps in `poll` until a process ends, prints, or someone asks for something, or until one may have
//! used up its processor time. It looks again every [`LOOK`] only while there are answers to be dropped
//! or a process prints too much.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::{Child, Command};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use registry_core::sync::{Condvar, Mutex, OnceLock};
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::io::Errno;

use super::forked;
use super::process::{Memory, Process};
use super::tail::Tail;
use crate::isolate::groups::Group;

/// Time between two looks while something is left to be done.
const LOOK: Duration = Duration::from_millis(20);

/// Bytes of one stream that are read in one go. Who prints more is made to wait.
const READ_BYTES_MAX: usize = 64 << 10;

static KEEPER: OnceLock<Keeper> = OnceLock::new();

/// What is asked of the thread.
#[derive(Debug)]
struct Keeper {
    bell: OwnedFd,
    asked: Mutex<Vec<Job>>,
}

/// A process to be started.
#[derive(Debug)]
struct Job {
    command: Command,
    memory: Memory,
    group: Option<Group>,
    reply: Arc<Reply>,
}

#[derive(Debug, Default)]
struct Reply {
    outcome: Mutex<Option<io::Result<Arc<Process>>>>,
    given: Condvar,
}

/// Starts `command` on the permanent thread, which watches it from then on.
pub(super) fn spawn(
    command: Command,
    memory: Memory,
    group: Option<Group>,
    within: Duration,
) -> io::Result<Arc<Process>> {
    if forked::is_forked() {
        return Err(io::Error::other(forked::REASON));
    }
    let keeper = KEEPER.get_or_try_init(start)?;
    let reply = Arc::new(Reply::default());
    keeper.asked.lock().push(Job {
        command,
        memory,
        group,
        reply: Arc::clone(&reply),
    });
    keeper.ring();
    let until = Instant::now() + within;
    let mut outcome = reply.outcome.lock();
    loop {
        if let Some(outcome) = outcome.take() {
            return outcome;
        }
        let timed_out;
        (outcome, timed_out) = reply.given.wait_until(outcome, until);
        if timed_out && outcome.is_none() {
            // Whatever is started yet finds nobody who holds its memory, and ends.
            return Err(io::ErrorKind::TimedOut.into());
        }
    }
}

/// Asks for a look at what was left behind.
pub(super) fn look() {
    if let Some(keeper) = KEEPER.get() {
        keeper.ring();
    }
}

fn start() -> io::Result<Keeper> {
    forked::watch()?;
    let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
    let thread = thread::Builder::new().name("registry-keeper".to_owned());
    thread.spawn(|| {
        let keeper = KEEPER.wait();
        let mut watched = Vec::new();
        loop {
            keeper.look(&mut watched);
        }
    })?;
    Ok(Keeper {
        bell,
        asked: Mutex::default(),
    })
}

impl Keeper {
    fn ring(&self) {
        // A counter that cannot be raised any further wakes the thread as well.
        let _rung = rustix::io::write(&self.bell, &1_u64.to_ne_bytes());
    }

    /// Waits until there is something to do, and does it.
    fn look(&self, watched: &mut Vec<Watched>) {
        let busy = watched.iter_mut().fold(false, |busy, one| {
            let waits = one.process.reclaim();
            busy | waits | one.is_held_back()
        });
        let now = Instant::now();
        let next = watched.iter_mut().filter_map(|one| one.meter(now)).min();
        let ready = self.wait(watched, if busy { Some(LOOK) } else { next });
        let mut silenced = [0; 8];
        let _nothing = rustix::io::read(&self.bell, &mut silenced);
        for (one, ready) in watched.iter_mut().zip(ready) {
            one.attend(ready);
        }
        watched.retain(|one| one.process.end().is_none());
        let jobs = std::mem::take(&mut *self.asked.lock());
        watched.extend(jobs.into_iter().filter_map(Job::run));
    }

    /// What is ready of each process.
    fn wait(&self, watched: &[Watched], wait_max: Option<Duration>) -> Vec<Ready> {
        let wait_max = wait_max.and_then(|wait| Timespec::try_from(wait).ok());
        let mut fds = vec![PollFd::new(&self.bell, PollFlags::IN)];
        for one in watched {
            fds.extend(
                one.sources()
                    .map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)),
            );
        }
        match poll(&mut fds, wait_max.as_ref()) {
            Ok(_) => {}
            Err(Errno::INTR) => return Vec::new(),
            // So many at once are refused where the host has lowered its limit of open files since.
            Err(_) => {
                thread::sleep(LOOK);
                for fd in fds.chunks_mut(1) {
                    let _not_ready = poll(fd, Some(&Timespec::default()));
                }
            }
        }
        let mut answered = fds[1..].iter().map(|fd| !fd.revents().is_empty());
        let each = watched.iter().map(|one| Ready {
            ended: answered.next().unwrap_or(false),
            streams: [0, 1]
                .map(|stream| one.is_listened_to(stream) && answered.next().unwrap_or(false)),
        });
        each.collect()
    }
}

impl Job {
    fn run(mut self) -> Option<Watched> {
        let outcome = self.command.spawn().and_then(|mut child| {
            let streams = [
                child.stdout.take().map(OwnedFd::from),
                child.stderr.take().map(OwnedFd::from),
            ];
            match Process::of(&child, self.memory) {
                Ok(process) => Ok((Arc::new(process), child, streams)),
                Err(error) => {
                    let _ended = child.kill();
                    let _reaped = child.wait();
                    Err(error)
                }
            }
        });
        let (reply, watched) = match outcome {
            Ok((process, child, streams)) => (
                Ok(Arc::clone(&process)),
                Some(Watched {
                    process,
                    child,
                    streams: streams.map(Stream::of),
                    look_at: Some(Instant::now()),
                    group: self.group,
                }),
            ),
            Err(error) => (Err(error), None),
        };
        *self.reply.outcome.lock() = Some(reply);
        self.reply.given.notify_all();
        watched
    }
}

/// A process under watch.
#[derive(Debug)]
struct Watched {
    process: Arc<Process>,
    child: Child,
    /// What it writes to stdout and stderr.
    streams: [Stream; 2],
    /// When its processor time is looked at next; never, once it is to end.
    look_at: Option<Instant>,
    /// What bounds its memory.
    group: Option<Group>,
}

#[derive(Debug)]
struct Stream {
    source: Option<OwnedFd>,
    tail: Tail,
    /// Not read before then.
    held_back: Option<Instant>,
}

/// What is to be done for one process.
#[derive(Clone, Copy, Debug)]
struct Ready {
    ended: bool,
    streams: [bool; 2],
}

impl Watched {
    fn is_listened_to(&self, stream: usize) -> bool {
        let stream = &self.streams[stream];
        stream.source.is_some() && stream.held_back.is_none()
    }

    /// What it waits for: its end, and the streams that are listened to.
    fn sources(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        let streams = [0, 1]
            .into_iter()
            .filter(|stream| self.is_listened_to(*stream));
        let streams = streams.filter_map(|stream| self.streams[stream].source.as_ref());
        std::iter::once(self.process.handle()).chain(streams.map(AsFd::as_fd))
    }

    /// Meters its processor time, where it is time to. Time until the next look, if there is one.
    fn meter(&mut self, now: Instant) -> Option<Duration> {
        if self.look_at? <= now {
            self.look_at = self.process.look_at_meter().map(|next| now + next);
        }
        Some(self.look_at?.saturating_duration_since(now))
    }

    /// Whether a stream is not listened to for a while.
    fn is_held_back(&mut self) -> bool {
        let now = Instant::now();
        for stream in &mut self.streams {
            stream.held_back = stream.held_back.filter(|until| now < *until);
        }
        self.streams.iter().any(|stream| stream.held_back.is_some())
    }

    fn attend(&mut self, ready: Ready) {
        for (stream, ready) in self.streams.iter_mut().zip(ready.streams) {
            if ready {
                stream.read();
            }
        }
        if ready.ended {
            for stream in &mut self.streams {
                stream.read();
            }
            let [_, stderr] = &self.streams;
            let group = self.group.take();
            self.process.reap(&mut self.child, &stderr.tail, group);
        }
    }
}

impl Stream {
    fn of(source: Option<OwnedFd>) -> Self {
        // A stream that would block its reader is not read at all.
        let source = source.filter(|source| rustix::io::ioctl_fionbio(source, true).is_ok());
        Self {
            source,
            tail: Tail::default(),
            held_back: None,
        }
    }

    /// Reads what is there, up to a bound.
    fn read(&mut self) {
        let mut left = READ_BYTES_MAX;
        let mut bytes = [0; 4 << 10];
        while let Some(source) = &self.source {
            match rustix::io::read(source, &mut bytes) {
                Ok(0) => self.source = None,
                Ok(read) => {
                    self.tail.push(&bytes[..read]);
                    left = left.saturating_sub(read);
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return,
                Err(_) => self.source = None,
            }
            if left == 0 {
                self.held_back = Some(Instant::now() + LOOK);
                return;
            }
        }
    }
}

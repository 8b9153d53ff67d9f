//! One side's end of a slot.

use std::time::{Duration, Instant};

use registry_core::mailbox::{Broken, Counts, Mailbox};
use rustix::process::Pid;
use rustix::thread::sched_getaffinity;

use super::frame::{Header, Kind};
use super::futex::Shared;
use super::rest::Sleeps;
use super::slot::{FRAME_BYTES_MAX, Slot};

/// How long a side spins before it sleeps, while calls follow each other closely.
pub(in crate::isolate) const SPIN: Duration = Duration::from_micros(50);

/// Looks between two looks at the clock.
const LOOKS: u32 = 32;

/// Why a message was not sent or did not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::isolate) enum Fault {
    /// The other side broke a rule.
    Broken(&'static str),
    /// The caller's bound was reached.
    Late,
    /// The caller's own caller gave up.
    Cancelled,
    /// The other side is gone.
    Gone,
}

impl From<Broken> for Fault {
    fn from(_: Broken) -> Self {
        Self::Broken("counts of frames that do not fit")
    }
}

/// A message that came whole.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::isolate) struct Message {
    /// What it is.
    pub(in crate::isolate) kind: Kind,
    /// Which call it belongs to.
    pub(in crate::isolate) call: u64,
    /// What its kind needs beside the bytes.
    pub(in crate::isolate) extra: u64,
    /// Its bytes.
    pub(in crate::isolate) bytes: Vec<u8>,
}

/// What became of a frame that nobody wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::isolate) enum Discarded {
    /// None is there.
    Nothing,
    /// One was taken, and more follow.
    Frame,
    /// The answer was taken: the call is over.
    Answer,
}

/// Whoever waits: asked before each sleep how long it may be, or why to wait no longer.
pub(in crate::isolate) trait Pause {
    /// The longest that may be slept now.
    fn next(&mut self) -> Result<Duration, Fault>;
}

impl<F: FnMut() -> Result<Duration, Fault>> Pause for F {
    fn next(&mut self) -> Result<Duration, Fault> {
        self()
    }
}

/// What one side remembers of a slot between messages, in memory of its own.
#[derive(Debug, Default)]
pub(in crate::isolate) struct Lane {
    counts: Counts,
    /// The first header of a message that is under way here, and how much of it was copied.
    coming: Option<(Header, usize)>,
    /// Whether a message was left unsent halfway: the other side waits for the rest, for ever.
    stuck: bool,
}

/// The two halves of a slot, as one side sees them.
#[derive(Clone, Copy, Debug)]
pub(in crate::isolate) struct Ends<'a> {
    /// What this side writes.
    pub(in crate::isolate) own: &'a Slot,
    /// What the other side writes.
    pub(in crate::isolate) other: &'a Slot,
}

impl<'a> Ends<'a> {
    fn mailbox(self) -> Mailbox<'a, Shared> {
        Mailbox::new(&self.own.side, &self.other.side, Shared)
    }
}

impl Lane {
    /// Sends a message, frame by frame, as the other side takes them.
    pub(in crate::isolate) fn send(
        &mut self,
        ends: Ends<'_>,
        (kind, call, extra): (Kind, u64, u64),
        bytes: &[u8],
        pause: &mut impl Pause,
    ) -> Result<(), Fault> {
        let mailbox = ends.mailbox();
        let mut rest = bytes;
        self.stuck = true;
        loop {
            let frame = &rest[..rest.len().min(FRAME_BYTES_MAX)];
            rest = &rest[frame.len()..];
            wait(&mailbox, Duration::ZERO, pause, |seen| {
                Mailbox::<Shared>::may_post(self.counts, seen)
            })?;
            ends.own.set_header(&Header {
                call,
                extra,
                kind: kind.number(),
                total: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
                length: u32::try_from(frame.len()).unwrap_or(u32::MAX),
            });
            ends.own.write(frame);
            mailbox.post(&mut self.counts);
            if rest.is_empty() {
                self.stuck = false;
                return Ok(());
            }
        }
    }

    /// Waits for a message, of `call` where it is known.
    pub(in crate::isolate) fn receive(
        &mut self,
        ends: Ends<'_>,
        call: Option<u64>,
        spin: Duration,
        pause: &mut impl Pause,
    ) -> Result<Message, Fault> {
        let mailbox = ends.mailbox();
        let mut bytes = Vec::new();
        loop {
            wait(&mailbox, spin, pause, |seen| {
                Mailbox::<Shared>::may_take(self.counts, seen)
            })?;
            if let Some((kind, header)) = self.take(ends, call, |slot, length| {
                slot.read_into(length, &mut bytes);
            })? {
                return Ok(Message {
                    kind,
                    call: header.call,
                    extra: header.extra,
                    bytes,
                });
            }
        }
    }

    /// Takes a frame of `call` that nobody wants, if one is there. Gives the kind of the message that
    /// ends with it.
    pub(in crate::isolate) fn discard(
        &mut self,
        ends: Ends<'_>,
        call: u64,
    ) -> Result<Discarded, Fault> {
        let seen = ends.mailbox().look();
        if self.stuck || !Mailbox::<Shared>::may_take(self.counts, seen)? {
            return Ok(Discarded::Nothing);
        }
        Ok(match self.take(ends, Some(call), |_, _| {})? {
            Some((Kind::Log, _)) | None => Discarded::Frame,
            Some(_) => Discarded::Answer,
        })
    }

    /// Takes the frame that is there: judges a copy of its header, has its bytes copied, gives it back.
    /// With the last frame of a message come its kind and its header.
    fn take(
        &mut self,
        ends: Ends<'_>,
        call: Option<u64>,
        copy: impl FnOnce(&Slot, usize),
    ) -> Result<Option<(Kind, Header)>, Fault> {
        let header = ends.other.header();
        let (first, received) = match &self.coming {
            Some((first, received)) => (Some(first), *received),
            None => (None, 0),
        };
        let call = call.or(first.map(|first| first.call));
        let (kind, length) = header.judged(call, first, received)?;
        copy(ends.other, length);
        let received = received + length;
        let whole = received >= header.total as usize;
        // The last frame of a message that is answered is given back together with the answer.
        if whole && kind != Kind::Log {
            ends.mailbox().take_quietly(&mut self.counts);
        } else {
            ends.mailbox().take(&mut self.counts);
        }
        self.coming = (!whole).then_some((header, received));
        Ok(whole.then_some((kind, header)))
    }
}

/// Looks until `ready`: at once, while spinning, and then after each sleep.
fn wait(
    mailbox: &Mailbox<'_, Shared>,
    spin: Duration,
    pause: &mut impl Pause,
    ready: impl Fn(u32) -> Result<bool, Broken>,
) -> Result<(), Fault> {
    if ready(mailbox.look())? || (!spin.is_zero() && spun(mailbox, spin, &ready)?) {
        return Ok(());
    }
    let mut sleeps = Sleeps::default();
    loop {
        let seen = mailbox.look();
        if ready(seen)? {
            return Ok(());
        }
        match pause.next() {
            Ok(bound) => sleeps.sleep(mailbox, seen, bound),
            // What it said last may have come after the look.
            Err(Fault::Gone) if ready(mailbox.look())? => return Ok(()),
            Err(fault) => return Err(fault),
        }
    }
}

fn spun(
    mailbox: &Mailbox<'_, Shared>,
    spin: Duration,
    ready: &impl Fn(u32) -> Result<bool, Broken>,
) -> Result<bool, Fault> {
    let begun = Instant::now();
    loop {
        for _ in 0..LOOKS {
            if ready(mailbox.look())? {
                return Ok(true);
            }
            std::hint::spin_loop();
        }
        if begun.elapsed() >= spin {
            return Ok(false);
        }
    }
}

/// Whether this thread and the process `other` may run at once, for each may use a processor that the
/// other one leaves free: on a single one, spinning keeps the other side from running.
pub(in crate::isolate) fn spin_allowed(other: Pid) -> bool {
    match (sched_getaffinity(None), sched_getaffinity(Some(other))) {
        (Ok(own), Ok(other)) => own.count() > 1 || other.count() > 1 || own != other,
        _ => false,
    }
}

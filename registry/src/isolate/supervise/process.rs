//! One process of a worker, and the calls into it.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use registry_core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use registry_core::sync::{Condvar, Mutex, MutexGuard, OnceLock};
use rustix::io::Errno;
use rustix::net::SendFlags;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open, pidfd_send_signal};

use super::end_record::EndRecord;
use super::keeper;
use super::meter::{Meter, Reading};
use super::patience::Patience;
use super::seats::{Reclaimed, Seat, Seats};
use super::tail::Tail;
use crate::crash::{Crash, Limit};
use crate::isolate::failure::{Failure, Stage, WorkerFault};
use crate::isolate::groups::Group;
use crate::isolate::sandbox::Enforced;
use crate::isolate::wire::{
    Allowance, Ends, Fault, Kind, Message, Pause as _, Region, SPIN, spin_allowed,
};
use crate::isolate::worker::ExitCode;
use crate::load::CallState;
use crate::moment::Moment;

/// Longest wait for the end of a process that was ended.
const REAP_MAX: Duration = Duration::from_secs(2);

/// Longest wait for the news of an end that a closed socket foretells.
const END_NEWS_MAX: Duration = Duration::from_secs(1);

/// Lines of log in one call that are taken as fast as they come: more than an honest worker sends, which
/// keeps to the bound of its planner.
const LINES_MAX: u32 = 1_000;

/// What a host and a worker share.
#[derive(Debug)]
pub(super) struct Memory {
    pub(super) requests: Region,
    pub(super) answers: Region,
    pub(super) control: OwnedFd,
    /// The digest of the library.
    pub(super) digest: blake3::Hash,
    /// Processor time that it may use for one call.
    pub(super) processor_time: Duration,
    /// Memory that it may use.
    pub(super) bytes_max: u64,
}

/// One process of a worker.
#[derive(Debug)]
pub(super) struct Process {
    memory: Memory,
    pid: Pid,
    handle: OwnedFd,
    seats: Mutex<Seats>,
    freed: Condvar,
    next_call: AtomicU64,
    /// Whether its end is near, or past.
    doomed: AtomicBool,
    pub(super) record: EndRecord,
    life: Mutex<Life>,
    settled: Condvar,
    end: OnceLock<Crash>,
    /// The limit for which its end was asked for.
    limit: OnceLock<Limit>,
    pub(super) meter: Meter,
    enforced: OnceLock<Enforced>,
}

/// How far its end has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    /// It may be signalled.
    Running,
    /// Its number may be somebody else's by now.
    Reaped,
    /// How it ended is known, and recorded where nobody else does that.
    Settled,
}

impl Process {
    /// The process `child`, with which `memory` is shared.
    pub(super) fn of(child: &Child, memory: Memory) -> std::io::Result<Self> {
        let pid = Pid::from_child(child);
        Ok(Self {
            handle: pidfd_open(pid, PidfdFlags::empty())?,
            pid,
            seats: Mutex::new(Seats::default()),
            freed: Condvar::new(),
            next_call: AtomicU64::new(1),
            doomed: AtomicBool::new(false),
            record: EndRecord::default(),
            life: Mutex::new(Life::Running),
            settled: Condvar::new(),
            end: OnceLock::new(),
            limit: OnceLock::new(),
            meter: Meter::of(pid, memory.processor_time),
            enforced: OnceLock::new(),
            memory,
        })
    }

    /// Becomes readable when the process ends.
    pub(super) fn handle(&self) -> BorrowedFd<'_> {
        self.handle.as_fd()
    }

    /// Whether calls are worth a try.
    pub(super) fn is_alive(&self) -> bool {
        // Relaxed: who comes too early finds out in the call.
        self.end.get().is_none() && !self.doomed.load(Ordering::Relaxed)
    }

    /// How it ended, if it has.
    pub(super) fn end(&self) -> Option<&Crash> {
        self.end.get()
    }

    /// How it failed, if it has ended. Some exit codes are the worker's own and no crash of its planner,
    /// but only as long as it holds none.
    pub(super) fn fault(&self) -> Option<WorkerFault> {
        let crash = self.end.get()?;
        if let Some(limit) = crash.limit {
            return Some(WorkerFault::Limit {
                limit,
                crash: Box::new(crash.clone()),
            });
        }
        let meaning = crash.exit_code.and_then(ExitCode::meaning);
        Some(match meaning.filter(|_| self.enforced.get().is_none()) {
            Some(meaning) => WorkerFault::Start {
                reason: meaning.to_owned(),
            },
            None => WorkerFault::Crashed(Box::new(crash.clone())),
        })
    }

    /// What it said of its sandbox, before it held anything of its planner.
    pub(super) fn enforced(&self) -> Option<&Enforced> {
        self.enforced.get()
    }

    pub(super) fn record_enforced(&self, enforced: Enforced) {
        let _first = self.enforced.set(enforced);
    }

    /// How far its start has come. Once it may hold a planner, it can no longer say that it does not.
    pub(super) fn stage(&self) -> Stage {
        if self.enforced.get().is_none() {
            return Stage::Spawn;
        }
        Stage::of(u64::from(self.ends(0).other.stage()))
            .filter(|stage| *stage != Stage::Spawn)
            .unwrap_or(Stage::Map)
    }

    pub(super) fn ends(&self, slot: usize) -> Ends<'_> {
        Region::ends(&self.memory.requests, &self.memory.answers, slot)
    }

    /// Sends a request and waits for its answer, at most until `until`. Log lines go to `state`.
    pub(super) fn call(
        &self,
        (kind, extra): (Kind, u64),
        bytes: &[u8],
        until: Option<Instant>,
        state: Option<&CallState<'_>>,
    ) -> Result<Message, Failure> {
        let mut patience = Patience::new(self, until, state);
        let mut seat = self
            .seat(&mut patience)
            .map_err(|fault| self.failure(fault))?;
        // Relaxed: only the uniqueness of the numbers matters, and a read-modify-write gives it.
        let call = self.next_call.fetch_add(1, Ordering::Relaxed);
        patience.call = Some((call, seat.index));
        match self.exchange(&mut seat, (kind, call, extra), bytes, &mut patience) {
            Ok(message) => {
                seat.answered = Some(Instant::now());
                self.seats.lock().put(seat);
                self.freed.notify_one();
                Ok(message)
            }
            Err(fault) => {
                self.leave(seat, call, until, fault);
                Err(self.failure(fault).during(call))
            }
        }
    }

    fn exchange(
        &self,
        seat: &mut Seat,
        head: (Kind, u64, u64),
        bytes: &[u8],
        patience: &mut Patience<'_>,
    ) -> Result<Message, Fault> {
        let ends = self.ends(seat.index);
        let hot = seat.pace(|| spin_allowed(self.pid));
        ends.own.set_hot(hot);
        seat.lane.send(ends, head, bytes, patience)?;
        let spin = if hot { SPIN } else { Duration::ZERO };
        let mut lines = Allowance::of(LINES_MAX);
        loop {
            let message = seat.lane.receive(ends, Some(head.1), spin, patience)?;
            if !message.kind.is_from_worker() {
                return Err(Fault::Broken("a request from a worker"));
            }
            if message.kind != Kind::Log {
                return Ok(message);
            }
            // A flood of lines never sleeps, and must neither outlast the call nor keep this thread busy.
            patience.next()?;
            lines.spend();
            if let Some(state) = patience.state {
                let level = u8::try_from(message.extra & 0xff).unwrap_or(u8::MAX);
                state.relayed(level, message.extra >> 8, &message.bytes);
            }
        }
    }

    fn seat(&self, patience: &mut Patience<'_>) -> Result<Seat, Fault> {
        let mut seats = self.seats.lock();
        loop {
            if let Some((seat, fresh)) = seats.take() {
                drop(seats);
                if fresh && seat.index > 0 {
                    self.open(seat.index, patience.left())?;
                }
                return Ok(seat);
            }
            self.reclaim_from(&mut seats);
            let bound = patience.next()?;
            (seats, _) = self.freed.wait_until(seats, Instant::now() + bound);
        }
    }

    /// Has the worker serve one slot more, within the time that is left.
    fn open(&self, slot: usize, left: Duration) -> Result<(), Fault> {
        let number = [u8::try_from(slot).unwrap_or(u8::MAX)];
        let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
        match rustix::net::send(&self.memory.control, &number, flags) {
            Ok(_) => Ok(()),
            Err(_) if self.end.get().is_some() => Err(Fault::Gone),
            // The kernel closes the socket of a process that ends before it tells of the end.
            Err(Errno::PIPE | Errno::CONNRESET) if self.has_ended_by(END_NEWS_MAX.min(left)) => {
                Err(Fault::Gone)
            }
            Err(_) => Err(Fault::Broken("a control socket that is not read")),
        }
    }

    /// What becomes of a seat whose call gave no answer.
    fn leave(&self, seat: Seat, call: u64, until: Option<Instant>, fault: Fault) {
        match fault {
            Fault::Gone => {}
            Fault::Broken(_) => self.kill(),
            Fault::Late | Fault::Cancelled => {
                self.ends(seat.index).own.cancel(call);
                self.seats.lock().abandon(seat, call, until);
                keeper::look();
            }
        }
    }

    fn failure(&self, fault: Fault) -> Failure {
        // What is shared is spoilt when the process has ended, and then looks like a broken rule.
        match (fault, self.fault()) {
            (Fault::Gone | Fault::Broken(_), Some(fault)) => Failure::Worker(fault),
            (Fault::Gone, None) => Failure::Bug,
            (Fault::Broken(what), None) => Failure::Worker(WorkerFault::Protocol { what }),
            (Fault::Late, _) => Failure::Late,
            (Fault::Cancelled, _) => Failure::Cancelled,
        }
    }

    /// Ends the process if it used up the processor time of a call. Otherwise the time until the next look.
    pub(super) fn look_at_meter(&self) -> Option<Duration> {
        // Relaxed: a call that is not seen yet is seen at the next look.
        match self.meter.look(self.next_call.load(Ordering::Relaxed)) {
            Reading::Within(next) => Some(next),
            Reading::Exceeded => {
                let max_ms = u64::try_from(self.meter.max().as_millis()).unwrap_or(u64::MAX);
                let _first = self.limit.set(Limit::ProcessorTime { max_ms });
                self.kill();
                None
            }
        }
    }

    /// Drops late answers; whether there are calls left whose answers are to be dropped.
    pub(super) fn reclaim(&self) -> bool {
        self.reclaim_from(&mut self.seats.lock())
    }

    fn reclaim_from(&self, seats: &mut MutexGuard<'_, Seats>) -> bool {
        if self.end.get().is_some() {
            return false;
        }
        match seats.reclaim(|slot| self.ends(slot)) {
            Reclaimed::All => false,
            Reclaimed::Some => true,
            Reclaimed::Hopeless => {
                self.kill();
                false
            }
        }
    }

    /// Ends the process and all of its group, without waiting for that.
    pub(super) fn kill(&self) {
        // Relaxed: the flag carries nothing but itself.
        self.doomed.store(true, Ordering::Relaxed);
        let life = self.life.lock();
        if *life == Life::Running {
            self.record.note_killed();
            self.signal_all();
        }
    }

    /// Ends the process and its group, whose number is nobody else's as long as the process can be signalled,
    /// be it dead. A host that ignores the ends of its children does not decide when that is over. A worker
    /// that leads no group yet has started none.
    fn signal_all(&self) {
        if pidfd_send_signal(&self.handle, Signal::KILL).is_ok() {
            let _nobody_left = kill_process_group(self.pid, Signal::KILL);
        }
    }

    /// Ends the process, and waits a little for its end; whether it came.
    pub(super) fn end_now(&self) -> bool {
        self.kill();
        self.has_ended_by(REAP_MAX)
    }

    /// Waits for the end of the process, at most so long; whether it came.
    fn has_ended_by(&self, wait_max: Duration) -> bool {
        let until = Instant::now() + wait_max;
        let mut life = self.life.lock();
        let mut timed_out = false;
        while *life != Life::Settled && !timed_out {
            (life, timed_out) = self.settled.wait_until(life, until);
        }
        *life == Life::Settled
    }

    fn crash(&self, status: Option<ExitStatus>, stderr: &Tail) -> Crash {
        let mut crash = Crash {
            at_ms: Moment::now().unix_ms(),
            signal: status.and_then(|status| status.signal()),
            exit_code: status.and_then(|status| status.code()),
            limit: self.limit.get().copied(),
            digest: format!("blake3:{}", self.memory.digest),
            ..Crash::default()
        };
        crash.take_words(stderr.text());
        crash
    }

    /// Reaps the process, which has ended, and tells everybody. What bounded its memory goes first. For the
    /// keeper alone.
    pub(super) fn reap(&self, child: &mut Child, stderr: &Tail, group: Option<Group>) {
        // Relaxed: the flag carries nothing but itself. Who finds the process gone finds it doomed.
        self.doomed.store(true, Ordering::Relaxed);
        let mut life = self.life.lock();
        self.signal_all();
        let status = child.try_wait().ok().flatten();
        *life = Life::Reaped;
        drop(life);
        if group.is_some_and(|group| group.was_exceeded()) {
            let bytes_max = self.memory.bytes_max;
            let _first = self.limit.set(Limit::Memory { bytes_max });
        }
        let crash = self.crash(status, stderr);
        let _first = self.end.set(crash.clone());
        let (opened, is_awaited) = {
            let seats = self.seats.lock();
            (seats.opened, seats.is_any_taken())
        };
        for slot in 0..opened {
            self.ends(slot).other.spoil();
        }
        self.freed.notify_all();
        // Who gives up in this very moment finds that it has ended, and records it.
        if !is_awaited {
            self.record.make(&crash);
        }
        *self.life.lock() = Life::Settled;
        self.settled.notify_all();
    }
}

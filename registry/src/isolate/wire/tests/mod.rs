//! An honest exchange, and what it rests on.

mod forged;

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use registry_core::mailbox::{Counts, Mailbox};
use registry_core::sync::atomic::{AtomicBool, Ordering};
use rustix::fs::SealFlags;
use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use super::frame::{Header, Kind};
use super::futex::Shared;
use super::lane::{Discarded, Ends, Fault, Lane, spin_allowed};
use super::region::{Access, Region};
use super::slot::{FRAME_BYTES_MAX, SLOTS};

/// The call that the tests are about.
const CALL: u64 = 7;

/// Both regions, as the host and as the worker has them mapped.
struct Wire {
    host: [Region; 2],
    worker: [Region; 2],
    shared: [OwnedFd; 2],
}

impl Wire {
    fn new() -> Self {
        let (requests, requests_shared) = Region::create(Access::Read).unwrap();
        let (answers, answers_shared) = Region::create(Access::Write).unwrap();
        Self {
            worker: [
                Region::receive(requests_shared.as_fd(), Access::Read).unwrap(),
                Region::receive(answers_shared.as_fd(), Access::Write).unwrap(),
            ],
            host: [requests, answers],
            shared: [requests_shared, answers_shared],
        }
    }

    fn host(&self) -> Ends<'_> {
        Region::ends(&self.host[0], &self.host[1], 0)
    }

    fn worker(&self) -> Ends<'_> {
        Region::ends(&self.worker[1], &self.worker[0], 0)
    }

    /// Writes a frame as a worker may, and hands it over.
    fn forge(&self, counts: &mut Counts, header: Header, bytes: &[u8]) {
        let ends = self.worker();
        ends.own.set_header(&header);
        ends.own.write(bytes);
        Mailbox::new(&ends.own.side, &ends.other.side, Shared).post(counts);
    }

    /// What the host makes of it.
    fn heard(&self, lane: &mut Lane) -> Result<usize, Fault> {
        let message = lane.receive(self.host(), Some(CALL), Duration::ZERO, &mut impatient)?;
        Ok(message.bytes.len())
    }
}

/// Waits for nothing: what is to come has been written.
fn impatient() -> Result<Duration, Fault> {
    Err(Fault::Late)
}

#[expect(clippy::unnecessary_wraps, reason = "other waits can fail")]
fn patient() -> Result<Duration, Fault> {
    Ok(Duration::from_mins(1))
}

fn header(kind: Kind, total: usize, length: usize) -> Header {
    Header {
        call: CALL,
        extra: 0,
        kind: kind.number(),
        total: u32::try_from(total).unwrap(),
        length: u32::try_from(length).unwrap(),
    }
}

#[test]
fn messages_of_every_size_go_to_and_fro_and_come_whole() {
    let wire = Wire::new();
    let sizes = [
        0,
        1,
        7,
        8,
        100,
        FRAME_BYTES_MAX,
        FRAME_BYTES_MAX + 1,
        10 << 20,
    ];
    let text = |size: usize| -> Vec<u8> { (0..=250).cycle().take(size).collect() };
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut lane = Lane::default();
            for _ in sizes {
                let asked = lane.receive(wire.worker(), None, Duration::ZERO, &mut patient);
                let asked = asked.unwrap();
                assert_eq!((asked.kind, asked.call), (Kind::Plan, CALL));
                let head = (Kind::Answer, CALL, asked.extra + 1);
                lane.send(wire.worker(), head, &asked.bytes, &mut patient)
                    .unwrap();
            }
        });
        let mut lane = Lane::default();
        for size in sizes {
            let head = (Kind::Plan, CALL, 41);
            lane.send(wire.host(), head, &text(size), &mut patient)
                .unwrap();
            let spin = Duration::from_micros(50);
            let answer = lane
                .receive(wire.host(), Some(CALL), spin, &mut patient)
                .unwrap();
            assert_eq!((answer.kind, answer.extra), (Kind::Answer, 42));
            assert!(answer.bytes == text(size), "{size}");
        }
    });
}

#[test]
fn the_last_message_of_a_side_that_is_gone_is_heard() {
    let (wire, mut lane, mut counts) = (Wire::new(), Lane::default(), Counts::default());
    let last = || wire.forge(&mut counts, header(Kind::Answer, 10, 10), &[1; 16]);
    let mut last = Some(last);
    // It is posted after the look that found nothing, and before the end is learnt of.
    let mut gone = || {
        if let Some(mut last) = last.take() {
            last();
            wire.host().other.spoil();
        }
        Err(Fault::Gone)
    };
    let heard = lane.receive(wire.host(), Some(CALL), Duration::ZERO, &mut gone);
    assert_eq!(heard.unwrap().bytes.len(), 10);
    let heard = lane.receive(wire.host(), Some(CALL), Duration::ZERO, &mut gone);
    assert_eq!(heard, Err(Fault::Gone));
}

#[test]
fn an_index_is_masked() {
    let wire = Wire::new();
    for index in [0, 5, SLOTS - 1] {
        let slot = std::ptr::from_ref(wire.host[0].slot(index));
        for beyond in [index + SLOTS, index + SLOTS * 1_000_003] {
            assert_eq!(std::ptr::from_ref(wire.host[0].slot(beyond)), slot);
        }
    }
}

#[test]
fn shared_memory_cannot_be_resized_and_the_hosts_not_be_written() {
    let wire = Wire::new();
    let [requests, answers] = wire.shared.each_ref().map(|shared| {
        let file = File::from(shared.try_clone().unwrap());
        let resized = [0, 1 << 30].map(|size| file.set_len(size).unwrap_err().kind());
        assert_eq!(resized, [io::ErrorKind::PermissionDenied; 2]);
        let mapped = Region::receive(shared.as_fd(), Access::Write);
        let written = io::Write::write(&mut &file, b"forged");
        (
            mapped.map(drop).map_err(|error| error.kind()),
            written.map_err(|error| error.kind()),
        )
    });
    let refused = io::ErrorKind::PermissionDenied;
    assert_eq!(requests, (Err(refused), Err(refused)));
    assert_eq!(answers, (Ok(()), Ok(6)));
}

#[test]
fn memory_of_another_size_or_without_seals_is_not_accepted() {
    let plain = tempfile::tempfile().unwrap();
    let error = Region::receive(plain.as_fd(), Access::Read).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    let flags = rustix::fs::MemfdFlags::ALLOW_SEALING;
    let small = rustix::fs::memfd_create("small", flags).unwrap();
    let seals = SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL;
    rustix::fs::fcntl_add_seals(&small, seals).unwrap();
    let error = Region::receive(small.as_fd(), Access::Read).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
}

#[test]
fn no_wake_up_is_lost_over_many_exchanges() {
    const EXCHANGES: u64 = 20_000;
    let wire = Wire::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut lane = Lane::default();
            for _ in 0..EXCHANGES {
                let asked = lane.receive(wire.worker(), None, Duration::ZERO, &mut patient);
                let asked = asked.unwrap();
                let head = (Kind::Answer, asked.call, 0);
                lane.send(wire.worker(), head, &asked.bytes, &mut patient)
                    .unwrap();
            }
        });
        let mut lane = Lane::default();
        for call in 1..=EXCHANGES {
            let bytes = call.to_le_bytes();
            lane.send(wire.host(), (Kind::Plan, call, 0), &bytes, &mut patient)
                .unwrap();
            // Sometimes spinning, sometimes asleep at once.
            let spin = Duration::from_micros(call % 3);
            // A lost wake-up ends this wait, which is far longer than any exchange takes.
            let answer = lane.receive(wire.host(), Some(call), spin, &mut patient_for(50));
            assert_eq!(answer.unwrap().bytes, bytes);
        }
    });
}

/// Sleeps long, and a few times at most: what wakes without a reason is no lost wake-up.
fn patient_for(sleeps: u32) -> impl FnMut() -> Result<Duration, Fault> {
    let mut left = sleeps;
    move || {
        left = left.checked_sub(1).ok_or(Fault::Late)?;
        Ok(Duration::from_secs(20))
    }
}

#[test]
fn both_sides_may_spin_unless_one_processor_is_all_that_they_have() {
    let all = sched_getaffinity(None).unwrap();
    let cores: Vec<_> = (0..CpuSet::MAX_CPU)
        .filter(|&core| all.is_set(core))
        .collect();
    let mut other = Command::new("sleep").arg("600").spawn().unwrap();
    let pid = Pid::from_child(&other);
    // A thread of its own is pinned, and ends.
    let judged = thread::spawn(move || {
        let pin = |whom: Option<Pid>, core: usize| {
            let mut only = CpuSet::new();
            only.set(core);
            sched_setaffinity(whom, &only).unwrap();
        };
        pin(None, cores[0]);
        let free = spin_allowed(pid);
        assert_eq!(free, cores.len() > 1);
        pin(Some(pid), cores[0]);
        let together = spin_allowed(pid);
        let apart = cores.get(1).map(|&core| {
            pin(Some(pid), core);
            spin_allowed(pid)
        });
        (together, apart.unwrap_or(true))
    });
    assert_eq!(judged.join().unwrap(), (false, true));
    other.kill().unwrap();
    other.wait().unwrap();
}

//! What lies in a region of shared memory.

use registry_core::mailbox::Side;
use registry_core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::frame::Header;
use super::futex::Shared;

/// Calls that can be under way at once. A power of two, so that an index can be masked.
pub(in crate::isolate) const SLOTS: usize = 64;

/// Bytes of one frame. Slots that are never used, and the ends of frames that never are so long, take no
/// memory: pages of a region come into being when they are touched.
pub(in crate::isolate) const FRAME_BYTES_MAX: usize = WORDS * 8;

/// Makes a slot 64 KiB.
const WORDS: usize = 8176;

/// One direction's half of a slot.
#[derive(Debug)]
#[repr(C, align(64))]
pub(in crate::isolate) struct Slot {
    /// Whose turn it is.
    pub(super) side: Side,
    call: AtomicU64,
    extra: AtomicU64,
    kind: AtomicU32,
    total: AtomicU32,
    length: AtomicU32,
    /// Written by the host: whether it expects the next call soon.
    hot: AtomicU32,
    /// Written by the host: the call whose answer nobody wants any more.
    cancelled: AtomicU64,
    /// Written by the worker: how far the start of its planner has come.
    stage: AtomicU32,
    _unused: [AtomicU32; 3],
    data: [AtomicU64; WORDS],
}

const _: () = assert!(size_of::<Slot>() == 64 << 10);
const _: () = assert!(SLOTS.is_power_of_two());

/// Every access is relaxed: a frame is ordered by its [`Side`], and what a dishonest writer changes
/// meanwhile shows in the copy or does not. The flags carry nothing but themselves.
impl Slot {
    /// Writes a header. The frame must be this side's to write.
    pub(super) fn set_header(&self, header: &Header) {
        self.call.store(header.call, Ordering::Relaxed);
        self.extra.store(header.extra, Ordering::Relaxed);
        self.kind.store(header.kind, Ordering::Relaxed);
        self.total.store(header.total, Ordering::Relaxed);
        self.length.store(header.length, Ordering::Relaxed);
    }

    /// A copy of the header, not judged yet.
    pub(super) fn header(&self) -> Header {
        Header {
            call: self.call.load(Ordering::Relaxed),
            extra: self.extra.load(Ordering::Relaxed),
            kind: self.kind.load(Ordering::Relaxed),
            total: self.total.load(Ordering::Relaxed),
            length: self.length.load(Ordering::Relaxed),
        }
    }

    /// Writes a frame's bytes; what does not fit is cut.
    pub(super) fn write(&self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for (word, bytes) in self.data.iter().zip(words) {
            word.store(u64::from_le_bytes(*bytes), Ordering::Relaxed);
        }
        if !rest.is_empty()
            && let Some(word) = self.data.get(words.len())
        {
            let mut last = [0; 8];
            last[..rest.len()].copy_from_slice(rest);
            word.store(u64::from_le_bytes(last), Ordering::Relaxed);
        }
    }

    /// Appends a copy of the first `length` bytes, clamped to what a frame holds.
    pub(super) fn read_into(&self, length: usize, bytes: &mut Vec<u8>) {
        let length = length.min(FRAME_BYTES_MAX);
        let end = bytes.len() + length;
        bytes.reserve(length.next_multiple_of(8));
        for word in &self.data[..length.div_ceil(8)] {
            bytes.extend_from_slice(&word.load(Ordering::Relaxed).to_le_bytes());
        }
        bytes.truncate(end);
    }

    /// Wakes whoever waits for the side that wrote this slot, and is gone.
    pub(in crate::isolate) fn spoil(&self) {
        self.side.spoil(&Shared);
    }

    /// Says whether the next call is expected soon.
    pub(in crate::isolate) fn set_hot(&self, hot: bool) {
        self.hot.store(u32::from(hot), Ordering::Relaxed);
    }

    /// Whether the next call is expected soon.
    pub(in crate::isolate) fn is_hot(&self) -> bool {
        self.hot.load(Ordering::Relaxed) != 0
    }

    /// Says that nobody wants the answer to `call`.
    pub(in crate::isolate) fn cancel(&self, call: u64) {
        self.cancelled.store(call, Ordering::Relaxed);
    }

    /// Whether nobody wants the answer to `call`.
    pub(in crate::isolate) fn is_cancelled(&self, call: u64) -> bool {
        self.cancelled.load(Ordering::Relaxed) == call
    }

    /// Says how far the start has come.
    pub(in crate::isolate) fn set_stage(&self, stage: u32) {
        self.stage.store(stage, Ordering::Relaxed);
    }

    /// How far the start has come, as the worker says.
    pub(in crate::isolate) fn stage(&self) -> u32 {
        self.stage.load(Ordering::Relaxed)
    }
}

//! What stands before the bytes of a frame.

use super::MESSAGE_SIZE_BYTES_MAX;
use super::lane::Fault;
use super::slot::FRAME_BYTES_MAX;

/// The fixed head of a frame, as it was copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::isolate) struct Header {
    /// Which call the frame belongs to; never 0.
    pub(in crate::isolate) call: u64,
    /// What the kind of message needs beside its bytes.
    pub(in crate::isolate) extra: u64,
    /// What the message is.
    pub(super) kind: u32,
    /// Bytes of the whole message.
    pub(super) total: u32,
    /// Bytes in this frame.
    pub(super) length: u32,
}

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::isolate) enum Kind {
    /// To the worker: sandbox yourself. The bytes say how, and what is to be loaded then.
    Start,
    /// To the worker: a request for a plan; the extra is the time left, in nanoseconds.
    Plan,
    /// To the worker: shut the planner down and end.
    Shutdown,
    /// From the worker: the answer.
    Answer,
    /// From the worker: the planner's error, as JSON; in a start, the extra is the stage.
    Error,
    /// From the worker: the text of a panic; in a start, the extra is the stage.
    Panic,
    /// From the worker: the answer was larger than the extra.
    TooLarge,
    /// From the worker: the plugin broke the rules of the interface; the bytes say which.
    Misbehaved,
    /// From the worker: the library could not be turned into a module; the bytes say why.
    NotLoaded,
    /// From the worker: its sandbox cannot be had as demanded; the bytes say why.
    NotSandboxed,
    /// From the worker: a log line, whose level is in the extra's lowest byte and before it the lines
    /// that were dropped. More frames follow.
    Log,
    /// To the worker: map, construct, self-test, as the start said.
    Load,
}

impl Kind {
    const ALL: [Self; 12] = [
        Self::Start,
        Self::Plan,
        Self::Shutdown,
        Self::Answer,
        Self::Error,
        Self::Panic,
        Self::TooLarge,
        Self::Misbehaved,
        Self::NotLoaded,
        Self::NotSandboxed,
        Self::Log,
        Self::Load,
    ];

    /// The number that stands in a header. Zero, which fresh memory holds, is none.
    pub(super) fn number(self) -> u32 {
        self as u32 + 1
    }

    /// The kind behind a number.
    pub(super) fn of(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// Whether a worker sends it.
    pub(in crate::isolate) fn is_from_worker(self) -> bool {
        !matches!(self, Self::Start | Self::Load | Self::Plan | Self::Shutdown)
    }

    /// Longest message of this kind.
    fn size_bytes_max(self) -> usize {
        match self {
            Self::Start | Self::Plan | Self::Answer => MESSAGE_SIZE_BYTES_MAX,
            Self::Error | Self::Panic | Self::NotLoaded => 256 << 10,
            Self::Log => 4 << 10,
            Self::Misbehaved | Self::NotSandboxed => 1 << 10,
            Self::TooLarge | Self::Load | Self::Shutdown => 0,
        }
    }
}

impl Header {
    /// What the frame is, if it is one that may come now: of this `call`, of one length, after
    /// `received` bytes of a message whose first frame was `first`.
    pub(super) fn judged(
        &self,
        call: Option<u64>,
        first: Option<&Self>,
        received: usize,
    ) -> Result<(Kind, usize), Fault> {
        let kind = Kind::of(self.kind).ok_or(Fault::Broken("a frame of an unknown kind"))?;
        if self.call == 0 || call.is_some_and(|call| call != self.call) {
            return Err(Fault::Broken("a frame of another call"));
        }
        let [total, length] = [self.total, self.length].map(|size| size as usize);
        if total > kind.size_bytes_max() {
            return Err(Fault::Broken("a message larger than its kind allows"));
        }
        let same = |first: &Self| (first.kind, first.total) == (self.kind, self.total);
        if !first.is_none_or(same) {
            return Err(Fault::Broken("a message that changes under way"));
        }
        // Every frame but the last is full: a message has one way to be cut.
        if length != (total - received.min(total)).min(FRAME_BYTES_MAX) {
            return Err(Fault::Broken("a frame of the wrong length"));
        }
        Ok((kind, length))
    }
}

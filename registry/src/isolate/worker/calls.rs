//! One call as the worker sees it: what its planner asks of the host, and the answer.

use registry_core::sync::Mutex;

use super::service::patient;
use crate::isolate::failure::Stage;
use crate::isolate::wire::{Ends, Kind, Lane};
use crate::load::{CallFailure, Relay};

/// The host of a call, reached through its slot.
#[derive(Debug)]
pub(super) struct Call<'a> {
    ends: Ends<'a>,
    lane: &'a Mutex<Lane>,
    number: u64,
}

impl<'a> Call<'a> {
    /// The call of this number.
    pub(super) fn new(ends: Ends<'a>, lane: &'a Mutex<Lane>, number: u64) -> Self {
        Self { ends, lane, number }
    }
}

impl Relay for Call<'_> {
    fn log(&self, level: u8, dropped: u64, text: &[u8]) {
        let extra = u64::from(level) | dropped << 8;
        // A host that breaks the rules is found out when the answer is sent.
        let _lost = self.lane.lock().send(
            self.ends,
            (Kind::Log, self.number, extra),
            text,
            &mut patient,
        );
    }

    fn is_cancelled(&self) -> bool {
        self.ends.other.is_cancelled(self.number)
    }
}

/// An answer on its way to the host.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) kind: Kind,
    pub(super) extra: u64,
    pub(super) bytes: Vec<u8>,
}

/// What the host is told of an outcome; of a failed start also the stage.
pub(super) fn answer_of(outcome: Result<Vec<u8>, CallFailure>, stage: Stage) -> Answer {
    let (kind, bytes) = match outcome {
        Ok(answer) => (Kind::Answer, answer),
        Err(CallFailure::Error(error)) => {
            (Kind::Error, serde_json::to_vec(&error).unwrap_or_default())
        }
        Err(CallFailure::Panic(text)) => (Kind::Panic, text.into_bytes()),
        Err(CallFailure::TooLarge { .. }) => (Kind::TooLarge, Vec::new()),
        Err(CallFailure::Protocol(what)) => (Kind::Misbehaved, what.into_owned().into_bytes()),
    };
    Answer {
        kind,
        extra: u64::from(stage.number()),
        bytes,
    }
}

//! A planner that can be called, wherever its code runs.

use std::sync::Arc;

use super::failure::Failure;
use super::sandbox::Enforced;
use super::supervise::Worker;
use crate::load::{self, CallState, Farewell};

/// A planner that can be called, wherever its code runs. Dropping it shuts the planner down.
#[derive(Debug)]
pub(crate) enum Instance {
    /// In this process.
    InProcess(load::Instance),
    /// In a process of its own.
    Worker(Box<Worker>),
}

impl Instance {
    /// Passes a request and returns the answer.
    pub(crate) fn plan(&self, state: &CallState<'_>, request: &[u8]) -> Result<Vec<u8>, Failure> {
        match self {
            Self::InProcess(instance) => Ok(instance.plan(state, request)?),
            Self::Worker(worker) => worker.plan(state, request),
        }
    }

    /// What the planner's process says of its sandbox, where it has one of its own.
    pub(crate) fn enforced(&self) -> Option<Enforced> {
        match self {
            Self::InProcess(_) => None,
            Self::Worker(worker) => worker.enforced(),
        }
    }

    /// Says by when it has to have ended once it is dropped.
    pub(crate) fn end_by(&self, farewell: &Arc<Farewell>) {
        match self {
            Self::InProcess(instance) => instance.end_by(farewell),
            Self::Worker(worker) => worker.end_by(farewell),
        }
    }

    /// Runs the self-test, unless that was part of its start.
    pub(crate) fn self_test(&self, state: &CallState<'_>) -> Result<(), Failure> {
        match self {
            Self::InProcess(instance) => Ok(instance.self_test(state)?),
            Self::Worker(_) => Ok(()),
        }
    }
}

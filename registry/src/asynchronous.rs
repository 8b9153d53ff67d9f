//! Asking from asynchronous code, with any executor (feature `async`).
//!
//! What is started already is answered at once. A cold start and a plan call can take long and cannot
//! be interrupted, so they run on a pool of threads of their own and never on the executor's.

use blocking::unblock;
use plugin_api::{Plan, PlanRequest};

use crate::planner::{CancelToken, GetError, Handle, PlanFailure};
use crate::registry::Registry;
use crate::select::{Query, SelectError, Selection};

impl Registry {
    /// Like [`handle`](Self::handle), without blocking the executor while the planner starts.
    pub async fn handle_async(&self, name: &str) -> Result<Handle, GetError> {
        if let Some(handle) = self.started_handle(name) {
            return Ok(handle);
        }
        let registry = self.share();
        let name = name.to_owned();
        unblock(move || registry.handle(&name)).await
    }

    /// Like [`select`](Self::select), without blocking the executor while folders are read or a heal is
    /// under way.
    pub async fn select_async(&self, query: Query) -> Result<Selection, SelectError> {
        let registry = self.share();
        unblock(move || registry.select(&query)).await
    }

    /// Like [`select_best`](Self::select_best), without blocking the executor while the planner starts.
    pub async fn select_best_async(&self, query: Query) -> Result<Handle, SelectError> {
        let best = self.select_async(query).await?;
        Ok(self.handle_async(best.best().name().as_str()).await?)
    }

    /// Like [`plan`](Self::plan), without blocking the executor. Dropping the future gives the call
    /// up.
    pub async fn plan_async(&self, name: &str, request: PlanRequest) -> Result<Plan, PlanFailure> {
        self.handle_async(name).await?.plan_async(request).await
    }
}

impl Handle {
    /// Like [`plan`](Self::plan), without blocking the executor. Dropping the future gives the call
    /// up.
    pub async fn plan_async(&self, request: PlanRequest) -> Result<Plan, PlanFailure> {
        let cancel = CancelToken::new();
        let _given_up = CancelOnDrop(cancel.clone());
        let handle = self.clone();
        unblock(move || handle.plan_unless(&request, &cancel)).await
    }
}

/// Gives a call up when nobody awaits it any more. After the call it changes nothing.
struct CancelOnDrop(CancelToken);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

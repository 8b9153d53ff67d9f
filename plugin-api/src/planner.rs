//! The trait that an author implements.

use crate::{Context, Plan, PlanError, PlanRequest};

/// Turns objectives into plans.
///
/// One instance serves every call, from many threads at once. It is made by `Default`, cheaply and
/// without looking at settings or the outside world: those belong into [`plan`](Planner::plan),
/// where the [`Context`] gives access to them and an error reaches the caller.
///
/// A panic in any of these functions becomes an error that carries the panic's text. Hosts refuse a
/// plugin that is built with `panic = "abort"`, where that cannot be.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a planner: implement `plugin_api::Planner` for it"
)]
pub trait Planner: Send + Sync + 'static {
    /// Turns the objective of `request` into a plan.
    ///
    /// A planner that may run for long polls [`Context::check`] and returns its error.
    fn plan(&self, request: &PlanRequest, cx: &Context) -> Result<Plan, PlanError>;

    /// Checks that the planner can work. Runs before the first plan when the plugin declares
    /// `self_test: true`; a failure keeps the planner out of use.
    fn self_test(&self, cx: &Context) -> Result<(), PlanError> {
        let _ = cx;
        Ok(())
    }

    /// Called once when no further call comes, before the planner is dropped.
    fn shutdown(&self) {}
}

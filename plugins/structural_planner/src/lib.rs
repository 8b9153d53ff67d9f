//! Plans bottom-up over a graph of files: what others build on is worked on and verified first.
//!
//! ```text
//! context → graph → components → layers → bands → groups → tasks
//!    └ no files → outline
//! ```
//!
//! | step | what it does |
//! |---|---|
//! | `graph` | numbers the files of `files`, `hotspots` and `layers`, and links what they use |
//! | `components` | finds the files that use each other in a ring |
//! | `layers` | puts each component above all that it uses, and no lower than the context declares |
//! | `bands` | joins neighbouring layers where a plan cannot be deep enough to hold them all |
//! | `groups` | joins files folder by folder where a plan cannot hold a task for each |
//! | `tasks` | writes one task a group and one check a band, and says what was joined |
//!
//! The plan of a request is always the same, however its context lists the files. Every plan keeps one
//! promise: a file's task comes after those of all files it uses, or is the same task.

mod bands;
mod components;
mod graph;
mod groups;
mod layers;
mod outline;
mod tasks;
mod text;

#[cfg(test)]
mod tests;

use plugin_api::{
    Context, FileFacts, Plan, PlanContext, PlanError, PlanRequest, Planner, export_planner,
};

use graph::Graph;

#[derive(Debug, Default)]
struct StructuralPlanner;

impl Planner for StructuralPlanner {
    fn plan(&self, request: &PlanRequest, cx: &Context) -> Result<Plan, PlanError> {
        let graph = Graph::gather(request.context(), cx)?;
        if graph.paths.is_empty() {
            cx.info("the context holds no files: planning from the objective alone");
            return outline::plan(request);
        }
        let layered = layers::layer(&graph, cx)?;
        let bands = bands::join(&graph, &layered, cx)?;
        let groups = groups::group(&graph, &bands, cx)?;
        tasks::plan(request, &graph, &layered, &groups, cx)
    }

    /// Plans three files, two of them in a ring.
    fn self_test(&self, cx: &Context) -> Result<(), PlanError> {
        let files = [
            FileFacts::new("a").depends_on(["b"]),
            FileFacts::new("b").depends_on(["a", "c"]),
            FileFacts::new("c"),
        ];
        let context = PlanContext::new().with_files(files);
        let plan = self.plan(&PlanRequest::new("Test").with_context(context), cx)?;
        let order: Vec<&str> = plan.order().map(|task| task.task_id.as_str()).collect();
        if order != ["l01-w01-c", "l01-verify", "l02-w01-a", "l02-verify"] {
            return Err(PlanError::failed(format!(
                "our bug: three files are planned as {order:?}"
            )));
        }
        Ok(())
    }
}

export_planner! {
    planner: StructuralPlanner,
    name: "structural_planner",
    capabilities: ["structural", "deep_index"],
    tags: ["offline"],
    tier: "stable",
    production_ready: true,
    reliability: 0.8,
    risk_rating: "low",
    self_test: true,
}

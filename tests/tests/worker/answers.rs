//! A planner in a worker answers as it does in process.

use plugin_api::PlanRequest;
use registry::Registry;
use tests::{PluginFolder, fixture};

use super::in_workers;

#[test]
fn a_worker_gives_the_answer_that_the_same_planner_gives_in_process() {
    let folder = PluginFolder::new().with(&fixture("well_behaved"));
    let in_process = Registry::builder()
        .plugin_dir(folder.path())
        .allow(["well_behaved"])
        .build()
        .unwrap();
    let workers = in_workers(&folder, &["well_behaved"]).build().unwrap();
    let request = PlanRequest::new("Compare");
    let [one, other] = [in_process, workers].map(|registry| {
        let plan = registry.plan("well_behaved", &request).unwrap();
        plan.to_json().unwrap()
    });
    assert_eq!(one, other);
}

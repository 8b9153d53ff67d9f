//! A whole host: loads one planner from a folder and prints its plan.
//!
//! `cargo demo`, then `cargo run --example host -- target/debug/plugins`.

#![expect(clippy::print_stdout, reason = "it is its output")]

use std::error::Error;

use registry::Registry;
use registry::plugin_api::PlanRequest;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "plugins".to_owned());
    let registry = Registry::builder()
        .plugin_dir(folder)
        .allow(["structural_planner", "risk_planner"])
        .build()?; // checks the configuration, opens nothing

    let planner = registry.get("structural_planner")?; // loaded here, once
    let plan = planner.plan(&PlanRequest::new("Split the billing module"))?;
    for task in plan.order() {
        println!("{:<24} {}", task.task_id, task.description);
    }
    Ok(())
}

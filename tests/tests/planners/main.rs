//! The four shipped planners as the libraries they are, in the host that loads them.

mod giving_up;
mod isolated;
mod llm;
mod offline;
mod server;
mod settings;

use plugin_api::{PlanContext, PlanRequest};
use registry::Registry;
use registry::config::{Config, Environment};
use serde_json::json;
use tests::{PluginFolder, set_mode, shipped};

/// The planners that need nothing but the request.
const OFFLINE: [&str; 3] = [
    "multi_pass_arch_planner",
    "risk_planner",
    "structural_planner",
];

/// A folder with the four planners.
fn folder() -> PluginFolder {
    xtask::demo::PLANNERS
        .iter()
        .fold(PluginFolder::new(), |folder, planner| {
            folder.with(&shipped(planner))
        })
}

/// A registry that an operator configured with the text of a file.
fn configured(folder: &PluginFolder, config: &str) -> Registry {
    let file = folder.file("registry.toml");
    std::fs::write(&file, config).unwrap();
    set_mode(&file, 0o644);
    let sources = Config::loader().env(Environment::empty()).file(&file);
    let builder = Registry::builder().sources(sources);
    builder.plugin_dir(folder.path()).build().unwrap()
}

/// Three layers, of which the lowest is used most and changes most.
fn small_context() -> PlanContext {
    let context = json!({
        "files": [
            {"path": "src/api/http.rs", "depends_on": ["src/billing/invoice.rs"], "churn": 2, "complexity": 3},
            {"path": "src/billing/invoice.rs", "depends_on": ["src/money.rs"], "churn": 10, "complexity": 20},
            {"path": "src/billing/tax.rs", "depends_on": ["src/money.rs"], "churn": 1, "complexity": 2},
            {"path": "src/money.rs", "churn": 40, "complexity": 30},
        ],
    });
    PlanContext::from_json(context.to_string().as_bytes()).unwrap()
}

/// The same request each time, with a context of three layers.
fn small_request() -> PlanRequest {
    PlanRequest::new("Split the billing module, then test it").with_context(small_context())
}

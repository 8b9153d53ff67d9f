//! The planner against a server on loopback that misbehaves, and a host that only pretends to sleep.

mod exchange;
mod host;
mod planning;
mod retry;
mod secrets;
mod server;
mod settings;

use std::time::Duration;

use plugin_api::{Plan, PlanError, PlanRequest};

use self::host::TestHost;
use self::server::Server;
use crate::client::Timeouts;
use crate::planning::plan;

/// The key that the tests send.
const KEY: &str = "sk-0123456789";

/// A plan as a model should say it.
const GOOD: &str = r#"{"tasks":[
    {"task_id":"build","description":"Build it","type":"TOOL","tool_name":"cargo"},
    {"task_id":"check","description":"Check it","type":"VERIFY","dependencies":["build"]}]}"#;

/// Plans with timeouts that no test reaches unless it means to.
fn plan_with(host: &TestHost) -> Result<Plan, PlanError> {
    plan_within(host, Duration::from_secs(30))
}

fn plan_within(host: &TestHost, silence: Duration) -> Result<Plan, PlanError> {
    let timeouts = Timeouts {
        connect: Duration::from_secs(30),
        silence,
    };
    plan(&PlanRequest::new("Ship it"), host, timeouts)
}

/// The error's text with the server's address as `SERVER`.
fn text(error: &PlanError, server: &Server) -> String {
    error.to_string().replace(&server.url(), "SERVER")
}

//! Asks an OpenAI-compatible chat endpoint for a plan and checks the answer.
//!
//! ```text
//! settings → prompt → chat (retried) → answer ─ keeps the rules → Plan
//!                ↑                       │ breaks them, once
//!                └──── what is wrong ────┘
//! ```
//!
//! # Settings
//!
//! Read in each call to `plan`, so that a changed key needs no reload. There is no default for the
//! first three; an error names all that are missing or wrong.
//!
//! | setting of the planner | else the variable | |
//! |---|---|---|
//! | `base_url` | `LLM_PLANNER_BASE_URL` | where the API starts, like `https://host.example/v1` |
//! | `api_key` | `LLM_PLANNER_API_KEY` | sent as a bearer token |
//! | `model` | `LLM_PLANNER_MODEL` | sent as it is |
//! | `allow_plain_http` | | `true` lets `http` reach beyond this machine |
//!
//! # What holds
//!
//! - The key is sent to the configured endpoint and nowhere else: redirects are not followed,
//!   proxies named in the environment are not used, `http` is for loopback addresses unless allowed.
//! - The key is in no error, log line or debug print. A server that sends it back has it masked, in
//!   plans too if the key has 8 characters or more; a shorter one cannot be told from plain words.
//! - Objective and context travel as data in a message of their own. Nothing in an answer decides
//!   anything but tasks: the objective is the asker's, and high risk is allowed by the context alone.
//! - Every wait ends: with the deadline of the call, else after 5 minutes, and within a moment of
//!   being cancelled. Answers are read up to 10 MiB. One question is tried 3 times at most, and only
//!   if the endpoint answered 429 or 5xx or the request did not reach it; there are 2 questions.
//! - It needs sockets and threads from the system, and files only to resolve names: not at all where
//!   `base_url` holds an IP address. The certificate authorities trusted are built in.

mod answer;
mod chat;
mod client;
mod context;
mod endpoint;
mod error;
mod host;
mod key;
mod planning;
mod prompt;
mod retry;
mod settings;
#[cfg(test)]
mod tests;

use plugin_api::{Context, Plan, PlanError, PlanRequest, Planner, export_planner};

use crate::client::Timeouts;
use crate::host::CallHost;

/// Plans by asking a language model.
#[derive(Debug, Default)]
pub struct LlmPlanner;

impl Planner for LlmPlanner {
    fn plan(&self, request: &PlanRequest, cx: &Context) -> Result<Plan, PlanError> {
        planning::plan(request, &CallHost::new(cx), Timeouts::default())
    }
}

export_planner! {
    planner: LlmPlanner,
    name: "llm_planner",
    capabilities: ["llm"],
    permissions: ["net"],
    tier: "beta",
    risk_rating: "medium",
    config_schema: include_str!("config_schema.json"),
}

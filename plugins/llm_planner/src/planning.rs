//! From a request to a plan: one question, and a second one if the first answer breaks the rules.

use plugin_api::{Plan, PlanError, PlanRequest};

use crate::client::Timeouts;
use crate::host::Host;
use crate::settings::Settings;
use crate::{answer, chat, prompt};

pub(crate) fn plan(
    request: &PlanRequest,
    host: &dyn Host,
    timeouts: Timeouts,
) -> Result<Plan, PlanError> {
    let settings = Settings::read(host)?;
    let ask = |messages: &[_]| {
        chat::ask(host, &settings, timeouts, messages)
            .map_err(|error| error.into_plan_error(&settings))
    };
    let mut messages = prompt::opening(request);
    let first = ask(&messages)?;
    let error = match answer::read(&first, request, &settings.key) {
        Ok(plan) => return Ok(plan),
        Err(error) => error,
    };
    host.warn("the first answer is no valid plan; asking once more");
    prompt::reopening(&mut messages, first, &error);
    answer::read(&ask(&messages)?, request, &settings.key)
}

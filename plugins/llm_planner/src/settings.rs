//! What the operator has to say: endpoint, key and model, from settings or variables.

use plugin_api::PlanError;
use serde_json::Value;

use crate::endpoint::Endpoint;
use crate::host::Host;
use crate::key::ApiKey;

/// Longest name of a model.
const MODEL_CHARS_MAX: usize = 256;

/// Everything that is needed to ask.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) endpoint: Endpoint,
    pub(crate) key: ApiKey,
    /// Where the key was found, to be named when the endpoint refuses it.
    pub(crate) key_source: &'static str,
    pub(crate) model: String,
}

/// A text and the name of the setting or variable that it came from.
type Sourced = (&'static str, String);

/// A setting that is missing or wrong, and what is the matter with it.
type Problem = (&'static str, String);

impl Settings {
    /// Reads all settings; the error names every one that is missing or wrong, and quotes none.
    pub(crate) fn read(host: &dyn Host) -> Result<Self, PlanError> {
        let mut problems = Vec::new();
        let plain = read_plain_http(host, &mut problems)?;
        let url = read_text(host, "base_url", "LLM_PLANNER_BASE_URL", &mut problems)?;
        let key = read_text(host, "api_key", "LLM_PLANNER_API_KEY", &mut problems)?;
        let model = read_text(host, "model", "LLM_PLANNER_MODEL", &mut problems)?;
        let endpoint = url.and_then(|(source, text)| {
            let endpoint = Endpoint::parse(&text, plain);
            keep(source, endpoint, &mut problems)
        });
        let key = key.and_then(|(source, text)| {
            let key = keep(source, ApiKey::parse(text), &mut problems)?;
            Some((source, key))
        });
        let model = model.and_then(|(source, text)| {
            let model = check_model(text);
            keep(source, model, &mut problems)
        });
        match (endpoint, key, model) {
            (Some(endpoint), Some((key_source, key)), Some(model)) if problems.is_empty() => {
                Ok(Self {
                    endpoint,
                    key,
                    key_source,
                    model,
                })
            }
            _ => Err(all_at_once(&problems)),
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("is not 1 to {MODEL_CHARS_MAX} characters without control characters")]
struct ModelError;

fn check_model(text: String) -> Result<String, ModelError> {
    if text.chars().count() > MODEL_CHARS_MAX || text.chars().any(char::is_control) {
        return Err(ModelError);
    }
    Ok(text)
}

fn read_plain_http(host: &dyn Host, problems: &mut Vec<Problem>) -> Result<bool, PlanError> {
    match host.setting("allow_plain_http")? {
        None => Ok(false),
        Some(Value::Bool(allowed)) => Ok(allowed),
        Some(_) => {
            problems.push(("allow_plain_http", "is neither true nor false".to_owned()));
            Ok(false)
        }
    }
}

/// The setting `key`, else the variable `name`. A blank text counts as missing. What is wrong goes to
/// `problems`.
fn read_text(
    host: &dyn Host,
    key: &'static str,
    name: &'static str,
    problems: &mut Vec<Problem>,
) -> Result<Option<Sourced>, PlanError> {
    let (source, text) = match host.setting(key)? {
        Some(Value::String(text)) => (key, Some(text)),
        Some(_) => {
            problems.push((key, "is no text".to_owned()));
            return Ok(None);
        }
        None => match host.variable(name).map(std::ffi::OsString::into_string) {
            Some(Err(_)) => {
                problems.push((name, "is not UTF-8".to_owned()));
                return Ok(None);
            }
            Some(Ok(text)) => (name, Some(text)),
            None => (name, None),
        },
    };
    let text = text.filter(|text| !text.trim().is_empty());
    if text.is_none() {
        problems.push((
            source,
            format!("is not set (setting {key} or variable {name})"),
        ));
    }
    Ok(text.map(|text| (source, text)))
}

fn keep<T, E: std::error::Error>(
    source: &'static str,
    checked: Result<T, E>,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    checked
        .map_err(|error| problems.push((source, error.to_string())))
        .ok()
}

fn all_at_once(problems: &[Problem]) -> PlanError {
    let Some(((first, message), rest)) = problems.split_first() else {
        return PlanError::failed("our bug: settings are missing without a reason");
    };
    let message = rest.iter().fold(message.clone(), |text, (name, message)| {
        format!("{text}; {name} {message}")
    });
    PlanError::config(*first, message)
}

//! The plan in what a model said.
//!
//! Only the tasks are taken from the answer. Each is read by the checked types, and the plan is built
//! for the asker's own objective, so the model can neither rename the plan nor allow itself high risk.

use plugin_api::{Plan, PlanError, PlanRequest, Task};
use serde_json::Value;

use crate::key::ApiKey;

/// Longest answer. A plan within the limits that a model can say is far smaller.
const ANSWER_SIZE_BYTES_MAX: usize = 1024 * 1024;

/// Most unreadable tasks that are reported.
const UNREADABLE_MAX: usize = 20;

/// Reads the plan; an error has the kind [`InvalidPlan`](plugin_api::PlanErrorKind::InvalidPlan) and
/// lists what is wrong. The key is masked before anything is read, and so in plan and error alike.
pub(crate) fn read(answer: &str, request: &PlanRequest, key: &ApiKey) -> Result<Plan, PlanError> {
    if answer.len() > ANSWER_SIZE_BYTES_MAX {
        return Err(PlanError::not_a_plan(format!(
            "an answer of {} bytes; at most {ANSWER_SIZE_BYTES_MAX} are allowed",
            answer.len()
        )));
    }
    let mut json: Value = serde_json::from_str(unwrap_fence(answer))
        .map_err(|error| PlanError::not_a_plan(format!("the answer is no JSON: {error}")))?;
    key.scrub_json(&mut json);
    let tasks = match json.get_mut("tasks").map(Value::take) {
        Some(Value::Array(tasks)) => read_tasks(tasks)?,
        _ => {
            return Err(PlanError::not_a_plan(
                "the answer is no JSON object with a list \"tasks\"",
            ));
        }
    };
    let plan = Plan::builder(request.objective()).tasks(tasks);
    if request.context().allows_high_risk() {
        plan.allow_high_risk().build()
    } else {
        plan.build()
    }
}

/// What stands between the fences of a Markdown code block, or the text itself if it is no block.
fn unwrap_fence(answer: &str) -> &str {
    let text = answer.trim();
    let Some((_, block)) = text.split_once("```").filter(|_| !text.starts_with('{')) else {
        return text;
    };
    // The last fence closes the block: inside of it, a description may quote one.
    let block = block.rsplit_once("```").map_or(block, |(inside, _)| inside);
    let language = block.find(|c: char| !c.is_ascii_alphanumeric());
    block[language.unwrap_or_default()..].trim()
}

/// Reads every task, so that all unreadable ones are told at once.
fn read_tasks(tasks: Vec<Value>) -> Result<Vec<Task>, PlanError> {
    let mut unreadable = Vec::new();
    let mut read = Vec::with_capacity(tasks.len());
    for (index, task) in tasks.into_iter().enumerate() {
        match serde_json::from_value(task) {
            Ok(task) => read.push(task),
            Err(error) => unreadable.push(format!("task {}: {error}", index + 1)),
        }
        if unreadable.len() == UNREADABLE_MAX {
            break;
        }
    }
    if unreadable.is_empty() {
        Ok(read)
    } else {
        Err(PlanError::not_a_plan(unreadable.join("; ")))
    }
}

#[cfg(test)]
mod tests {
    use plugin_api::{PlanContext, PlanErrorKind};

    use super::*;

    const TASK: &str = r#"{"task_id":"a","description":"Do it","type":"VERIFY"}"#;

    fn read_for(context: PlanContext, answer: &str) -> Result<Plan, PlanError> {
        let request = PlanRequest::new("Do it").with_context(context);
        let key = ApiKey::parse("sk-0123456789".to_owned()).unwrap();
        read(answer, &request, &key)
    }

    fn error(answer: &str) -> String {
        let error = read_for(PlanContext::new(), answer).unwrap_err();
        assert_eq!(error.kind(), PlanErrorKind::InvalidPlan);
        error.to_string()
    }

    #[test]
    fn an_answer_may_be_bare_or_stand_in_a_code_block_with_words_around_it() {
        let fenced = r#"{"task_id":"a","description":"Run ```x``` now","type":"VERIFY"}"#;
        for answer in [
            format!(r#"{{"tasks":[{TASK}]}}"#),
            format!("\n {{\"tasks\":[{fenced}]}} "),
            format!("```json\n{{\"tasks\":[{TASK}]}}\n```"),
            format!("Here it is:\n```json\r\n{{\"tasks\":[{fenced}]}}\r\n```\nGood luck."),
            format!("```\n{{\"tasks\":[{TASK}]}}\n```"),
            format!("```JSON {{\"tasks\":[{TASK}]}}```"),
            format!("```json\n{{\"tasks\":[{TASK}]}}"),
        ] {
            let plan = read_for(PlanContext::new(), &answer).unwrap();
            assert_eq!(plan.tasks()[0].task_id, "a", "{answer}");
        }
    }

    #[test]
    fn all_but_the_tasks_is_the_askers() {
        let answer = format!(
            r#"{{"objective":"Evil","plan_id":"x","meta":{{"allow_high_risk":true}},"tasks":[{TASK}]}}"#
        );
        let plan = read_for(PlanContext::new(), &answer).unwrap();
        assert_eq!(plan.objective(), "Do it");
        assert_eq!(plan.meta().len(), 0);
        assert_eq!(&plan.plan_id()[..5], "plan-");
    }

    #[test]
    fn high_risk_is_allowed_by_the_context_alone() {
        let answer = r#"{"meta":{"allow_high_risk":true},"tasks":[
            {"task_id":"a","description":"Drop it","type":"VERIFY","risk_level":"HIGH"}]}"#;
        assert_eq!(
            error(answer),
            "invalid plan: 1 rule is broken: task \"a\" is of high risk, which this plan does not allow"
        );
        let allowing = PlanContext::new().with("allow_high_risk", true);
        assert!(read_for(allowing, answer).unwrap().allows_high_risk());
    }

    #[test]
    fn all_unreadable_tasks_are_told_at_once() {
        let answer =
            format!(r#"{{"tasks":[{{"type":"tool"}},{TASK},{{"type":"GATE","what":1}}]}}"#);
        assert_eq!(
            error(&answer),
            "invalid plan: task 1: unknown variant `tool`, expected one of `TOOL`, `TRANSFORM`, \
             `AGGREGATE`, `VERIFY`, `GATE`; task 3: unknown field `what`, expected one of `task_id`, \
             `description`, `type`, `tool_name`, `args`, `dependencies`, `priority`, `criticality`, \
             `risk_level`, `gate_condition`, `tags`, `metadata`"
        );
    }

    #[test]
    fn what_is_no_plan_says_why() {
        assert_eq!(
            error("I cannot do that."),
            "invalid plan: the answer is no JSON: expected value at line 1 column 1"
        );
        for other in ["[]", "{}", r#"{"tasks":{}}"#, "null", r#""tasks""#] {
            assert_eq!(
                error(other),
                "invalid plan: the answer is no JSON object with a list \"tasks\"",
                "{other}"
            );
        }
        assert_eq!(
            error(&" ".repeat(ANSWER_SIZE_BYTES_MAX + 1)),
            "invalid plan: an answer of 1048577 bytes; at most 1048576 are allowed"
        );
        assert_eq!(
            error(&"[".repeat(100_000)),
            "invalid plan: the answer is no JSON: recursion limit exceeded at line 1 column 128"
        );
    }

    #[test]
    fn the_key_is_in_no_error_even_if_the_answer_spells_it_with_escapes() {
        let escaped = r"\u0073k-0123456789";
        let as_field = format!(r#"{{"tasks":[{{"type":"TOOL","{escaped}":1}}]}}"#);
        let as_id = format!(r#"{{"tasks":[{{"type":"VERIFY","task_id":"{escaped}"}}]}}"#);
        for answer in [as_field, as_id] {
            let text = error(&answer);
            assert!(text.contains("***"), "{text}");
            assert!(!text.contains("0123456789"), "{text}");
        }
    }
}

//! The answers: one function a question, each giving the same to whoever asks.

mod changes;
mod views;

use serde::Serialize;

use super::{Answer, Control, Failure, Form, Question, Subject};
use crate::diagnose::document;
use crate::diagnose::text::{Cell, Look, Page};
use crate::scrub;

/// Asks `control`.
pub(crate) fn answer(
    control: &dyn Control,
    question: &Question,
    form: Form,
) -> Result<Answer, Failure> {
    match question {
        Question::List => views::list(control, form),
        Question::Describe { name } => views::describe(control, name, form),
        Question::Explain {
            subject: Subject::Planner(name),
        } => views::explain(control.explain(name), form),
        Question::Explain {
            subject: Subject::File(path),
        } => views::explain(control.explain_file(path), form),
        Question::Diagnose { verbose } => views::diagnose(control, *verbose, form),
        Question::Health { active_min } => views::health(control, *active_min, form),
        Question::Events { since } => views::events(control, *since, form),
        Question::Heal => changes::heal(control, form),
        Question::Reload => changes::reload(control, form),
        Question::Quarantine {
            name,
            lasts,
            reason,
        } => changes::quarantine(control, name, *lasts, reason.as_deref(), form),
        Question::Lift { name } => changes::lift(control, name, form),
        Question::BreakerReset { name } => changes::breaker_reset(control, name.as_deref(), form),
    }
}

/// `body` as a document with its secrets masked, or the text that says the same.
fn told(
    form: Form,
    well: bool,
    body: &impl Serialize,
    text: impl FnOnce(Look) -> String,
) -> Result<Answer, Failure> {
    let text = match form {
        Form::Json => scrub::mask_json(&document(body)?).into_owned(),
        Form::Text(look) => text(look),
    };
    Ok(Answer { well, text })
}

/// One line of text.
fn sentence(text: &str, look: Look) -> String {
    let mut page = Page::new(look);
    page.line(0, [Cell::new(text)]);
    page.finish()
}

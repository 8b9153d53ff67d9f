//! Puts a question: to a running host with `--attach`, else to a registry of this command's own. The
//! first line of a text says which of the two answered.

use registry::diagnose::text::{Cell, Look, Page};
use registry::ops::{Answer, Attached, Form, Host, Question};
use registry::scrub;

use super::question::for_another;
use crate::failure::{Failure, Stop};
use crate::output::Output;
use crate::session::Session;

/// Whose view it is, where no host was asked.
const OWN_VIEW: &str = "this command's own view; no running host was asked";

/// `--attach` at a command that looks at files of its own.
#[derive(Debug, thiserror::Error)]
#[error("this command asks no running host")]
struct Unsupported;

/// The failure of a command that does not take `--attach`.
pub(super) fn unsupported() -> Failure {
    let remedy = "Leave --attach away; list, describe, explain, diagnose, health, events, heal, reload, \
                  quarantine, breaker and bundle take it.";
    Failure::new("E_ATTACH_UNSUPPORTED", &Unsupported)
        .usage()
        .remedy(remedy.to_owned())
}

pub(super) fn run(
    question: &Question,
    session: &mut Session<'_>,
    output: &mut Output<'_>,
) -> Result<(), Stop> {
    let form = output.form();
    let (view, answer) = match session.target() {
        Some(target) => attached(target, question, form, session)?,
        None => (OWN_VIEW.to_owned(), here(question, form, session)?),
    };
    let text = match form {
        Form::Text(look) => with_view(&view, question, &answer.text, look),
        Form::Json => answer.text,
    };
    output.raw(text.as_bytes())?;
    if answer.well {
        Ok(())
    } else {
        Err(Stop::Unwell)
    }
}

/// Asks a registry of this command's own.
fn here(question: &Question, form: Form, session: &mut Session<'_>) -> Result<Answer, Stop> {
    let lasts = matches!(
        question,
        Question::Quarantine { .. } | Question::Lift { .. } | Question::BreakerReset { .. }
    );
    let registry = if lasts {
        session.registry_with_state()?
    } else {
        session.registry()?
    };
    let answer = registry.ask(question, form).map_err(Failure::from)?;
    if !question.changes() {
        // Nothing was started that would have to be ended, and freeing ten thousand planners one by one
        // takes longer than the end of the process, which is next.
        std::mem::forget(registry);
    }
    Ok(answer)
}

/// Asks the host that `target` means.
pub(super) fn attached(
    target: &str,
    question: &Question,
    form: Form,
    session: &mut Session<'_>,
) -> Result<(String, Answer), Stop> {
    let config = session.config()?;
    let host = Attached::find(config.control(), target).map_err(Failure::from)?;
    let question = for_another(question.clone());
    let (host, answered) = host.ask(&question, form).map_err(Failure::from)?;
    let mut answer = answered.map_err(Failure::from)?;
    answer.text = harmless(&answer.text);
    Ok((view_of(&host), answer))
}

fn view_of(host: &Host) -> String {
    let (pid, program, up) = (host.pid, &host.program, host.up().as_secs());
    format!("process {pid} ({program}) was asked; up for {up} s")
}

/// The text below the line that says whose it is. Health stays the one line that it is.
fn with_view(view: &str, question: &Question, text: &str, look: Look) -> String {
    if let Question::Health { .. } = question {
        return format!("{} · {}\n", text.trim_end(), scrub::escape(view));
    }
    let mut page = Page::new(look);
    page.line(0, [Cell::new(view)]);
    format!("{}{text}", page.finish())
}

/// What a host sent, without the power over a terminal that a host of ours does not use: line ends and
/// colours stay.
fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (line, end) = match line.strip_suffix('\n') {
            Some(line) => (line, "\n"),
            None => (line, ""),
        };
        let mut pieces = line.split("\u{1b}[");
        out.push_str(&scrub::escape(pieces.next().unwrap_or_default()));
        for piece in pieces {
            let colour = piece.split_once('m').filter(|(number, _)| {
                number.len() <= 2 && number.bytes().all(|byte| byte.is_ascii_digit())
            });
            let rest = match colour {
                Some((number, rest)) => {
                    out.push_str("\u{1b}[");
                    out.push_str(number);
                    out.push('m');
                    rest
                }
                None => {
                    out.push_str(&scrub::escape("\u{1b}["));
                    piece
                }
            };
            out.push_str(&scrub::escape(rest));
        }
        out.push_str(end);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_lines_and_colours_and_no_other_power_over_a_terminal() {
        let fine = "NAME  STATE\n\u{1b}[32mready\u{1b}[0m  größe\n";
        assert_eq!(harmless(fine), fine);
        assert_eq!(
            harmless("a\u{1b}[2Jb\rc\u{202e}d"),
            "a\\u{1b}[2Jb\\rc\\u{202e}d"
        );
        assert_eq!(harmless("\u{1b}]0;title\u{7}"), "\\u{1b}]0;title\\u{7}");
    }
}

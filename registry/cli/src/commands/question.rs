//! Commands that are questions, which a running host can be asked as well.

use std::path::{Path, PathBuf, absolute};

use registry::ops::{Question, Subject};

use super::subject::is_file;
use crate::arguments::{Breaker, Command, Explain, Quarantine};

/// The question that `command` puts, if it is one.
pub(super) fn of(command: &Command) -> Option<Question> {
    Some(match command {
        Command::List => Question::List,
        Command::Describe(describe) => Question::Describe {
            name: describe.name.clone(),
        },
        Command::Explain(explain) => Question::Explain {
            subject: subject(explain),
        },
        Command::Diagnose(diagnose) => Question::Diagnose {
            verbose: diagnose.verbose,
        },
        Command::Health(health) => Question::Health {
            active_min: health.min,
        },
        Command::Events(events) => Question::Events {
            since: events.since,
        },
        Command::Heal => Question::Heal,
        Command::Reload => Question::Reload,
        Command::Quarantine(wanted) => quarantine(wanted),
        Command::Breaker(Breaker::Reset(wanted)) => Question::BreakerReset {
            name: wanted.name.clone(),
        },
        _ => return None,
    })
}

fn subject(explain: &Explain) -> Subject {
    if is_file(&explain.subject) {
        Subject::File(PathBuf::from(&explain.subject))
    } else {
        Subject::Planner(explain.subject.to_string_lossy().into_owned())
    }
}

fn quarantine(wanted: &Quarantine) -> Question {
    let name = wanted.name.clone();
    if wanted.lift {
        return Question::Lift { name };
    }
    Question::Quarantine {
        name,
        lasts: wanted.lasts,
        reason: wanted.reason.clone(),
    }
}

/// The question as another process understands it, whose working directory is another.
pub(super) fn for_another(question: Question) -> Question {
    match question {
        Question::Explain {
            subject: Subject::File(path),
        } => Question::Explain {
            subject: Subject::File(from_root(&path)),
        },
        question => question,
    }
}

fn from_root(path: &Path) -> PathBuf {
    absolute(path).unwrap_or_else(|_| path.to_owned())
}

//! Mistakes in the arguments, told like any other failure where JSON was asked for.

use std::ffi::OsString;

use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::failure::Failure;

/// Arguments that cannot be understood.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct UsageError(String);

/// Whether `arguments`, which cannot be understood as a whole, ask for JSON.
pub(crate) fn is_json_asked(arguments: impl IntoIterator<Item = OsString>) -> bool {
    let mut options = arguments
        .into_iter()
        .take_while(|argument| argument != "--");
    options.any(|argument| argument == "--json")
}

/// The failure that `error` tells of.
pub(crate) fn failure(error: &Error) -> Failure {
    Failure::new("E_USAGE", &UsageError(message(error)))
        .usage()
        .nearest(nearest(error))
        .see("registry --help")
}

/// The first paragraph of what is written for people; the help where that is written instead.
fn message(error: &Error) -> String {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return "a command is missing".to_owned();
    }
    let text = error.to_string();
    let paragraph = text.split("\n\n").next().unwrap_or_default();
    let words: Vec<&str> = paragraph.split_whitespace().collect();
    words.join(" ").trim_start_matches("error: ").to_owned()
}

fn nearest(error: &Error) -> Option<&str> {
    let suggestions = [
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedArg,
        ContextKind::SuggestedValue,
    ];
    let mut given = suggestions.into_iter().filter_map(|kind| error.get(kind));
    match given.next()? {
        ContextValue::String(name) => Some(name),
        ContextValue::Strings(names) => names.first().map(String::as_str),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use serde_json::json;

    use super::*;
    use crate::arguments::Arguments;

    fn told(line: &str) -> serde_json::Value {
        let error = Arguments::try_parse_from(line.split(' ')).unwrap_err();
        serde_json::to_value(failure(&error)).unwrap()
    }

    #[test]
    fn a_mistake_is_told_with_what_was_meant() {
        let see = "registry --help";
        for (line, message, nearest) in [
            (
                "registry lst",
                "unrecognized subcommand 'lst'",
                Some("list"),
            ),
            (
                "registry list --plugindir x",
                "unexpected argument '--plugindir' found",
                Some("--plugin-dir"),
            ),
            (
                "registry list --log-format jsn",
                "invalid value 'jsn' for '--log-format <FORMAT>' [possible values: text, json]",
                Some("json"),
            ),
            (
                "registry plan",
                "the following required arguments were not provided: <NAME> <OBJECTIVE>",
                None,
            ),
            ("registry", "a command is missing", None),
        ] {
            let mut expected =
                json!({"code": "E_USAGE", "message": message, "causes": [], "see": see});
            if let Some(nearest) = nearest {
                expected["nearest"] = json!(nearest);
            }
            assert_eq!(told(line), expected, "{line}");
        }
    }

    #[test]
    fn json_is_asked_for_among_the_options_alone() {
        let asked = |line: &str| is_json_asked(line.split(' ').map(OsString::from));
        assert!(asked("registry lst --json"));
        assert!(!asked("registry plan risk_planner -- --json"));
    }
}

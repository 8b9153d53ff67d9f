//! What a planner says of its own failure is bounded, escaped, and never changes what the failure is.

use plugin_api::{Context, Plan, PlanError, PlanRequest, Planner, limits};
use registry::{Builtin, Registry};

const CHARS_MAX: usize = limits::ERROR_MESSAGE_CHARS_MAX;

/// Fails with as much text as it is told to.
struct LongWinded {
    chars: usize,
    panics: bool,
}

impl LongWinded {
    fn text(&self) -> String {
        let mut text = "it begins\n\u{1b}[2J".to_owned();
        text.push_str(&"x".repeat(self.chars));
        text
    }

    fn fail(&self) -> PlanError {
        assert!(!self.panics, "{}", self.text());
        PlanError::failed(self.text())
    }
}

impl Planner for LongWinded {
    fn plan(&self, _request: &PlanRequest, _cx: &Context) -> Result<Plan, PlanError> {
        Err(self.fail())
    }

    fn self_test(&self, _cx: &Context) -> Result<(), PlanError> {
        Err(self.fail())
    }
}

/// The code of a failed plan and the text of its last cause.
fn failure(self_test: bool, chars: usize, panics: bool) -> (&'static str, String) {
    let builtin = Builtin::new("long_winded", LongWinded { chars, panics })
        .manifest(|manifest| manifest.self_test = self_test);
    let builder = Registry::builder().allow(["long_winded"]).builtin(builtin);
    let registry = builder.build().unwrap();
    let failure = registry
        .plan("long_winded", &PlanRequest::new("Talk"))
        .unwrap_err();
    let mut last: &dyn std::error::Error = &failure;
    while let Some(cause) = last.source() {
        last = cause;
    }
    (failure.code(), last.to_string())
}

/// The codes of a failed self-test and of a failed plan, whose texts have this beginning and a bound.
fn codes(chars: usize, panics: bool, beginning: &str) -> [&'static str; 2] {
    [true, false].map(|self_test| {
        let (code, text) = failure(self_test, chars, panics);
        let whole = format!("{beginning}: it begins\\n\\u{{1b}}[2J");
        assert!(text.starts_with(&whole), "{code}: {text:.60}");
        assert!(text.chars().count() <= CHARS_MAX + 20, "{code}");
        code
    })
}

#[test]
fn a_panic_stays_a_panic_however_long_its_text_is() {
    for chars in [0, 100 << 10, 11 << 20] {
        let codes = codes(chars, true, "it panicked");
        assert_eq!(codes, ["E_SELF_TEST_PANIC", "E_PLAN_PANIC"], "{chars}");
    }
}

#[test]
fn a_planners_error_is_told_escaped_and_cut() {
    for chars in [0, 100 << 10] {
        let codes = codes(chars, false, "planner failed");
        assert_eq!(codes, ["E_SELF_TEST_FAILED", "E_PLAN_FAILED"], "{chars}");
    }
}

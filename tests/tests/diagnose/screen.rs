//! One screen tells an operator what is the matter.

use registry::diagnose::text::{Detail, Look, report};

use crate::situations;

/// What a terminal shows that nobody has made larger.
const SCREEN: Look = Look {
    colour: false,
    columns: Some(80),
};
const LINES_MAX: usize = 40;

#[test]
fn an_evening_with_four_planners_and_their_problems_fits_on_one_screen() {
    let (_folder, registry) = situations::evening();
    let mut diagnosis = registry.diagnose().unwrap();
    // What cargo runs is started with one.
    diagnosis.loading.loader_variables.clear();
    let text = report(&diagnosis, Detail::Short, SCREEN);
    // One line more says whose view it is.
    assert!(text.lines().count() < LINES_MAX, "{text}");
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    for part in [
        "1 ready · 1 not loaded · 1 breaker open · 1 absent · 1 file refused",
        "\n  obeys  breaker open  E_BREAKER_OPEN\n",
        "\n  E_NOT_A_LIBRARY  ",
        "\nSLOW\n  slow_planner  plans take ",
        "; the limit is 400.0 ms\n",
        "\n  registry explain obeys ",
    ] {
        assert!(text.contains(part), "{part:?} in\n{text}");
    }
}

#[test]
fn the_full_report_adds_the_past_the_sandboxes_and_the_settings() {
    let (_folder, registry) = situations::evening();
    let text = report(&registry.diagnose().unwrap(), Detail::Full, SCREEN);
    for part in [
        "\nPROFILES\n",
        "\n    last crash   signal 6 (SIGABRT)",
        "\n    time limit   400.0 ms\n",
        "\n  isolation.policy ",
    ] {
        assert!(text.contains(part), "{part:?} in\n{text}");
    }
    let (_folder, registry) = situations::failed();
    let text = report(&registry.diagnose().unwrap(), Detail::Full, Look::PLAIN);
    let section = "\nFAILED STARTS\n  \
        NUMBER  PLANNER                CODE               SINCE THEN  REASON\n  \
        0       panics_in_constructor  E_CONSTRUCT_PANIC  nothing     ";
    assert!(text.contains(section), "{text}");
}

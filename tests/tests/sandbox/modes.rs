//! `strict` fails closed, `best-effort` says what is missing, `off` leaves plugins alone.

use registry::sandbox::{LayerName, LayerState, Limits, Mode, Spec};

use crate::run::{Run, everything, is_root};

#[test]
fn strict_reports_every_layer_and_has_every_one_that_it_demands() {
    let run = Run::new(&everything(), &["none"]);
    let enforced = run.enforced();
    let names: Vec<_> = enforced.layers.iter().map(|layer| layer.name).collect();
    assert_eq!(names, LayerName::ALL);
    for layer in &enforced.layers {
        let expected = match layer.name {
            name if !name.is_demanded() => continue,
            LayerName::User if !is_root() => off("only root can become another user"),
            LayerName::Memory => LayerState::Approximate {
                reason: "private memory is bounded by the limit of data, shared memory cannot be \
                         made"
                    .to_owned(),
            },
            _ => LayerState::On,
        };
        assert_eq!(layer.state, expected, "{:?}", layer.name);
    }
}

#[test]
fn strict_refuses_to_leave_out_a_layer_or_to_lose_a_grant() {
    let mut spec = everything();
    spec.without = vec![LayerName::SystemCalls];
    let run = Run::new(&spec, &["none"]);
    assert_eq!(
        (run.status.code(), run.report["code"].as_str()),
        (Some(1), Some("E_SANDBOX_LAYER"))
    );
    assert_eq!(
        run.report["error"],
        "the sandbox demands the layer system_calls, which is to be left out"
    );
    let mut spec = everything();
    spec.read = vec!["/nowhere/at/all".into()];
    let run = Run::new(&spec, &["none"]);
    assert_eq!(
        run.report["error"],
        "the sandbox demands the layer files, which cannot be had"
    );
    spec.mode = Mode::BestEffort;
    let run = Run::new(&spec, &["read", "/etc/passwd"]);
    let enforced = run.enforced();
    match enforced.state(LayerName::Files).unwrap() {
        LayerState::Approximate { reason } => {
            assert!(
                reason.starts_with("a granted path cannot be opened: "),
                "{reason}"
            );
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(run.outcome(), "13");
}

#[test]
fn root_without_a_user_to_become_is_no_sandbox() {
    if !is_root() {
        return;
    }
    for uid in [None, Some(0)] {
        let mut spec = Spec::new(Mode::Strict);
        spec.uid = uid;
        let run = Run::new(&spec, &["none"]);
        assert_eq!(
            run.report["error"],
            "the sandbox demands the layer user, which cannot be had"
        );
        spec.mode = Mode::BestEffort;
        let enforced = Run::new(&spec, &["none"]).enforced();
        assert_eq!(
            enforced.state(LayerName::User),
            Some(&off("it runs as root, and no other user was chosen for it"))
        );
    }
}

#[test]
fn switched_off_it_takes_nothing_from_a_plugin() {
    let spec = Spec::new(Mode::Off);
    let run = Run::new(&spec, &["private_memory", "536870912"]);
    assert_eq!(run.outcome(), "ok");
    let kept = [
        LayerName::Session,
        LayerName::Descriptors,
        LayerName::ParentDeath,
    ];
    for layer in run.enforced().layers {
        let expected = if kept.contains(&layer.name) {
            LayerState::On
        } else {
            off("the sandbox is switched off")
        };
        assert_eq!(layer.state, expected, "{:?}", layer.name);
    }
}

#[test]
fn a_spec_and_a_report_survive_being_sent() {
    let mut spec = everything();
    spec.limits = Limits {
        processes: Some(9),
        ..Limits::default()
    };
    spec.without = vec![LayerName::NetworkNamespace];
    let sent = serde_json::to_string(&spec).unwrap();
    assert_eq!(serde_json::from_str::<Spec>(&sent).unwrap(), spec);
}

fn off(reason: &str) -> LayerState {
    LayerState::Off {
        reason: reason.to_owned(),
    }
}

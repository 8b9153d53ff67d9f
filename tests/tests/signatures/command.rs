//! `registry verify`, and what the other commands say of signatures.

use tests::{Answer, RegistryCommand};

use crate::{Ground, NAME, VERSION, comment, entry, pair};

fn run(ground: &Ground, line: &[&str]) -> Answer {
    RegistryCommand::new(line)
        .plugin_dir(ground.plugins.path())
        .env("FACTORY_ALLOWED_PLANNERS", NAME)
        .env("FACTORY_REQUIRE_SIGNATURE", "1")
        .env("FACTORY_TRUSTED_KEYS", ground.keys_file().to_str().unwrap())
        .run()
}

#[test]
fn verify_tells_who_signed_and_ends_with_1_when_a_gate_refuses() {
    let (ground, ours) = (Ground::new(), pair());
    ground.trust(&[entry("release", &ours.pk.to_base64())]);
    ground.sign(&ours, &comment(NAME, VERSION));
    let plugin = ground.plugin();
    let digest = run(&ground, &["verify", NAME, "--json"]).json()["digest"].clone();
    let number =
        run(&ground, &["verify", NAME, "--json"]).json()["signature"]["signed"]["id"].clone();
    for subject in [NAME, plugin.to_str().unwrap()] {
        assert_eq!(
            run(&ground, &["verify", subject]).text(),
            format!(
                "signed_planner  passes every trust gate\n  \
                   file       {}\n  version    1.0.0\n  digest     {}\n  \
                   signature  signed with \"release\" ({}), valid to 3020-01-01\n",
                plugin.display(),
                digest.as_str().unwrap(),
                number.as_str().unwrap(),
            )
        );
    }
    let diagnosis = run(&ground, &["diagnose", "--json"]).json();
    assert_eq!(
        diagnosis["checked_by"],
        serde_json::json!(["name", "signature"])
    );
    assert_eq!(diagnosis["signatures"]["required"], true);
    assert_eq!(diagnosis["signatures"]["keys"][0]["state"], "valid");

    std::fs::remove_file(ground.signature()).unwrap();
    let file = run(&ground, &["verify", plugin.to_str().unwrap()]);
    assert_eq!(
        file.refusal(),
        (
            1,
            format!(
                "error[E_SIGNATURE_MISSING]: {} was refused\n  \
                   because: a signature is required, and there is no file of this name with .minisig behind it\n  \
                   next: Put the publisher's signature beside the file, or sign it with `registry sign`.\n",
                plugin.display()
            )
            .as_str()
        )
    );
    let name = run(&ground, &["verify", NAME, "--json"]);
    assert_eq!(
        (name.code, &name.json()["error"]["code"]),
        (1, &"E_SIGNATURE_MISSING".into())
    );
    let explained = run(&ground, &["explain", NAME, "--json"]);
    assert_eq!(
        (explained.code, &explained.json()["refused_by"]),
        (1, &"signature".into())
    );
}

#[test]
fn a_bad_file_of_keys_is_a_wrong_configuration() {
    let ground = Ground::new();
    ground.trust(&[entry("release", &pair().pk.to_base64()).replace("not_after", "until")]);
    let answer = run(&ground, &["list"]);
    assert_eq!(
        answer.refusal(),
        (
            2,
            format!(
                "error[E_TRUSTED_KEYS]: trusted keys {}: key 1, until: unknown field; allowed: name, \
                 public, planners, not_before and not_after, all of them\n  \
                 next: Mend what the message names.\n",
                ground.keys_file().display()
            )
            .as_str()
        )
    );
}

#[test]
fn neither_setting_is_taken_from_the_working_directory() {
    let ground = Ground::new();
    let answer = RegistryCommand::new(&["verify", NAME])
        .plugin_dir(ground.plugins.path())
        .env("FACTORY_ALLOWED_PLANNERS", NAME)
        .working_file(
            "registry.toml",
            "[trust]\nrequire_signature = true\ntrusted_keys = \"/nowhere\"\n",
        )
        .run();
    assert_eq!(answer.code, 0, "{answer:#?}");
    assert!(
        answer.stdout.contains("not judged: no trusted keys"),
        "{answer:#?}"
    );
    for key in ["trust.require_signature", "trust.trusted_keys"] {
        assert!(
            answer.stderr.contains(&format!("{key} is ignored")),
            "{answer:#?}"
        );
    }
}

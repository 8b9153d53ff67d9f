//! The commands and the file of keys that `docs/signing.md` shows work as they stand there.

use plugin_api::API_VERSION;
use tests::{PluginFolder, RegistryCommand, manifest_source, set_mode};
use xtask::workspace_root;

/// The planner that the document signs.
const NAME: &str = "risk_planner";

/// Contents of the fenced blocks of this language.
fn blocks<'a>(document: &'a str, language: &str) -> Vec<&'a str> {
    let opening = format!("```{language}\n");
    let rests = document.split(opening.as_str()).skip(1);
    rests.filter_map(|rest| rest.split("```").next()).collect()
}

#[test]
fn the_documented_commands_lead_from_a_new_key_to_a_verified_plugin() {
    let path = workspace_root().join("docs/signing.md");
    let document = std::fs::read_to_string(path).unwrap();
    let plugin = "librisk_planner.so";
    let source = manifest_source(NAME, API_VERSION.major, API_VERSION.minor);
    let folder = PluginFolder::new().with_c(plugin, &source);
    let aside = PluginFolder::new()
        .with_file("passphrase.txt", b"some words\n")
        .with_file("keys.toml", b"");
    set_mode(&aside.file("passphrase.txt"), 0o600);

    let run = |line: &str| {
        let word = |word: &str| {
            let place = match word {
                "release.key" | "passphrase.txt" => aside.file(word),
                word if word == plugin => folder.file(word),
                word => word.into(),
            };
            place.to_str().unwrap().to_owned()
        };
        let words: Vec<_> = line.split_whitespace().skip(1).map(word).collect();
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        let takes_plugins = !["keygen", "sign"].contains(&words[0]);
        let mut command = RegistryCommand::new(&words);
        if takes_plugins {
            command = command
                .plugin_dir(folder.path())
                .env(
                    "FACTORY_TRUSTED_KEYS",
                    aside.file("keys.toml").to_str().unwrap(),
                )
                .env("FACTORY_REQUIRE_SIGNATURE", "1");
        }
        command.run().text().to_owned()
    };

    let lines = blocks(&document, "sh").concat();
    let mut lines = lines.lines().filter(|line| line.starts_with("registry "));
    let mut next = |beginning: &str| {
        let line = lines.next().unwrap();
        assert!(line.starts_with(beginning), "{line}");
        run(line)
    };
    next("registry keygen ");
    next("registry sign ");
    let public = std::fs::read_to_string(aside.file("release.key.pub")).unwrap();
    // The document's own key is somebody else's, and its year passes.
    let [keys] = blocks(&document, "toml")[..] else {
        panic!("one file of keys is shown");
    };
    let shown = keys
        .lines()
        .find(|line| line.starts_with("public = "))
        .unwrap();
    let ours = format!("public = \"{}\"", public.lines().nth(1).unwrap());
    let keys = keys
        .replace(shown, &ours)
        .replace("2026-12-31", "3026-12-31");
    std::fs::write(aside.file("keys.toml"), keys).unwrap();
    assert!(next("registry verify ").contains("signed with \"release-2026\""));
    assert!(next("registry explain ").contains("passes all "));
    assert!(next("registry diagnose").contains("release-2026"));
    assert_eq!(lines.next(), None);
}

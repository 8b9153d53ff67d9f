//! Secret keys and passphrases: how they are written, and which are never used.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tests::{Answer, PluginFolder, RegistryCommand, set_mode};

use crate::Ground;

fn keygen(out: &Path, options: &[&str]) -> Answer {
    let line = [&["keygen", "--out", out.to_str().unwrap()], options].concat();
    RegistryCommand::new(&line).run()
}

fn sign(ground: &Ground, key: &Path, options: &[&str]) -> Answer {
    let plugin = ground.plugin();
    let line = [
        "sign",
        plugin.to_str().unwrap(),
        "--key",
        key.to_str().unwrap(),
    ];
    RegistryCommand::new(&[&line, options].concat()).run()
}

/// The code in the first line of stderr.
fn code(answer: &Answer) -> &str {
    let (code, told) = answer.refusal();
    assert_eq!(code, 1, "{answer:#?}");
    told.strip_prefix("error[")
        .unwrap()
        .split(']')
        .next()
        .unwrap()
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_secret_key_is_for_its_owner_alone_and_nothing_is_overwritten() {
    let folder = PluginFolder::new();
    let key = folder.file("own.key");
    let public = folder.file("own.key.pub");
    let made = keygen(&key, &[]);
    let secret = std::fs::read_to_string(&key).unwrap();
    assert_eq!((mode(&key), mode(&public)), (0o600, 0o644));
    let line = std::fs::read_to_string(&public).unwrap();
    let line = line.lines().nth(1).unwrap();
    assert!(made.text().contains(line), "{made:#?}");
    assert!(!made.stdout.contains(secret.lines().nth(1).unwrap()));

    assert_eq!(code(&keygen(&key, &[])), "E_EXISTS");
    std::fs::remove_file(&public).unwrap();
    assert_eq!(code(&keygen(&key, &[])), "E_EXISTS");
    assert!(!public.exists());
    assert_eq!(std::fs::read_to_string(&key).unwrap(), secret);
    std::os::unix::fs::symlink("nowhere", folder.file("link.key")).unwrap();
    assert_eq!(code(&keygen(&folder.file("link.key"), &[])), "E_EXISTS");
    assert_eq!(code(&keygen(&folder.file("no/folder.key"), &[])), "E_WRITE");
}

#[test]
fn a_secret_key_that_others_could_have_had_is_refused() {
    let ground = Ground::new();
    let key = ground.aside.file("own.key");
    keygen(&key, &[]).text();
    for bad in [0o604, 0o640, 0o620, 0o666] {
        set_mode(&key, bad);
        assert_eq!(code(&sign(&ground, &key, &[])), "E_SECRET_MODE");
    }
    set_mode(&key, 0o600);
    let link = ground.aside.file("link.key");
    std::os::unix::fs::symlink(&key, &link).unwrap();
    assert_eq!(code(&sign(&ground, &link, &[])), "E_SECRET_LINK");
    let public = ground.aside.file("own.key.pub");
    set_mode(&public, 0o600);
    assert_eq!(code(&sign(&ground, &public, &[])), "E_SECRET_KEY");
    for other in ["missing.key", "."] {
        let other = ground.aside.file(other);
        assert_eq!(code(&sign(&ground, &other, &[])), "E_SECRET_UNREADABLE");
    }
    if std::os::unix::fs::chown(&key, Some(65_534), None).is_ok() {
        assert_eq!(code(&sign(&ground, &key, &[])), "E_SECRET_OWNER");
    }
    assert!(!ground.signature().exists());
}

#[test]
fn a_passphrase_opens_its_key_and_no_other_text_does() {
    let ground = Ground::new();
    let key = ground.aside.file("own.key");
    let words = |name: &str, text: &str| {
        let path = ground.aside.file(name);
        std::fs::write(&path, text).unwrap();
        set_mode(&path, 0o600);
        path.to_str().unwrap().to_owned()
    };
    let (right, wrong) = (words("right", "open sesame\n"), words("wrong", "sesame"));
    let empty = words("empty", "\n");
    assert_eq!(
        code(&keygen(&key, &["--passphrase-file", &empty])),
        "E_PASSPHRASE"
    );
    let made = keygen(&key, &["--passphrase-file", &right]);
    assert!(made.text().contains("(encrypted)"), "{made:#?}");
    assert_eq!(mode(&key), 0o600);

    assert_eq!(code(&sign(&ground, &key, &[])), "E_PASSPHRASE");
    let refused = sign(&ground, &key, &["--passphrase-file", &wrong]);
    assert_eq!(code(&refused), "E_PASSPHRASE");
    assert!(!refused.stderr.contains("sesame"), "{refused:#?}");
    set_mode(Path::new(&right), 0o644);
    assert_eq!(
        code(&sign(&ground, &key, &["--passphrase-file", &right])),
        "E_SECRET_MODE"
    );
    set_mode(Path::new(&right), 0o600);
    assert!(!ground.signature().exists());
    sign(&ground, &key, &["--passphrase-file", &right]).text();
    assert_eq!(mode(&ground.signature()), 0o644);

    let plain = ground.aside.file("plain.key");
    keygen(&plain, &[]).text();
    assert_eq!(
        code(&sign(&ground, &plain, &["--passphrase-file", &right])),
        "E_PASSPHRASE"
    );
}

#[test]
fn only_a_plugin_is_signed() {
    let ground = Ground::new();
    let key = ground.aside.file("own.key");
    keygen(&key, &[]).text();
    let text = ground.aside.file("text.so");
    std::fs::write(&text, "no library at all, but long enough").unwrap();
    let line = [
        "sign",
        text.to_str().unwrap(),
        "--key",
        key.to_str().unwrap(),
    ];
    assert_eq!(code(&RegistryCommand::new(&line).run()), "E_NOT_A_LIBRARY");
}

/// A file that the trust gates would look into is looked into here as well, and no other.
#[test]
fn what_is_signed_and_inspected_is_held_to_the_configured_size() {
    let ground = Ground::new();
    let (plugin, key) = (ground.plugin(), ground.aside.file("own.key"));
    keygen(&key, &[]).text();
    // The default bound is 64 MiB; beyond the library there is nothing but a hole.
    let file = std::fs::File::options().write(true).open(&plugin).unwrap();
    file.set_len(65 << 20).unwrap();
    let (plugin, key) = (plugin.to_str().unwrap(), key.to_str().unwrap());
    for line in [&["inspect", plugin][..], &["sign", plugin, "--key", key]] {
        let within = |mib| {
            let command = RegistryCommand::new(line);
            command.env("FACTORY_FILE_MIB_MAX", mib).run()
        };
        assert_eq!(code(&within("64")), "E_TOO_LARGE");
        within("65").text();
    }
}

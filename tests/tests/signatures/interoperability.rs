//! Signatures that the `minisign` crate makes hold here, and ours hold there.

use std::io::Cursor;

use minisign::{KeyPair, PublicKeyBox, SignatureBox};
use tests::{RegistryCommand, set_mode};

use crate::{Ground, NAME, VERSION, comment, entry, pair};

fn verified_by_the_crate(ground: &Ground, public_box: &str) -> String {
    let public = PublicKeyBox::from_string(public_box).unwrap();
    let public = public.into_public_key().unwrap();
    let text = std::fs::read_to_string(ground.signature()).unwrap();
    let signature = SignatureBox::from_string(&text).unwrap();
    let bytes = Cursor::new(std::fs::read(ground.plugin()).unwrap());
    minisign::verify(&public, &signature, bytes, true, false, false).unwrap();
    signature.trusted_comment().unwrap()
}

#[test]
fn ours_hold_there() {
    let ground = Ground::new();
    let key = ground.aside.file("ours.key");
    let (key, plugin) = (key.to_str().unwrap(), ground.plugin());
    RegistryCommand::new(&["keygen", "--out", key]).run().text();
    RegistryCommand::new(&["sign", plugin.to_str().unwrap(), "--key", key])
        .run()
        .text();
    let public = std::fs::read_to_string(format!("{key}.pub")).unwrap();
    assert_eq!(
        verified_by_the_crate(&ground, &public),
        comment(NAME, VERSION)
    );
}

/// The minisign tool leaves out the checksum of a key that it does not encrypt.
#[test]
fn a_key_without_a_checksum_signs() {
    let ground = Ground::new();
    let pair = pair();
    let mut bytes = pair.sk.to_bytes();
    let length = bytes.len();
    bytes[length - 32..].fill(0);
    let line = minisign::SecretKey::from_bytes(&bytes)
        .unwrap()
        .to_box(None)
        .unwrap();
    let key = ground.aside.file("their.key");
    std::fs::write(&key, line.to_string()).unwrap();
    set_mode(&key, 0o600);
    let paths = [&ground.plugin(), &key].map(|path| path.to_str().unwrap().to_owned());
    let [plugin, key] = &paths;
    RegistryCommand::new(&["sign", plugin, "--key", key])
        .run()
        .text();
    let public = pair.pk.to_box().unwrap().to_string();
    assert_eq!(
        verified_by_the_crate(&ground, &public),
        comment(NAME, VERSION)
    );
}

#[test]
fn keys_and_signatures_made_there_hold_here() {
    let ground = Ground::new();
    let pair = KeyPair::generate_encrypted_keypair(Some("some words".to_owned())).unwrap();
    ground.trust(&[entry("theirs", &pair.pk.to_base64())]);
    let verify = || {
        RegistryCommand::new(&["verify", NAME])
            .plugin_dir(ground.plugins.path())
            .env("FACTORY_ALLOWED_PLANNERS", NAME)
            .env("FACTORY_REQUIRE_SIGNATURE", "1")
            .env("FACTORY_TRUSTED_KEYS", ground.keys_file().to_str().unwrap())
            .run()
    };
    let (key, words) = (ground.aside.file("their.key"), ground.aside.file("words"));
    let sealed = pair.sk.to_box(None).unwrap();
    let opened = sealed
        .clone()
        .into_secret_key(Some("some words".to_owned()))
        .unwrap();
    ground.sign(
        &KeyPair {
            pk: pair.pk.clone(),
            sk: opened,
        },
        &comment(NAME, VERSION),
    );
    let theirs = verify();
    assert!(
        theirs.text().contains("signed with \"theirs\""),
        "{theirs:#?}"
    );

    std::fs::remove_file(ground.signature()).unwrap();
    std::fs::write(&key, sealed.to_string()).unwrap();
    std::fs::write(&words, "some words\n").unwrap();
    set_mode(&key, 0o600);
    set_mode(&words, 0o600);
    let paths = [&ground.plugin(), &key, &words].map(|path| path.to_str().unwrap().to_owned());
    let [plugin, key, words] = &paths;
    RegistryCommand::new(&["sign", plugin, "--key", key, "--passphrase-file", words])
        .run()
        .text();
    verify().text();
    let public = pair.pk.to_box().unwrap().to_string();
    assert_eq!(
        verified_by_the_crate(&ground, &public),
        comment(NAME, VERSION)
    );
}

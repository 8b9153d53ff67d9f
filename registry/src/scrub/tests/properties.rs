use proptest::prelude::*;

use super::super::*;

/// Text of the pieces that the recognisers look for, so that they meet in every order.
fn adversarial() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "password",
        "api_key",
        "key",
        "token",
        "=",
        ": ",
        ":",
        "=>",
        "\"",
        "'",
        "\\",
        " ",
        "\n",
        "://",
        "@",
        "/",
        "Bearer ",
        "Authorization: ",
        "eyJ",
        "ghp_",
        "sk-",
        "-----BEGIN ",
        "PRIVATE KEY-----",
        "-----END ",
        "a1B2c3D4e5F6g7H8",
        "é",
        "\u{202e}",
        "--password ",
        "public ",
        "stack backtrace:\n",
        "  1: x\n",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

/// A secret that no recogniser's own words appear in.
fn secret() -> impl Strategy<Value = String> {
    "[A-Za-z]{4}[0-9][A-Za-z][0-9][A-Za-z][0-9][A-Za-z0-9]{16,40}"
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_text_is_taken_and_json_stays_json(given in adversarial()) {
        let once = text(&given).into_owned();
        prop_assert!(!once.chars().any(char::is_control));
        let json = serde_json::json!({ "text": given, "list": [given, { given.clone(): given }] });
        let masked: serde_json::Value = serde_json::from_str(&mask_json(&json.to_string())).unwrap();
        prop_assert_eq!(masked["text"].as_str().unwrap(), mask_secrets(&given));
        let hidden = mask_paths(&given);
        prop_assert_eq!(mask_paths(&hidden), hidden.as_ref());
    }

    #[test]
    fn a_planted_secret_never_stays(
        secret in secret(),
        before in "[a-z ,.]{0,40}",
        after in "[ ,;.\n][a-z ,.]{0,40}",
        form in 0..10_usize,
    ) {
        let planted = match form {
            0 => format!("api_key={secret}"),
            1 => format!("\"password\": \"{secret}\""),
            2 => format!("Authorization: Bearer {secret}"),
            3 => format!("https://user:{secret}@host/path"),
            4 => format!("ghp_{secret}"),
            5 => format!("sk-proj-{secret}"),
            6 => format!("--token {secret}"),
            7 => format!("{{\\\"client_secret\\\":\\\"{secret}\\\"}}"),
            8 => format!("-----BEGIN PRIVATE KEY-----\n{secret}\n-----END PRIVATE KEY-----"),
            _ => format!("session: {secret}"),
        };
        let given = format!("{before} {planted}{after}");
        let shown = text(&given);
        prop_assert!(!shown.contains(&secret), "{given} became {shown}");
    }
}

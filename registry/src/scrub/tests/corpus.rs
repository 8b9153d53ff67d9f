//! Texts with a secret, which must not stay, and texts that only look like it, which must.
//! Every secret was made up for this list.

use super::super::*;

/// A text, and the part of it that must be hidden.
const SECRETS: &[(&str, &str)] = &[
    // What providers hand out.
    ("key AKIAZ3MGN5R7QWXT2LPB in use", "AKIAZ3MGN5R7QWXT2LPB"),
    ("ASIAZ3MGN5R7QWXT2LPB", "ASIAZ3MGN5R7QWXT2LPB"),
    (
        "/opt/plugins/libghp_k3J9dLm2Qx8VbT5nRw7YzC1fHs6AeG4uPo0i.so",
        "k3J9dLm2Qx8VbT5nRw7YzC1fHs6AeG4uPo0i",
    ),
    (
        "used ghp_k3J9dLm2Qx8VbT5nRw7YzC1fHs6AeG4uPo0i",
        "k3J9dLm2Qx8VbT5nRw7YzC1fHs6AeG4uPo0i",
    ),
    (
        "gho_k3J9dLm2Qx8VbT5nRw7YzC1fHs6AeG4uPo0i",
        "k3J9dLm2Qx8VbT5nRw7Y",
    ),
    (
        "ghs_k3J9dLm2Qx8VbT5nRw7YzC1fHs6AeG4uPo0i",
        "k3J9dLm2Qx8VbT5nRw7Y",
    ),
    (
        "github_pat_11ABCDE0Y0k3J9dLm2Qx8V_bT5nRw7YzC1fHs6AeG4uPo0i",
        "k3J9dLm2Qx8V_bT5n",
    ),
    ("glpat-k3J9dLm2Qx8VbT5nRw7Y", "k3J9dLm2Qx8VbT5nRw7Y"),
    (
        "sk-k3J9dLm2Qx8VbT5nRw7YzC1fHs6AeG4u",
        "k3J9dLm2Qx8VbT5nRw7Y",
    ),
    ("sk-proj-k3J9dLm2Qx8V-bT5nRw7YzC1fHs6", "k3J9dLm2Qx8V-bT5n"),
    (
        "sk-ant-api03-k3J9dLm2Qx8VbT5nRw7Y_zC1fHs6",
        "k3J9dLm2Qx8VbT5nRw7Y",
    ),
    (
        "xoxb-2314567890-4567890123-k3J9dLm2Qx8VbT5n",
        "k3J9dLm2Qx8VbT5n",
    ),
    (
        "xoxp-2314567890-4567890123-k3J9dLm2Qx8VbT5n",
        "k3J9dLm2Qx8VbT5n",
    ),
    ("xapp-1-A02BCD-k3J9dLm2Qx8VbT5n", "k3J9dLm2Qx8VbT5n"),
    (
        "AIzaSyD3k3J9dLm2Qx8VbT5nRw7YzC1fHs6AeG4",
        "SyD3k3J9dLm2Qx8VbT5n",
    ),
    ("ya29.a0Ak3J9dLm2Qx8VbT5nRw7YzC1fHs6", "a0Ak3J9dLm2Qx8VbT5n"),
    ("GOCSPX-k3J9dLm2Qx8VbT5nRw7YzC1f", "k3J9dLm2Qx8VbT5nRw7Y"),
    (
        "npm_k3J9dLm2Qx8VbT5nRw7YzC1fHs6AeG4uPo0i",
        "k3J9dLm2Qx8VbT5nRw7Y",
    ),
    (
        "pypi-AgEIcHlwaS5vcmcCJDk3J9dLm2Qx8VbT5n",
        "AgEIcHlwaS5vcmcCJDk3J9dLm2",
    ),
    (
        "dop_v1_3f9c2a7be1d84056c7a9b3e2f1d04c8a",
        "3f9c2a7be1d84056c7a9b3e2f1d04c8a",
    ),
    ("hf_k3J9dLm2Qx8VbT5nRw7YzC1fHs6", "k3J9dLm2Qx8VbT5nRw7Y"),
    ("hvs.k3J9dLm2Qx8VbT5nRw7YzC1fHs6", "k3J9dLm2Qx8VbT5nRw7Y"),
    (
        "glsa_k3J9dLm2Qx8VbT5nRw7YzC1f_1a2b3c4d",
        "k3J9dLm2Qx8VbT5nRw7Y",
    ),
    (
        "dapi3f9c2a7be1d84056c7a9b3e2f1d04c8a",
        "3f9c2a7be1d84056c7a9b3e2f1d04c8a",
    ),
    ("lin_api_k3J9dLm2Qx8VbT5nRw7YzC1f", "k3J9dLm2Qx8VbT5nRw7Y"),
    ("gsk_k3J9dLm2Qx8VbT5nRw7YzC1fHs6", "k3J9dLm2Qx8VbT5nRw7Y"),
    ("xai-k3J9dLm2Qx8VbT5nRw7YzC1fHs6", "k3J9dLm2Qx8VbT5nRw7Y"),
    ("r8_k3J9dLm2Qx8VbT5nRw7YzC1fHs6", "k3J9dLm2Qx8VbT5nRw7Y"),
    ("sk_live_k3J9dLm2Qx8VbT5nRw7Y", "k3J9dLm2Qx8VbT5nRw7Y"),
    ("rk_live_k3J9dLm2Qx8VbT5nRw7Y", "k3J9dLm2Qx8VbT5nRw7Y"),
    ("whsec_k3J9dLm2Qx8VbT5nRw7Y", "k3J9dLm2Qx8VbT5nRw7Y"),
    (
        "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",
        "3f9c2a7be1d84056c7a9b3e2f1d04c8a",
    ),
    (
        "SG.k3J9dLm2Qx8VbT5nRw7YzC.1fHs6AeG4uPo0iK3J9dLm2Qx8Vb",
        "1fHs6AeG4uPo0iK3J9dLm2",
    ),
    ("dckr_pat_k3J9dLm2Qx8VbT5nRw7Y", "k3J9dLm2Qx8VbT5nRw7Y"),
    (
        "rubygems_3f9c2a7be1d84056c7a9b3e2f1d04c8a",
        "3f9c2a7be1d84056c7a9b3e2f1d04c8a",
    ),
    ("NRAK-K3J9DLM2QX8VBT5NRW7YZC1FHS6", "K3J9DLM2QX8VBT5NRW7Y"),
    (
        "PMAK-64f1c2d3e4b5a6978877-k3J9dLm2Qx8V",
        "64f1c2d3e4b5a6978877",
    ),
    (
        "AGE-SECRET-KEY-1QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LQPZRY9X8GF2TVDW0S3JN",
        "QPZRY9X8GF2TVDW0S3JN54",
    ),
    (
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.k3J9dLm2Qx8VbT5nRw7YzC1fHs6",
        "k3J9dLm2Qx8VbT5nRw7Y",
    ),
    (
        "RWRTY0IyG1b3J9dLm2Qx8VbT5nRw7YzC1f/Hs6AeG4uPo0iK3J9dLm2+Qx8VbT5nRw7YzC1fHs6AeG4",
        "Hs6AeG4uPo0iK3J9dLm2",
    ),
    // What a header carries.
    ("Authorization: Bearer abcdefgh", "abcdefgh"),
    ("authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
    ("-H 'Authorization: Token 99aa88bb'", "99aa88bb"),
    ("sent Bearer 9f8e7d6c5b4a", "9f8e7d6c5b4a"),
    (
        "sent Basic QWxhZGRpbjpvcGVuc2VzYW1l0Q==",
        "QWxhZGRpbjpvcGVuc2VzYW1l0Q",
    ),
    ("X-Api-Key: tr0ub4dor", "tr0ub4dor"),
    (
        "Cookie: session=3f9c2a7be1d84056c7a9",
        "3f9c2a7be1d84056c7a9",
    ),
    (
        "Set-Cookie: sid=k3J9dLm2Qx8VbT5n; Path=/",
        "k3J9dLm2Qx8VbT5n",
    ),
    // What stands beside its name.
    ("password=hunter2", "hunter2"),
    ("password = hunter2", "hunter2"),
    ("Password: hunter", "hunter"),
    (
        "PASSWORD=\"correct horse battery\"",
        "correct horse battery",
    ),
    ("passwd: 'se cret'", "se cret"),
    ("db.pwd=letmein;host=x", "letmein"),
    ("--password letmein --host x", "letmein"),
    ("token=sk-revoked", "sk-revoked"),
    ("key: ghp_short", "ghp_short"),
    ("--token=letmein1234567890ab1c2d", "letmein1234567890ab1c2d"),
    ("{\"api_key\":\"abc\",\"n\":1}", "abc"),
    ("{\\\"apiKey\\\": \\\"zzz\\\"}", "zzz"),
    ("api-key => zzz", "zzz"),
    (
        "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzz",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzz",
    ),
    (
        "AWS_SESSION_TOKEN=k3J9dLm2Qx8VbT5nRw7Y",
        "k3J9dLm2Qx8VbT5nRw7Y",
    ),
    ("client_secret: zzz", "zzz"),
    ("OPENAI_API_KEY=zzz next", "zzz"),
    ("?access_token=zzz&page=2", "zzz"),
    ("refresh_token=1//0gk3J9dLm2", "1//0gk3J9dLm2"),
    ("passphrase: opensesame", "opensesame"),
    (
        "token: 550e8400-e29b-41d4-a716-446655440000",
        "550e8400-e29b-41d4-a716-446655440000",
    ),
    (
        "AccountKey=k3J9dLm2Qx8VbT5nRw7YzC1fHs6AeG4u==;",
        "k3J9dLm2Qx8VbT5nRw7Y",
    ),
    ("private_key='zzz'", "zzz"),
    // What a URL carries.
    ("postgres://app:hunter2@db:5432/plans", "hunter2"),
    ("redis://:hunter2@cache/0", "hunter2"),
    ("https://oauth2:tok@git.example/x.git", "oauth2:tok"),
    ("amqp://a:p%40ss@mq", "p%40ss"),
    // Keys in text.
    (
        "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\n-----END PRIVATE KEY-----\n",
        "MIIEvQIBADANBg",
    ),
    (
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQ\n-----END RSA PRIVATE KEY-----",
        "MIIEpAIBAAKCAQ",
    ),
    (
        "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1r (cut",
        "b3BlbnNzaC1r",
    ),
];

/// Texts in which nothing may be hidden.
const INNOCENT: &[&str] = &[
    "",
    "the password is wrong",
    "password: wrong",
    "password: required",
    "password: missing.",
    "password: String",
    "token: expired",
    "wrong password",
    "password=$DB_PASSWORD",
    "password=null",
    "api_key: none",
    "secret: ********",
    "max_tokens: 4096",
    "max_tokens=8192",
    "tokens used: 1234567890123",
    "token: 5",
    "next token: identifier",
    "unexpected token: `}` at line 3",
    "key: name",
    "key: release-2026",
    "key=planners.llm_planner.timeout",
    "sort key: created_at",
    "primary key: id",
    "keyboard=qwerty",
    "monkey: 1",
    "authors: 3",
    "author: somebody",
    "author=k3J9dLm2Qx8VbT5nRw7Y",
    "authority: example",
    "session: closed",
    "cookie: none",
    "public key: RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3",
    "public_key=RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3",
    "key id: E7620F1842B4E81F",
    "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----",
    "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIB\n-----END CERTIFICATE-----",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHk3J9dLm2Qx8VbT5nRw7Y me@host",
    "blake3:3f9c2a7be1d84056c7a9b3e2f1d04c8a3f9c2a7be1d84056c7a9b3e2f1d04c8a",
    "digest=3f9c2a7be1d84056c7a9b3e2f1d04c8a3f9c2a7be1d84056c7a9b3e2f1d04c8a",
    "fingerprint 7f3a91c2 (unchanged)",
    "commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
    "call 550e8400-e29b-41d4-a716-446655440000 ended",
    "call_id=18c2f-3a91",
    "plan_id: plan-3f9c2a7be1d84056",
    "https://example.org/a?b=c#d",
    "https://host/users/me@example.org",
    "mail me@example.org",
    "http://127.0.0.1:9464/metrics",
    "ratio 3:4, at 12:30",
    "Basic constraints apply",
    "Bearer authentication required",
    "bearer of news",
    "Bearer token missing",
    "sk-learn and sk-image",
    "sk-something-that-is-a-name",
    "ghp_ is how such tokens begin",
    "hf_hub and npm_config_registry",
    "npm_package_description_long_name",
    "risk_planner",
    "structural_planner 0.93 = match 0.60 + reliability 0.28 + stable 0.05",
    "libllm_planner.so needs libc.so.6 libgcc_s.so.1",
    "E_DEADLINE after 40 s in stage \"plan\"",
    "FACTORY_TRUSTED_KEYS=/etc/registry/keys.toml",
    "FACTORY_LOG_LEVEL=INFO",
    "version 1.2.0-beta.4+build.7",
    "AKIA is a beginning",
    "eyJ is how JSON begins in base64",
    "0x7f3a91c20000 in frame 12",
    "the secret of good plans",
    "credentials were rejected",
    "authentication: failed",
    "größe=12 日本語 ≥ 1",
];

#[test]
fn every_secret_of_the_corpus_is_masked() {
    assert!(SECRETS.len() >= 60, "{}", SECRETS.len());
    let left: Vec<_> = SECRETS
        .iter()
        .filter(|(given, secret)| {
            assert!(given.contains(secret), "{given} has no {secret}");
            let shown = text(given);
            shown.contains(secret) || !shown.contains(MASK)
        })
        .map(|(given, _)| (given, text(given)))
        .collect();
    assert_eq!(left, []);
}

#[test]
fn no_innocent_text_of_the_corpus_is_changed() {
    assert!(INNOCENT.len() >= 60, "{}", INNOCENT.len());
    let changed: Vec<_> = INNOCENT
        .iter()
        .map(|given| (*given, mask_secrets(given)))
        .filter(|(given, shown)| given != shown)
        .collect();
    assert_eq!(changed, []);
}

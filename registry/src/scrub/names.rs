//! What a name says about the value beside it.

/// Words in a setting's name that announce a credential. `tokens` is none of them, since a limit of
/// tokens is no secret, nor is `keys`, which may be public.
const SECRET_WORDS: &[&str] = &[
    "apikey",
    "apikeys",
    "auth",
    "authorization",
    "bearer",
    "credential",
    "credentials",
    "key",
    "passphrase",
    "passwd",
    "password",
    "passwords",
    "pwd",
    "secret",
    "secrets",
    "token",
];

/// Words after which, in free text, any value is a credential.
const CERTAIN_WORDS: &[&str] = &[
    "apikey",
    "authorization",
    "passphrase",
    "passwd",
    "password",
    "pwd",
    "secret",
];

/// Words that make the `key` or `token` after them a credential: `api_key`, `access_token`.
const QUALIFIERS: &[&str] = &[
    "access", "api", "auth", "bearer", "bot", "private", "refresh", "signing",
];

/// Words that announce a credential in free text only where the value looks like one.
const LIKELY_WORDS: &[&str] = &[
    "auth",
    "cookie",
    "credential",
    "credentials",
    "key",
    "session",
    "sessionid",
    "sid",
    "token",
];

/// Longest name that is looked at; what is longer is no name.
const NAME_BYTES_MAX: usize = 128;

/// How sure a name in free text makes that the value beside it is a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Announces {
    /// Whatever it looks like.
    Certainly,
    /// If it looks like one.
    Likely,
}

/// Whether a setting of this name holds a credential, judged by the words in it: `api_key`,
/// `API-KEY` and `apiKey` do, `keyboard` does not, nor does `api_key_file`, which says where one lies.
pub fn is_secret_name(name: &str) -> bool {
    let words = words_of(name);
    !words.ends_with("_file") && words.split('_').any(|word| SECRET_WORDS.contains(&word))
}

/// What `name` announces in free text, where a bare `key` may be one of a map.
pub(super) fn announces(name: &str) -> Option<Announces> {
    if name.len() > NAME_BYTES_MAX {
        return None;
    }
    let words = words_of(name);
    let mut before = "";
    let mut found = None;
    for word in words.split('_') {
        if before == "public" {
            return None;
        }
        let qualified = matches!(word, "key" | "token") && QUALIFIERS.contains(&before);
        if qualified || CERTAIN_WORDS.contains(&word) {
            return Some(Announces::Certainly);
        }
        if LIKELY_WORDS.contains(&word) {
            found = Some(Announces::Likely);
        }
        before = word;
    }
    found
}

/// The words of a name in small letters, with `_` between them.
fn words_of(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 8);
    let mut after_small = false;
    for c in name.chars() {
        if after_small && c.is_ascii_uppercase() {
            words.push('_');
        }
        words.push(if c.is_ascii_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '_'
        });
        after_small = c.is_ascii_lowercase();
    }
    words
}

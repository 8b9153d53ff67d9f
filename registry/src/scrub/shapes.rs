//! Values that are credentials by their shape, whatever stands beside them.

/// A beginning that a provider gives its credentials, and how many characters follow at least.
struct Shape {
    beginning: &'static str,
    rest_min: usize,
}

const fn shape(beginning: &'static str, rest_min: usize) -> Shape {
    Shape {
        beginning,
        rest_min,
    }
}

/// Every one begins with letters, so that a look at the first byte turns most words away.
const SHAPES: &[Shape] = &[
    shape("AGE-SECRET-KEY-1", 40),
    shape("AIza", 30),
    shape("AKIA", 16),
    shape("ASIA", 16),
    shape("ATATT3", 20),
    shape("CFPAT-", 20),
    shape("GOCSPX-", 20),
    shape("NRAK-", 20),
    shape("PMAK-", 20),
    // A secret key as minisign writes it.
    shape("RWRTY0Iy", 40),
    shape("RWQAAEIy", 40),
    shape("SG.", 30),
    shape("dapi", 32),
    shape("dckr_pat_", 16),
    shape("dop_v1_", 32),
    shape("ghp_", 16),
    shape("gho_", 16),
    shape("ghr_", 16),
    shape("ghs_", 16),
    shape("ghu_", 16),
    shape("github_pat_", 20),
    shape("glpat-", 16),
    shape("glsa_", 20),
    shape("gsk_", 20),
    shape("hf_", 20),
    shape("hvs.", 20),
    shape("lin_api_", 20),
    shape("npm_", 20),
    shape("ntn_", 20),
    shape("pypi-", 20),
    shape("r8_", 20),
    shape("rk_live_", 16),
    shape("rubygems_", 20),
    shape("shpat_", 20),
    shape("shpss_", 20),
    shape("sk-", 16),
    shape("sk_live_", 16),
    shape("sk_test_", 16),
    shape("sntrys_", 20),
    shape("whsec_", 16),
    shape("xai-", 20),
    shape("xapp-", 10),
    shape("xoxa-", 10),
    shape("xoxb-", 10),
    shape("xoxp-", 10),
    shape("xoxr-", 10),
    shape("xoxs-", 10),
    shape("ya29.", 20),
];

/// No credential of a known shape is shorter, and hardly any word of ordinary text is longer.
pub(super) const SHAPE_BYTES_MIN: usize = shortest(SHAPES);

const fn shortest(shapes: &[Shape]) -> usize {
    let mut shortest = WEB_TOKEN_BYTES_MIN;
    let mut at = 0;
    while at < shapes.len() {
        let len = shapes[at].beginning.len() + shapes[at].rest_min;
        if len < shortest {
            shortest = len;
        }
        at += 1;
    }
    shortest
}

/// Shortest JSON web token.
const WEB_TOKEN_BYTES_MIN: usize = 30;

/// Beginnings of settings' values that are credentials however long.
const SETTING_BEGINNINGS: &[&str] = &[
    "AKIA",
    "Basic ",
    "Bearer ",
    "eyJ",
    "ghp_",
    "github_pat_",
    "glpat-",
    "sk-",
    "xoxb-",
    "xoxp-",
];

/// Shortest value that is taken for random.
const RANDOM_BYTES_MIN: usize = 16;

/// Different characters from which on a value is taken for random.
const RANDOM_VARIETY_MIN: usize = 8;

/// Changes between letters and digits from which on a value is taken for random.
const RANDOM_CHANGES_MIN: usize = 4;

/// How much of a value is looked at: enough to judge it, and a bound for hostile text.
const LOOKED_AT_BYTES: usize = 64;

/// Whether the value of a setting is a credential, whatever the setting's name.
pub(super) fn is_secret_setting(value: &str) -> bool {
    let value = value.trim_start();
    SETTING_BEGINNINGS
        .iter()
        .any(|beginning| value.starts_with(beginning))
}

/// Whether `word`, a run of the characters that credentials are made of, is one by its shape.
pub(super) fn is_secret(word: &str) -> bool {
    if word.len() < SHAPE_BYTES_MIN {
        return false;
    }
    let known = SHAPES.iter().any(|shape| {
        let rest = word.strip_prefix(shape.beginning);
        rest.is_some_and(|rest| rest.len() >= shape.rest_min && is_mixed(rest))
    });
    // A JSON web token begins with a JSON object in base64.
    known || word.starts_with("eyJ") && word.len() >= WEB_TOKEN_BYTES_MIN && is_mixed(word)
}

/// Whether `value`, which stands after a name that credentials have as well as other things, is one: it begins
/// as one, or looks made by chance.
pub(super) fn looks_like_one(value: &str) -> bool {
    is_secret_setting(value) || looks_random(value)
}

/// Whether `value` looks made by chance: letters and digits change often, and hardly anything stands
/// there twice. Names with a year or a version at their end do not.
fn looks_random(value: &str) -> bool {
    let bytes = looked_at(value);
    let classes = bytes.iter().filter(|byte| byte.is_ascii_alphanumeric());
    let classes: Vec<bool> = classes.map(u8::is_ascii_digit).collect();
    let changes = classes.windows(2).filter(|pair| pair[0] != pair[1]).count();
    bytes.len() >= RANDOM_BYTES_MIN
        && changes >= RANDOM_CHANGES_MIN
        && variety(bytes) >= RANDOM_VARIETY_MIN
}

/// Whether letters and digits stand in it, as prose and numbers do not have them.
pub(super) fn is_mixed(text: &str) -> bool {
    let bytes = looked_at(text);
    bytes.iter().any(u8::is_ascii_digit) && bytes.iter().any(u8::is_ascii_alphabetic)
}

fn looked_at(text: &str) -> &[u8] {
    let bytes = text.as_bytes();
    &bytes[..bytes.len().min(LOOKED_AT_BYTES)]
}

/// How many different bytes there are.
fn variety(bytes: &[u8]) -> usize {
    let mut seen = [false; 256];
    for byte in bytes {
        seen[usize::from(*byte)] = true;
    }
    seen.into_iter().filter(|seen| *seen).count()
}

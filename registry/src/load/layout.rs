//! Whether plugin and host mean the same tables.
//!
//! abi_stable accepts a table that has grown on the plugin's side only. Ours grow on either side, for
//! an older plugin must load in a newer host, so the comparison is made both ways round: one of the
//! two sides must know everything that the other does. A field that the plugin lacks is then `None`
//! to the host, which is what a prefix type is for.

use plugin_api::API_VERSION;
use plugin_api::abi::PluginRef;
use plugin_api::abi::abi_stable::StableAbi;
use plugin_api::abi::abi_stable::abi_stability::abi_checking::check_layout_compatibility;
use plugin_api::abi::abi_stable::library::LibHeader;

use registry_core::sync::OnceLock;

use super::error::LoadError;
use crate::scrub;

/// Longest difference that stands in an error's one line.
const DIFFERENCE_CHARS_MAX: usize = 300;

/// Digits of a fingerprint.
const FINGERPRINT_CHARS: usize = 16;

/// Compares the layout of every type that crosses the interface.
pub(super) fn check(header: &'static LibHeader) -> Result<(), LoadError> {
    let host = <PluginRef as StableAbi>::LAYOUT;
    let Some(plugin) = header.layout() else {
        return Err(LoadError::Layout {
            first_difference: "the plugin says nothing of its tables".to_owned(),
        });
    };
    check_layout_compatibility(host, plugin)
        .or_else(|errors| check_layout_compatibility(plugin, host).map_err(|_| errors))
        .map_err(|errors| LoadError::Layout {
            first_difference: first_difference(&errors.to_string()),
        })
}

/// One word for what this host's tables are. Hosts that have the same understand the same plugins; those
/// that have not may still, where one's tables only go on where the other's end.
pub fn abi_fingerprint() -> &'static str {
    static FINGERPRINT: OnceLock<String> = OnceLock::new();
    FINGERPRINT.get_or_init(|| {
        let description = <PluginRef as StableAbi>::LAYOUT.to_string();
        let mut hasher = blake3::Hasher::new();
        hasher.update(format!("{API_VERSION}\n").as_bytes());
        for line in description.lines().filter(|line| says_what_crosses(line)) {
            hasher.update(line.trim_start().as_bytes());
            hasher.update(b"\n");
        }
        let digits = hasher.finalize().to_hex();
        digits.chars().take(FINGERPRINT_CHARS).collect()
    })
}

/// Where in which source a type is declared does not cross the interface.
fn says_what_crosses(line: &str) -> bool {
    let line = line.trim_start();
    !line.starts_with("package:") && !line.starts_with("line:")
}

/// The first difference in the checker's report, on one line. The report begins with pages of what
/// was compared.
fn first_difference(report: &str) -> String {
    let difference = report.split_once("Error:").map_or(report, |(_, rest)| rest);
    let words: Vec<&str> = difference.split_whitespace().collect();
    let cut: String = words.join(" ").chars().take(DIFFERENCE_CHARS_MAX).collect();
    scrub::escape(&cut).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_found_behind_the_pages_before_it() {
        let report =
            "Compared <this>:\n pages\n\nError:too many fields\nExpected:\n    7\nFound:\n    6\n";
        assert_eq!(
            first_difference(report),
            "too many fields Expected: 7 Found: 6"
        );
        assert_eq!(first_difference("a\n b"), "a b");
    }
}

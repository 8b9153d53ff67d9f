//! What `explain` and `verify` are asked about: a planner or a file.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use registry::PlannerName;

/// Whether a file is meant: no name holds a slash or a dot.
pub(super) fn is_file(subject: &OsStr) -> bool {
    let path = Path::new(subject);
    let is_name = subject
        .to_str()
        .is_some_and(|text| PlannerName::parse(text).is_ok());
    let looks_like_a_file = subject.as_bytes().contains(&b'/') || path.extension().is_some();
    !is_name && (looks_like_a_file || path.exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_a_name_is_one_and_a_path_is_a_file() {
        let files = [
            "risk_planner",
            " Risk_Planner",
            "a b",
            "x.so",
            "./risk_planner",
            "/",
        ];
        let files = files.map(|text| is_file(OsStr::new(text)));
        assert_eq!(files, [false, false, false, true, true, true]);
    }
}

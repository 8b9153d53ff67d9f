//! C source of libraries that carry a manifest and nothing else of a plugin.

/// A library with the manifest of `name`, built for the plugin interface `major.minor`.
pub fn manifest_source(name: &str, major: u32, minor: u32) -> String {
    let manifest = serde_json::json!({
        "schema": 1,
        "name": name,
        "version": "1.0.0",
        "api": {"major": major, "minor": minor},
        "build": {"rustc": "none", "profile": "release", "panic": "unwind"},
    });
    section_source(&manifest.to_string())
}

/// A library with these bytes in the manifest section.
pub fn section_source(manifest: &str) -> String {
    let bytes: Vec<_> = manifest.bytes().map(|byte| byte.to_string()).collect();
    format!(
        "__attribute__((section(\".planner_manifest\"), used))\n\
         static const unsigned char manifest[] = {{ {} }};\n",
        bytes.join(",")
    )
}

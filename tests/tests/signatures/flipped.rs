//! No bit of a plugin that is both signed and locked can be flipped: it is refused at the first gate that sees
//! it, and at the signature if the lock were to accept what came of it.

use std::path::Path;

use registry::{Lock, Registry};
use tests::{PluginFolder, fixture, set_mode};

use crate::{Ground, NAME, comment, entry, pair, sign};

/// A plugin that is signed and locked, and bits to flip in it.
struct Signed {
    ground: Ground,
    name: &'static str,
    file: &'static str,
    bytes: Vec<u8>,
}

impl Signed {
    fn new(ground: Ground, name: &'static str, file: &'static str) -> Self {
        let (pair, path) = (pair(), ground.plugins.file(file));
        let version = registry::inspect(&path).unwrap().manifest().version.clone();
        ground.trust(&[entry("ours", &pair.pk.to_base64())]);
        sign(&pair, &path, &comment(name, &version.to_string()));
        let bytes = std::fs::read(&path).unwrap();
        let signed = Self {
            ground,
            name,
            file,
            bytes,
        };
        signed.lock_in(&signed.bytes);
        signed
    }

    fn path(&self) -> std::path::PathBuf {
        self.ground.plugins.file(self.file)
    }

    fn lock_file(&self) -> std::path::PathBuf {
        self.ground.aside.file("plugins.lock")
    }

    /// Has the lock accept these bytes, whatever they are.
    fn lock_in(&self, bytes: &[u8]) {
        let (name, mut lock) = (self.name.parse().unwrap(), Lock::default());
        let declared = registry::inspect(&self.path()).unwrap();
        lock.add(&name, &declared.manifest().version, blake3::hash(bytes));
        lock.write(&self.lock_file()).unwrap();
    }

    fn registry(&self) -> Registry {
        Registry::builder()
            .plugin_dir(self.ground.plugins.path())
            .allow([self.name])
            .set("trust.trusted_keys", self.ground.keys_file())
            .set("trust.require_signature", "1")
            .set("trust.lock_file", self.lock_file())
            .set("trust.require_lock", "1")
            .set("trust.state_dir", "off")
            .build()
            .unwrap()
    }

    /// One bit of each of so many equal parts of the file, the same in every run.
    fn bits(&self, parts: usize) -> Vec<usize> {
        let (bits, mut state) = (self.bytes.len() * 8, 0x5DEE_CE66_u64);
        let mut random = |below: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            usize::try_from(state >> 33).unwrap() % below
        };
        let part = bits / parts;
        (0..parts)
            .map(|number| number * part + random(part))
            .collect()
    }

    /// Flips a bit, asks everybody, and flips it back. Whether the lock was what refused it.
    fn check(&self, bit: usize) -> bool {
        let known = self.registry();
        known.discover().unwrap();
        let mut flipped = self.bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        write_in_place(&self.path(), &flipped);
        let registry = self.registry();
        let expected = self.expected();
        assert_eq!(code_of_file(&registry, &self.path()), expected, "bit {bit}");
        let is_of_lock = expected == "E_DIGEST_MISMATCH";
        let got = registry.get(self.name).unwrap_err().code();
        if is_of_lock || expected == "E_LOCK_VERSION" || expected == "E_API_VERSION" {
            assert_eq!(got, expected, "bit {bit}");
            assert_eq!(
                known.get(self.name).unwrap_err().code(),
                expected,
                "bit {bit}"
            );
        } else {
            // What is no plugin, or another one, is not this planner.
            assert_eq!(got, "E_ABSENT", "bit {bit}");
        }
        if is_of_lock {
            self.lock_in(&flipped);
            let registry = self.registry();
            let signature = "E_SIGNATURE_INVALID";
            assert_eq!(
                code_of_file(&registry, &self.path()),
                signature,
                "bit {bit}"
            );
            assert_eq!(registry.get(self.name).unwrap_err().code(), signature);
            self.restore();
            self.lock_in(&self.bytes);
        }
        self.restore();
        is_of_lock
    }

    fn restore(&self) {
        write_in_place(&self.path(), &self.bytes);
    }

    /// The gate that has to refuse the file, by what can be read of it: gates of the library and its manifest come
    /// before the lock's, and the lock's before the signature's.
    fn expected(&self) -> &'static str {
        let candidate = match registry::inspect(&self.path()) {
            Ok(candidate) => candidate,
            Err(refused) => return refused.code(),
        };
        let found = candidate.manifest();
        let host = registry::plugin_api::API_VERSION;
        if found.name != self.name {
            "E_NOT_ALLOWED"
        } else if !host.accepts(found.api) {
            "E_API_VERSION"
        } else if self.locked_version() != found.version.to_string() {
            "E_LOCK_VERSION"
        } else {
            "E_DIGEST_MISMATCH"
        }
    }

    fn locked_version(&self) -> String {
        let lock = Lock::read(&self.lock_file()).unwrap().unwrap();
        let name = self.name.parse().unwrap();
        let mut versions = lock.entry(&name).unwrap().versions();
        let (version, _) = versions.next().unwrap();
        version.to_string()
    }
}

fn code_of_file(registry: &Registry, file: &Path) -> &'static str {
    registry
        .verify_file(file)
        .map_or_else(|error| error.code(), |_| "ok")
}

fn write_in_place(file: &Path, bytes: &[u8]) {
    std::fs::write(file, bytes).unwrap();
    set_mode(file, 0o644);
}

#[test]
fn one_flipped_bit_anywhere_in_a_signed_and_locked_plugin_is_refused() {
    let signed = Signed::new(Ground::new(), NAME, "signed.so");
    assert_eq!(code_of_file(&signed.registry(), &signed.path()), "ok");
    let bits = signed.bits(384);
    let by_lock = bits.iter().filter(|bit| signed.check(**bit)).count();
    // Headers and manifest are a small part of it.
    assert!(by_lock > bits.len() / 2, "{by_lock} of {}", bits.len());
    assert_eq!(code_of_file(&signed.registry(), &signed.path()), "ok");
}

#[test]
fn one_flipped_bit_anywhere_in_a_planner_that_runs_otherwise_is_refused() {
    let ground = Ground {
        plugins: PluginFolder::new().with(&fixture("well_behaved")),
        aside: PluginFolder::new(),
    };
    let signed = Signed::new(ground, "well_behaved", "libwell_behaved.so");
    let by_lock = signed.bits(24).into_iter().filter(|bit| signed.check(*bit));
    assert!(by_lock.count() > 12);
    signed.registry().get("well_behaved").unwrap();
}

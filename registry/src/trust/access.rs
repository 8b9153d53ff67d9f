//! Whether only the right people could have written a file.
//!
//! What counts is the file, the plugin directory and the folders between them. Folders above the plugin
//! directory are the operator's business, and so is how many names a file has.

use super::Refusal;
use crate::config::{self, is_private_group};
use crate::discovery::{Access, Ownership};

/// Permission bits that let the group write.
const GROUP: u32 = 0o020;

/// Permission bits that let everybody write.
const OTHERS: u32 = 0o002;

/// Which of the rules the operator relaxed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Relaxed {
    /// The group may write.
    pub(crate) group_writable: bool,
    /// Everybody may write.
    pub(crate) world_writable: bool,
    /// Any user may own.
    pub(crate) foreign_owner: bool,
}

impl Relaxed {
    /// What the settings relax.
    pub(super) fn of(trust: &config::Trust) -> Self {
        Self {
            group_writable: trust.allow_group_writable,
            world_writable: trust.allow_world_writable,
            foreign_owner: trust.allow_foreign_owner,
        }
    }

    /// The settings that relax a rule.
    pub(crate) fn settings(self) -> impl Iterator<Item = &'static str> {
        [
            (self.group_writable, "trust.allow_group_writable"),
            (self.world_writable, "trust.allow_world_writable"),
            (self.foreign_owner, "trust.allow_foreign_owner"),
        ]
        .into_iter()
        .filter_map(|(relaxed, key)| relaxed.then_some(key))
    }

    fn owner_is_wrong(self, ownership: Ownership, user: u32) -> bool {
        !self.foreign_owner && ownership.owner != 0 && ownership.owner != user
    }

    fn is_open(self, ownership: Ownership) -> bool {
        let private = is_private_group(ownership.owner, ownership.group) && !ownership.access_list;
        let group = if self.group_writable || private {
            0
        } else {
            GROUP
        };
        let others = if self.world_writable { 0 } else { OTHERS };
        ownership.mode & (group | others) != 0
    }
}

/// Whether the effective user `user` may run what lies behind `access`; folders first, since whoever may
/// write one can replace the file.
pub(crate) fn judge_access(access: &Access, relaxed: Relaxed, user: u32) -> Result<(), Refusal> {
    for folder in access.folders.iter() {
        let (path, ownership) = (&folder.path, folder.ownership);
        if relaxed.owner_is_wrong(ownership, user) {
            return Err(Refusal::DirectoryOwner {
                path: path.to_path_buf(),
                owner: ownership.owner,
                user,
            });
        }
        if relaxed.is_open(ownership) {
            return Err(Refusal::DirectoryWritable {
                path: path.to_path_buf(),
                mode: ownership.mode,
            });
        }
    }
    if relaxed.owner_is_wrong(access.file, user) {
        return Err(Refusal::FileOwner {
            owner: access.file.owner,
            user,
        });
    }
    if relaxed.is_open(access.file) {
        return Err(Refusal::FileWritable {
            mode: access.file.mode,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discovery::FolderAccess;

    const ROOT: u32 = 0;
    const ME: u32 = 1000;
    const OTHER: u32 = 1001;
    const STAFF: u32 = 50;

    fn owned(owner: u32, group: u32, mode: u32) -> Ownership {
        Ownership {
            owner,
            group,
            mode,
            access_list: false,
        }
    }

    fn access(file: Ownership, folders: &[Ownership]) -> Access {
        let folder = |ownership: &Ownership| FolderAccess {
            path: std::path::Path::new("/plugins").into(),
            ownership: *ownership,
        };
        Access {
            file,
            folders: folders.iter().map(folder).collect(),
        }
    }

    fn verdict(access: &Access, relaxed: Relaxed, user: u32) -> &'static str {
        judge_access(access, relaxed, user).map_or_else(|refusal| refusal.code(), |()| "passed")
    }

    /// The verdict on a file in a folder of root's, and on a file of root's in such a folder.
    fn both(ownership: Ownership, relaxed: Relaxed, user: u32) -> [&'static str; 2] {
        let fine = owned(ROOT, ROOT, 0o755);
        [access(ownership, &[fine]), access(fine, &[fine, ownership])]
            .map(|access| verdict(&access, relaxed, user))
    }

    const PASSED: [&str; 2] = ["passed"; 2];
    const OPEN: [&str; 2] = [
        "E_FILE_WRITABLE_BY_OTHERS",
        "E_DIRECTORY_WRITABLE_BY_OTHERS",
    ];
    const OWNER: [&str; 2] = ["E_FILE_OWNER", "E_DIRECTORY_OWNER"];

    #[test]
    fn root_and_the_effective_user_may_own_and_nobody_else_not_even_for_root() {
        let strict = Relaxed::default();
        for (owner, user, expected) in [
            (ROOT, ME, PASSED),
            (ME, ME, PASSED),
            (ROOT, ROOT, PASSED),
            (OTHER, ME, OWNER),
            (ME, ROOT, OWNER),
        ] {
            let found = both(owned(owner, owner, 0o755), strict, user);
            assert_eq!(found, expected, "{owner} for {user}");
        }
    }

    #[test]
    fn the_group_may_write_where_it_is_the_owners_own_and_others_nowhere() {
        let strict = Relaxed::default();
        for (owner, group, mode, expected) in [
            (ME, ME, 0o775, PASSED),
            (ME, STAFF, 0o755, PASSED),
            (ME, STAFF, 0o775, OPEN),
            (ME, ROOT, 0o775, OPEN),
            (ROOT, ROOT, 0o775, PASSED),
            (ME, ME, 0o757, OPEN),
            (ME, ME, 0o1777, OPEN),
            (ROOT, ROOT, 0o002, OPEN),
        ] {
            let found = both(owned(owner, group, mode), strict, ME);
            assert_eq!(found, expected, "{owner}:{group} {mode:o}");
        }
    }

    /// Whoever an access list names may do what the bits of the group let, be it the owner's own.
    #[test]
    fn no_group_is_private_behind_an_access_list() {
        let listed = |mode| Ownership {
            access_list: true,
            ..owned(ME, ME, mode)
        };
        let strict = Relaxed::default();
        assert_eq!(both(listed(0o775), strict, ME), OPEN);
        assert_eq!(both(listed(0o755), strict, ME), PASSED);
        let relaxed = Relaxed {
            group_writable: true,
            ..strict
        };
        assert_eq!(both(listed(0o775), relaxed, ME), PASSED);
    }

    #[test]
    fn a_relaxed_rule_lets_pass_what_it_names_and_nothing_else() {
        let rules = [
            (owned(ME, STAFF, 0o775), OPEN),
            (owned(ME, ME, 0o757), OPEN),
            (owned(OTHER, OTHER, 0o755), OWNER),
        ];
        let relaxations = [
            Relaxed {
                group_writable: true,
                ..Relaxed::default()
            },
            Relaxed {
                world_writable: true,
                ..Relaxed::default()
            },
            Relaxed {
                foreign_owner: true,
                ..Relaxed::default()
            },
        ];
        for (which, relaxed) in relaxations.into_iter().enumerate() {
            for (number, (ownership, refused)) in rules.into_iter().enumerate() {
                let expected = if which == number { PASSED } else { refused };
                assert_eq!(both(ownership, relaxed, ME), expected, "{relaxed:?}");
            }
        }
    }

    #[test]
    fn the_folder_is_judged_before_the_file() {
        let open = owned(ROOT, ROOT, 0o777);
        let found = verdict(&access(open, &[open]), Relaxed::default(), ME);
        assert_eq!(found, "E_DIRECTORY_WRITABLE_BY_OTHERS");
    }
}

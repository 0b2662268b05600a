//! Checks who owns and who may write the files bee-tui depends on: the configuration, which can name a
//! command to run, and the folder of staged changes.

use std::path::{Path, PathBuf};

use crate::domain::shape_error::message_error;
use crate::seeded::{SeededFault, is_planted};

message_error! {
    /// Why a file is not used: others could have read or written it. Says how to mend that.
    PermissionError
}

/// Whether a file's permissions could be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PermissionCheck {
    /// They were checked and are safe.
    Safe,
    /// There are no permissions to check: on Windows, or on a mounted Windows disk.
    Unchecked,
}

/// Checks that only the user and root can have written a configuration: the file and its folder belong to one
/// of them, and nobody else may write to them. Each link on the way is checked with its folder, as is the
/// target; pipes, sockets and devices are checked like files. A missing file passes if its folder is safe,
/// and so does an unnamed pipe, which a shell makes for one program. Fails with the file or folder that
/// others may have written, and the command that fixes it.
pub fn check_configuration(file: &Path) -> Result<PermissionCheck, PermissionError> {
    let mut judged = vec![folder_of(file)];
    let mut link = file.to_owned();
    // The operating system does not follow more links than these either.
    for _ in 0..40 {
        let Ok(to) = std::fs::read_link(&link) else { break };
        system::check_link(&link)?;
        link = folder_of(&link).join(to);
        judged.push(folder_of(&link));
    }
    if let Ok(target) = std::fs::canonicalize(file) {
        judged.extend([folder_of(&target), target]);
    }
    judged.retain(|path| path.exists());
    judged.dedup();
    let judged: Vec<PermissionCheck> =
        judged.iter().map(|path| system::check(path)).collect::<Result<_, _>>()?;
    Ok(if judged.contains(&PermissionCheck::Unchecked) {
        PermissionCheck::Unchecked
    } else {
        PermissionCheck::Safe
    })
}

fn folder_of(file: &Path) -> PathBuf {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new(".")).to_owned()
}

/// Creates a folder that only its owner can enter, if it does not exist. One of the user's own that is open
/// to others is set to mode 0700. Fails when it cannot be created, is a link, belongs to somebody else, or is
/// a folder that all may add to (`/tmp`).
pub fn ensure_private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    check_private_folder(folder)?;
    system::tighten(folder, &std::fs::symlink_metadata(folder)?, 0o700)
}

/// Checks that a folder belongs to the user and is neither a link nor a folder that all may add to. Fails
/// with the reason.
pub fn check_private_folder(folder: &Path) -> std::io::Result<()> {
    let metadata = std::fs::symlink_metadata(folder)?;
    if system::is_link(&metadata) {
        return Err(std::io::Error::other("is a link, which is not followed; name the folder it leads to"));
    }
    system::check_own(&metadata)
}

/// Opens a file for appending that only its owner can read, and creates it if necessary. A link is never
/// followed; a file of the user's own that is open to others is set to mode 0600. Fails when it cannot be
/// opened, is a link or no regular file, or belongs to somebody else.
pub fn open_private_file(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    system::never_follow(&mut options);
    if is_planted(SeededFault::OpenFiles) {
        return options.open(path);
    }
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(|error| {
        let is_link = std::fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_symlink());
        if is_link { std::io::Error::other("is a link, which is not followed; remove it") } else { error }
    })?;
    let found = file.metadata()?;
    if !found.is_file() || system::is_link(&found) {
        return Err(std::io::Error::other("is no plain file; name another one"));
    }
    system::tighten(path, &found, 0o600)?;
    Ok(file)
}

/// Whether a file grants anyone but its owner any permission; false for a missing file, and always false on Windows.
pub fn is_open_to_others(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        std::fs::metadata(path).is_ok_and(|file| file.mode() & 0o077 != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}

#[cfg(unix)]
mod system {
    use std::fs::{Metadata, OpenOptions, Permissions};
    use std::io;
    use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
    use std::path::Path;

    use super::{PermissionCheck, PermissionError};

    /// Checks that a file or folder belongs to the user or root, and that nobody else may write to it. A
    /// sticky folder passes: others may add to it, but each may change only their own files.
    pub(super) fn check(path: &Path) -> Result<PermissionCheck, PermissionError> {
        let name = path.display();
        let found = std::fs::metadata(path).map_err(|e| format!("{name}: {e}"))?;
        if is_of_windows(path) {
            return Ok(PermissionCheck::Unchecked);
        }
        check_owner(path, &found)?;
        // Only root can create a device, and what others write to a world-writable one (/dev/null) is not
        // read from it.
        if found.file_type().is_char_device() {
            return Ok(PermissionCheck::Safe);
        }
        let open_to_group = found.mode() & 0o020 != 0 && !is_own_group(found.gid());
        let is_sticky = found.is_dir() && found.mode() & 0o1000 != 0;
        if (open_to_group || found.mode() & 0o002 != 0) && !is_sticky {
            return Err(format!(
                "{name} can be written by others, who could have commands run from it; check what is in it, then chmod go-w {}",
                quoted(path)
            ).into());
        }
        Ok(PermissionCheck::Safe)
    }

    /// Checks that a link belongs to the user or root: in a folder that all may add to, anybody can create one.
    pub(super) fn check_link(path: &Path) -> Result<(), PermissionError> {
        let found = std::fs::symlink_metadata(path).map_err(|e| format!("{}: {e}", path.display()))?;
        if is_of_windows(path) { Ok(()) } else { check_owner(path, &found) }
    }

    fn check_owner(path: &Path, metadata: &Metadata) -> Result<(), PermissionError> {
        let me = rustix::process::geteuid().as_raw();
        if metadata.uid() == me || metadata.uid() == 0 {
            return Ok(());
        }
        let name = path.display();
        Err(format!(
            "{name} belongs to somebody else (user {}), who could have commands run from it; check what is in it, then \
             sudo chown -h {me} {}",
            metadata.uid(),
            quoted(path)
        ).into())
    }

    /// The path quoted so that a shell takes it as one word.
    fn quoted(path: &Path) -> String {
        let path = path.display().to_string();
        let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@:,".contains(c);
        if path.chars().all(plain) { path } else { format!("'{}'", path.replace('\'', r"'\''")) }
    }

    /// Checks that something belongs to the user, and is no folder that all may add to.
    pub(super) fn check_own(found: &Metadata) -> io::Result<()> {
        let me = rustix::process::geteuid().as_raw();
        if found.uid() != me {
            let words = format!("belongs to somebody else (user {}); name a place of your own", found.uid());
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, words));
        }
        if found.is_dir() && found.mode() & 0o1000 != 0 {
            return Err(io::Error::other("is a folder that all add to; name one of your own"));
        }
        Ok(())
    }

    /// Removes the permissions of others from what belongs to the user; fails for anything else.
    pub(super) fn tighten(path: &Path, found: &Metadata, mode: u32) -> io::Result<()> {
        check_own(found)?;
        if found.mode() & 0o077 != 0 && !is_of_windows(path) {
            std::fs::set_permissions(path, Permissions::from_mode(mode))?;
        }
        Ok(())
    }

    /// Makes opening fail at a link, and not wait for the other end of a pipe.
    pub(super) fn never_follow(options: &mut OpenOptions) {
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options.custom_flags(flags.bits().cast_signed());
    }

    pub(super) fn is_link(found: &Metadata) -> bool {
        found.file_type().is_symlink()
    }

    /// Whether a path is on a Windows file system, whose permissions are made up when it is mounted.
    fn is_of_windows(path: &Path) -> bool {
        #[cfg(target_os = "linux")]
        {
            // FAT, exFAT, NTFS, NTFS by FUSE, 9P (WSL), SMB of both generations.
            const KINDS: [u32; 7] =
                [0x4d44, 0x2011_bab0, 0x5346_544e, 0x6573_5546, 0x0102_1997, 0xff53_4d42, 0xfe53_4d42];
            rustix::fs::statfs(path).is_ok_and(|disk| KINDS.contains(&(disk.f_type as u32)))
        }
        #[cfg(not(target_os = "linux"))]
        {
            let _ = path;
            false
        }
    }

    /// Whether a group is the user's own: it has no other member.
    fn is_own_group(gid: u32) -> bool {
        let me = rustix::process::geteuid().as_raw();
        let read = |path| std::fs::read_to_string(path).ok();
        match (read("/etc/passwd"), read("/etc/group")) {
            (Some(users), Some(groups)) => is_own_group_by(&users, &groups, me, gid),
            _ => gid == me,
        }
    }

    /// The same, given the texts of `/etc/passwd` and `/etc/group`.
    fn is_own_group_by(users: &str, groups: &str, me: u32, gid: u32) -> bool {
        let fields = |line: &str| line.split(':').map(str::to_owned).collect::<Vec<_>>();
        let number = |fields: &[String], at: usize| fields.get(at).and_then(|text| text.parse::<u32>().ok());
        let users: Vec<_> = users.lines().map(fields).collect();
        let of_group: Vec<_> = users.iter().filter(|user| number(user, 3) == Some(gid)).collect();
        let [only] = &of_group[..] else { return false };
        if number(only, 2) != Some(me) {
            return false;
        }
        let group = groups.lines().map(fields).find(|group| number(group, 2) == Some(gid));
        let members = group.and_then(|group| group.get(3).cloned()).unwrap_or_default();
        members.split(',').all(|member| member.is_empty() || Some(member) == only.first().map(String::as_str))
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_group_is_private_when_nobody_else_is_in_it() {
            let users = "root:x:0:0::/root:/bin/sh\nthandi:x:1000:1000::/home/thandi:/bin/sh\n\
                         sipho:x:1001:100::/home/sipho:/bin/sh\nann:x:1002:100::/home/ann:/bin/sh\n";
            let groups = "root:x:0:\nthandi:x:1000:\nusers:x:100:\nstaff:x:50:thandi,ann\n";
            assert!(is_own_group_by(users, groups, 1000, 1000));
            assert!(is_own_group_by(users, groups, 0, 0));
            assert!(!is_own_group_by(users, groups, 1001, 100), "two users have it");
            assert!(!is_own_group_by(users, groups, 1000, 50));
            assert!(!is_own_group_by(users, &groups.replace("1000:", "1000:thandi,ann"), 1000, 1000));
        }
    }
}

#[cfg(not(unix))]
mod system {
    use std::fs::{Metadata, OpenOptions};
    use std::io;
    use std::path::Path;

    use super::{PermissionCheck, PermissionError};

    pub(super) fn check_link(_: &Path) -> Result<(), PermissionError> {
        Ok(())
    }

    /// Windows access lists are not checked.
    pub(super) fn check(_: &Path) -> Result<PermissionCheck, PermissionError> {
        Ok(PermissionCheck::Unchecked)
    }

    pub(super) fn check_own(_: &Metadata) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn tighten(_: &Path, _: &Metadata, _: u32) -> io::Result<()> {
        Ok(())
    }

    /// Makes opening a reparse point open the point itself and not its target.
    pub(super) fn never_follow(options: &mut OpenOptions) {
        const FILE_FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;
        std::os::windows::fs::OpenOptionsExt::custom_flags(options, FILE_FLAG_OPEN_REPARSE_POINT);
    }

    pub(super) fn is_link(found: &Metadata) -> bool {
        const FILE_ATTRIBUTE_REPARSE_POINT: u32 = 0x400;
        std::os::windows::fs::MetadataExt::file_attributes(found) & FILE_ATTRIBUTE_REPARSE_POINT != 0
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn set(path: &Path, mode: u32) {
        std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_configuration_that_others_can_write_is_refused_with_the_command_that_fixes_it() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("config.toml");
        std::fs::write(&file, "").unwrap();
        set(&file, 0o644);
        assert_eq!(check_configuration(&file), Ok(PermissionCheck::Safe));
        set(&file, 0o666);
        let why = check_configuration(&file).unwrap_err();
        assert!(
            why.to_string()
                .contains(&format!("chmod go-w {}", std::fs::canonicalize(&file).unwrap().display())),
            "{why}"
        );
        set(&file, 0o600);
        set(dir.path(), 0o777);
        assert!(check_configuration(&file).unwrap_err().to_string().contains("chmod go-w"));
        // In a folder like /tmp everybody can change only their own files.
        set(dir.path(), 0o1777);
        assert_eq!(check_configuration(&file), Ok(PermissionCheck::Safe));
        set(dir.path(), 0o700);
    }

    #[test]
    fn a_linked_configuration_is_checked_at_its_target() {
        let (dir, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (link, target) = (dir.path().join("config.toml"), elsewhere.path().join("real.toml"));
        std::fs::write(&target, "").unwrap();
        set(&target, 0o600);
        symlink(&target, &link).unwrap();
        assert_eq!(check_configuration(&link), Ok(PermissionCheck::Safe));
        set(elsewhere.path(), 0o777);
        assert!(check_configuration(&link).is_err());
        set(elsewhere.path(), 0o700);
        set(&target, 0o602);
        assert!(check_configuration(&link).is_err());
    }

    #[test]
    fn a_missing_file_and_a_device_pass_the_check() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(check_configuration(&dir.path().join("none.toml")), Ok(PermissionCheck::Safe));
        assert_eq!(check_configuration(Path::new("/dev/null")), Ok(PermissionCheck::Safe));
    }

    #[test]
    fn ones_own_folder_and_file_are_made_private() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("a/b");
        ensure_private_folder(&folder).unwrap();
        assert_eq!(mode(&folder), 0o700);
        set(&folder, 0o755);
        ensure_private_folder(&folder).unwrap();
        assert_eq!(mode(&folder), 0o700);
        let file = folder.join("x");
        std::fs::write(&file, "kept").unwrap();
        set(&file, 0o644);
        drop(open_private_file(&file).unwrap());
        assert_eq!((mode(&file), std::fs::read_to_string(&file).unwrap().as_str()), (0o600, "kept"));
    }

    #[test]
    fn a_planted_link_is_neither_followed_nor_changed() {
        let dir = tempfile::tempdir().unwrap();
        let (target, link) = (dir.path().join("precious"), dir.path().join("x.lock"));
        std::fs::write(&target, "kept").unwrap();
        set(&target, 0o644);
        symlink(&target, &link).unwrap();
        let why = open_private_file(&link).unwrap_err().to_string();
        assert!(why.contains("is a link"), "{why}");
        assert_eq!((mode(&target), std::fs::read_to_string(&target).unwrap().as_str()), (0o644, "kept"));
    }
}

//! The folders that decide what is at a path.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    fs::{metadata, read_link, symlink_metadata},
    path::{Component, Path, PathBuf},
    time::SystemTime,
};

/// The most symbolic links that lead to a file; Linux follows as many.
const LINKS: usize = 40;

/// The names that lead to a file, by the folders that they are in: the file's own, those of the symbolic links on the way, and
/// the first one that does not exist.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Folders(BTreeMap<PathBuf, Folder>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Folder {
    names: BTreeSet<OsString>,
    identity: Identity,
}

/// Tells a folder from another one that takes its place: device, inode, and when it was made, as far as the system knows.
type Identity = (Option<(u64, u64)>, Option<SystemTime>);

impl Folder {
    fn at(path: &Path) -> Self {
        Self { names: BTreeSet::new(), identity: metadata(path).map(|found| identity(&found)).unwrap_or_default() }
    }
}

#[cfg(unix)]
fn identity(found: &std::fs::Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt as _;
    (Some((found.dev(), found.ino())), found.created().ok())
}

#[cfg(not(unix))]
fn identity(found: &std::fs::Metadata) -> Identity {
    (None, found.created().ok())
}

impl Folders {
    /// What leads to a path now. Reads the file system.
    pub(super) fn of(path: &Path) -> Self {
        let mut folders = Self::default();
        let mut next = std::path::absolute(path).ok();
        for _ in 0..=LINKS {
            next = next.and_then(|path| folders.walk(&path));
        }
        folders
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Path> {
        self.0.keys().map(PathBuf::as_path)
    }

    /// Whether what happens at a path may be a change of the file: it is one of the names, or one of the folders itself.
    pub(super) fn concern(&self, path: &Path) -> bool {
        let is_name = || {
            let folder = path.parent().and_then(|folder| self.0.get(folder));
            folder.zip(path.file_name()).is_some_and(|(folder, name)| folder.names.contains(name))
        };
        self.0.contains_key(path) || is_name()
    }

    /// Follows a path to its end, or to the first symbolic link, whose target is what to follow next.
    fn walk(&mut self, path: &Path) -> Option<PathBuf> {
        let mut folder = PathBuf::new();
        let mut components = path.components();
        while let Some(component) = components.next() {
            match component {
                Component::Normal(name) => {
                    let here = folder.join(name);
                    let found = symlink_metadata(&here).map(|metadata| metadata.is_symlink());
                    if found.is_err() || matches!(found, Ok(true)) || components.as_path().as_os_str().is_empty() {
                        let watched = self.0.entry(folder.clone()).or_insert_with(|| Folder::at(&folder));
                        watched.names.insert(name.to_owned());
                    }
                    match found {
                        Ok(true) => return Some(folder.join(read_link(here).ok()?).join(components.as_path())),
                        Ok(false) => folder = here,
                        Err(_) => return None,
                    }
                }
                Component::ParentDir => drop(folder.pop()),
                Component::CurDir => {}
                Component::Prefix(_) | Component::RootDir => folder.push(component),
            }
        }
        None
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    /// The names by their folders, which are shown below the root.
    fn shown(path: &Path, root: &Path) -> Vec<String> {
        let below = |(path, folder): (&PathBuf, &Folder)| {
            let names: Vec<_> = folder.names.iter().map(|name| name.to_string_lossy()).collect();
            Some(format!("{}: {}", path.strip_prefix(root).ok()?.display(), names.join(" ")))
        };
        Folders::of(path).0.iter().filter_map(below).collect()
    }

    #[test]
    fn the_folder_of_the_file_the_links_and_the_first_that_is_missing_are_watched() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        assert_eq!(shown(&root.join("a/b/app.toml"), &root), [": a"]);
        fs::create_dir_all(root.join("a/b")).unwrap();
        assert_eq!(shown(&root.join("a/b/app.toml"), &root), ["a/b: app.toml"]);
        assert_eq!(shown(&root.join("a/./b/../b/app.toml"), &root), ["a/b: app.toml"]);

        // As Kubernetes mounts a `ConfigMap`.
        fs::create_dir(root.join("a/..1")).unwrap();
        symlink("..1", root.join("a/..data")).unwrap();
        symlink("..data/app.toml", root.join("a/app.toml")).unwrap();
        assert_eq!(shown(&root.join("a/app.toml"), &root), ["a: ..data app.toml", "a/..1: app.toml"]);
        symlink(root.join("a"), root.join("current")).unwrap();
        assert_eq!(
            shown(&root.join("current/app.toml"), &root),
            [": current", "a: ..data app.toml", "a/..1: app.toml"]
        );
    }

    #[test]
    fn links_that_lead_back_to_themselves_have_an_end() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        symlink("there", root.join("here")).unwrap();
        symlink("here", root.join("there")).unwrap();
        assert_eq!(shown(&root.join("here/app.toml"), &root), [": here there"]);
    }

    #[test]
    fn a_folder_that_was_replaced_is_another_one() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("a")).unwrap();
        let path = root.path().join("a/app.toml");
        let before = Folders::of(&path);
        fs::write(&path, "").unwrap();
        assert_eq!(Folders::of(&path), before);
        fs::rename(root.path().join("a"), root.path().join("b")).unwrap();
        fs::create_dir(root.path().join("a")).unwrap();
        assert_ne!(Folders::of(&path), before);
    }

    #[test]
    fn only_the_names_and_the_folders_themselves_are_of_concern() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        let folders = Folders::of(&root.join("app.toml"));
        assert!(folders.concern(&root) && folders.concern(&root.join("app.toml")));
        assert!(!folders.concern(&root.join("other.toml")) && !folders.concern(root.parent().unwrap()));
    }
}

//! Runs a test again as somebody whom permissions bind: root reads every file.

use std::{
    os::unix::{fs::PermissionsExt, process::CommandExt},
    process::Command,
};

/// `nobody` on every system that the tests know.
const NOBODY: u32 = 65_534;

/// Whether the running test is done, because it ran as root and then passed in a process of somebody else.
pub(crate) fn ran_this_test() -> bool {
    if !is_root() {
        return false;
    }
    let thread = std::thread::current();
    let test = thread.name().expect("a test runs in a thread of its name");
    // The place where cargo built this may be closed to others.
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let program = folder.path().join("suite");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let output = Command::new(program)
        .args(["--exact", test, "--nocapture"])
        .current_dir("/")
        .uid(NOBODY)
        .gid(NOBODY)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "as nobody:\n{text}\n{errors}");
    true
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    // A new file belongs to the user who creates it.
    tempfile::tempfile().unwrap().metadata().unwrap().uid() == 0
}

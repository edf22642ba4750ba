//! The rows about files, as somebody whom permissions bind: root reads every file.

use std::{
    os::unix::{
        fs::{MetadataExt, PermissionsExt},
        process::CommandExt,
    },
    process::Command,
};

use crate::{run, table::Line};

/// `nobody` on every system that the tests know.
const NOBODY: u32 = 65_534;

/// What the child's output begins with.
const MARK: &str = "the lines: ";

/// The lines, from a process of somebody else if this one is root's.
pub(crate) async fn lines() -> Vec<Line> {
    // A new file belongs to the user who creates it.
    if tempfile::tempfile().unwrap().metadata().unwrap().uid() != 0 {
        return run(|kind| kind.is_file(), true).await;
    }
    tokio::task::spawn_blocking(as_nobody).await.unwrap()
}

fn as_nobody() -> Vec<Line> {
    // The place where cargo built this may be closed to others.
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let program = folder.path().join("faults");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let output = Command::new(program)
        .args(["--exact", "files::print_lines", "--ignored", "--nocapture"])
        .current_dir("/")
        .uid(NOBODY)
        .gid(NOBODY)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let lines = text.lines().find_map(|line| line.split_once(MARK));
    let Some((_, lines)) = lines.filter(|_| output.status.success()) else {
        panic!("as nobody:\n{text}\n{}", String::from_utf8_lossy(&output.stderr));
    };
    serde_json::from_str(lines).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a process that another test starts"]
#[allow(clippy::print_stdout)]
async fn print_lines() {
    println!("{MARK}{}", serde_json::to_string(&run(|kind| kind.is_file(), true).await).unwrap());
}

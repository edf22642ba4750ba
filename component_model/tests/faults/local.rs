//! Faults of the file of `local_cache`, while the source cannot answer.

use std::{os::unix::fs::PermissionsExt, path::Path, process::Command, time::Duration};

use component_model::{
    ErrorKind, LocalCache, Outcome,
    prelude::*,
    test_util::{Script, Scripted},
};
use sha2::{Digest, Sha256};

use crate::table::Line;

/// What the table calls it.
pub(crate) const SOURCE: &str = "`local_cache`";

pub(crate) const COLUMNS: [&str; 2] = ["`fallback_to = \"local_cache\"`", "with `fallback`"];

#[derive(Debug, AsyncAssign)]
struct Config {
    #[component(fetch_from = "remote", fallback_to = "local_cache")]
    port: u16,
    #[component(fetch_from = "remote", key = "port", fallback_to = "local_cache", fallback = 1)]
    covered: u16,
}

#[derive(Clone, Copy)]
enum Fault {
    None,
    Removed,
    Unreadable,
    Directory,
    Truncated,
    Changed,
    Foreign,
    /// The time of the value, in hours from now, with a `max_age` of one hour.
    Clock(i64),
    /// The disk was full when the value changed.
    Full,
}

/// With the value that is expected from it, or none.
const FAULTS: [(Fault, &str, Option<u16>); 10] = [
    (Fault::None, "none", Some(8080)),
    (Fault::Removed, "file removed", None),
    (Fault::Unreadable, "file unreadable", None),
    (Fault::Directory, "replaced by a directory", None),
    (Fault::Truncated, "file truncated", None),
    (Fault::Changed, "one byte of the value changed", None),
    (Fault::Foreign, "file of another program", None),
    (Fault::Clock(-2), "clock jumps 2 h ahead, `max_age` of 1 h", None),
    (Fault::Clock(2), "clock jumps 2 h back, `max_age` of 1 h", Some(8080)),
    (Fault::Full, "disk full when a newer value was to be stored", Some(8080)),
];

fn sources(script: Script, file: &Path) -> Sources {
    let cache = LocalCache::at(file).max_age(Duration::from_secs(3600));
    let remote = Scripted::new().answers("port", [script]);
    Sources::builder().source("remote", remote).local_cache(cache).build()
}

/// Stores a value.
pub(crate) async fn store(file: &Path, value: u16) {
    let config = Config::fetch().sources(&sources(Script::value(value), file)).value().await.unwrap();
    assert_eq!((config.port, config.covered), (value, value));
}

pub(crate) async fn lines() -> Vec<Line> {
    let mut lines = Vec::new();
    for (fault, name, expected) in FAULTS {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.cache");
        store(&file, 8080).await;
        strike(fault, &file);
        let down = sources(Script::fails(ErrorKind::Unreachable), &file);
        let fetched = Config::fetch().sources(&down).partial().await;
        let port = fetched.report().unwrap().entry("port").unwrap();
        let covered = fetched.report().unwrap().entry("covered").unwrap();
        let stored = expected.map(|_| Outcome::LastKnownGood);
        let outcomes = [stored.unwrap_or(Outcome::Failed), stored.unwrap_or(Outcome::Fallback)];
        let seen = [port.outcome(), covered.outcome()];
        let kinds = [port, covered].map(|entry| entry.problem().map(|problem| problem.kind()));
        let mut differences = Vec::new();
        if seen != outcomes || kinds != [Some(ErrorKind::Unreachable); 2] {
            differences.push(format!("{SOURCE}, {name}: expected {outcomes:?}, seen {seen:?} because of {kinds:?}"));
        }
        let cells = seen.map(|outcome| match outcome {
            Outcome::Failed => kinds[0].map_or("failed", ErrorKind::label).to_owned(),
            outcome => outcome.label().to_owned(),
        });
        lines.push(Line { source: SOURCE.to_owned(), fault: name.to_owned(), cells: cells.to_vec(), differences });
    }
    lines
}

fn strike(fault: Fault, file: &Path) {
    let bytes = std::fs::read(file).unwrap();
    match fault {
        Fault::None => {}
        Fault::Removed => std::fs::remove_file(file).unwrap(),
        Fault::Unreadable => std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o000)).unwrap(),
        Fault::Directory => {
            std::fs::remove_file(file).unwrap();
            std::fs::create_dir(file).unwrap();
        }
        Fault::Truncated => std::fs::write(file, &bytes[..bytes.len() / 3]).unwrap(),
        Fault::Changed => {
            let text = String::from_utf8(bytes).unwrap();
            assert!(text.contains("8080"));
            std::fs::write(file, text.replace("8080", "8081")).unwrap();
        }
        Fault::Foreign => std::fs::write(file, "[database]\nport = 8080\n").unwrap(),
        Fault::Clock(hours) => std::fs::write(file, moved(&String::from_utf8(bytes).unwrap(), hours)).unwrap(),
        Fault::Full => {
            // Ignoring the signal makes a write fail as on a disk that is full.
            let status = Command::new("sh")
                .args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$@\"", "sh"])
                .arg(std::env::current_exe().unwrap())
                .args(["--exact", "local::store_without_space", "--ignored"])
                .env(FILE, file)
                .stdout(std::process::Stdio::null())
                .status()
                .unwrap();
            assert!(status.success());
        }
    }
}

const FILE: &str = "COMPONENT_MODEL_FAULTS_FILE";

#[tokio::test]
#[ignore = "a process that another test starts"]
async fn store_without_space() {
    // The fetch still succeeds.
    store(Path::new(&std::env::var_os(FILE).unwrap()), 9090).await;
}

/// The file as it would be if it had been written that many hours later.
fn moved(text: &str, hours: i64) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let Some((_, checked)) = line.split_once('\t').filter(|_| !line.starts_with("end\t")) else {
            let before: String = lines.iter().map(|line| format!("{line}\n")).collect();
            let last = line.rsplit_once('\t').map(|(start, _)| format!("{start}\t{}", checksum(&before)));
            lines.push(last.unwrap_or_else(|| line.to_owned()));
            continue;
        };
        let (start, rest) = checked.split_once("\"fetched_ms\":").unwrap();
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap();
        let time: i64 = rest[..digits].parse().unwrap();
        let checked = format!("{start}\"fetched_ms\":{}{}", time + hours * 3_600_000, &rest[digits..]);
        lines.push(format!("{}\t{checked}", checksum(&checked)));
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn checksum(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

//! A small file that the kernel has in memory is read by the caller, without a thread: waking a thread costs more than
//! reading and parsing a typical configuration file.
//!
//! What always holds: nothing in this module waits. The path is resolved only from the kernel's cache, the file is on a
//! mount whose file system is known to be local, and its pages are read only if they are in memory. In every other
//! case, or after an error, a thread reads the file, and also if its document may be large although the file is small.

use std::{io::IoSliceMut, path::Path};

use component_model_source::SourceError;
use rustix::{
    fs::{FileType, OFlags, Statx},
    io::{ReadWriteFlags, preadv2},
};

use super::{
    kernel::{is_on_local_mount, open, stat},
    text::text_of,
};

/// The largest file that is read and parsed in place, in bytes: about 150 microseconds of parsing.
const SMALL: u64 = 16 * 1024;

/// The text of a small regular file, if it can be read without waiting and is cheap to parse.
pub(crate) fn text_in_memory(path: &Path) -> Option<Result<String, SourceError>> {
    // Without opening it, which may need a request to a server.
    let found = open(path, OFlags::PATH).ok()?;
    let size = stat(&found).filter(|stat| is_on_local_mount(stat) && is_regular(stat))?.stx_size;
    let size = usize::try_from(size).ok().filter(|_| (1..=SMALL).contains(&size))?;
    let file = open(path, OFlags::RDONLY | OFlags::NONBLOCK).ok()?;
    let mut bytes = vec![0; size + 1];
    let read = preadv2(&file, &mut [IoSliceMut::new(&mut bytes)], 0, ReadWriteFlags::NOWAIT).ok()?;
    bytes.truncate(read);
    (read == size && !may_expand(path, &bytes)).then(|| text_of(bytes))
}

/// Whether the document may be larger than its text: a few aliases (`*name`) of YAML may expand to a million values.
fn may_expand(path: &Path, bytes: &[u8]) -> bool {
    let ending = path.extension().unwrap_or_default();
    let is_yaml = ["yaml", "yml"].iter().any(|yaml| ending.eq_ignore_ascii_case(yaml));
    is_yaml && bytes.contains(&b'*')
}

fn is_regular(stat: &Statx) -> bool {
    FileType::from_raw_mode(stat.stx_mode.into()).is_file()
}

#[cfg(test)]
mod tests {
    use super::{super::text, *};

    fn waiting() -> (std::sync::Arc<()>, super::super::Waiting) {
        let waits = std::sync::Arc::new(());
        let waiting = super::super::Waiting(std::sync::Arc::downgrade(&waits));
        (waits, waiting)
    }

    #[test]
    fn reading_in_place_and_on_a_thread_give_the_same_text() {
        let folder = tempfile::tempdir().unwrap();
        let (_waits, waiting) = waiting();
        for size in [1, 10, 1 << 14, 1 << 15] {
            let path = folder.path().join(size.to_string());
            std::fs::write(&path, "x".repeat(size)).unwrap();
            let text = text(&path, &waiting).unwrap();
            // With a kernel or a file system that cannot tell, a thread reads it.
            if let Some(in_memory) = text_in_memory(&path) {
                assert_eq!(in_memory.unwrap(), text);
                assert!(size as u64 <= SMALL);
            }
        }
    }

    #[test]
    fn yaml_that_may_have_aliases_is_read_on_a_thread() {
        let folder = tempfile::tempdir().unwrap();
        let (_waits, waiting) = waiting();
        let is_in_place = |name: &str, content: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, content).unwrap();
            text(&path, &waiting).unwrap();
            text_in_memory(&path).is_some()
        };
        // With a kernel or a file system that cannot tell, a thread reads everything.
        let in_place = is_in_place("plain.yaml", "a: 1");
        assert_eq!(is_in_place("star.toml", "a = '*'"), in_place);
        assert_eq!(is_in_place("star", "*"), in_place);
        for name in ["star.yaml", "star.yml", "star.YAML"] {
            assert!(!is_in_place(name, "a: &a [1]\nb: [*a, *a]"), "{name}");
        }
    }

    #[test]
    fn anything_but_a_small_regular_file_of_a_local_file_system_is_read_on_a_thread() {
        let folder = tempfile::tempdir().unwrap();
        assert!(std::process::Command::new("mkfifo").arg(folder.path().join("fifo")).status().unwrap().success());
        let (_waits, waiting) = waiting();
        std::fs::write(folder.path().join("small"), "x").unwrap();
        text(&folder.path().join("small"), &waiting).unwrap();
        let in_folder = ["", "fifo", "missing"].map(|name| folder.path().join(name));
        let elsewhere =
            ["/proc/kmsg", "/proc/self/status", "/dev/zero", "/sys/kernel/mm"].map(std::path::PathBuf::from);
        for path in in_folder.into_iter().chain(elsewhere) {
            assert!(text_in_memory(&path).is_none(), "{}", path.display());
        }
    }
}

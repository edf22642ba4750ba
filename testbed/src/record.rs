//! Records which servers ran and which did not, in the file that `COMPONENT_MODEL_TEST_LOG` names.
//!
//! A line has three columns with tabs between them: `ran`, `left-out` or `missing`; the server's name; and its version,
//! the test or the reason. Each line is written with one append, so that test processes can share the file.

use std::fs::OpenOptions;
use std::io::Write;

use crate::BedError;

const LOG: &str = "COMPONENT_MODEL_TEST_LOG";
const WITHOUT: &str = "COMPONENT_MODEL_WITHOUT";

/// Returns an error if the server was left out by name, after printing and recording this for the test.
pub(crate) fn admit(server: &str) -> Result<(), BedError> {
    let without = std::env::var(WITHOUT).unwrap_or_default();
    if !is_listed(&without, server) {
        return Ok(());
    }
    let error = BedError::left_out(server);
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("unnamed test");
    eprintln!("{error}: {test}");
    note("left-out", server, test);
    Err(error)
}

pub(crate) fn note(what: &str, server: &str, detail: &str) {
    let Some(path) = std::env::var_os(LOG) else { return };
    let line = format!("{what}\t{server}\t{}\n", detail.replace(['\t', '\n'], " "));
    let written =
        OpenOptions::new().create(true).append(true).open(&path).and_then(|mut file| file.write_all(line.as_bytes()));
    if let Err(error) = written {
        eprintln!("cannot append to {}: {error}", path.display());
    }
}

fn is_listed(without: &str, server: &str) -> bool {
    without.split(',').any(|name| name.trim().eq_ignore_ascii_case(server))
}

#[cfg(test)]
mod tests {
    use super::is_listed;

    #[test]
    fn only_a_named_server_is_left_out() {
        assert!(is_listed("postgresql, MariaDB", "mariadb"));
        assert!(!is_listed("postgresql", "mariadb"));
        assert!(!is_listed("", "mariadb"));
    }
}

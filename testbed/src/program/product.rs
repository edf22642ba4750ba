//! Finds a server's programs: by the variable, then on `PATH`, then in the folders that packages use.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{BedError, record};

/// How to find and install one server product.
#[derive(Debug)]
pub(crate) struct Product {
    /// The name for `--without`, the record and messages.
    pub(crate) name: &'static str,
    /// The server's own program.
    pub(crate) program: &'static str,
    /// The variable with the program or its folder, which takes precedence.
    pub(crate) variable: &'static str,
    /// The folders where packages install the program; one `*` matches a version, and `{target}` is the folder of cargo's
    /// builds.
    pub(crate) folders: &'static [&'static str],
    /// The command that installs it on Debian.
    pub(crate) install: &'static str,
    /// The account that the package creates; the server runs as this account if the tests run as root.
    pub(crate) account: &'static str,
}

impl Product {
    /// The server's program, or an error with the command that installs it.
    pub(crate) fn locate(&self) -> Result<PathBuf, BedError> {
        let found = match env::var_os(self.variable) {
            Some(value) => self.in_variable(Path::new(&value)),
            None => on_path(self.program).or_else(|| self.in_folders()),
        };
        found.ok_or_else(|| self.missing(self.program))
    }

    /// A program that is installed with the server: next to it, in a neighbouring folder, or on `PATH`.
    pub(crate) fn companion(&self, server: &Path, program: &str) -> Result<PathBuf, BedError> {
        let resolved = fs::canonicalize(server).unwrap_or_else(|_| server.to_owned());
        let folders = [server, resolved.as_path()].into_iter().filter_map(Path::parent);
        folders
            .flat_map(|folder| [folder.to_owned(), folder.join("../bin"), folder.join("../scripts")])
            .map(|folder| folder.join(program))
            .find(|path| path.is_file())
            .or_else(|| on_path(program))
            .ok_or_else(|| self.missing(program))
    }

    fn in_variable(&self, value: &Path) -> Option<PathBuf> {
        [value.to_owned(), value.join(self.program)].into_iter().find(|path| path.is_file())
    }

    fn in_folders(&self) -> Option<PathBuf> {
        self.folders
            .iter()
            .flat_map(|pattern| in_target(pattern))
            .flat_map(|pattern| expand(&pattern))
            .map(|folder| folder.join(self.program))
            .find(|path| path.is_file())
    }

    fn missing(&self, program: &str) -> BedError {
        let Self { name, variable, install, .. } = self;
        let looked = match env::var_os(variable) {
            Some(value) => {
                format!("{variable} is set to {}, where there is no `{program}`", Path::new(&value).display())
            }
            None => format!("there is no `{program}` on PATH or in a known folder"),
        };
        let message = format!(
            "{name} is not available: {looked}. \
             Install it (`{install}`), or set {variable} to its program or folder, \
             or leave it out by name (`scripts/test --without {name}`)."
        );
        record::note("missing", name, &message);
        BedError::missing(message)
    }
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// The pattern, once for each folder of builds that `{target}` may be: that of this run, and the usual one.
fn in_target(pattern: &str) -> Vec<String> {
    if !pattern.contains("{target}") {
        return vec![pattern.to_owned()];
    }
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_owned();
    // A program of a test is in `target/debug/deps`.
    let of_program = env::current_exe().ok().and_then(|program| Some(program.ancestors().nth(3)?.to_owned()));
    let of_run = env::var_os("CARGO_TARGET_DIR").or_else(|| option_env!("CARGO_TARGET_DIR").map(Into::into));
    // A relative one is relative to where cargo was started, which is the workspace.
    let of_run = of_run.map(|folder| workspace.join(folder));
    let folders = of_run.into_iter().chain(of_program).chain([workspace.join("target")]);
    folders.map(|folder| pattern.replace("{target}", &folder.to_string_lossy())).collect()
}

/// The folders that match a pattern with at most one `*`, the highest version first.
fn expand(pattern: &str) -> Vec<PathBuf> {
    let Some((before, after)) = pattern.split_once('*') else { return vec![PathBuf::from(pattern)] };
    let (folder, prefix) = before.rsplit_once('/').unwrap_or((".", before));
    let mut versions: Vec<String> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str().and_then(|name| name.strip_prefix(prefix)).map(str::to_owned))
        .collect();
    versions.sort_by_key(|version| {
        let numbers: Vec<u32> = version.split('.').map(|number| number.parse().unwrap_or(0)).collect();
        std::cmp::Reverse(numbers)
    });
    versions.into_iter().map(|version| PathBuf::from(format!("{before}{version}{after}"))).collect()
}

/// The version in the output of `program --version`: the first word that starts with a digit, after `v` or `v=`.
pub(super) fn version(program: &Path) -> String {
    let printed = Command::new(program).arg("--version").output().map(|output| output.stdout);
    let printed = String::from_utf8_lossy(&printed.unwrap_or_default()).into_owned();
    version_in(&printed).unwrap_or("unknown version").to_owned()
}

fn version_in(printed: &str) -> Option<&str> {
    let words = printed.split_whitespace().map(|word| word.trim_start_matches("v=").trim_start_matches('v'));
    let version = words.into_iter().find(|word| word.starts_with(|first: char| first.is_ascii_digit()))?;
    version.split('-').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOWHERE: Product = Product {
        name: "nothing",
        program: "no-such-program",
        variable: "TESTBED_NO_SUCH_VARIABLE",
        folders: &["/no/such/*/folder"],
        install: "apt-get install no-such-package",
        account: "nobody",
    };

    #[test]
    fn a_missing_server_is_named_with_its_install_command() {
        let error = NOWHERE.locate().unwrap_err();
        assert!(error.is_missing());
        let message = error.to_string();
        for part in ["nothing", "no-such-program", "apt-get install no-such-package", "TESTBED_NO_SUCH_VARIABLE"] {
            assert!(message.contains(part), "{part} is not in: {message}");
        }
    }

    #[test]
    fn the_folder_of_the_builds_is_where_this_test_was_built() {
        let folders = in_target("{target}/debug/deps");
        let program = env::current_exe().unwrap();
        assert!(folders.iter().any(|folder| Path::new(folder) == program.parent().unwrap()), "{folders:?}");
        assert_eq!(in_target("/usr/bin"), ["/usr/bin"]);
    }

    #[test]
    fn the_highest_version_comes_first() {
        let root = tempfile::tempdir().unwrap();
        for version in ["9.6", "15", "16"] {
            fs::create_dir_all(root.path().join(version).join("bin")).unwrap();
        }
        let found = expand(&format!("{}/*/bin", root.path().display()));
        assert_eq!(found.first().unwrap(), &root.path().join("16/bin"));
        assert_eq!(found.last().unwrap(), &root.path().join("9.6/bin"));
    }

    #[test]
    fn the_version_is_found_in_the_output_of_each_server() {
        for (printed, version) in [
            ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", "15.18"),
            ("mariadbd  Ver 10.11.14-MariaDB-0+deb12u2 for debian-linux-gnu on x86_64", "10.11.14"),
            ("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64", "7.0.15"),
            ("etcd Version: 3.4.23\nGit SHA: Not provided", "3.4.23"),
            ("nats-server: v2.9.10", "2.9.10"),
            ("Consul v1.8.7\nProtocol 2 spoken by default", "1.8.7"),
        ] {
            assert_eq!(version_in(printed), Some(version), "{printed}");
        }
    }
}

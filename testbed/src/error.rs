//! Why a part of the testbed is not available.

use std::fmt;

/// Why a server, a fixture or a proxy is not available; `Debug` prints the whole message, so that `unwrap` shows it.
pub struct BedError {
    kind: Kind,
    message: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    LeftOut,
    Missing,
    Failed,
}

impl BedError {
    pub(crate) fn left_out(server: &str) -> Self {
        Self { kind: Kind::LeftOut, message: format!("not run: {server} (left out on the command line)") }
    }

    pub(crate) fn missing(message: String) -> Self {
        Self { kind: Kind::Missing, message }
    }

    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self { kind: Kind::Failed, message: message.into() }
    }

    pub(crate) fn io(doing: &str, cause: &std::io::Error) -> Self {
        Self::failed(format!("{doing}: {cause}"))
    }

    /// Whether the server was left out by name, which is the only reason for a test to end early.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// match testbed::postgres().await {
    ///     Ok(server) => assert!(server.program().is_running()),
    ///     Err(error) => assert!(error.is_left_out(), "{error}"),
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn is_left_out(&self) -> bool {
        self.kind == Kind::LeftOut
    }

    /// Whether the server is not installed.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// match testbed::postgres().await {
    ///     Ok(server) => assert!(server.program().is_running()),
    ///     Err(error) if error.is_missing() => assert!(error.to_string().contains("apt-get install")),
    ///     Err(error) => assert!(error.is_left_out(), "{error}"),
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn is_missing(&self) -> bool {
        self.kind == Kind::Missing
    }
}

impl fmt::Display for BedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for BedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for BedError {}

//! The faults by name.

/// What is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Refused,
    Reset,
    /// Slow, but within the timeout.
    Slow,
    /// Slower than the timeout.
    TooSlow,
    Silent,
    /// Silent on the connections that are open; new ones work.
    SilentOnes,
    Trickling,
    Garbage,
    Status(u16),
    /// 429 with a `Retry-After` of so many seconds.
    Throttled(u32),
    /// The value was deleted.
    Deleted,
    /// The value is not one of the field's type.
    Wrong,
    /// The right to read was taken away.
    Denied,
    /// SIGSTOP.
    Stopped,
    /// SIGKILL, and started again.
    Killed,
    /// Another process locks the file.
    Locked,
    Removed,
    Unreadable,
    Directory,
    Truncated,
}

impl Fault {
    pub(crate) fn name(self) -> String {
        match self {
            Self::Refused => "connections refused".to_owned(),
            Self::Reset => "connections reset".to_owned(),
            Self::Slow => "slow, within the timeout".to_owned(),
            Self::TooSlow => "slower than the timeout".to_owned(),
            Self::Silent => "silent".to_owned(),
            Self::SilentOnes => "silent on open connections only".to_owned(),
            Self::Trickling => "trickling, byte by byte".to_owned(),
            Self::Garbage => "garbage".to_owned(),
            Self::Status(status) => format!("status {status}"),
            Self::Throttled(seconds) => format!("status 429, `Retry-After: {seconds}`"),
            Self::Deleted => "value deleted".to_owned(),
            Self::Wrong => "value out of range".to_owned(),
            Self::Denied => "permission revoked".to_owned(),
            Self::Stopped => "server stopped (SIGSTOP)".to_owned(),
            Self::Killed => "server killed (SIGKILL), restarted".to_owned(),
            Self::Locked => "locked by a writer".to_owned(),
            Self::Removed => "file removed".to_owned(),
            Self::Unreadable => "file unreadable".to_owned(),
            Self::Directory => "replaced by a directory".to_owned(),
            Self::Truncated => "file truncated".to_owned(),
        }
    }
}

//! How a fetch was asked for: which policies apply although no attribute and no registration sets them.

/// The attempts of a resilient fetch, the first included.
const RESILIENT_ATTEMPTS: u32 = 3;

/// The mode of a fetch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Mode {
    /// With retries and circuit breakers.
    pub(crate) resilient: bool,
    /// With values from the cache.
    pub(crate) cached: bool,
}

impl Mode {
    /// Its name in a span.
    #[cfg(feature = "tracing")]
    pub(crate) fn name(self) -> &'static str {
        match (self.resilient, self.cached) {
            (false, false) => "plain",
            (true, false) => "resilient",
            (false, true) => "cached",
            (true, true) => "resilient, cached",
        }
    }

    /// How often a request is attempted.
    pub(crate) fn attempts(self) -> u32 {
        if self.resilient { RESILIENT_ATTEMPTS } else { super::stack::ONCE }
    }
}

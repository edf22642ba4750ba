//! The faults that a test sets, and what they do to a round trip.

use std::time::Duration;

use crate::{ErrorKind, SourceError};

#[derive(Debug, Default)]
pub(super) struct Faults {
    pub(super) delay: Duration,
    pub(super) hangs: bool,
    /// How many round trips fail, and how.
    pub(super) next: Option<(usize, ErrorKind)>,
    pub(super) random: Option<(f64, fastrand::Rng, ErrorKind)>,
    pub(super) calls: usize,
}

/// What happens to one round trip.
pub(super) struct Fault {
    delay: Duration,
    hangs: bool,
    fails: Option<ErrorKind>,
}

impl Faults {
    /// What happens to the round trip that starts now.
    pub(super) fn of_call(&mut self) -> Fault {
        self.calls += 1;
        let counted = self.next.as_mut().filter(|(n, _)| *n > 0).map(|(n, kind)| {
            *n -= 1;
            *kind
        });
        // Drawn for every call, so that the sequence depends on the seed alone.
        let drawn =
            self.random.as_mut().and_then(|(probability, random, kind)| (random.f64() < *probability).then_some(*kind));
        Fault { delay: self.delay, hangs: self.hangs, fails: counted.or(drawn) }
    }
}

impl Fault {
    /// Waits as long as the fault does; an error if the source must not be asked.
    pub(super) async fn happen(self) -> Result<(), SourceError> {
        if !self.delay.is_zero() {
            tokio::time::sleep(self.delay).await;
        }
        if self.hangs {
            std::future::pending::<()>().await;
        }
        self.fails.map_or(Ok(()), |kind| Err(SourceError::new(kind, "simulated")))
    }
}

//! Tokens of the user, each good for a while. No text shows one.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use component_model_source::SourceError;
use reqwest::header::HeaderValue;

use super::super::wire::not_etcd;
use crate::turn::Turn;

/// A token, as it is sent.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Token(HeaderValue);

impl Token {
    pub(super) fn new(text: &str) -> Result<Self, SourceError> {
        let mut value = HeaderValue::from_str(text).map_err(|_| not_etcd())?;
        value.set_sensitive(true);
        Ok(Self(value))
    }

    pub(super) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[REDACTED]")
    }
}

/// What is known of the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Pass {
    Token(Token),
    /// The server has no users.
    NotNeeded,
}

impl Pass {
    pub(super) fn token(&self) -> Option<&Token> {
        match self {
            Self::Token(token) => Some(token),
            Self::NotNeeded => None,
        }
    }
}

/// The pass that the requests of a source share. Logging in costs the server much, so that one request does it for all.
#[derive(Debug, Clone, Default)]
pub(super) struct Passes {
    current: Arc<Mutex<Option<Pass>>>,
    turn: Turn,
}

impl Passes {
    /// The current pass, unless it is one that was refused; then a new one.
    ///
    /// # Cancel safety
    /// Dropping the future leaves the pass as it was, and lets another request log in.
    pub(super) async fn other_than(
        &self,
        refused: Option<&Pass>,
        login: impl Future<Output = Result<Pass, SourceError>>,
    ) -> Result<Pass, SourceError> {
        let _taken = match self.turn.take(|| self.current_other_than(refused)).await {
            Ok(current) => return Ok(current),
            Err(taken) => taken,
        };
        let new = login.await?;
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(new.clone());
        Ok(new)
    }

    fn current_other_than(&self, refused: Option<&Pass>) -> Option<Pass> {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner).clone();
        current.filter(|current| Some(current) != refused)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::pending,
        sync::atomic::{AtomicUsize, Ordering},
        time::Duration,
    };

    use futures_util::{FutureExt as _, future::join_all};
    use tokio::time::Instant;

    use super::*;
    use crate::turn::PATIENCE;

    fn pass(text: &str) -> Pass {
        Pass::Token(Token::new(text).unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn one_request_logs_in_for_all() {
        let (passes, logins) = (Passes::default(), AtomicUsize::new(0));
        let login = async || {
            tokio::time::sleep(Duration::from_millis(100)).await;
            Ok(pass(&logins.fetch_add(1, Ordering::Relaxed).to_string()))
        };
        for (refused, expected) in [(None, "0"), (Some(pass("0")), "1"), (Some(pass("0")), "1")] {
            let all = join_all((0..10).map(|_| passes.other_than(refused.as_ref(), login()))).await;
            assert!(all.into_iter().all(|one| one.unwrap() == pass(expected)));
        }
        assert_eq!(logins.into_inner(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_login_that_is_stuck_or_dropped_keeps_nobody_from_logging_in() {
        let passes = Passes::default();
        let mut stuck = Box::pin(passes.other_than(None, pending()));
        assert!((&mut stuck).now_or_never().is_none());
        let start = Instant::now();
        assert_eq!(passes.other_than(None, async { Ok(pass("1")) }).await.unwrap(), pass("1"));
        assert_eq!(start.elapsed(), PATIENCE);
        drop(stuck);
        let refused = pass("1");
        assert_eq!(passes.other_than(Some(&refused), async { Ok(pass("2")) }).await.unwrap(), pass("2"));
        assert_eq!(start.elapsed(), PATIENCE);
    }

    #[test]
    fn a_token_is_in_no_text() {
        assert!(!format!("{:?}", pass("hunter2")).contains("hunter2"));
        assert!(Token::new("with a line end\n").is_err());
    }
}

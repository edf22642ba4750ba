//! The token of a source: given, or from a login that is made when the first request needs it.
//!
//! What always holds: one login runs at a time, unless it is stuck, and nobody waits for a renewal; a token is renewed at two thirds of its life, and one whose renewal fails
//! because of the network is used until it expires; a token that Vault refuses is replaced once, unless it
//! is good and may not do what was asked.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use component_model_source::{ErrorKind, SourceError};
use tokio::time::{Instant, timeout};

use super::{
    client::{Call, Client},
    leases::{Life, RENEWAL, not_renewed},
    login::{Access, Login},
    secret::Grant,
};
use crate::{token::Token, turn::Turn};

/// How long a revocation at the end may take.
const FAREWELL: Duration = Duration::from_secs(2);

/// For how long it counts whether a token is good with which Vault has refused a request.
const LOOK: Duration = Duration::from_secs(1);

/// For how long no other token is made if a new one was refused, and may not ask whether it is good; twice as
/// long the next time, and four times then.
const DENIED: Duration = Duration::from_secs(30);

/// A token that is in use.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) token: Token,
    /// Counts the logins, and the tokens that were given.
    pub(super) login: u64,
    life: Option<Life>,
    renewable: bool,
    /// When Vault refused a request with it although it was new: it may not do that, and neither may the next.
    refused: Option<Instant>,
}

#[derive(Debug, Default)]
pub(super) struct Session {
    state: Mutex<State>,
    /// For the login.
    turn: Turn,
    /// For asking whether a token is good.
    looks: Turn,
}

#[derive(Debug, Default)]
struct State {
    held: Option<Held>,
    logins: u64,
    /// How many new tokens were refused at once.
    denials: u32,
    /// The login whose token was asked about last, whether it is good, and when.
    found: Option<(u64, bool, Instant)>,
}

/// What the next request does about its token.
enum Now {
    Use(Held),
    /// It is good for a while, and has to be renewed by the request that learns so.
    Renew(Held),
    LogIn,
}

impl Session {
    /// The token for the next request; `None` if there is none to send.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection in use; another request logs in.
    pub(super) async fn current(&self, client: &Client) -> Result<Option<Held>, SourceError> {
        let Access::Login(login) = &client.config.access else { return self.given(client).await };
        let now = self.lock().now();
        let held = match now {
            Now::Use(held) => Ok(held),
            Now::Renew(held) => self.renew(client, login, held).await,
            Now::LogIn => self.log_in(client, login, None).await,
        };
        held.map(Some)
    }

    /// A new token instead of one that was refused; `None` if a new one would be refused too.
    ///
    /// # Cancel safety
    /// As for [`current`](Self::current).
    pub(super) async fn instead_of(&self, client: &Client, refused: &Held) -> Result<Option<Held>, SourceError> {
        let Access::Login(login) = &client.config.access else { return Ok(None) };
        let denied = DENIED * (1 << self.lock().denials.saturating_sub(1).min(2));
        let is_denied =
            |held: Held| held.login == refused.login && held.refused.is_some_and(|at| at.elapsed() < denied);
        if self.held().is_some_and(is_denied) || self.is_good(client, refused).await {
            return Ok(None);
        }
        self.log_in(client, login, Some(refused.login)).await.map(Some)
    }

    /// Whether a token that was refused is good nevertheless: then it may not do what it was refused. Asked at most once in a
    /// while; if nobody can tell, since the network fails, it is taken for good.
    async fn is_good(&self, client: &Client, refused: &Held) -> bool {
        let known = || {
            let state = self.lock();
            let is_replaced = state.held.as_ref().is_some_and(|held| held.login != refused.login);
            let found = state.found.filter(|(login, _, at)| *login == refused.login && at.elapsed() < LOOK);
            if is_replaced { Some(false) } else { found.map(|(_, is_good, _)| is_good) }
        };
        let _taken = match self.looks.take(known).await {
            Ok(known) => return known,
            Err(taken) => taken,
        };
        let call = Call::read(["auth", "token", "lookup-self"], client.config.namespace.as_deref());
        let is_good = match timeout(RENEWAL, client.exchange(&call, Some(&refused.token))).await {
            Ok(Err(error)) => error.kind() != ErrorKind::Denied,
            Ok(Ok(_)) | Err(_) => true,
        };
        self.lock().found = Some((refused.login, is_good, Instant::now()));
        is_good
    }

    /// A new token was refused as well.
    pub(super) fn refused(&self, token: &Held) {
        let mut state = self.lock();
        if let Some(held) = state.held.as_mut().filter(|held| held.login == token.login) {
            held.refused = Some(Instant::now());
            state.denials += 1;
        }
    }

    /// The token, without a login.
    pub(super) async fn without_login(&self, client: &Client) -> Option<Held> {
        match &client.config.access {
            Access::Given(_) => self.given(client).await.ok().flatten(),
            Access::Login(_) => self.held(),
        }
    }

    /// Revokes the token of a login, and with it what was made with it.
    ///
    /// # Cancel safety
    /// Dropping the future leaves the token to its expiry.
    pub(super) async fn revoke(&self, client: &Client) {
        let held = self.lock().held.take();
        let Some(held) = held.filter(|_| matches!(client.config.access, Access::Login(_))) else { return };
        revoke_self(client, &held.token).await;
    }

    /// Logs in, unless another request has done so meanwhile: then its token is used, if that is not of the login that is to be
    /// replaced.
    async fn log_in(&self, client: &Client, login: &Login, replaced: Option<u64>) -> Result<Held, SourceError> {
        let other = || self.lock().usable().filter(|held| Some(held.login) != replaced);
        let _taken = match self.turn.take(other).await {
            Ok(other) => return Ok(other),
            Err(taken) => taken,
        };
        let _making = client.making()?;
        let grant = client.log_in(login).await?;
        // The end has waited long enough for it.
        if client.is_closed() {
            revoke_self(client, &grant.token).await;
            return Err(SourceError::shut_down());
        }
        // Another request may have had the turn before, and have been slow.
        if let Some(other) = other() {
            revoke_self(client, &grant.token).await;
            return Ok(other);
        }
        let mut state = self.lock();
        state.logins += 1;
        let held = Held::new(grant, state.logins);
        state.held = Some(held.clone());
        Ok(held)
    }

    /// Renews the token, which others use meanwhile; logs in if it cannot be renewed, or not for long.
    async fn renew(&self, client: &Client, login: &Login, held: Held) -> Result<Held, SourceError> {
        let renewed = if held.renewable { renew_self(client, &held).await } else { Ok(None) };
        match renewed {
            Ok(Some(renewed)) => {
                if let Some(known) = self.lock().held.as_mut().filter(|known| known.login == held.login) {
                    *known = renewed.clone();
                }
                Ok(renewed)
            }
            Err(error) if error.is_transient() => Ok(held),
            _ => match self.log_in(client, login, Some(held.login)).await {
                // The old one is good for a while.
                Err(error) if error.is_transient() => Ok(held),
                fresh => fresh,
            },
        }
    }

    /// The token that is given. One that is replaced in its file counts as another login: what was made with the one before ends
    /// with it.
    async fn given(&self, client: &Client) -> Result<Option<Held>, SourceError> {
        let Access::Given(credential) = &client.config.access else { return Ok(None) };
        let Some(token) = credential.token().await? else { return Ok(None) };
        let mut state = self.lock();
        if let Some(held) = state.held.as_ref().filter(|held| held.token == token) {
            return Ok(Some(held.clone()));
        }
        state.logins += 1;
        let held = Held { token, login: state.logins, life: None, renewable: false, refused: None };
        state.held = Some(held.clone());
        Ok(Some(held))
    }

    fn held(&self) -> Option<Held> {
        self.lock().held.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn usable(&self) -> Option<Held> {
        let now = Instant::now();
        self.held.clone().filter(|held| held.life.as_ref().is_none_or(|life| !life.is_over(now)))
    }

    fn now(&mut self) -> Now {
        let (now, Some(held)) = (Instant::now(), &mut self.held) else { return Now::LogIn };
        match &mut held.life {
            Some(life) if life.is_over(now) => Now::LogIn,
            Some(life) if life.is_due(now) => {
                life.postpone(now);
                Now::Renew(held.clone())
            }
            _ => Now::Use(held.clone()),
        }
    }
}

impl Held {
    fn new(grant: Grant, login: u64) -> Self {
        let life = grant.life.map(|life| Life::new(life, Instant::now()));
        Self { token: grant.token, login, life, renewable: grant.renewable, refused: None }
    }
}

/// Revokes a token. What cannot be revoked expires.
async fn revoke_self(client: &Client, token: &Token) {
    let call = Call::write(["auth", "token", "revoke-self"], client.config.namespace.as_deref(), serde_json::json!({}));
    let _ = timeout(FAREWELL, client.exchange(&call, Some(token))).await;
}

/// The token with its new life; `None` if it is near the end that cannot be put off.
async fn renew_self(client: &Client, held: &Held) -> Result<Option<Held>, SourceError> {
    let path = ["auth", "token", "renew-self"];
    let call = Call::write(path, client.config.namespace.as_deref(), serde_json::json!({}));
    let answered = timeout(RENEWAL, client.exchange(&call, Some(&held.token))).await;
    let answered = answered.unwrap_or_else(|_| Err(not_renewed()))?;
    let grant = Grant::parse(&answered.body)?;
    let Some(life) = grant.life else { return Ok(Some(Held { life: None, ..held.clone() })) };
    let renewed = held.life.as_ref().and_then(|before| before.renewed(life, Instant::now()));
    Ok(renewed.map(|life| Held { life: Some(life), renewable: grant.renewable, ..held.clone() }))
}

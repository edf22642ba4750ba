//! The token of a source: given, or from a login that is made when the first request needs it.
//!
//! What always holds: one login runs at a time; a token is renewed at two thirds of its life, and one whose renewal fails
//! because of the network is used until it expires; a token that Vault refuses is replaced once.

use std::time::Duration;

use component_model_source::{ErrorKind, SourceError};
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};

use super::{
    client::{Call, Client},
    leases::Life,
    login::Access,
    secret::Grant,
};
use crate::token::Token;

/// How long a revocation at the end may take.
const FAREWELL: Duration = Duration::from_secs(2);

/// A token that is in use.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) token: Token,
    /// Counts the logins; 0 for a token that was given.
    pub(super) login: u64,
    life: Option<Life>,
    renewable: bool,
    /// Whether Vault refused a request with it although it was new: it may not do that, and neither may the next.
    refused: bool,
}

#[derive(Debug, Default)]
pub(super) struct Session(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    held: Option<Held>,
    logins: u64,
}

impl Session {
    /// The token for the next request; `None` if there is none to send.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection in use; the next caller logs in.
    pub(super) async fn current(&self, client: &Client) -> Result<Option<Held>, SourceError> {
        let Access::Login(_) = &client.config.access else { return given(client).await };
        let mut state = self.0.lock().await;
        let Some(held) = &mut state.held else { return state.log_in(client).await.map(Some) };
        let now = Instant::now();
        match &mut held.life {
            Some(life) if life.is_over(now) => state.log_in(client).await.map(Some),
            Some(life) if life.is_due(now) => {
                life.postpone(now);
                state.renew(client).await.map(Some)
            }
            _ => Ok(Some(held.clone())),
        }
    }

    /// A new token instead of one that was refused; `None` if a new one would be refused too.
    ///
    /// # Cancel safety
    /// As for [`current`](Self::current).
    pub(super) async fn instead_of(&self, client: &Client, refused: &Held) -> Result<Option<Held>, SourceError> {
        let Access::Login(_) = &client.config.access else { return Ok(None) };
        let mut state = self.0.lock().await;
        match &state.held {
            // Another request was faster.
            Some(held) if held.login != refused.login => Ok(Some(held.clone())),
            Some(held) if held.refused => Ok(None),
            _ => state.log_in(client).await.map(Some),
        }
    }

    /// A new token was refused as well.
    pub(super) async fn refused(&self, token: &Held) {
        if let Some(held) = self.0.lock().await.held.as_mut().filter(|held| held.login == token.login) {
            held.refused = true;
        }
    }

    /// The token, without a login.
    pub(super) async fn at_hand(&self, client: &Client) -> Option<Held> {
        match &client.config.access {
            Access::Given(_) => given(client).await.ok().flatten(),
            Access::Login(_) => self.0.lock().await.held.clone(),
        }
    }

    /// Revokes the token of a login, and with it what was made with it.
    ///
    /// # Cancel safety
    /// Dropping the future leaves the token to its expiry.
    pub(super) async fn revoke(&self, client: &Client) {
        let Ok(mut state) = timeout(FAREWELL, self.0.lock()).await else { return };
        let Some(held) = state.held.take() else { return };
        let path = ["auth", "token", "revoke-self"];
        let call = Call::write(path, client.config.namespace.as_deref(), serde_json::json!({}));
        // What cannot be revoked expires.
        let _ = timeout(FAREWELL, client.exchange(&call, Some(&held.token))).await;
    }
}

impl State {
    async fn log_in(&mut self, client: &Client) -> Result<Held, SourceError> {
        let Access::Login(login) = &client.config.access else {
            return Err(SourceError::new(ErrorKind::Other, "there is no login"));
        };
        let grant = client.log_in(login).await?;
        self.logins += 1;
        let held = Held::new(grant, self.logins);
        self.held = Some(held.clone());
        Ok(held)
    }

    /// Renews the token; logs in if it cannot be renewed, or not for long.
    async fn renew(&mut self, client: &Client) -> Result<Held, SourceError> {
        let Some(held) = self.held.clone() else { return self.log_in(client).await };
        let renewed = if held.renewable { renew_self(client, &held).await } else { Ok(None) };
        match renewed {
            Ok(Some(held)) => {
                self.held = Some(held.clone());
                Ok(held)
            }
            Err(error) if error.is_transient() => Ok(held),
            _ => match self.log_in(client).await {
                // The old one is good for a while.
                Err(error) if error.is_transient() => Ok(held),
                fresh => fresh,
            },
        }
    }
}

impl Held {
    fn new(grant: Grant, login: u64) -> Self {
        let life = grant.life.map(|life| Life::new(life, Instant::now()));
        Self { token: grant.token, login, life, renewable: grant.renewable, refused: false }
    }
}

async fn given(client: &Client) -> Result<Option<Held>, SourceError> {
    let Access::Given(credential) = &client.config.access else { return Ok(None) };
    let token = credential.token().await?;
    Ok(token.map(|token| Held { token, login: 0, life: None, renewable: false, refused: false }))
}

/// The token with its new life; `None` if it is near the end that cannot be put off.
async fn renew_self(client: &Client, held: &Held) -> Result<Option<Held>, SourceError> {
    let path = ["auth", "token", "renew-self"];
    let call = Call::write(path, client.config.namespace.as_deref(), serde_json::json!({}));
    let answered = client.exchange(&call, Some(&held.token)).await?;
    let grant = Grant::parse(&answered.body)?;
    let Some(life) = grant.life else { return Ok(Some(Held { life: None, ..held.clone() })) };
    let renewed = held.life.as_ref().and_then(|before| before.renewed(life, Instant::now()));
    Ok(renewed.map(|life| Held { life: Some(life), renewable: grant.renewable, ..held.clone() }))
}

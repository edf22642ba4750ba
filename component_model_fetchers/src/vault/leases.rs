//! Secrets with a lease: made once, and used again as long as the lease is good.
//!
//! What always holds: a secret is made by one request at a time, unless that is stuck, and nobody waits for a renewal; its lease is renewed at two thirds of its life, and the
//! secret is replaced if it cannot be; one whose renewal fails because of the network is used until it expires.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use component_model_source::{ErrorKind, Lease, Record, Reply, SourceError};
use futures_util::{StreamExt as _, stream};
use serde_json::json;
use tokio::time::{Instant, timeout, timeout_at};

use super::{
    client::{Call, Client},
    query::Place,
    secret::{self, Granted, Secret},
    session::Held,
};
use crate::{recent::Recent, token::Token, turn::Turn};

/// How long all revocations at the end may take.
pub(super) const FAREWELL: Duration = Duration::from_secs(2);

/// How many of them run at a time.
const REVOCATIONS: usize = 16;

/// How long the renewals of a request may take, of a token and of a lease together: whoever renews has something that is good for a while, and an attempt that has to end in time.
pub(super) const RENEWAL: Duration = Duration::from_millis(1500);

/// The shortest time between two attempts to renew.
const AGAIN: Duration = Duration::from_secs(1);

/// The life of a lease or of a token.
#[derive(Debug, Clone)]
pub(super) struct Life {
    /// How long it was at first.
    whole: Duration,
    due: Instant,
    end: Instant,
}

impl Life {
    pub(super) fn new(whole: Duration, now: Instant) -> Self {
        Self { whole, ..Self::of(whole, now, fastrand::f64()) }
    }

    fn of(life: Duration, now: Instant, random: f64) -> Self {
        // At two thirds, and up to a tenth earlier, so that many programs do not come at once.
        let due = now + life.mul_f64(2.0 / 3.0 - random / 10.0);
        Self { whole: life, due, end: now + life }
    }

    /// After a renewal; `None` if it brought less than half of a life, because the end cannot be put off.
    pub(super) fn renewed(&self, life: Duration, now: Instant) -> Option<Self> {
        (life >= self.whole / 2).then(|| Self { whole: self.whole, ..Self::of(life, now, fastrand::f64()) })
    }

    pub(super) fn is_due(&self, now: Instant) -> bool {
        now >= self.due
    }

    pub(super) fn is_over(&self, now: Instant) -> bool {
        now >= self.end
    }

    /// Not before a while, if the next attempt fails.
    pub(super) fn postpone(&mut self, now: Instant) {
        self.due = now + (self.end.saturating_duration_since(now) / 8).max(AGAIN);
    }

    fn left(&self, now: Instant) -> Duration {
        self.end.saturating_duration_since(now)
    }
}

/// A secret that is held.
#[derive(Debug)]
struct Holding {
    secret: Arc<Secret>,
    lease: Granted,
    life: Life,
    /// The login whose token made it; what a token made ends with it.
    login: u64,
}

/// How many secrets are held for certain; a template may name any number. One that is forgotten expires.
const SECRETS: usize = 1024;

/// What is held of one secret.
#[derive(Debug, Clone, Default)]
struct Slot {
    holding: Arc<Mutex<Option<Holding>>>,
    /// For making it.
    turn: Turn,
}

/// What the next request does about a secret.
enum Now {
    Use(Read),
    /// It is good for a while, and its lease has to be renewed by the request that learns so.
    Renew(Read, Granted),
    Make,
}

#[derive(Debug)]
pub(super) struct Leases(Mutex<Recent<Place, Slot>>);

impl Default for Leases {
    fn default() -> Self {
        Self(Mutex::new(Recent::with_room_for(2 * SECRETS)))
    }
}

/// A secret, and its lease if it has one.
#[derive(Debug, Clone)]
pub(super) struct Read {
    secret: Arc<Secret>,
    lease: Option<(Lease, Duration)>,
}

impl Read {
    pub(super) fn new(secret: Secret) -> Self {
        Self { secret: Arc::new(secret), lease: None }
    }

    pub(super) fn reply(&self, field: Option<&str>) -> Result<Reply, SourceError> {
        let reply = self.secret.reply(field)?;
        Ok(match (reply, &self.lease) {
            (Reply::Found(record), Some((lease, good_for))) => {
                let record: Record = record.with_lease(lease.clone()).with_good_for(*good_for);
                record.into()
            }
            (reply, _) => reply,
        })
    }
}

impl Leases {
    /// A secret that its engine makes; `None` if there is none at the path.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection; Vault may have made a secret all the same, which expires.
    pub(super) async fn read(&self, client: &Client, place: &Place) -> Result<Option<Read>, SourceError> {
        let (slot, end) = (self.slot(place), Instant::now() + RENEWAL);
        // A secret ends with the token that made it, which is renewed here too.
        let login = match timeout_at(end, client.sign_in()).await {
            Ok(Ok(login)) => login,
            _ => client.token_without_login().await.map(|held| held.login),
        };
        let (good, replaced) = match slot.now(login) {
            Now::Use(read) => return Ok(Some(read)),
            Now::Renew(read, lease) => match slot.renew(client, place, &lease, end).await {
                Ok(Some(read)) => return Ok(Some(read)),
                Err(error) if error.is_transient() => return Ok(Some(read)),
                // It is replaced; the old one may still be in use, and expires.
                _ => (Some(read), Some(lease.id)),
            },
            Now::Make => (None, None),
        };
        let making = slot.make(client, place, replaced);
        let Some(good) = good else { return making.await };
        match timeout_at(end, making).await {
            Ok(Err(error)) if !error.is_transient() => Err(error),
            Ok(Ok(made)) => Ok(made),
            _ => Ok(Some(good)),
        }
    }

    /// Renews a lease that a record came with.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection; the lease may be renewed all the same.
    pub(super) async fn renew(&self, client: &Client, place: &Place, lease: &Lease) -> Result<Lease, SourceError> {
        let slot = self.slot(place);
        let Some(granted) = slot.granted().filter(|granted| granted.id == lease.id()) else {
            let end = Instant::now() + RENEWAL;
            let granted = renew(client, place.namespace.as_deref(), lease.id(), end).await?;
            return Ok(granted.lease(granted.duration));
        };
        let renewed = slot.renew(client, place, &granted, Instant::now() + RENEWAL).await?;
        renewed.and_then(|read| read.lease).map(|(lease, _)| lease).ok_or_else(|| {
            SourceError::new(ErrorKind::Denied, "the lease is at the end that cannot be put off")
                .with_hint("the next fetch gets another secret")
        })
    }

    /// Revokes all leases, several at a time.
    ///
    /// # Cancel safety
    /// Dropping the future leaves the others to their expiry.
    pub(super) async fn revoke_all(&self, client: &Client) {
        let revoke = async |(place, slot): (Place, Slot)| {
            let holding = slot.lock().take();
            if let Some(holding) = holding {
                revoke(client, &place, &holding.lease.id).await;
            }
        };
        let all = stream::iter(self.all()).for_each_concurrent(REVOCATIONS, revoke);
        let _ = timeout(FAREWELL, all).await;
    }

    /// Holds nothing any more.
    pub(super) fn forget(&self) {
        self.all().into_iter().for_each(|(_, slot)| *slot.lock() = None);
    }

    fn slot(&self, place: &Place) -> Slot {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).of(place).clone()
    }

    fn all(&self) -> Vec<(Place, Slot)> {
        let slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slots.iter().map(|(place, slot)| (place.clone(), slot.clone())).collect()
    }
}

impl Slot {
    fn now(&self, login: Option<u64>) -> Now {
        let now = Instant::now();
        let mut holding = self.lock();
        let Some(holding) = holding.as_mut().filter(|one| one.is_good(now, login)) else { return Now::Make };
        let read = holding.read(now);
        if !holding.life.is_due(now) {
            return Now::Use(read);
        }
        holding.life.postpone(now);
        Now::Renew(read, holding.lease.clone())
    }

    /// The secret with its renewed lease; `None` if that cannot be renewed, or not for long.
    async fn renew(
        &self,
        client: &Client,
        place: &Place,
        lease: &Granted,
        end: Instant,
    ) -> Result<Option<Read>, SourceError> {
        if !lease.renewable {
            return Ok(None);
        }
        let granted = renew(client, place.namespace.as_deref(), &lease.id, end).await?;
        let now = Instant::now();
        let mut holding = self.lock();
        let Some(holding) = holding.as_mut().filter(|holding| holding.lease.id == lease.id) else { return Ok(None) };
        let Some(life) = holding.life.renewed(granted.duration, now) else { return Ok(None) };
        holding.life = life;
        Ok(Some(holding.read(now)))
    }

    /// Asks the engine for a secret, unless another request has done so meanwhile.
    async fn make(
        &self,
        client: &Client,
        place: &Place,
        replaced: Option<String>,
    ) -> Result<Option<Read>, SourceError> {
        // The login may be another one by now.
        let login = client.sign_in().await?;
        let other = || {
            let now = Instant::now();
            let is_other = |one: &&Holding| one.is_good(now, login) && replaced.as_ref() != Some(&one.lease.id);
            self.lock().as_ref().filter(is_other).map(|other| other.read(now))
        };
        let _taken = match self.turn.take(other).await {
            Ok(other) => return Ok(Some(other)),
            Err(taken) => taken,
        };
        let _making = client.making()?;
        let (Some(secret), held) = create(client, place).await? else { return Ok(None) };
        let login = held.as_ref().map(|held| held.login).unwrap_or_default();
        let secret = Arc::new(secret);
        let Some(lease) = secret.lease.clone() else { return Ok(Some(Read { secret, lease: None })) };
        // The end has waited long enough for it.
        if client.is_closed() {
            if let Some(held) = held {
                revoke_with(client, &held.token, place, &lease.id).await;
            }
            return Err(SourceError::shut_down());
        }
        // Another request may have had the turn before, and have been slow.
        if let Some(other) = other() {
            revoke(client, place, &lease.id).await;
            return Ok(Some(other));
        }
        let now = Instant::now();
        let made = Holding { secret, life: Life::new(lease.duration, now), lease, login };
        let read = made.read(now);
        *self.lock() = Some(made);
        Ok(Some(read))
    }

    fn granted(&self) -> Option<Granted> {
        self.lock().as_ref().map(|holding| holding.lease.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Option<Holding>> {
        self.holding.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Holding {
    /// Whether it can be used, as far as the login is known: the file of a token may be missing for a moment.
    fn is_good(&self, now: Instant, login: Option<u64>) -> bool {
        !self.life.is_over(now) && login.is_none_or(|login| self.login == login)
    }

    fn read(&self, now: Instant) -> Read {
        let due = self.life.due.saturating_duration_since(now);
        Read { secret: Arc::clone(&self.secret), lease: Some((self.lease.lease(self.life.left(now)), due)) }
    }
}

impl Granted {
    fn lease(&self, left: Duration) -> Lease {
        let lease = Lease::new(self.id.clone(), left);
        if self.renewable { lease.renewable() } else { lease }
    }
}

async fn renew(client: &Client, namespace: Option<&str>, id: &str, end: Instant) -> Result<Granted, SourceError> {
    let call = Call::write(["sys", "leases", "renew"], namespace, json!({ "lease_id": id }));
    let (answered, _) = timeout_at(end, client.send(&call)).await.unwrap_or_else(|_| Err(not_renewed()))?;
    secret::lease(&answered.body)
}

/// Revokes a lease. What cannot be revoked expires.
async fn revoke(client: &Client, place: &Place, id: &str) {
    if let Some(held) = client.token_without_login().await {
        revoke_with(client, &held.token, place, id).await;
    }
}

async fn revoke_with(client: &Client, token: &Token, place: &Place, id: &str) {
    let call = Call::write(["sys", "leases", "revoke"], place.namespace.as_deref(), json!({ "lease_id": id }));
    let _ = timeout(FAREWELL, client.exchange(&call, Some(token))).await;
}

/// The error of a renewal that takes too long.
pub(super) fn not_renewed() -> SourceError {
    SourceError::new(ErrorKind::Timeout, "no answer to a renewal")
}

/// Asks the engine for a secret; with the token that made it.
async fn create(client: &Client, place: &Place) -> Result<(Option<Secret>, Option<Held>), SourceError> {
    let path = place.mount.split('/').chain(place.path.split('/'));
    let (answered, held) = client.send(&Call::read(path, place.namespace.as_deref()).creating()).await?;
    if answered.is_absent {
        return Ok((None, held));
    }
    Ok((client.parsed(answered.body, Secret::of_any).await?, held))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[tokio::test(start_paused = true)]
    async fn a_life_is_renewed_at_two_thirds_or_a_little_earlier() {
        let now = Instant::now();
        for (random, due) in [(0.0, 2.0 / 3.0), (1.0, 2.0 / 3.0 - 0.1)] {
            let life = Life::of(HOUR, now, random);
            assert_eq!(life.due - now, HOUR.mul_f64(due));
            assert!(!life.is_over(now + HOUR - AGAIN) && life.is_over(now + HOUR));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_renewal_that_brings_little_replaces() {
        let (life, now) = (Life::new(HOUR, Instant::now()), Instant::now());
        assert!(life.renewed(HOUR / 2, now).is_some());
        assert!(life.renewed(HOUR / 2 - AGAIN, now).is_none());
        let again = life.renewed(HOUR / 2, now).unwrap();
        assert!(again.renewed(HOUR / 3, now).is_none(), "measured by the first life");
    }

    #[tokio::test(start_paused = true)]
    async fn an_attempt_that_fails_is_not_repeated_at_once() {
        let now = Instant::now();
        let mut life = Life::new(HOUR, now);
        let later = now + HOUR.mul_f64(0.9);
        life.postpone(later);
        assert!(!life.is_due(later + AGAIN) && life.is_due(now + HOUR.mul_f64(0.92)));
    }
}

//! Single-flight for the cache: whoever leads asks the source and stores the answer, the others wait for it.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep_until};

use super::{
    Cache, Freshness, Hit, Started,
    flight::{Follow, Landing, Lead, Led, RENEWAL, Role},
    sync::{Mutex, PoisonError},
};
use crate::{Answer, bind::Identity};

/// How long after the lapse of a lead it is taken over. If all tasks stood still, the leader renews it in this time.
const GRACE: Duration = Duration::from_millis(100);

/// What a task does for an answer that is not in the cache.
#[derive(Debug)]
#[must_use]
pub(crate) enum Flight {
    /// It asks the source.
    Lead(LeadGuard),
    /// Another one asks already.
    Follow(Follower),
}

/// How following ends.
#[derive(Debug)]
pub(crate) enum Followed {
    /// The leader's answer, also if it is an error.
    Answer(Answer),
    /// The leader has left without one.
    Lead(LeadGuard),
}

/// The flights of several requests, each with the position of its key. The requests of all leads are sent before any
/// follower is awaited: see the [module](super).
#[derive(Debug, Default)]
#[must_use]
pub(crate) struct JoinedMany {
    pub(crate) lead: Vec<(usize, LeadGuard)>,
    pub(crate) follow: Vec<(usize, Follower)>,
}

/// The right to ask the source, and the duty to say what it answered. If it is dropped, because its task was cancelled or
/// has panicked, or if it is not [renewed](Self::renew), one of the followers gets it.
#[must_use]
pub(crate) struct LeadGuard {
    cache: Cache,
    lead: Lead<Identity, Answer>,
    started: Started,
    /// When its fetch ran last.
    renewed: Mutex<Instant>,
}

/// Waits for the answer of the leader, and takes the lead over if that is not renewed.
///
/// # Cancel safety
/// Dropping it leaves the flight; a lead that was offered to it goes to the next follower.
#[must_use]
pub(crate) struct Follower {
    cache: Cache,
    follow: Follow<Identity, Answer>,
    timer: Option<Pin<Box<Sleep>>>,
    /// The lead has lapsed, at this time.
    lapsed: Option<Instant>,
}

impl Cache {
    /// Joins the flights of several requests at once, or begins them. A follower gets whatever the leader gets, fresh by any
    /// `ttl`, since it is newer than the wish for it.
    pub(crate) fn join_many<'k>(&self, keys: impl IntoIterator<Item = &'k Identity>) -> JoinedMany {
        let mut joined = JoinedMany::default();
        for (position, role) in self.0.flights.join_many(keys).into_iter().enumerate() {
            match self.flight(role) {
                Flight::Lead(lead) => joined.lead.push((position, lead)),
                Flight::Follow(follower) => joined.follow.push((position, follower)),
            }
        }
        joined
    }

    /// Leads the revalidation of a value, unless somebody does already or it was replaced since it was seen.
    pub(crate) fn lead_refresh(&self, key: &Identity, seen: &Hit) -> Option<LeadGuard> {
        let lead = self.lead(self.0.flights.try_lead(key)?);
        match self.0.storage.peek(key) {
            Some(entry) if entry.started > seen.entry.started => {
                lead.lead.land(Ok(entry.reply.clone()));
                None
            }
            _ => Some(lead),
        }
    }

    fn flight(&self, role: Role<Identity, Answer>) -> Flight {
        match role {
            Role::Lead(lead) => Flight::Lead(self.lead(lead)),
            Role::Follow(follow) => {
                self.0.counters.follow();
                Flight::Follow(Follower { cache: self.clone(), follow, timer: None, lapsed: None })
            }
        }
    }

    fn lead(&self, lead: Lead<Identity, Answer>) -> LeadGuard {
        self.0.counters.lead();
        LeadGuard { cache: self.clone(), lead, started: self.start(), renewed: Mutex::new(Instant::now()) }
    }
}

impl LeadGuard {
    pub(crate) fn key(&self) -> &Identity {
        self.lead.key()
    }

    /// Shows the followers that the leader still runs. To be called every [`RENEWAL`](super::RENEWAL).
    pub(crate) fn renew(&self) {
        *self.renewed.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        self.lead.renew();
    }

    fn renewed(&self) -> Instant {
        *self.renewed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the request is one of a sensitive component: see [`Started::sensitive`].
    pub(crate) fn sensitive(self, secret: bool) -> Self {
        Self { started: self.started.sensitive(secret), ..self }
    }

    /// Ends the flight with a stored answer, if another leader has stored a fresh one since the lookup.
    ///
    /// # Errors
    /// That answer, which the followers get too.
    pub(crate) fn unless_fresh(self, freshness: Freshness, now: Instant) -> Result<Self, Hit> {
        let fresh = self.cache.get(self.key(), now).filter(|hit| hit.is_fresh(&freshness, self.cache.0.absent_for));
        let Some(hit) = fresh else { return Ok(self) };
        self.lead.land(Ok(hit.reply.clone()));
        Err(hit)
    }

    /// Stores the answer, unless it is an error or was invalidated meanwhile, and gives it to all followers. `known` is the
    /// value whose version was sent with the request: it is the answer if the source has sent
    /// [`Unchanged`](crate::Reply::Unchanged). Without one, or if its lease has ended, the answer stays `Unchanged`.
    pub(crate) fn finish(self, answer: &Answer, known: Option<&Hit>, now: Instant) -> Answer {
        let has_stood_still = now.saturating_duration_since(self.renewed()) > 2 * RENEWAL;
        let Self { cache, lead, started, .. } = self;
        let number = started.number;
        let (answer, leaving) = match answer {
            Err(error) => (Err(error.clone()), None),
            Ok(reply) => {
                let writes = cache.writes();
                let entry = cache.entry(lead.key(), reply, known, started, now);
                let answer = entry.as_ref().map_or(reply, |entry| &entry.reply).clone();
                let may_store =
                    lead.is_current() || !has_stood_still && lead.was_doubted() && number >= writes.invalidated;
                let entry = entry.filter(|_| may_store);
                let leaving = entry.map(|entry| cache.put(lead.key(), entry));
                drop(writes);
                (Ok(answer), leaving)
            }
        };
        lead.land(answer.clone());
        drop(leaving);
        answer
    }
}

impl Future for Follower {
    type Output = Followed;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Followed> {
        match Pin::new(&mut self.follow).poll(context) {
            Poll::Ready(Landing::Answer(answer)) => return Poll::Ready(Followed::Answer(answer)),
            Poll::Ready(Landing::Lead(lead)) => return Poll::Ready(Followed::Lead(self.cache.lead(lead))),
            Poll::Pending => {}
        }
        let lead = ready!(self.poll_lapse(context));
        Poll::Ready(Followed::Lead(self.cache.lead(lead)))
    }
}

/// The lead that a follower waits for.
pub(crate) struct FollowedLead(Led<Answer>);

impl FollowedLead {
    /// The follower has waited in vain: whoever asks next asks for itself, since the request of the leader may be stuck.
    pub(crate) fn doubt(&self) {
        self.0.doubt();
    }
}

impl Follower {
    pub(crate) fn led(&self) -> FollowedLead {
        FollowedLead(self.follow.led())
    }

    /// Waits until the lead has lapsed and is not renewed in the time after that.
    fn poll_lapse(&mut self, context: &mut Context<'_>) -> Poll<Lead<Identity, Answer>> {
        loop {
            let (lapses, now) = (self.follow.lapses(), Instant::now());
            if lapses > now {
                self.lapsed = None;
                self.set_timer(lapses);
            } else if self.lapsed != Some(lapses) {
                self.lapsed = Some(lapses);
                self.set_timer(now + GRACE);
            }
            if let Some(timer) = &mut self.timer {
                ready!(timer.as_mut().poll(context));
            }
            if self.lapsed.is_some_and(|lapsed| lapsed == self.follow.lapses()) {
                let lead = self.follow.take_over();
                if lead.is_none() {
                    // It has ended just now.
                    context.waker().wake_by_ref();
                }
                return lead.map_or(Poll::Pending, Poll::Ready);
            }
        }
    }

    fn set_timer(&mut self, until: Instant) {
        match &mut self.timer {
            Some(timer) => timer.as_mut().reset(until),
            None => self.timer = Some(Box::pin(sleep_until(until))),
        }
    }
}

impl std::fmt::Debug for LeadGuard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LeadGuard").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Follower {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Follower").finish_non_exhaustive()
    }
}

//! Single-flight: of all tasks that want one answer, one leads, which asks for it, and the others follow, and get a copy.
//!
//! What always holds: a flight has at most one leader. If the leader is dropped without an answer, it wakes one follower,
//! which leads from then on; if that one is dropped too, the next. A flight that everybody has left is forgotten. Wakers
//! are called and dropped outside of the locks, since they run foreign code.
//!
//! A lead is a lease, which its holder renews as long as it runs. One that has lapsed can be taken over: its holder is alive
//! but not polled. Whatever it answers later is for itself alone. One that a follower doubts lapses at once, since its request may
//! be stuck; what it answers may still be stored.
//!
//! Locks are taken in this order: the table, then a flight.

use std::{
    collections::{BTreeMap, HashMap},
    future::Future,
    hash::Hash,
    mem::take,
    pin::Pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use tokio::time::Instant;

use super::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How long a lead lasts unless it is renewed.
const LEASE: Duration = Duration::from_secs(1);

/// From which age on the first lead can be doubted: about as long as an attempt may take by default. The next one can be doubted
/// after twice that time, and so on.
const YOUNG: Duration = Duration::from_millis(1500);

/// How often a lead is renewed.
pub(crate) const RENEWAL: Duration = Duration::from_millis(500);

/// The flights in progress.
pub(super) struct Flights<K, A>(Arc<Mutex<Table<K, A>>>);

type Table<K, A> = HashMap<K, Arc<Flight<A>>>;

/// One answer that is being waited for.
struct Flight<A>(Mutex<State<A>>);

struct State<A> {
    phase: Phase<A>,
    /// Which leader is the current one.
    term: u64,
    /// When its lead began.
    since: Instant,
    /// When it lapses.
    until: Instant,
    /// The leaders that were doubted.
    doubted: Vec<u64>,
    /// How many follow, polled or not.
    followers: usize,
    /// Those that wait, in the order in which they joined.
    waiting: BTreeMap<u64, Waker>,
    next: u64,
}

enum Phase<A> {
    Led,
    /// The leader has left. Whoever comes next leads.
    Vacant,
    Landed(A),
}

/// What a task does for an answer.
pub(super) enum Role<K: Eq + Hash + Clone, A> {
    Lead(Lead<K, A>),
    Follow(Follow<K, A>),
}

/// The place of a task in a flight.
struct Seat<K, A> {
    flights: Flights<K, A>,
    key: K,
    flight: Arc<Flight<A>>,
}

/// The right, and the duty, to get the answer. Dropping it hands it over to a follower.
pub(super) struct Lead<K: Eq + Hash + Clone, A> {
    seat: Seat<K, A>,
    term: u64,
    landed: bool,
}

/// Waits for the answer, or for the lead.
///
/// # Cancel safety
/// Dropping it leaves the flight; a lead that was offered to it goes to the next follower.
pub(super) struct Follow<K: Eq + Hash + Clone, A> {
    seat: Seat<K, A>,
    number: u64,
    since: Instant,
    ended: bool,
}

/// A lead that is followed.
pub(super) struct Led<A> {
    flight: Arc<Flight<A>>,
    term: u64,
}

impl<A> Led<A> {
    /// A follower has waited for it in vain: unless it is young, or over, it lapses.
    pub(super) fn doubt(&self) {
        let mut state = self.flight.lock();
        if state.term == self.term {
            state.doubt(Instant::now());
        }
    }
}

/// How following ends.
pub(super) enum Landing<K: Eq + Hash + Clone, A> {
    Answer(A),
    Lead(Lead<K, A>),
}

impl<K: Eq + Hash + Clone, A> Flights<K, A> {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(HashMap::new())))
    }

    /// How many flights there are.
    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    /// Joins the flights for several keys at once, or begins them.
    pub(super) fn join_many<'k>(&self, keys: impl IntoIterator<Item = &'k K>) -> Vec<Role<K, A>>
    where
        K: 'k,
    {
        let table = &mut self.lock();
        keys.into_iter().map(|key| self.join_in(table, key)).collect()
    }

    /// Leads the flight for a key, if nobody does.
    pub(super) fn try_lead(&self, key: &K) -> Option<Lead<K, A>> {
        let table = &mut self.lock();
        let is_led = |flight: &Arc<Flight<A>>| {
            let state = flight.lock();
            !matches!(state.phase, Phase::Vacant) && !state.has_lapsed(Instant::now())
        };
        let led = table.get(key).is_some_and(is_led);
        match if led { None } else { Some(self.join_in(table, key)) } {
            Some(Role::Lead(lead)) => Some(lead),
            _ => None,
        }
    }

    /// Separates flights from their keys: those who are in them stay, and whoever joins from now on begins a new one.
    pub(super) fn detach(&self, which: impl Fn(&K) -> bool) {
        let detached: Vec<_> = self.lock().extract_if(|key, _| which(key)).collect();
        drop(detached);
    }

    fn join_in(&self, table: &mut Table<K, A>, key: &K) -> Role<K, A> {
        if let Some(flight) = table.get(key) {
            let mut state = flight.lock();
            match state.phase {
                Phase::Led if !state.has_lapsed(Instant::now()) => {
                    let seat = self.seat(key, flight);
                    state.followers += 1;
                    state.next += 1;
                    return Role::Follow(Follow { seat, number: state.next, since: Instant::now(), ended: false });
                }
                Phase::Led | Phase::Vacant => return Role::Lead(state.lead(self.seat(key, flight))),
                // It is removed from the table before it lands.
                Phase::Landed(_) => {}
            }
        }
        let flight = Arc::new(Flight(Mutex::new(State::vacant())));
        table.insert(key.clone(), Arc::clone(&flight));
        let seat = self.seat(key, &flight);
        Role::Lead(flight.lock().lead(seat))
    }

    fn seat(&self, key: &K, flight: &Arc<Flight<A>>) -> Seat<K, A> {
        Seat { flights: self.clone(), key: key.clone(), flight: Arc::clone(flight) }
    }

    fn lock(&self) -> MutexGuard<'_, Table<K, A>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, A> Clone for Flights<K, A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<A> Flight<A> {
    fn lock(&self) -> MutexGuard<'_, State<A>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<A> State<A> {
    fn vacant() -> Self {
        let (phase, waiting, now) = (Phase::Vacant, BTreeMap::new(), Instant::now());
        Self { phase, term: 0, since: now, until: now, doubted: Vec::new(), followers: 0, waiting, next: 0 }
    }

    /// Begins the lead of the next leader.
    fn lead<K: Eq + Hash + Clone>(&mut self, seat: Seat<K, A>) -> Lead<K, A> {
        self.phase = Phase::Led;
        self.term += 1;
        self.since = Instant::now();
        self.until = self.since + LEASE;
        Lead { seat, term: self.term, landed: false }
    }

    /// Lets the lead lapse, unless it is young, or over.
    fn doubt(&mut self, now: Instant) {
        // Each that is doubted makes the next one be trusted for longer: it is the source that is slow.
        let trusted = YOUNG * (1 << self.doubted.len().min(8));
        if matches!(self.phase, Phase::Led) && self.since + trusted <= now && self.doubted.last() != Some(&self.term) {
            self.until = now;
            self.doubted.push(self.term);
        }
    }

    fn has_lapsed(&self, now: Instant) -> bool {
        matches!(self.phase, Phase::Led) && self.until <= now
    }

    fn first_waiting(&mut self) -> Option<Waker> {
        self.waiting.pop_first().map(|(_, waker)| waker)
    }
}

impl<K: Eq + Hash + Clone, A> Seat<K, A> {
    /// Whether the flight is still the one for its key.
    fn is_current(&self, table: &Table<K, A>) -> bool {
        table.get(&self.key).is_some_and(|flight| Arc::ptr_eq(flight, &self.flight))
    }

    fn forget(&self, table: &mut Table<K, A>) {
        if self.is_current(table) {
            table.remove(&self.key);
        }
    }

    /// Offers the lead to the first that waits, and forgets the flight if there are no followers.
    fn vacate(&self, table: &mut Table<K, A>, state: &mut State<A>) -> Option<Waker> {
        if state.followers == 0 {
            self.forget(table);
        }
        state.phase = Phase::Vacant;
        state.first_waiting()
    }
}

impl<K: Eq + Hash + Clone, A> Lead<K, A> {
    pub(super) fn key(&self) -> &K {
        &self.seat.key
    }

    /// Whether the flight was not detached, and nobody has taken it over.
    pub(super) fn is_current(&self) -> bool {
        let table = self.seat.flights.lock();
        self.seat.is_current(&table) && self.seat.flight.lock().term == self.term
    }

    /// Whether it was taken over because a follower has doubted it.
    pub(super) fn was_doubted(&self) -> bool {
        self.seat.flight.lock().doubted.contains(&self.term)
    }

    /// Shows that its holder still runs.
    pub(super) fn renew(&self) {
        let mut state = self.seat.flight.lock();
        if state.term == self.term && !state.doubted.contains(&self.term) {
            state.until = Instant::now() + LEASE;
        }
    }

    /// Ends the flight: all followers get the answer. If it was taken over, nobody does.
    pub(super) fn land(mut self, answer: A) {
        self.landed = true;
        let waiting = {
            let mut table = self.seat.flights.lock();
            let mut state = self.seat.flight.lock();
            if state.term != self.term {
                return;
            }
            self.seat.forget(&mut table);
            state.phase = Phase::Landed(answer);
            take(&mut state.waiting)
        };
        waiting.into_values().for_each(Waker::wake);
    }
}

impl<K: Eq + Hash + Clone, A> Drop for Lead<K, A> {
    fn drop(&mut self) {
        if self.landed {
            return;
        }
        let next = {
            let mut table = self.seat.flights.lock();
            let mut state = self.seat.flight.lock();
            if state.term == self.term { self.seat.vacate(&mut table, &mut state) } else { None }
        };
        next.into_iter().for_each(Waker::wake);
    }
}

impl<K: Eq + Hash + Clone, A> Follow<K, A> {
    /// When the lead lapses that it follows, unless it is renewed.
    pub(super) fn lapses(&self) -> Instant {
        self.seat.flight.lock().until
    }

    /// The lead that it follows.
    pub(super) fn led(&self) -> Led<A> {
        Led { flight: Arc::clone(&self.seat.flight), term: self.seat.flight.lock().term }
    }

    /// Takes over the lead if it has lapsed.
    pub(super) fn take_over(&mut self) -> Option<Lead<K, A>> {
        let Seat { flights, flight, .. } = self.seat.clone();
        let (lead, own) = {
            let mut table = flights.lock();
            let mut state = flight.lock();
            if self.ended || !state.has_lapsed(Instant::now()) {
                return None;
            }
            (self.lead_in(&mut table, &mut state), state.waiting.remove(&self.number))
        };
        drop(own);
        Some(lead)
    }

    fn lead_in(&mut self, table: &mut Table<K, A>, state: &mut State<A>) -> Lead<K, A> {
        self.ended = true;
        state.followers -= 1;
        // A flight that was detached is one for its key again: its request is sent from now on.
        table.entry(self.seat.key.clone()).or_insert_with(|| Arc::clone(&self.seat.flight));
        state.lead(self.seat.clone())
    }
}

impl<K: Eq + Hash + Clone + Unpin, A: Clone> Future for Follow<K, A> {
    type Output = Landing<K, A>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Landing<K, A>> {
        let this = &mut *self;
        let mut own = Some(context.waker().clone());
        let (landing, replaced) = {
            let Seat { flights, flight, .. } = this.seat.clone();
            let mut table = flights.lock();
            let mut state = flight.lock();
            let landing = match &state.phase {
                Phase::Led => None,
                Phase::Landed(answer) => {
                    let answer = answer.clone();
                    this.ended = true;
                    state.followers -= 1;
                    Some(Landing::Answer(answer))
                }
                Phase::Vacant => Some(Landing::Lead(this.lead_in(&mut table, &mut state))),
            };
            let replaced = match &landing {
                None => own.take().and_then(|own| state.waiting.insert(this.number, own)),
                Some(_) => state.waiting.remove(&this.number),
            };
            (landing, replaced)
        };
        drop(replaced);
        landing.map_or(Poll::Pending, Poll::Ready)
    }
}

impl<K: Eq + Hash + Clone, A> Drop for Follow<K, A> {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let (own, next) = {
            let mut table = self.seat.flights.lock();
            let mut state = self.seat.flight.lock();
            state.followers -= 1;
            // It has waited in vain, as one does whose timeout has passed.
            let now = Instant::now();
            if self.since + YOUNG <= now {
                state.doubt(now);
            }
            let own = state.waiting.remove(&self.number);
            let is_vacant = matches!(state.phase, Phase::Vacant);
            (own, if is_vacant { self.seat.vacate(&mut table, &mut state) } else { None })
        };
        drop(own);
        next.into_iter().for_each(Waker::wake);
    }
}

impl<K: Clone, A> Clone for Seat<K, A> {
    fn clone(&self) -> Self {
        Self { flights: self.flights.clone(), key: self.key.clone(), flight: Arc::clone(&self.flight) }
    }
}

//! The idle connections of a pool, and how long they may stay idle.

use std::time::Duration;

use tokio::{runtime::Id, time::Instant};

use super::origin::Origin;

/// How long connections are kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// The longest that a connection may be idle: shorter than what routers and servers allow.
    pub(super) idle: Duration,
    /// The longest that a connection is used, so that it follows a server that moved.
    pub(super) age: Duration,
}

impl Limits {
    pub(super) const DEFAULT: Self = Self { idle: Duration::from_secs(60), age: Duration::from_secs(30 * 60) };
}

/// A connection and its history.
#[derive(Debug)]
pub(super) struct Pooled<C> {
    pub(super) connection: C,
    pub(super) origin: Origin,
    pub(super) opened: Instant,
}

#[derive(Debug)]
struct IdleConnection<C> {
    pooled: Pooled<C>,
    since: Instant,
}

/// Idle connections, the longest idle first.
#[derive(Debug)]
pub(super) struct IdleConnections<C> {
    connections: Vec<IdleConnection<C>>,
    /// None if a connection is never closed because of its age: a database in memory is lost with its connection.
    limits: Option<Limits>,
    /// The runtimes that have a task which closes idle connections.
    swept: Vec<Option<Id>>,
    closed: bool,
}

impl<C> IdleConnections<C> {
    pub(super) fn new(limits: Option<Limits>) -> Self {
        Self { connections: Vec::new(), limits, swept: Vec::new(), closed: false }
    }

    /// Keeps a connection, or gives it back if the pool is closed.
    pub(super) fn put(&mut self, pooled: Pooled<C>, now: Instant) -> Result<(), Pooled<C>> {
        if self.closed {
            return Err(pooled);
        }
        self.connections.push(IdleConnection { pooled, since: now });
        Ok(())
    }

    /// The most recently used connection of those that can be used here, a preferred one if there is one.
    pub(super) fn take(&mut self, here: &Origin, preferred: impl Fn(&C) -> bool) -> Option<Pooled<C>> {
        let usable = |idle: &IdleConnection<C>| idle.pooled.origin == *here;
        let first = |idle: &IdleConnection<C>| usable(idle) && preferred(&idle.pooled.connection);
        let index = self.connections.iter().rposition(first).or_else(|| self.connections.iter().rposition(usable))?;
        Some(self.connections.remove(index).pooled)
    }

    /// Marks the pool closed, and gives all connections.
    pub(super) fn close(&mut self) -> Vec<Pooled<C>> {
        self.closed = true;
        self.extract(|_| true)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Those that have been idle or in use for too long.
    pub(super) fn take_expired(&mut self, now: Instant) -> Vec<Pooled<C>> {
        let Some(limits) = self.limits else { return Vec::new() };
        self.extract(|idle| idle.expires(limits) <= now)
    }

    /// Those whose file has changed.
    pub(super) fn take_outdated(&mut self, here: &Origin) -> Vec<Pooled<C>> {
        self.extract(|idle| idle.pooled.origin.file != here.file)
    }

    /// Those that have been idle since before an instant.
    pub(super) fn take_idle_since(&mut self, instant: Instant) -> Vec<Pooled<C>> {
        self.extract(|idle| idle.since <= instant)
    }

    /// Those that cannot be used here.
    pub(super) fn take_others(&mut self, here: &Origin) -> Vec<Pooled<C>> {
        self.extract(|idle| idle.pooled.origin != *here)
    }

    /// Those of a runtime.
    pub(super) fn take_runtime(&mut self, runtime: Option<Id>) -> Vec<Pooled<C>> {
        self.extract(|idle| idle.pooled.origin.runtime == runtime)
    }

    /// The longest idle ones, so that at most `limit` are left.
    pub(super) fn take_beyond(&mut self, limit: usize) -> Vec<Pooled<C>> {
        let surplus = self.connections.len().saturating_sub(limit);
        self.connections.drain(..surplus).map(|idle| idle.pooled).collect()
    }

    /// Whether a task has to be started that closes the idle connections of a runtime.
    pub(super) fn start_sweeping(&mut self, runtime: Option<Id>) -> bool {
        let start = self.limits.is_some() && !self.swept.contains(&runtime);
        if start {
            self.swept.push(runtime);
        }
        start
    }

    /// The task has ended.
    pub(super) fn stop_sweeping(&mut self, runtime: Option<Id>) {
        self.swept.retain(|swept| *swept != runtime);
    }

    /// When the next idle connection of a runtime expires, if it has one.
    pub(super) fn next_expiry(&self, runtime: Option<Id>) -> Option<Instant> {
        let limits = self.limits?;
        let idle = self.connections.iter().filter(|idle| idle.pooled.origin.runtime == runtime);
        idle.map(|idle| idle.expires(limits)).min()
    }

    fn extract(&mut self, mut which: impl FnMut(&IdleConnection<C>) -> bool) -> Vec<Pooled<C>> {
        self.connections.extract_if(.., |idle| which(idle)).map(|idle| idle.pooled).collect()
    }
}

impl<C> IdleConnection<C> {
    fn expires(&self, limits: Limits) -> Instant {
        (self.since + limits.idle).min(self.pooled.opened + limits.age)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Origin = Origin { runtime: None, file: None };
    const LIMITS: Limits = Limits::DEFAULT;
    const SECOND: Duration = Duration::from_secs(1);

    fn pooled(connection: u8, opened: Instant) -> Pooled<u8> {
        Pooled { connection, origin: HERE, opened }
    }

    fn names(pooled: Vec<Pooled<u8>>) -> Vec<u8> {
        pooled.into_iter().map(|pooled| pooled.connection).collect()
    }

    #[test]
    fn the_connection_that_was_used_last_is_used_first() {
        let now = Instant::now();
        let mut idle = IdleConnections::new(Some(LIMITS));
        idle.put(pooled(1, now), now).unwrap();
        idle.put(pooled(2, now), now + SECOND).unwrap();
        assert_eq!(idle.take(&HERE, |_| false).unwrap().connection, 2);
        assert_eq!(idle.take(&HERE, |_| false).unwrap().connection, 1);
        assert!(idle.take(&HERE, |_| false).is_none());
    }

    #[test]
    fn a_preferred_connection_is_used_before_the_one_that_was_used_last() {
        let now = Instant::now();
        let mut idle = IdleConnections::new(Some(LIMITS));
        for connection in 1..=3 {
            idle.put(pooled(connection, now), now).unwrap();
        }
        let preferred = |connection: &u8| *connection < 3;
        let taken: Vec<_> = (0..3).filter_map(|_| idle.take(&HERE, preferred)).collect();
        assert_eq!(names(taken), [2, 1, 3]);
    }

    #[test]
    fn idle_time_and_age_are_limited_unless_the_database_is_lost_with_its_connection() {
        let start = Instant::now();
        let late = start + LIMITS.age;
        for (limits, expected) in [(Some(LIMITS), vec![1, 2]), (None, vec![])] {
            let mut idle = IdleConnections::new(limits);
            idle.put(pooled(1, late), late - LIMITS.idle).unwrap();
            idle.put(pooled(2, start), late).unwrap();
            idle.put(pooled(3, late), late).unwrap();
            assert_eq!(idle.next_expiry(None), limits.map(|_| late));
            assert_eq!(names(idle.take_expired(late)), expected);
            assert_eq!(idle.next_expiry(None), limits.map(|limits| late + limits.idle));
        }
    }

    #[test]
    fn what_has_been_idle_since_before_a_silence_is_closed_and_what_answered_later_is_not() {
        let start = Instant::now();
        let mut idle = IdleConnections::new(Some(LIMITS));
        idle.put(pooled(1, start), start).unwrap();
        idle.put(pooled(2, start), start + 2 * SECOND).unwrap();
        assert_eq!(names(idle.take_idle_since(start + SECOND)), [1]);
        assert_eq!(idle.take(&HERE, |_| false).unwrap().connection, 2);
    }

    #[test]
    fn a_connection_is_used_only_where_it_was_opened() {
        let now = Instant::now();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let there = Origin { runtime: Some(runtime.handle().id()), ..HERE };
        let mut idle = IdleConnections::new(Some(LIMITS));
        idle.put(pooled(1, now), now).unwrap();
        idle.put(Pooled { connection: 2, origin: there, opened: now }, now).unwrap();
        idle.put(pooled(3, now), now).unwrap();
        assert_eq!(idle.take(&there, |_| false).unwrap().connection, 2);
        assert!(idle.take(&there, |_| false).is_none());
        assert_eq!(names(idle.take_others(&there)), [1, 3]);
    }

    #[test]
    fn the_longest_idle_make_room() {
        let now = Instant::now();
        let mut idle = IdleConnections::new(Some(LIMITS));
        for connection in 1..=3 {
            idle.put(pooled(connection, now), now).unwrap();
        }
        assert_eq!(names(idle.take_beyond(1)), [1, 2]);
        assert!(idle.take_beyond(1).is_empty());
    }

    #[test]
    fn each_runtime_has_one_task_that_closes_idle_connections() {
        let mut idle = IdleConnections::<u8>::new(Some(LIMITS));
        assert!(idle.start_sweeping(None) && !idle.start_sweeping(None));
        idle.stop_sweeping(None);
        assert!(idle.start_sweeping(None));
        assert!(!IdleConnections::<u8>::new(None).start_sweeping(None));
    }

    #[test]
    fn a_closed_pool_keeps_no_connection() {
        let now = Instant::now();
        let mut idle = IdleConnections::new(Some(LIMITS));
        idle.put(pooled(1, now), now).unwrap();
        assert_eq!(names(idle.close()), [1]);
        assert_eq!(idle.put(pooled(2, now), now).unwrap_err().connection, 2);
        assert!(idle.is_closed());
    }
}

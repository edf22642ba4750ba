//! The connections that wait for their next use, and how long they may.

use std::time::{Duration, Instant};

use super::origin::Origin;

/// The longest that a connection may be idle and be used again: shorter than what routers and servers allow.
const IDLE: Duration = Duration::from_secs(60);

/// The longest that a connection is used, so that it follows a server that moved.
const AGE: Duration = Duration::from_secs(30 * 60);

/// A connection and its history.
#[derive(Debug)]
pub(super) struct Kept<C> {
    pub(super) connection: C,
    pub(super) origin: Origin,
    pub(super) opened: Instant,
}

/// Connections that wait, the longest idle one first.
#[derive(Debug)]
pub(super) struct Idle<C> {
    waiting: Vec<(Kept<C>, Instant)>,
    /// Whether idleness and age are bounded: a database in memory goes with its connection.
    bounded: bool,
}

impl<C> Idle<C> {
    pub(super) fn new(bounded: bool) -> Self {
        Self { waiting: Vec::new(), bounded }
    }

    pub(super) fn put(&mut self, kept: Kept<C>, now: Instant) {
        self.waiting.push((kept, now));
    }

    /// The one that was used last of those that can be used here.
    pub(super) fn take(&mut self, here: &Origin) -> Option<Kept<C>> {
        let index = self.waiting.iter().rposition(|(kept, _)| kept.origin == *here)?;
        Some(self.waiting.remove(index).0)
    }

    /// Those that have been idle or in use for too long, or whose file is another by now.
    pub(super) fn expired(&mut self, here: &Origin, now: Instant) -> Vec<Kept<C>> {
        let bounded = self.bounded;
        let over = |kept: &Kept<C>, since: Instant| {
            let time = now.duration_since(since) > IDLE || now.duration_since(kept.opened) > AGE;
            bounded && time || kept.origin.file != here.file
        };
        self.waiting.extract_if(.., |(kept, since)| over(kept, *since)).map(|(kept, _)| kept).collect()
    }

    /// Those that have been idle since before an instant.
    pub(super) fn idle_before(&mut self, instant: Instant) -> Vec<Kept<C>> {
        let keep_all = !self.bounded;
        let old = |since: Instant| !keep_all && since <= instant;
        self.waiting.extract_if(.., |(_, since)| old(*since)).map(|(kept, _)| kept).collect()
    }

    /// Those that cannot be used here.
    pub(super) fn of_others(&mut self, here: &Origin) -> Vec<Kept<C>> {
        self.waiting.extract_if(.., |(kept, _)| kept.origin != *here).map(|(kept, _)| kept).collect()
    }

    /// The longest idle ones, beyond so many.
    pub(super) fn beyond(&mut self, most: usize) -> Vec<Kept<C>> {
        let surplus = self.waiting.len().saturating_sub(most);
        self.waiting.drain(..surplus).map(|(kept, _)| kept).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Origin = Origin { runtime: None, file: None };

    fn kept(connection: u8, opened: Instant) -> Kept<u8> {
        Kept { connection, origin: HERE, opened }
    }

    fn names(kept: Vec<Kept<u8>>) -> Vec<u8> {
        kept.into_iter().map(|kept| kept.connection).collect()
    }

    #[test]
    fn the_connection_that_was_used_last_is_used_first() {
        let now = Instant::now();
        let mut idle = Idle::new(true);
        idle.put(kept(1, now), now);
        idle.put(kept(2, now), now + Duration::from_secs(1));
        assert_eq!(idle.take(&HERE).unwrap().connection, 2);
        assert_eq!(idle.take(&HERE).unwrap().connection, 1);
        assert!(idle.take(&HERE).is_none());
    }

    #[test]
    fn idleness_and_age_are_bounded_unless_the_database_lives_in_its_connection() {
        let start = Instant::now();
        let late = start + AGE + Duration::from_secs(1);
        for (bounded, expected) in [(true, vec![1, 2]), (false, vec![])] {
            let mut idle = Idle::new(bounded);
            idle.put(kept(1, late), late - IDLE - Duration::from_secs(1));
            idle.put(kept(2, start), late);
            idle.put(kept(3, late), late);
            assert_eq!(names(idle.expired(&HERE, late)), expected);
        }
    }

    #[test]
    fn what_has_been_idle_since_before_a_silence_is_given_up_and_what_answered_later_is_not() {
        let start = Instant::now();
        let second = Duration::from_secs(1);
        let mut idle = Idle::new(true);
        idle.put(kept(1, start), start);
        idle.put(kept(2, start), start + 2 * second);
        assert_eq!(names(idle.idle_before(start + second)), [1]);
        assert_eq!(idle.take(&HERE).unwrap().connection, 2);
    }

    #[test]
    fn a_connection_is_used_only_where_it_was_opened() {
        let now = Instant::now();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let there = Origin { runtime: Some(runtime.handle().id()), ..HERE };
        let mut idle = Idle::new(true);
        idle.put(kept(1, now), now);
        idle.put(Kept { connection: 2, origin: there, opened: now }, now);
        idle.put(kept(3, now), now);
        assert_eq!(idle.take(&there).unwrap().connection, 2);
        assert!(idle.take(&there).is_none());
        assert_eq!(names(idle.of_others(&there)), [1, 3]);
    }

    #[test]
    fn the_longest_idle_make_room() {
        let now = Instant::now();
        let mut idle = Idle::new(true);
        for connection in 1..=3 {
            idle.put(kept(connection, now), now);
        }
        assert_eq!(names(idle.beyond(1)), [1, 2]);
        assert!(idle.beyond(1).is_empty());
    }
}

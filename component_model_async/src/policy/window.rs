//! Counts over a sliding window of time.
//!
//! The window is a ring of slots. Time is measured from the first event, so that a window may be created outside of a
//! runtime whose clock is paused.
//!
//! What always holds: an event is counted for at most the window's length, and for at least 95 % of it; memory does not
//! depend on the number of events; a time before the newest event counts as that event's time.

use std::time::Duration;

use tokio::time::Instant;

const SLOTS: usize = 20;

/// Two counts over a window; what they count is up to the user.
#[derive(Debug)]
pub(crate) struct Window {
    /// The length of a slot, in nanoseconds; at least 1.
    slot: u64,
    origin: Option<Instant>,
    /// The newest slot, counted from the origin.
    newest: u64,
    /// Its place in the ring.
    place: usize,
    /// When it ends, if the clock can count that and there was an event.
    ends: Option<Instant>,
    slots: [[u64; 2]; SLOTS],
    totals: [u64; 2],
}

impl Window {
    pub(crate) fn new(length: Duration) -> Self {
        let slot = nanos(length / SLOTS as u32).max(1);
        Self { slot, origin: None, newest: 0, place: 0, ends: None, slots: [[0; 2]; SLOTS], totals: [0; 2] }
    }

    /// Adds to the counts.
    pub(crate) fn add(&mut self, now: Instant, [first, second]: [u64; 2]) {
        self.advance(now);
        let slot = &mut self.slots[self.place];
        *slot = [slot[0] + first, slot[1] + second];
        self.totals = [self.totals[0] + first, self.totals[1] + second];
    }

    /// The counts of the window that ends now.
    pub(crate) fn totals(&mut self, now: Instant) -> [u64; 2] {
        self.advance(now);
        self.totals
    }

    /// Forgets all events.
    pub(crate) fn clear(&mut self) {
        (self.slots, self.totals) = ([[0; 2]; SLOTS], [0; 2]);
    }

    /// Drops the slots that have left the window.
    fn advance(&mut self, now: Instant) {
        if self.ends.is_none_or(|ends| now >= ends) {
            self.begin_slot(now);
        }
    }

    #[cold]
    fn begin_slot(&mut self, now: Instant) {
        let origin = *self.origin.get_or_insert(now);
        // A clock that went back is still in the newest slot.
        let slot = (nanos(now.saturating_duration_since(origin)) / self.slot).max(self.newest);
        if slot - self.newest >= SLOTS as u64 {
            self.clear();
        } else {
            (self.newest + 1..=slot).for_each(|left| self.clear_slot(left));
        }
        (self.newest, self.place) = (slot, place(slot));
        let ends = slot.checked_add(1).and_then(|next| next.checked_mul(self.slot));
        self.ends = ends.and_then(|ends| origin.checked_add(Duration::from_nanos(ends)));
    }

    fn clear_slot(&mut self, slot: u64) {
        let [first, second] = std::mem::take(&mut self.slots[place(slot)]);
        self.totals = [self.totals[0] - first, self.totals[1] - second];
    }
}

/// Where a slot is in the ring.
fn place(slot: u64) -> usize {
    (slot % SLOTS as u64) as usize
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LENGTH: Duration = Duration::from_secs(20);

    #[test]
    fn an_event_leaves_the_window_after_its_length() {
        let start = Instant::now();
        let mut window = Window::new(LENGTH);
        window.add(start, [1, 0]);
        window.add(start + LENGTH / 2, [0, 2]);
        assert_eq!(window.totals(start + LENGTH - Duration::from_nanos(1)), [1, 2]);
        assert_eq!(window.totals(start + LENGTH), [0, 2]);
        assert_eq!(window.totals(start + LENGTH * 100), [0, 0]);
    }

    #[test]
    fn a_time_before_the_newest_event_counts_as_its_time() {
        let start = Instant::now();
        let mut window = Window::new(LENGTH);
        window.add(start + LENGTH, [1, 0]);
        window.add(start, [1, 0]);
        window.add(start + LENGTH * 2 - Duration::from_nanos(1), [1, 0]);
        assert_eq!(window.totals(start + LENGTH), [3, 0]);
        assert_eq!(window.totals(start + LENGTH * 2), [1, 0]);
    }

    #[test]
    fn windows_of_any_length_work() {
        let start = Instant::now();
        for length in [Duration::ZERO, Duration::from_nanos(1), Duration::MAX] {
            let mut window = Window::new(length);
            window.add(start, [1, 1]);
            window.add(start + Duration::from_secs(1 << 33), [1, 1]);
            window.add(start + Duration::from_secs(1 << 34), [1, 1]);
            assert_eq!(window.totals(start)[0], if length == Duration::MAX { 3 } else { 1 });
        }
    }

    proptest! {
        #[test]
        fn the_totals_are_those_of_the_events_since_the_start_of_the_oldest_slot(
            events in proptest::collection::vec((0..4_000_u64, 0..3_u64, 0..3_u64), 1..60),
        ) {
            let start = Instant::now();
            let (mut window, mut model, mut now) = (Window::new(LENGTH), Vec::new(), 0);
            for (pause, first, second) in events {
                now += pause;
                let at = start + Duration::from_millis(now);
                window.add(at, [first, second]);
                // A slot lasts a second; the first event of all starts the first slot.
                model.push((now, [first, second]));
                let origin = model[0].0;
                let oldest = ((now - origin) / 1000).saturating_sub(19) * 1000 + origin;
                let mut totals = [0, 0];
                for (at, counts) in &model {
                    if *at >= oldest {
                        totals = [totals[0] + counts[0], totals[1] + counts[1]];
                    }
                }
                prop_assert_eq!(window.totals(at), totals);
            }
        }
    }
}

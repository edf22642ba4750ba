//! Conversions of seconds into durations.

use std::time::Duration;

use super::{BySeconds, IntoValue, Reason, TryIntoValue};

/// Whole seconds; the only integer type, so that a literal needs no suffix.
impl IntoValue<Duration, BySeconds> for u64 {
    #[inline]
    fn into_value(self) -> Duration {
        Duration::from_secs(self)
    }
}

/// Seconds and nanoseconds; more than [`Duration::MAX`], 584 billion years, becomes [`Duration::MAX`].
impl IntoValue<Duration, BySeconds> for (u64, u32) {
    #[inline]
    fn into_value(self) -> Duration {
        sum(self).unwrap_or(Duration::MAX)
    }
}

impl TryIntoValue<Duration, BySeconds> for (u64, u32) {
    fn try_into_value(self) -> Result<Duration, Reason> {
        sum(self).ok_or_else(|| Reason::new("the duration is too large"))
    }
}

fn sum((seconds, nanos): (u64, u32)) -> Option<Duration> {
    Duration::from_secs(seconds).checked_add(Duration::from_nanos(nanos.into()))
}

macro_rules! whole {
    ($($integer:ty),*) => { $(
        impl TryIntoValue<Duration, BySeconds> for $integer {
            fn try_into_value(self) -> Result<Duration, Reason> {
                let seconds = u64::try_from(self).map_err(|_| Reason::new("a duration cannot be negative"))?;
                Ok(Duration::from_secs(seconds))
            }
        }
    )* };
}

macro_rules! fractional {
    ($($float:ty: $read:path),*) => { $(
        impl TryIntoValue<Duration, BySeconds> for $float {
            fn try_into_value(self) -> Result<Duration, Reason> {
                $read(self).map_err(Reason::new)
            }
        }
    )* };
}

whole!(u32, i32, u64, i64);
fractional!(f32: Duration::try_from_secs_f32, f64: Duration::try_from_secs_f64);

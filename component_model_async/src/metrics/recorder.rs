//! What is recorded with the crate `metrics`, with the feature `metrics`; nothing without it.
//!
//! What always holds: without a recorder, nothing is computed and nothing is allocated when a value is recorded. Keys are made
//! once, and recorders are looked up each time, since one may be installed at any time.

#[cfg(feature = "metrics")]
mod on {
    use std::{sync::Arc, time::Duration};

    use metrics::{Gauge, IntoF64, Label, Level, Metadata, Recorder, SharedString, with_recorder};

    static METADATA: Metadata<'static> = Metadata::new("component_model", Level::INFO, Some("component_model"));

    /// A metric with its labels.
    #[derive(Debug)]
    pub(crate) struct Key(metrics::Key);

    impl Key {
        /// One without labels.
        pub(crate) const fn plain(name: &'static str) -> Self {
            Self(metrics::Key::from_static_name(name))
        }

        pub(crate) fn new(name: &'static str, label: &'static str, value: &Arc<str>) -> Self {
            let label = Label::new(label, SharedString::from_shared(Arc::clone(value)));
            Self(metrics::Key::from_parts(name, vec![label]))
        }

        /// The same with another label.
        pub(crate) fn and(&self, label: &'static str, value: &'static str) -> Self {
            Self(self.0.with_extra_labels(vec![Label::from_static_parts(label, value)]))
        }

        /// Adds to a counter.
        pub(crate) fn add(&self, count: u64) {
            with_recorder(|recorder: &dyn Recorder| recorder.register_counter(&self.0, &METADATA)).increment(count);
        }

        /// Records a time in a histogram.
        pub(crate) fn record(&self, time: impl FnOnce() -> Duration) {
            with_recorder(|recorder| recorder.register_histogram(&self.0, &METADATA))
                .record(Late(|| time().as_secs_f64()));
        }

        /// Sets a gauge.
        pub(crate) fn set(&self, value: u32) {
            with_recorder(|recorder| recorder.register_gauge(&self.0, &METADATA)).set(value);
        }

        /// Adds one to a gauge, until it is dropped.
        pub(crate) fn hold(&self) -> Held {
            let gauge = with_recorder(|recorder| recorder.register_gauge(&self.0, &METADATA));
            let mut is_recorded = false;
            gauge.increment(Late(|| {
                is_recorded = true;
                1.0
            }));
            Held { gauge, is_recorded }
        }
    }

    /// Computed only if somebody records it.
    struct Late<F>(F);

    impl<F: FnOnce() -> f64> IntoF64 for Late<F> {
        fn into_f64(self) -> f64 {
            (self.0)()
        }
    }

    /// One in a gauge. It keeps the gauge: a recorder that is installed later does not see it end.
    pub(crate) struct Held {
        gauge: Gauge,
        is_recorded: bool,
    }

    impl Held {
        /// Whether there is a recorder.
        pub(crate) fn is_recorded(&self) -> bool {
            self.is_recorded
        }
    }

    impl Drop for Held {
        fn drop(&mut self) {
            self.gauge.decrement(1.0);
        }
    }
}

#[cfg(not(feature = "metrics"))]
mod off {
    use std::{sync::Arc, time::Duration};

    #[derive(Debug)]
    pub(crate) struct Key;

    impl Key {
        pub(crate) const fn plain(_: &'static str) -> Self {
            Self
        }

        pub(crate) fn new(_: &'static str, _: &'static str, _: &Arc<str>) -> Self {
            Self
        }

        pub(crate) fn and(&self, _: &'static str, _: &'static str) -> Self {
            Self
        }

        pub(crate) fn add(&self, _: u64) {}

        pub(crate) fn record(&self, _: impl FnOnce() -> Duration) {}

        pub(crate) fn set(&self, _: u32) {}

        pub(crate) fn hold(&self) -> Held {
            Held
        }
    }

    pub(crate) struct Held;

    impl Held {
        pub(crate) fn is_recorded(&self) -> bool {
            false
        }
    }
}

#[cfg(not(feature = "metrics"))]
pub(crate) use self::off::{Held, Key};
#[cfg(feature = "metrics")]
pub(crate) use self::on::{Held, Key};

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Held")
    }
}

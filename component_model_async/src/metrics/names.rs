//! The names of all metrics. The guide `observability` lists them; a test compares the two.

macro_rules! names {
    ($($constant:ident = $kind:ident $name:literal $unit:ident $description:literal;)*) => {
        $(
            #[cfg_attr(not(all(feature = "metrics", feature = "local-cache")), allow(dead_code))]
            pub(super) const $constant: &str = $name;
        )*

        /// Gives the descriptions and the units of all metrics to the recorder, which shows them to people.
        ///
        /// Call it once, after a recorder was installed. Without it, everything is recorded nevertheless.
        ///
        /// ```
        /// // Here a recorder is installed.
        /// component_model::describe_metrics();
        /// ```
        #[cfg(feature = "metrics")]
        pub fn describe_metrics() {
            $(names!(@describe $kind $name $unit $description);)*
        }
    };
    (@describe counter $name:literal $unit:ident $description:literal) => {
        metrics::describe_counter!($name, metrics::Unit::$unit, $description)
    };
    (@describe gauge $name:literal $unit:ident $description:literal) => {
        metrics::describe_gauge!($name, metrics::Unit::$unit, $description)
    };
    (@describe histogram $name:literal $unit:ident $description:literal) => {
        metrics::describe_histogram!($name, metrics::Unit::$unit, $description)
    };
}

names! {
    FETCHES = counter "component_model_fetches_total" Count "Fetches that ended.";
    FETCH_DURATION = histogram "component_model_fetch_duration_seconds" Seconds "How long a fetch took.";
    FETCHES_IN_FLIGHT = gauge "component_model_fetches_in_flight" Count "Fetches that run.";
    COMPONENTS = counter "component_model_components_total" Count "How components got their values, or that they failed.";

    REQUESTS = counter "component_model_requests_total" Count "Round trips to a source, each attempt counted.";
    REQUEST_DURATION = histogram "component_model_request_duration_seconds" Seconds "How long a round trip took.";
    REQUESTS_IN_FLIGHT = gauge "component_model_requests_in_flight" Count "Round trips that run.";
    REQUESTS_QUEUED = gauge "component_model_requests_queued" Count "Round trips that wait, since the limit is reached.";
    RETRIES = counter "component_model_retries_total" Count "Pauses after which a round trip is attempted again.";
    BUDGET_EXHAUSTED = counter "component_model_retry_budget_exhausted_total" Count "Retries that the budget did not allow.";
    HEDGES = counter "component_model_hedges_total" Count "Round trips that were sent a second time.";

    BREAKER_STATE = gauge "component_model_breaker_state" Count "0 closed, 1 half-open, 2 open; the worst of the endpoints.";
    BREAKER_TRANSITIONS = counter "component_model_breaker_transitions_total" Count "Changes of a circuit breaker.";
    BREAKER_REJECTIONS = counter "component_model_breaker_rejections_total" Count "Round trips that an open breaker held back.";

    CACHE_HITS = counter "component_model_cache_hits_total" Count "Fresh values that were found in the cache.";
    CACHE_MISSES = counter "component_model_cache_misses_total" Count "Values that were not in the cache, or had expired.";
    CACHE_SHARED = counter "component_model_cache_shared_total" Count "Requests that waited for that of another fetch.";
    CACHE_REFRESHES = counter "component_model_cache_refreshes_total" Count "Values that were fetched again before they expire.";
    CACHE_EVICTIONS = counter "component_model_cache_evictions_total" Count "Values that left because there was no room.";
    CACHE_ENTRIES = gauge "component_model_cache_entries" Count "Values in the cache.";

    LOCAL_CACHE_READS = counter "component_model_local_cache_reads_total" Count "Reads of the local cache.";
    LOCAL_CACHE_WRITES = counter "component_model_local_cache_writes_total" Count "Writes of the local cache.";
}

//! What protects one registration. It is shared by all fetches, and lives as long as the sources.

use std::sync::Arc;

use super::{budget::Budget, limit::Limit, random::Random};
use crate::Policies;

/// The policies of a registration, and what they remember.
pub(crate) struct Guard {
    pub(crate) policies: Policies,
    pub(crate) budget: Budget,
    pub(crate) limit: Arc<Limit>,
    pub(crate) random: Random,
}

impl Guard {
    pub(crate) fn new(policies: Policies) -> Self {
        let budget = Budget::new(policies.budget().unwrap_or_default());
        let limit = Arc::new(policies.parallel_requests().map_or_else(Limit::default, Limit::new));
        Self { policies, budget, limit, random: Random::default() }
    }
}

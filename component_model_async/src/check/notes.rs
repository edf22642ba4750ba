//! Settings that have no effect with the registered sources.

use std::collections::BTreeSet;

use component_model_types::{
    plan::{Layer, Policy},
    text::list_of,
};

use crate::{
    Policies, RetryBudget,
    bind::{Draft, DraftComponent, Leaf, Other},
    policy::timeout,
    registry::Registry,
    text::duration_text,
};

/// A line for each setting without effect.
pub(super) fn of(draft: &Draft<'_>, sources: &Registry) -> Vec<String> {
    let components = draft.components.iter().zip(&draft.leaves);
    let immediate = components.filter_map(|(component, leaf)| immediate(component, leaf, sources));
    let of_components = draft
        .components
        .iter()
        .zip(&draft.leaves)
        .flat_map(|(component, leaf)| without_effect(component, leaf, sources));
    let notes = sources.unregistered().into_iter().chain(immediate).chain(of_components);
    let notes = notes.chain(draft.leaves.iter().flat_map(|leaf| braces_in_query(leaf, draft)));
    let of_registrations = never_refreshed(draft, sources).into_iter().chain(never_slow(draft, sources));
    notes.chain(of_registrations).chain(never_repeated(draft, sources)).collect()
}

/// Queries with the name of a component in braces within a literal, where PostgreSQL has arrays: it may be meant as a template.
fn braces_in_query(leaf: &Leaf<'_>, draft: &Draft<'_>) -> Vec<String> {
    let queries = leaf.component.layers.iter().filter_map(|layer| layer.option("query"));
    let named = |query: &str| {
        let names = draft.leaves.iter().map(|leaf| leaf.component.name);
        names.filter(|name| query.contains(&format!("{{{name}}}"))).map(str::to_owned).collect::<Vec<_>>()
    };
    let path = format!("{}.{}", draft.name, leaf.path_text());
    let note = |name: String| {
        format!(
            "{path}: `{{{name}}}` in its `query` is text, and not the value of `{name}`, which a parameter would be"
        )
    };
    queries.flat_map(named).map(note).collect()
}

/// The policies of a component all of whose sources answer without I/O.
fn immediate(component: &DraftComponent, leaf: &Leaf<'_>, sources: &Registry) -> Option<String> {
    let answers_at_once = |layer: &Layer<'_>| sources.find(layer.source).is_ok_and(|found| found.source.is_immediate());
    let policy = &leaf.component.policy;
    let other = policy.fallback_to.filter(|_| matches!(component.other, Some(Other::Layer(_))));
    let is_immediate = leaf.component.layers.iter().chain(&other).all(answers_at_once);
    let written = written(policy);
    if !is_immediate || written.is_empty() {
        return None;
    }
    let names: BTreeSet<_> = sources_of(leaf).collect();
    let (have, answer) =
        (if written.len() == 1 { "has" } else { "have" }, if names.len() == 1 { "answers" } else { "answer" });
    let names = list_of(&names.into_iter().collect::<Vec<_>>());
    let (path, written) = (component.about.full_path(), list_of(&written));
    Some(format!("{path}: {written} {have} no effect: {names} {answer} without I/O"))
}

/// Policies of a component that others of its own policies leave without effect.
fn without_effect(component: &DraftComponent, leaf: &Leaf<'_>, sources: &Registry) -> Vec<String> {
    let policy = &leaf.component.policy;
    let (path, mut notes) = (component.about.full_path(), Vec::new());
    let retries = |name: &str| {
        sources.find(name).is_ok_and(|found| found.policies.is_some_and(|all| all.most_attempts() > Some(1)))
    };
    if let (Some(1), Some(name)) = (policy.retry_attempts, pause_of(policy)) {
        notes.push(format!("{path}: `{name}` has no effect: `retry_attempts` is 1"));
    }
    let is_hedged_late = |name: &str| {
        let hedge = sources.find(name).ok().and_then(|found| found.policies?.hedging()?.delay());
        hedge.zip(policy.timeout).filter(|(delay, timeout)| delay >= timeout)
    };
    for (name, (delay, timeout)) in sources_of(leaf).filter_map(|name| Some((name, is_hedged_late(name)?))) {
        let (delay, timeout) = (duration_text(delay), duration_text(timeout));
        notes.push(format!(
            "{path}: the hedge of the registration `{name}` waits {delay}, but its `timeout` ends an attempt after {timeout}"
        ));
    }
    if let Some(name) = pause_of(policy).filter(|_| policy.retry_attempts.is_none() && !sources_of(leaf).any(retries)) {
        notes.push(format!("{path}: `{name}` has an effect in `fetch_with_resilience` only: add `retry_attempts`"));
    }
    if let (Some(ttl), Some(ahead)) = (policy.ttl, policy.refresh_ahead)
        && ahead > ttl / 2
    {
        let (ahead, half) = (duration_text(ahead), duration_text(ttl / 2));
        notes.push(format!(
            "{path}: a value is refreshed {half} before its end, not {ahead}: within the last half of its `ttl`"
        ));
    }
    notes
}

/// The pause between retries that an attribute sets.
fn pause_of(policy: &Policy<'_>) -> Option<&'static str> {
    let pauses = [("retry_backoff", policy.retry_backoff), ("retry_max_backoff", policy.retry_max_backoff)];
    pauses.into_iter().find_map(|(name, pause)| pause.map(|_| name))
}

/// The registrations that repeat requests, but may not: their budget or their limit allows none.
fn never_repeated(draft: &Draft<'_>, sources: &Registry) -> Vec<String> {
    let names: BTreeSet<_> = draft.leaves.iter().flat_map(|leaf| sources_of(leaf)).collect();
    let note = |name: &str| {
        let policies = sources.find(name).ok()?.policies?;
        let of_components = draft.leaves.iter().filter(|leaf| sources_of(leaf).any(|source| source == name));
        let attempts = of_components.filter_map(|leaf| leaf.component.policy.retry_attempts);
        let retries = attempts.chain(policies.most_attempts()).any(|attempts| attempts > 1);
        let hedges = policies.hedging().is_some();
        let has_no_budget = policies.budget().is_some_and(RetryBudget::allows_none);
        let (what, why) = match (retries, hedges) {
            (true, true) if has_no_budget => ("`retry_attempts` and the hedge have", "its budget allows no retry"),
            (true, false) if has_no_budget => ("`retry_attempts` has", "its budget allows no retry"),
            (false, true) if has_no_budget => ("the hedge has", "its budget allows no retry"),
            (_, true) if policies.parallel_requests() == Some(1) => ("the hedge has", "its `limit` is 1"),
            _ => return None,
        };
        Some(format!("{}: with the registration `{name}` {what} no effect: {why}", draft.name))
    };
    names.into_iter().filter_map(note).collect()
}

/// The registrations whose calls are cut off before they are slow.
fn never_slow(draft: &Draft<'_>, sources: &Registry) -> Vec<String> {
    let names: BTreeSet<_> = draft.leaves.iter().flat_map(|leaf| sources_of(leaf)).collect();
    let note = |name: &str| {
        let policies = sources.find(name).ok()?.policies?;
        let (slow, timeout) = (policies.breaker()?.slow_call?, policies.attempt_timeout().unwrap_or(timeout::DEFAULT));
        // A component may be more patient than the registration.
        let components = draft.leaves.iter().filter(|leaf| sources_of(leaf).any(|source| source == name));
        let longest = components.filter_map(|leaf| leaf.component.policy.timeout).max();
        let limit = longest.map_or(timeout, |longest| longest.max(timeout));
        let (shown, limit_shown) = (duration_text(slow), duration_text(limit));
        (slow >= limit).then(|| {
            format!(
                "{}: `slow_call` of the registration `{name}` is {shown}, but its calls end at a timeout of {limit_shown}",
                draft.name
            )
        })
    };
    names.into_iter().filter_map(note).collect()
}

/// The policies of the attempts and of the cache that the attribute sets. A deadline also limits the wait for other components.
fn written(policy: &Policy<'_>) -> Vec<&'static str> {
    let durations = policy.durations().into_iter().filter(|(name, duration)| *name != "deadline" && duration.is_some());
    let switches =
        [("retry_attempts", policy.retry_attempts.is_some()), ("circuit_breaker", policy.circuit_breaker.is_some())];
    let switches = switches.into_iter().filter(|(_, is_written)| *is_written);
    durations.map(|(name, _)| name).chain(switches.map(|(name, _)| name)).collect()
}

/// The registrations whose `refresh_ahead` no component uses, since none of theirs is cached.
fn never_refreshed(draft: &Draft<'_>, sources: &Registry) -> Vec<String> {
    let names: BTreeSet<_> = draft.leaves.iter().flat_map(|leaf| sources_of(leaf)).collect();
    let refreshes = |policies: &Policies| policies.time_to_refresh().is_some() && policies.time_to_live().is_none();
    let is_never_used = |name: &&str| {
        let refreshes = sources.find(name).is_ok_and(|found| found.policies.is_some_and(refreshes));
        let is_cached =
            |leaf: &Leaf<'_>| leaf.component.policy.ttl.is_some() && sources_of(leaf).any(|source| source == *name);
        refreshes && !draft.leaves.iter().any(is_cached)
    };
    let note = |name| {
        format!(
            "{}: `refresh_ahead` of the registration `{name}` has an effect in `fetch_with_cache` only: neither it nor a \
             component that is fetched from it has a `ttl`",
            draft.name
        )
    };
    names.into_iter().filter(is_never_used).map(note).collect()
}

fn sources_of<'p>(leaf: &Leaf<'p>) -> impl Iterator<Item = &'p str> + use<'p> {
    leaf.component.layers.iter().map(|layer| layer.source)
}

//! Random graphs of dependencies on a paused clock: the time of a fetch is that of its longest path.

use std::{collections::HashMap, time::Duration};

use component_model::{
    Answer, Asked, KeyQuery, Request, RequestSpec, Source, SourceError, Sources, Value,
    plan::{Component, Layer, Plan},
};
use proptest::prelude::*;
use tokio::time::{Instant, sleep};

/// Each key takes its own time.
struct Timed(HashMap<String, Duration>);

impl Source for Timed {
    type Query = KeyQuery;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<KeyQuery>, SourceError> {
        Request::by_key(spec)
    }

    async fn fetch(&self, asked: Asked<'_, KeyQuery>) -> Answer {
        let key = asked.query().key();
        let own = key.split('-').next().unwrap_or_default();
        sleep(self.0.get(own).copied().unwrap_or_default()).await;
        Ok(Value::text(own).into())
    }
}

/// For each component how long it takes, and the earlier components that it names.
fn graph() -> impl Strategy<Value = Vec<(u64, Vec<usize>)>> {
    let node = (1..50_u64, prop::collection::vec(any::<prop::sample::Index>(), 0..4));
    prop::collection::vec(node, 1..30).prop_map(|nodes| {
        let needs = |(position, (time, needs)): (usize, (u64, Vec<prop::sample::Index>))| {
            let mut needs: Vec<_> =
                if position == 0 { Vec::new() } else { needs.iter().map(|index| index.index(position)).collect() };
            needs.sort_unstable();
            needs.dedup();
            (time, needs)
        };
        nodes.into_iter().enumerate().map(needs).collect()
    })
}

/// When each component has its value.
fn ends(graph: &[(u64, Vec<usize>)]) -> Vec<u64> {
    let mut ends: Vec<u64> = Vec::new();
    for (time, needs) in graph {
        ends.push(time + needs.iter().map(|need| ends[*need]).max().unwrap_or_default());
    }
    ends
}

async fn fetch(graph: &[(u64, Vec<usize>)], order: &[usize]) -> (Duration, Vec<(String, Duration)>) {
    let names: Vec<_> = (0..graph.len()).map(|position| format!("n{position}")).collect();
    let keys: Vec<_> = graph
        .iter()
        .enumerate()
        .map(|(position, (_, needs))| {
            needs.iter().fold(names[position].clone(), |key, need| format!("{key}-{{n{need}}}"))
        })
        .collect();
    let layers: Vec<_> = keys.iter().map(|key| [Layer { source: "timed", key: Some(key), ..Layer::NEW }]).collect();
    let components: Vec<_> = order
        .iter()
        .map(|position| Component { name: &names[*position], layers: &layers[*position], ..Component::NEW })
        .collect();
    let times = graph.iter().zip(&names).map(|((time, _), name)| (name.clone(), Duration::from_millis(*time)));
    let sources = Sources::builder().source("timed", Timed(times.collect())).build();
    let plan = sources.bind(&Plan { name: "Graph", components: &components, ..Plan::NEW }).unwrap();
    let started = Instant::now();
    let (values, report) = plan.fetch_with_report().await.unwrap();
    assert_eq!(values.len(), graph.len());
    let ended = report.entries().map(|entry| (entry.component().to_owned(), entry.elapsed())).collect();
    (started.elapsed(), ended)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn every_component_ends_as_soon_as_its_longest_path_allows(
        (graph, order) in graph().prop_flat_map(|graph| {
            let order: Vec<_> = (0..graph.len()).collect();
            (Just(graph), Just(order).prop_shuffle())
        })
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let (total, ended) = runtime.block_on(fetch(&graph, &order));
        let expected = ends(&graph);
        prop_assert_eq!(total, Duration::from_millis(expected.iter().copied().max().unwrap_or_default()));
        for (name, elapsed) in ended {
            let position: usize = name[1..].parse().unwrap();
            prop_assert_eq!(elapsed, Duration::from_millis(expected[position]), "{}", name);
        }
    }
}

//! A row: one source and one fault, under all policies at once.
//!
//! All components are fetched once, then the fault begins and all are fetched again. It ends while the column of that
//! name is between its first and its second attempt.

use std::time::Duration;

use component_model::BreakerStatus;
use testbed::BedError;
use tokio::sync::Semaphore;

use crate::{
    bed::{Bed, Kind, NAME},
    columns::{
        Cached, Cell, Guarded, Healed, Plain, Retried, Seen, Stored, Unguarded, WithDefault, WithFallback, WithOther,
    },
    fault::Fault,
};

/// What was seen in each column; several fetches in that of the circuit breaker.
pub(crate) struct Row {
    pub(crate) columns: [Vec<Seen>; 9],
    /// The states of the circuit breaker after the third fetch and after the last one.
    pub(crate) breaker: [BreakerStatus; 2],
    /// How many connections were opened for the fetch that the circuit breaker refused.
    pub(crate) connections: usize,
}

impl Row {
    pub(crate) async fn run(kind: Kind, fault: Fault, setups: &Semaphore) -> Result<Self, BedError> {
        let setup = setups.acquire().await.unwrap();
        let mut bed = Bed::start(kind, fault).await?;
        let folder = tempfile::tempdir().unwrap();
        let stored = folder.path().join("config.cache");
        let cell = |key| Cell::new(&bed, fault, key, &stored);
        let plain = cell("plain");
        let fallback = cell("fallback");
        let default = cell("default");
        let retried = cell("retry");
        let healed = cell("heals");
        let guarded = cell("breaker");
        let cached = cell("stale");
        let other = cell("other");
        // One stores the value, another one boots from it.
        let (before, booted) = (cell("stored"), cell("stored"));
        plain.warm::<Plain>().await;
        fallback.warm::<WithFallback>().await;
        default.warm::<WithDefault>().await;
        retried.warm::<Retried>().await;
        healed.warm::<Healed>().await;
        guarded.warm::<Unguarded>().await;
        cached.warm::<Cached>().await;
        other.warm::<WithOther>().await;
        before.warm::<Stored>().await;
        before.sources.shutdown().await;
        drop(setup);

        bed.strike(fault).await;
        // The cached value expires.
        tokio::time::sleep(Duration::from_millis(30)).await;
        let mut breaker = vec![guarded.fetch::<Guarded>(&bed).await, guarded.fetch::<Guarded>(&bed).await];
        // Nothing else runs: whatever is opened is opened for this fetch.
        let connections = bed.connections();
        breaker.push(guarded.fetch::<Guarded>(&bed).await);
        let connections = bed.connections() - connections;
        let opened = state(&guarded);
        let (plain, fallback, default, retried, cached, other, stored) = tokio::join!(
            plain.fetch::<Plain>(&bed),
            fallback.fetch::<WithFallback>(&bed),
            default.fetch::<WithDefault>(&bed),
            retried.fetch::<Retried>(&bed),
            cached.fetch::<Cached>(&bed),
            other.fetch::<WithOther>(&bed),
            booted.fetch::<Stored>(&bed),
        );
        let healed = heal(&mut bed, fault, &healed).await;
        tokio::time::sleep(until_probe(&guarded)).await;
        breaker.push(guarded.fetch::<Guarded>(&bed).await);
        let columns = [plain, fallback, default, retried, healed].map(|seen| vec![seen]);
        let [plain, fallback, default, retried, healed] = columns;
        let [cached, other, stored] = [cached, other, stored].map(|seen| vec![seen]);
        let columns = [plain, fallback, default, retried, healed, breaker, cached, other, stored];
        Ok(Self { columns, breaker: [opened, state(&guarded)], connections })
    }
}

/// Ends the fault after the first attempt of this component.
async fn heal(bed: &mut Bed, fault: Fault, cell: &Cell) -> Seen {
    cell.gate.shut_after_one();
    let first = cell.gate.calls() + 1;
    let over = async {
        cell.gate.until_finished(first).await;
        bed.heal(fault).await;
        cell.gate.open();
    };
    tokio::join!(cell.observe::<Healed>(), over).0
}

fn state(cell: &Cell) -> BreakerStatus {
    let state = cell.sources.state();
    state.source(NAME).unwrap().breakers().next().map_or(BreakerStatus::Closed, |(_, state)| state.status())
}

fn until_probe(cell: &Cell) -> Duration {
    let state = cell.sources.state();
    let breakers = state.source(NAME).unwrap();
    breakers.breakers().next().and_then(|(_, state)| state.next_probe()).unwrap_or_default()
}

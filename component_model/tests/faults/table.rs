//! The page with the tables.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::{columns::COLUMNS, local};

/// A line of a table.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) source: String,
    pub(crate) fault: String,
    pub(crate) cells: Vec<String>,
    /// Where it is not what the semantics say.
    pub(crate) differences: Vec<String>,
}

const HEAD: &str = "\
# What happens when something breaks

`scripts/faults` writes this page from a run against real servers, and the test `faults` fails if a run shows anything else.
What is expected of each cell is data, in `component_model/tests/faults/expected.rs`; it follows from the ladder in the guide
`component_model::guide::policies`.

Each row has its own proxy and database, server or file. All its components are fetched once. Then the fault begins, and they are
fetched again, each with sources of its own. An attempt may take 1 s. A cell is the step of the ladder that answered, or
the kind of the error. The source is called once unless the cell says otherwise.

- `retry_attempts = 3` appears twice: once the fault lasts, and once it is over before the second attempt.
- `circuit_breaker`: \"opens\" means that two failures opened it, that the next fetch failed as `circuit open` without a call
  of the source and without a new connection, and that the probe after the fault closed it. Otherwise it stayed closed, and each
  of three fetches called the source. The last word is the fetch after the fault.
- `ttl` and `stale_for`: the cached value has expired.
- `local_cache`: other sources, without a connection, which start while the fault lasts.

";

const NOT_THERE: &str = "
Not in this table: a leader that is lost, which of these sources only Consul, etcd and NATS have (their own tests show it: unavailable); a full disk,
which a source that only reads does not notice. The HTTP servers run in the process of the test; what is stopped or killed is a process before them that relays bytes.

# The file of `local_cache`

The value was stored. Then something happened to the file, and the source became unreachable.

";

/// The whole page.
pub(crate) fn page(lines: &[Line]) -> String {
    let (local, sources): (Vec<_>, Vec<_>) = lines.iter().partition(|line| line.source == local::SOURCE);
    let mut page = HEAD.to_owned();
    table(&mut page, "source", &COLUMNS, &sources);
    page += NOT_THERE;
    table(&mut page, "file", &local::COLUMNS, &local);
    page
}

fn table(page: &mut String, first: &str, columns: &[&str], lines: &[&Line]) {
    let _ = writeln!(page, "| {first} | fault | {} |", columns.join(" | "));
    let _ = writeln!(page, "| --- | --- |{}", " --- |".repeat(columns.len()));
    for line in lines {
        let _ = writeln!(page, "| {} | {} | {} |", line.source, line.fault, line.cells.join(" | "));
    }
}

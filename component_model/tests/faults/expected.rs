//! What the documented semantics say about each cell, as data: which step of the ladder answers, and how often the source
//! is called for it.

use component_model::{
    BreakerStatus, ErrorKind,
    ErrorKind::{Absent, Denied, Malformed, Misconfigured, NotSetUp, Throttled, Timeout, Unavailable, Unreachable},
    Outcome,
};

use crate::{
    bed::{Kind, Kind::*},
    columns::{COLUMNS, Seen},
    fault::Fault,
    row::Row,
    table::Line,
};

/// What a fault is for the ladder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// The source still answers.
    Answers,
    Absent,
    CannotAnswer,
    /// It asks for a longer pause than any attempt waits for.
    NotForLong,
    /// Open connections fail once, and new ones work.
    Once,
    Denied,
    Wrong,
    /// It is not there, for which nobody waits.
    NotThere,
    /// Denied, which who has the file open does not notice.
    DeniedToNew,
    /// For the program to correct.
    Mistake,
}

/// What one column shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// The source's value, after so many calls.
    Fetched(usize),
    /// The cause is the error, after so many calls.
    Fails(usize),
    Fallback,
    Default,
    Stale,
    Other,
    Stored,
    /// Two failures open it, the third fetch calls nothing, and a probe closes it when the fault is over.
    Opens,
    /// Every failure calls the source.
    StaysClosed,
    /// The first fetch fails and the second does not.
    FailsOnce,
}

use Step::{Default, Fails, FailsOnce, Fallback, Fetched, Opens, Other, Stale, StaysClosed, Stored};

/// In the order of [`COLUMNS`]: none, `fallback`, `default`, retries, retries that help, breaker, stale, other, stored.
const LADDER: [(Class, [Step; 9]); 10] = [
    (
        Class::Answers,
        [Fetched(1), Fetched(1), Fetched(1), Fetched(1), Fetched(1), StaysClosed, Fetched(1), Fetched(1), Fetched(1)],
    ),
    (Class::Absent, [Fails(1), Fallback, Default, Fails(1), Fails(1), StaysClosed, Fails(1), Fails(1), Fails(1)]),
    (Class::CannotAnswer, [Fails(1), Fallback, Fails(1), Fails(3), Fetched(2), Opens, Stale, Other, Stored]),
    (Class::NotThere, [Fails(1), Fallback, Fails(1), Fails(1), Fails(1), StaysClosed, Stale, Other, Stored]),
    (Class::NotForLong, [Fails(1), Fallback, Fails(1), Fails(1), Fails(1), Opens, Stale, Other, Stored]),
    (Class::Once, [Fails(1), Fallback, Fails(1), Fetched(2), Fetched(2), FailsOnce, Stale, Other, Fetched(1)]),
    (Class::Denied, [Fails(1), Fails(1), Fails(1), Fails(1), Fails(1), StaysClosed, Fails(1), Fails(1), Fails(1)]),
    (Class::Wrong, [Fails(1), Fails(1), Fails(1), Fails(1), Fails(1), StaysClosed, Fails(1), Fails(1), Stored]),
    (
        Class::DeniedToNew,
        [Fetched(1), Fetched(1), Fetched(1), Fetched(1), Fetched(1), StaysClosed, Fetched(1), Fetched(1), Fails(1)],
    ),
    (Class::Mistake, [Fails(1), Fails(1), Fails(1), Fails(1), Fails(1), StaysClosed, Fails(1), Fails(1), Fails(1)]),
];

/// How many of the calls arrive at a server that tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Arrives {
    All,
    None,
    /// It depends on the connection: a request on one that is open arrives, and a new one is not opened.
    Depends,
}

/// One fault of one kind of source.
pub(crate) struct Case {
    pub(crate) kind: Kind,
    pub(crate) fault: Fault,
    class: Class,
    pub(crate) cause: Option<ErrorKind>,
    arrives: Arrives,
}

const fn case(kind: Kind, fault: Fault, class: Class, cause: Option<ErrorKind>, arrives: Arrives) -> Case {
    Case { kind, fault, class, cause, arrives }
}

/// The faults of an SQL server, or of a store.
const fn server(kind: Kind) -> [Case; 13] {
    use Arrives::Depends;
    use Class::CannotAnswer;
    [
        case(kind, Fault::Refused, CannotAnswer, Some(Unreachable), Depends),
        case(kind, Fault::Reset, CannotAnswer, Some(Unreachable), Depends),
        case(kind, Fault::Slow, Class::Answers, None, Depends),
        case(kind, Fault::TooSlow, CannotAnswer, Some(Timeout), Depends),
        case(kind, Fault::Silent, CannotAnswer, Some(Timeout), Depends),
        case(kind, Fault::SilentOnes, Class::Once, Some(Timeout), Depends),
        case(kind, Fault::Trickling, CannotAnswer, Some(Timeout), Depends),
        case(kind, Fault::Garbage, CannotAnswer, Some(Unreachable), Depends),
        case(kind, Fault::Stopped, CannotAnswer, Some(Timeout), Depends),
        case(kind, Fault::Killed, CannotAnswer, Some(Unreachable), Depends),
        case(kind, Fault::Deleted, Class::Absent, Some(Absent), Depends),
        case(kind, Fault::Denied, Class::Denied, Some(Denied), Depends),
        case(kind, Fault::Wrong, Class::Wrong, Some(Malformed), Depends),
    ]
}

const fn http(kind: Kind) -> [Case; 19] {
    use Arrives::{All, Depends, None as Never};
    use Class::CannotAnswer;
    [
        case(kind, Fault::Refused, CannotAnswer, Some(Unreachable), Never),
        case(kind, Fault::Reset, CannotAnswer, Some(Unreachable), Never),
        case(kind, Fault::Slow, Class::Answers, None, All),
        case(kind, Fault::TooSlow, CannotAnswer, Some(Timeout), Depends),
        case(kind, Fault::Silent, CannotAnswer, Some(Timeout), Never),
        case(kind, Fault::SilentOnes, Class::Once, Some(Timeout), Depends),
        case(kind, Fault::Trickling, CannotAnswer, Some(Timeout), Depends),
        case(kind, Fault::Garbage, CannotAnswer, Some(Unreachable), Depends),
        case(kind, Fault::Stopped, CannotAnswer, Some(Timeout), Never),
        case(kind, Fault::Killed, CannotAnswer, Some(Unreachable), Never),
        case(kind, Fault::Status(401), Class::Denied, Some(Denied), All),
        case(kind, Fault::Status(403), Class::Denied, Some(Denied), All),
        case(kind, Fault::Status(404), Class::Absent, Some(Absent), All),
        case(kind, Fault::Status(410), Class::Absent, Some(Absent), All),
        case(kind, Fault::Throttled(1), CannotAnswer, Some(Throttled), All),
        case(kind, Fault::Throttled(3600), Class::NotForLong, Some(Throttled), All),
        case(kind, Fault::Status(500), CannotAnswer, Some(Unavailable), All),
        case(kind, Fault::Status(503), CannotAnswer, Some(Unavailable), All),
        case(kind, Fault::Wrong, Class::Wrong, Some(Malformed), All),
    ]
}

const SQLITE: [Case; 8] = [
    case(Sqlite, Fault::Locked, Class::CannotAnswer, Some(Timeout), Arrives::Depends),
    case(Sqlite, Fault::Removed, Class::NotThere, Some(NotSetUp), Arrives::Depends),
    case(Sqlite, Fault::Unreadable, Class::DeniedToNew, Some(Denied), Arrives::Depends),
    case(Sqlite, Fault::Directory, Class::Mistake, Some(Misconfigured), Arrives::Depends),
    case(Sqlite, Fault::Truncated, Class::Wrong, Some(Malformed), Arrives::Depends),
    case(Sqlite, Fault::Garbage, Class::Wrong, Some(Malformed), Arrives::Depends),
    case(Sqlite, Fault::Deleted, Class::Absent, Some(Absent), Arrives::Depends),
    case(Sqlite, Fault::Wrong, Class::Wrong, Some(Malformed), Arrives::Depends),
];

const FILE: [Case; 7] = [
    case(File, Fault::Removed, Class::Absent, Some(Absent), Arrives::Depends),
    case(File, Fault::Unreadable, Class::Denied, Some(Denied), Arrives::Depends),
    case(File, Fault::Directory, Class::Mistake, Some(Misconfigured), Arrives::Depends),
    case(File, Fault::Truncated, Class::Wrong, Some(Malformed), Arrives::Depends),
    case(File, Fault::Garbage, Class::Wrong, Some(Malformed), Arrives::Depends),
    case(File, Fault::Deleted, Class::Absent, Some(Absent), Arrives::Depends),
    case(File, Fault::Wrong, Class::Wrong, Some(Malformed), Arrives::Depends),
];

/// All rows of the matrix, in the order of the table.
pub(crate) fn cases() -> Vec<Case> {
    let servers = server(Postgres).into_iter().chain(server(MariaDb)).chain(SQLITE);
    let stores =
        server(Consul).into_iter().chain(server(Etcd)).chain(server(Nats)).chain(server(Redis)).chain(server(Vault));
    servers.chain(http(Http1)).chain(http(Http2)).chain(stores).chain(FILE).collect()
}

impl Case {
    pub(crate) fn name(&self) -> String {
        format!("{}, {}", self.kind.name(), self.fault.name())
    }

    fn steps(&self) -> [Step; 9] {
        LADDER.iter().find(|(class, _)| *class == self.class).unwrap().1
    }

    /// The line of the table.
    pub(crate) fn line(&self, row: &Row) -> Line {
        let opened = row.breaker[0] == BreakerStatus::Open;
        let cells = row.columns.iter().map(|seen| cell(seen, opened)).collect();
        Line {
            source: self.kind.name().to_owned(),
            fault: self.fault.name(),
            cells,
            differences: self.differences(row),
        }
    }

    /// What differs from what was seen, a text for each.
    fn differences(&self, row: &Row) -> Vec<String> {
        let mut differences = Vec::new();
        for ((step, seen), column) in self.steps().into_iter().zip(&row.columns).zip(COLUMNS) {
            let expected = self.expected(step);
            let matches = seen.len() == expected.len() && seen.iter().zip(&expected).all(|(s, e)| self.matches(s, e));
            if !matches {
                differences.push(format!("{}: {column}:\n  expected {expected:?}\n  seen     {seen:?}", self.name()));
            }
        }
        let opens = self.steps().contains(&Opens);
        let breaker = if opens { BreakerStatus::Open } else { BreakerStatus::Closed };
        if row.breaker != [breaker, BreakerStatus::Closed] {
            differences.push(format!("{}: the breaker is {:?}", self.name(), row.breaker));
        }
        if opens && row.connections > 0 {
            differences.push(format!("{}: the open breaker costs {} connections", self.name(), row.connections));
        }
        differences
    }

    fn matches(&self, seen: &Seen, expected: &Seen) -> bool {
        let arrived = match (self.arrives, seen.arrived) {
            (Arrives::All, Some(arrived)) => arrived == seen.calls,
            (Arrives::None, Some(arrived)) => arrived == 0 || seen.cause.is_none(),
            _ => true,
        };
        arrived && Seen { arrived: None, ..*seen } == *expected
    }

    fn expected(&self, step: Step) -> Vec<Seen> {
        let seen = |outcome, cause, value, calls| Seen { outcome, cause, value, calls, arrived: None };
        let fetched = |calls| seen(Outcome::Fetched, None, Some(8080), calls);
        let fails = |calls| seen(Outcome::Failed, self.cause, None, calls);
        match step {
            Fetched(calls) => vec![fetched(calls)],
            Fails(calls) => vec![fails(calls)],
            Fallback => vec![seen(Outcome::Fallback, self.cause, Some(1), 1)],
            Default => vec![seen(Outcome::Default, self.cause, Some(2), 1)],
            Stale => vec![seen(Outcome::Stale, self.cause, Some(8080), 1)],
            Other => vec![seen(Outcome::OtherSource, self.cause, Some(3), 1)],
            Stored => vec![seen(Outcome::LastKnownGood, self.cause, Some(8080), 1)],
            Opens => {
                let refused = seen(Outcome::Failed, Some(ErrorKind::CircuitOpen), None, 0);
                vec![fails(1), fails(1), refused, fetched(1)]
            }
            StaysClosed if matches!(self.class, Class::Answers | Class::DeniedToNew) => vec![fetched(1); 4],
            StaysClosed => vec![fails(1), fails(1), fails(1), fetched(1)],
            FailsOnce => vec![fails(1), fetched(1), fetched(1), fetched(1)],
        }
    }
}

/// What the table shows of a cell.
fn cell(seen: &[Seen], opened: bool) -> String {
    let outcome = |seen: &Seen| match (seen.outcome, seen.cause) {
        (Outcome::Failed, Some(cause)) => cause.label(),
        (outcome, _) => outcome.label(),
    };
    match seen {
        [one] if one.calls > 1 => format!("{}, {} calls", outcome(one), one.calls),
        [one] => outcome(one).to_owned(),
        [.., last] if opened => format!("opens; then {}", outcome(last)),
        [first, .., last] => format!("{}; then {}", outcome(first), outcome(last)),
        [] => String::new(),
    }
}

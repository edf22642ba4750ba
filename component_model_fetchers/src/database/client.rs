//! Runs a statement on a leased connection, and hands over its rows one by one.

use std::future::Future;

use component_model_source::SourceError;
use futures_util::StreamExt as _;
use sqlx::Connection as _;
use tokio::time::Instant;

use super::{
    column::{LIMIT, too_large},
    connections::{ConnectionGuard, Connections, Freshness},
    failure::{classify, is_lost, several_statements},
    names::Names,
    params::Param,
    server::Server,
    sql::{Effect, Sql},
    table::{Columns, Table},
};

/// Takes the rows of an answer, one after another.
pub(super) trait Rows<S: Server>: Send {
    fn take(&mut self, row: S::Row) -> impl Future<Output = Result<Next, SourceError>> + Send;
}

impl<S: Server, F> Rows<S> for F
where
    F: FnMut(S::Row) -> Result<Next, SourceError> + Send,
{
    fn take(&mut self, row: S::Row) -> impl Future<Output = Result<Next, SourceError>> + Send {
        std::future::ready(self(row))
    }
}

/// Whether more rows are wanted.
pub(super) enum Next {
    More,
    Enough,
}

/// What is sent to a server.
#[derive(Debug, Clone, Copy)]
pub(super) enum Statement<'a> {
    /// The user's query and the values of its placeholders.
    Query { sql: &'a Sql, params: &'a [Param] },
    /// Some keys of the default table.
    Keys { table: &'a Table, columns: Columns, keys: &'a [&'a str] },
}

impl<'a> Statement<'a> {
    fn prepare<S: Server>(&self) -> Result<(String, S::Arguments), SourceError> {
        match self {
            Self::Query { sql, params } => Ok((sql.text().to_owned(), S::arguments(params)?)),
            Self::Keys { table, columns, keys } => S::keys_query(table, *columns, keys),
        }
    }

    /// The names in its text, which an error may show.
    fn names<S: Server>(self) -> Names<'a> {
        match self {
            Self::Query { sql, .. } => Names::of_query(sql.text(), &S::QUOTING),
            Self::Keys { table, .. } => Names::of_table(table),
        }
    }

    fn effect(&self) -> Effect {
        match self {
            Self::Query { sql, .. } => sql.effect(),
            Self::Keys { .. } => Effect::Nothing,
        }
    }

    /// Whether it is a single statement, if the server would not refuse several.
    fn check_single(&self) -> Result<(), SourceError> {
        match self {
            Self::Query { sql, .. } if sql.is_several() => Err(several_statements()),
            _ => Ok(()),
        }
    }

    /// Compares the number of parameters and placeholders if the server would not, as far as the text tells.
    fn check_count(&self) -> Result<(), SourceError> {
        match self {
            Self::Query { sql, params } => sql.placeholders().check(params.len()),
            Self::Keys { .. } => Ok(()),
        }
    }
}

/// Why rows are not read to the end.
enum Stopped {
    /// An error of the server or of the connection, and whether a row had come before.
    Server { error: sqlx::Error, started: bool },
    /// The statement was not sent.
    Count(SourceError),
    /// A row cannot be used.
    Row(SourceError),
    /// No more rows are wanted.
    Enough,
}

/// Runs a statement, and hands over each row.
///
/// A statement that only reads is sent again, on a new connection, if it was sent on an idle one that turns out to have
/// ended.
///
/// # Cancel safety
/// Dropping it closes the connection if an answer may be pending.
pub(super) async fn run<S: Server>(
    connections: &Connections<S>,
    statement: Statement<'_>,
    mut rows: impl Rows<S>,
) -> Result<(), SourceError> {
    statement.check_single()?;
    statement.check_count()?;
    let effect = statement.effect();
    let freshness = if effect == Effect::Nothing { Freshness::Any } else { Freshness::Tested };
    let mut lease = lease(connections, freshness).await?;
    let mut answer = send(connections, &mut lease, statement, &mut rows).await;
    if effect == Effect::Nothing && lease.reused && ended_before_the_first_row::<S>(&answer) {
        lease.discard_with_idle();
        lease = self::lease(connections, Freshness::New).await?;
        answer = send(connections, &mut lease, statement, &mut rows).await;
    }
    release(connections, lease, statement, answer).await
}

async fn lease<S: Server>(
    connections: &Connections<S>,
    freshness: Freshness,
) -> Result<ConnectionGuard<S>, SourceError> {
    let error = match connections.lease(freshness).await {
        Ok(lease) => return Ok(lease),
        Err(error) => error,
    };
    let known = S::why_unopened(&connections.options(), &error, connections.shown_place()).await;
    Err(known.unwrap_or_else(|| classify(connections, &Names::default(), &error)))
}

fn ended_before_the_first_row<S: Server>(answer: &Result<(), Stopped>) -> bool {
    matches!(answer, Err(Stopped::Server { error, started: false }) if is_lost::<S>(error))
}

/// Sends a statement, and sends it again if it failed because of how it was prepared.
async fn send<S: Server>(
    connections: &Connections<S>,
    lease: &mut ConnectionGuard<S>,
    statement: Statement<'_>,
    rows: &mut impl Rows<S>,
) -> Result<(), Stopped> {
    let (connection, last_answer) = lease.parts().map_err(Stopped::Row)?;
    let answer = read::<S>(connection, last_answer, statement, connections.keeps_statements(), rows).await;
    match answer {
        Err(Stopped::Server { error, started: false }) if S::is_fixed_by_preparing_again(&error) => {
            if connections.keeps_statements() {
                let forgotten = connection.clear_cached_statements().await;
                forgotten.map_err(|error| Stopped::Server { error, started: false })?;
            }
            read::<S>(connection, last_answer, statement, false, rows).await
        }
        answer => answer,
    }
}

async fn read<S: Server>(
    connection: &mut S::Connection,
    last_answer: &mut Instant,
    statement: Statement<'_>,
    keep: bool,
    rows: &mut impl Rows<S>,
) -> Result<(), Stopped> {
    let (sql, arguments) = statement.prepare::<S>().map_err(Stopped::Count)?;
    let mut answer = S::rows(connection, &sql, arguments, keep);
    let mut started = false;
    while let Some(next) = answer.next().await {
        let next = next.map_err(|error| Stopped::Server { error, started })?;
        *last_answer = Instant::now();
        started = true;
        match rows.take(next).await.map_err(Stopped::Row)? {
            Next::More => {}
            Next::Enough => return Err(Stopped::Enough),
        }
    }
    Ok(())
}

/// Gives the connection back, or closes it.
async fn release<S: Server>(
    connections: &Connections<S>,
    lease: ConnectionGuard<S>,
    statement: Statement<'_>,
    answer: Result<(), Stopped>,
) -> Result<(), SourceError> {
    let effect = statement.effect();
    match answer {
        Ok(()) => {
            finish(lease, effect).await;
            Ok(())
        }
        Err(Stopped::Enough) => {
            lease.discard();
            Ok(())
        }
        Err(Stopped::Count(error)) => {
            finish(lease, effect).await;
            Err(error)
        }
        Err(Stopped::Row(error)) => {
            lease.discard();
            Err(error)
        }
        Err(Stopped::Server { error, .. }) => {
            let classified = classify(connections, &statement.names::<S>(), &error);
            // The server has answered this query, and the connection still works.
            if matches!(error, sqlx::Error::Database(_)) && !is_lost::<S>(&error) {
                finish(lease, effect).await;
            } else {
                lease.discard();
            }
            Err(classified)
        }
    }
}

async fn finish<S: Server>(lease: ConnectionGuard<S>, effect: Effect) {
    match effect {
        Effect::Nothing => lease.give_back().await,
        Effect::Something => lease.close().await,
    }
}

/// Counts how much an answer holds, up to the limit.
#[derive(Debug, Default)]
pub(super) struct Budget(usize);

impl Budget {
    pub(super) fn take(&mut self, bytes: usize) -> Result<(), SourceError> {
        self.0 = self.0.saturating_add(bytes);
        if self.0 > LIMIT { Err(too_large()) } else { Ok(()) }
    }
}

//! Runs a statement: on a connection of its own for as long as it takes, the rows one by one.

use futures_util::StreamExt as _;
use sqlx::Connection as _;
use tokio::time::Instant;

use super::{
    column::{LIMIT, too_large},
    connections::{Connections, Freshness, Lease},
    failure::{is_lost, of_sqlx, wrong_count},
    params::Param,
    server::Server,
    sql::{self, Effect},
    table::Table,
};
use crate::SourceError;

/// Whether more rows are wanted.
pub(super) enum Next {
    More,
    Enough,
}

/// What a server is asked.
#[derive(Debug, Clone, Copy)]
pub(super) enum Statement<'a> {
    /// A query of the user's and the values of its placeholders.
    Query { sql: &'a str, params: &'a [Param] },
    /// Some keys of the default table.
    Keys { table: &'a Table, keys: &'a [&'a str] },
}

impl Statement<'_> {
    fn make<S: Server>(&self) -> Result<(String, S::Arguments), SourceError> {
        match self {
            Self::Query { sql, params } => Ok(((*sql).to_owned(), S::arguments(params)?)),
            Self::Keys { table, keys } => S::keys_query(table, keys),
        }
    }

    fn effect<S: Server>(&self) -> Effect {
        match self {
            Self::Query { sql, .. } => sql::effect(sql, &S::QUOTING),
            Self::Keys { .. } => Effect::Nothing,
        }
    }

    /// Compares parameters and placeholders where the server would not, as far as the text tells.
    fn check_count<S: Server>(&self) -> Result<(), SourceError> {
        let Self::Query { sql, params } = self else { return Ok(()) };
        match S::placeholders_in(sql) {
            Some(expected) if expected != params.len() => Err(wrong_count(expected, params.len())),
            _ => Ok(()),
        }
    }

    /// The same, where only the server can count them.
    async fn check_count_on<S: Server>(&self, connection: &mut S::Connection) -> Result<(), Broken> {
        let Self::Query { sql, params } = self else { return Ok(()) };
        match S::placeholders(connection, sql).await {
            Ok(Some(expected)) if expected != params.len() => Err(Broken::Count(wrong_count(expected, params.len()))),
            Ok(_) => Ok(()),
            Err(error) => Err(Broken::Server { error, begun: false }),
        }
    }
}

/// Why rows are not read to the end.
enum Broken {
    /// What the server or the connection says, and whether a row had come before.
    Server { error: sqlx::Error, begun: bool },
    /// The statement was not sent.
    Count(SourceError),
    /// A row is not wanted.
    Row(SourceError),
    /// No more rows are wanted.
    Enough,
}

/// Runs a statement, and hands over each row.
///
/// A statement that only reads is sent a second time, on a new connection, if the one it was sent on had been idle and
/// turns out to have ended.
///
/// # Cancel safety
/// Dropping it closes the connection where an answer may be pending.
pub(super) async fn run<S: Server>(
    connections: &Connections<S>,
    statement: Statement<'_>,
    mut row: impl FnMut(S::Row) -> Result<Next, SourceError> + Send,
) -> Result<(), SourceError> {
    statement.check_count::<S>()?;
    let effect = statement.effect::<S>();
    let freshness = if effect == Effect::Nothing { Freshness::Any } else { Freshness::Tested };
    let mut lease = lease(connections, freshness).await?;
    let mut answer = ask(connections, &mut lease, statement, &mut row).await;
    if effect == Effect::Nothing && lease.reused && ended_before_it_began::<S>(&answer) {
        lease.discard_with_idle();
        lease = self::lease(connections, Freshness::New).await?;
        answer = ask(connections, &mut lease, statement, &mut row).await;
    }
    settle(connections, lease, effect, answer).await
}

async fn lease<S: Server>(connections: &Connections<S>, freshness: Freshness) -> Result<Lease<S>, SourceError> {
    connections.lease(freshness).await.map_err(|error| of_sqlx(connections, &error))
}

fn ended_before_it_began<S: Server>(answer: &Result<(), Broken>) -> bool {
    matches!(answer, Err(Broken::Server { error, begun: false }) if is_lost::<S>(error))
}

/// Sends a statement, and again if it failed for the sake of how it was prepared.
async fn ask<S: Server>(
    connections: &Connections<S>,
    lease: &mut Lease<S>,
    statement: Statement<'_>,
    row: &mut (impl FnMut(S::Row) -> Result<Next, SourceError> + Send),
) -> Result<(), Broken> {
    let (connection, last_answer) = lease.parts().map_err(Broken::Row)?;
    statement.check_count_on::<S>(connection).await?;
    let answer = read::<S>(connection, last_answer, statement, connections.keeps_statements(), row).await;
    match answer {
        Err(Broken::Server { error, begun: false }) if S::wants_a_second_try(&error) => {
            if connections.keeps_statements() {
                let forgotten = connection.clear_cached_statements().await;
                forgotten.map_err(|error| Broken::Server { error, begun: false })?;
            }
            read::<S>(connection, last_answer, statement, false, row).await
        }
        answer => answer,
    }
}

async fn read<S: Server>(
    connection: &mut S::Connection,
    last_answer: &mut Instant,
    statement: Statement<'_>,
    keep: bool,
    row: &mut (impl FnMut(S::Row) -> Result<Next, SourceError> + Send),
) -> Result<(), Broken> {
    let (sql, arguments) = statement.make::<S>().map_err(Broken::Count)?;
    let mut rows = S::rows(connection, &sql, arguments, keep);
    let mut begun = false;
    while let Some(next) = rows.next().await {
        let next = next.map_err(|error| Broken::Server { error, begun })?;
        *last_answer = Instant::now();
        begun = true;
        match row(next).map_err(Broken::Row)? {
            Next::More => {}
            Next::Enough => return Err(Broken::Enough),
        }
    }
    Ok(())
}

/// Gives the connection back, or closes it.
async fn settle<S: Server>(
    connections: &Connections<S>,
    lease: Lease<S>,
    effect: Effect,
    answer: Result<(), Broken>,
) -> Result<(), SourceError> {
    match answer {
        Ok(()) => {
            finish(lease, effect).await;
            Ok(())
        }
        Err(Broken::Enough) => {
            lease.discard();
            Ok(())
        }
        Err(Broken::Count(error)) => {
            finish(lease, effect).await;
            Err(error)
        }
        Err(Broken::Row(error)) => {
            lease.discard();
            Err(error)
        }
        Err(Broken::Server { error, .. }) => {
            let classified = of_sqlx(connections, &error);
            // The server has said its last word on this query, and the connection is in order.
            if matches!(error, sqlx::Error::Database(_)) && !is_lost::<S>(&error) {
                finish(lease, effect).await;
            } else {
                lease.discard();
            }
            Err(classified)
        }
    }
}

async fn finish<S: Server>(lease: Lease<S>, effect: Effect) {
    match effect {
        Effect::Nothing => lease.give_back().await,
        Effect::Something => lease.close().await,
    }
}

/// Counts what an answer holds, up to the limit.
#[derive(Debug, Default)]
pub(super) struct Budget(usize);

impl Budget {
    pub(super) fn take(&mut self, bytes: usize) -> Result<(), SourceError> {
        self.0 = self.0.saturating_add(bytes);
        if self.0 > LIMIT { Err(too_large()) } else { Ok(()) }
    }
}

//! Queries that are sent to one node together.

use redis::Value;

use super::{
    address::Address,
    command::{Asking, Commands},
    dial::{Node, Target},
    reply::{self, Outcome},
    source::RedisQuery,
};

/// How many queries are sent together at most.
const LONGEST: usize = 1000;

/// A query that has no answer yet.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) index: usize,
    pub(super) asked: Asking,
    /// Where the cluster says that the key is, and whether it is still being moved there.
    pub(super) to: Option<(Address, bool)>,
}

impl Pending {
    fn is_moving(&self) -> bool {
        self.to.as_ref().is_some_and(|(_, asking)| *asking)
    }
}

/// Queries that are sent together.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) target: Target,
    pending: Vec<Pending>,
    /// How many of them one `MGET` asks for: the first ones.
    merged: usize,
}

impl Batch {
    /// Batches of the queries for a node. The keys of a cluster's node are of different slots, so that they are not merged.
    pub(super) fn of(node: &Node, in_cluster: bool, queries: &[&RedisQuery], mut pending: Vec<Pending>) -> Vec<Self> {
        let is_plain = |pended: &Pending| !in_cluster && pended.asked.is_plain(queries[pended.index]);
        pending.sort_by_key(|pended| (queries[pended.index].db(), !is_plain(pended)));
        let mut batches = Vec::new();
        while let Some(first) = pending.first() {
            let db = queries[first.index].db();
            let is_of_db = |pended: &&Pending| queries[pended.index].db() == db;
            let rest = pending.split_off(pending.iter().take_while(is_of_db).take(LONGEST).count());
            let batch = std::mem::replace(&mut pending, rest);
            let merged = batch.iter().filter(|pended| is_plain(pended)).count();
            let target = Target { node: node.clone(), db };
            batches.push(Self { target, pending: batch, merged: if merged > 1 { merged } else { 0 } });
        }
        batches
    }

    pub(super) fn commands(&self, queries: &[&RedisQuery]) -> Commands {
        let mut commands = Commands::default();
        let (merged, single) = self.pending.split_at(self.merged);
        if !merged.is_empty() {
            commands.add("MGET", merged.iter().map(|pended| queries[pended.index].key()));
        }
        for pended in single {
            pended.asked.add(queries[pended.index], pended.is_moving(), &mut commands);
        }
        commands
    }

    /// What the replies to the commands mean for each query.
    pub(super) fn outcomes(self, queries: &[&RedisQuery], replies: Vec<Value>) -> Vec<(Pending, Outcome)> {
        let mut replies = replies.into_iter();
        let merged = if self.merged == 0 {
            Vec::new()
        } else {
            reply::of_many(replies.next().unwrap_or(Value::Nil), self.merged)
        };
        let mut merged = merged.into_iter();
        let of_one = |pended: Pending| {
            let outcome = merged.next().unwrap_or_else(|| {
                // The reply to `ASKING` comes before each of the others.
                let step = if pended.is_moving() { 2 } else { 1 };
                let own: Vec<_> = replies.by_ref().take(pended.asked.replies() * step).collect();
                let own = own.into_iter().skip(step - 1).step_by(step).collect();
                reply::read(queries[pended.index], pended.asked, own)
            });
            (pended, outcome)
        };
        self.pending.into_iter().map(of_one).collect()
    }

    /// The same answer to each query.
    pub(super) fn each(self, outcome: impl Fn() -> Outcome) -> Vec<(Pending, Outcome)> {
        self.pending.into_iter().map(|pended| (pended, outcome())).collect()
    }
}

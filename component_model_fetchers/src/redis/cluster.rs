//! Which node of a cluster has which key.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use component_model_source::{ErrorKind, SourceError};
use redis::Value;
use tokio::time::timeout;

use super::{
    address::Address,
    command::Commands,
    dial::{Dialer, Node, Target},
    failure,
};
use crate::links::{Links, silent};

/// How long a node may take to say where the slots are: others have to be asked within the same attempt.
const PATIENCE: Duration = Duration::from_millis(500);

const SLOTS: u16 = 16384;

/// The slots of each master.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Slots(Vec<(u16, u16, Address)>);

impl Slots {
    /// The master that has a key.
    pub(super) fn master_of(&self, key: &str) -> Result<&Address, SourceError> {
        let slot = slot_of(key.as_bytes());
        let found = self.0.iter().find(|(first, last, _)| (*first..=*last).contains(&slot));
        found
            .map(|(_, _, master)| master)
            .ok_or_else(|| SourceError::new(ErrorKind::Unavailable, "no node of the cluster has the key's slot"))
    }

    pub(super) fn masters(&self) -> HashSet<&Address> {
        self.0.iter().map(|(_, _, master)| master).collect()
    }
}

/// What is known of a cluster.
#[derive(Debug)]
pub(super) struct Cluster {
    seeds: Vec<Address>,
    slots: Mutex<Option<Arc<Slots>>>,
    /// The masters that were known last, which may have replaced all seeds, in the order in which they are asked.
    known: Mutex<VecDeque<Address>>,
}

impl Cluster {
    pub(super) fn new(seeds: Vec<Address>) -> Self {
        Self { seeds, slots: Mutex::default(), known: Mutex::default() }
    }

    pub(super) async fn slots(&self, links: &Links<Dialer>) -> Result<Arc<Slots>, SourceError> {
        if let Some(known) = self.slots.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            return Ok(known);
        }
        let slots = Arc::new(self.read(links).await?);
        let masters = slots.masters().into_iter().cloned().collect();
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = masters;
        *self.slots.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&slots));
        Ok(slots)
    }

    /// A node of the URL.
    pub(super) fn seed(&self) -> Option<&Address> {
        self.seeds.first()
    }

    /// If a node hangs, and this request ends with it, the next one begins with another node.
    fn ask_last(&self, node: &Address) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|known| known != node);
        known.push_back(node.clone());
    }

    /// The slots are asked for again.
    pub(super) fn forget(&self) {
        *self.slots.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    async fn read(&self, links: &Links<Dialer>) -> Result<Slots, SourceError> {
        let mut nodes = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        nodes.extend(self.seeds.iter().filter(|seed| !nodes.contains(seed)).cloned().collect::<Vec<_>>());
        let mut failed = None;
        for node in &nodes {
            self.ask_last(node);
            match timeout(PATIENCE, slots_of(links, node)).await.unwrap_or_else(|_| Err(silent())) {
                Ok(slots) => return Ok(slots),
                Err(error) if error.kind() == ErrorKind::ShutDown => return Err(error),
                Err(error) if failed.is_none() || !error.is_transient() => failed = Some(error),
                Err(_) => {}
            }
        }
        Err(failed.unwrap_or_else(failure::unexpected))
    }
}

async fn slots_of(links: &Links<Dialer>, node: &Address) -> Result<Slots, SourceError> {
    let mut commands = Commands::default();
    commands.add("CLUSTER", ["SLOTS"]);
    let target = Target { node: Node::At(node.clone()), db: 0 };
    match links.exchange(&target, &commands).await?.pop() {
        Some(Value::ServerError(error)) => Err(failure::of_slots(&error)),
        Some(Value::Array(ranges)) => {
            let ranges: Option<_> = ranges.iter().map(|range| range_of(range, node)).collect();
            Ok(Slots(ranges.ok_or_else(failure::unexpected)?))
        }
        _ => Err(failure::unexpected()),
    }
}

fn range_of(range: &Value, asked: &Address) -> Option<(u16, u16, Address)> {
    let Value::Array(range) = range else { return None };
    let [Value::Int(first), Value::Int(last), Value::Array(master), ..] = &range[..] else { return None };
    let [host, Value::Int(port), ..] = &master[..] else { return None };
    let host = match host {
        Value::BulkString(host) if !host.is_empty() => String::from_utf8(host.clone()).ok()?,
        // It does not know its own name: the one by which it was asked.
        _ => host_of(asked)?,
    };
    let master = Address::Tcp { host, port: u16::try_from(*port).ok()? };
    Some((u16::try_from(*first).ok()?, u16::try_from(*last).ok()?, master))
}

fn host_of(address: &Address) -> Option<String> {
    match address {
        Address::Tcp { host, .. } => Some(host.clone()),
        Address::Unix(_) => None,
    }
}

/// The address in a redirection, such as `127.0.0.1:7001` or `::1:7001`.
pub(super) fn redirection(text: &str, from: &Address) -> Option<Address> {
    let (host, port) = text.rsplit_once(':')?;
    let host = if host.is_empty() { host_of(from)? } else { host.to_owned() };
    Some(Address::Tcp { host, port: port.parse().ok()? })
}

/// The slot of a key: of what is in its first braces, if there is something in them.
fn slot_of(key: &[u8]) -> u16 {
    let tag = key.iter().position(|byte| *byte == b'{').and_then(|open| {
        let rest = &key[open + 1..];
        rest.iter().position(|byte| *byte == b'}').filter(|length| *length > 0).map(|length| &rest[..length])
    });
    crc16(tag.unwrap_or(key)) % SLOTS
}

/// CRC-16/XMODEM.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte) << 8, |crc, _| if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_the_server() {
        assert_eq!(crc16(b"123456789"), 0x31c3);
        assert_eq!((slot_of(b"foo"), slot_of(b"bar"), slot_of(b"")), (12182, 5061, 0));
        assert_eq!(slot_of(b"{user1000}.following"), slot_of(b"user1000"));
        assert_eq!(slot_of(b"foo{{bar}}zap"), slot_of(b"{bar"));
        assert_eq!(slot_of(b"foo{bar}{zap}"), slot_of(b"bar"));
        assert_ne!(slot_of(b"foo{}{bar}"), slot_of(b"bar"));
    }

    #[test]
    fn a_redirection_without_a_host_leads_to_the_same_one() {
        let from = Address::Tcp { host: "h".to_owned(), port: 1 };
        let to = |host: &str| Some(Address::Tcp { host: host.to_owned(), port: 7001 });
        assert_eq!(redirection("127.0.0.1:7001", &from), to("127.0.0.1"));
        assert_eq!(redirection("::1:7001", &from), to("::1"));
        assert_eq!(redirection(":7001", &from), to("h"));
        assert_eq!(redirection("7001", &from), None);
    }
}

//! Whether a server refuses connections, learned from a bare connection to its address, which is closed at once and signs
//! in nowhere. Only for a user's pool that has no connection as far as it tells.
//!
//! Servers count clients that connect and send nothing, so an address that was reached is not tried again for a while,
//! whichever pool asks. The addresses are remembered for the whole process, up to [`MAX_ADDRESSES`].

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::database::server::Address;

/// How long an address that was reached is not tried again.
const REMEMBERED: Duration = Duration::from_secs(60);

/// The most addresses that are remembered.
const MAX_ADDRESSES: usize = 64;

static PROBES: Mutex<Vec<Arc<Probe>>> = Mutex::new(Vec::new());

struct Probe {
    address: Address,
    /// When the address was last reached; locked while it is tried.
    reached: tokio::sync::Mutex<Option<Instant>>,
}

/// Why nobody can connect, if the address tells. It is tried only if that is still `wanted` once no other try runs.
pub(super) async fn refusal(address: Address, wanted: impl Fn() -> bool) -> Option<io::Error> {
    if address == Address::Nowhere {
        return None;
    }
    let probe = remembered(&PROBES, address);
    let mut reached = probe.reached.lock().await;
    if !wanted() || reached.is_some_and(|reached| reached.elapsed() < REMEMBERED) {
        return None;
    }
    let refused = connect(&probe.address).await.err();
    if refused.is_none() {
        *reached = Some(Instant::now());
    }
    refused
}

/// What is known of an address; the one that was not asked for the longest is forgotten if there are too many.
fn remembered(probes: &Mutex<Vec<Arc<Probe>>>, address: Address) -> Arc<Probe> {
    let mut probes = probes.lock().unwrap_or_else(PoisonError::into_inner);
    let known = probes.iter().position(|probe| probe.address == address);
    let probe = match known {
        Some(index) => probes.remove(index),
        None => Arc::new(Probe { address, reached: tokio::sync::Mutex::default() }),
    };
    if probes.len() >= MAX_ADDRESSES {
        probes.remove(0);
    }
    probes.push(Arc::clone(&probe));
    probe
}

async fn connect(address: &Address) -> io::Result<()> {
    match address {
        Address::Host(host, port) => tokio::net::TcpStream::connect((host.as_str(), *port)).await.map(drop),
        #[cfg(unix)]
        Address::Socket(path) => tokio::net::UnixStream::connect(path).await.map(drop),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(port: u16) -> Address {
        Address::Host("127.0.0.1".to_owned(), port)
    }

    #[test]
    fn the_addresses_that_are_remembered_are_limited_to_those_asked_for_last() {
        let probes = Mutex::default();
        let first = remembered(&probes, address(0));
        for port in 1..100 {
            remembered(&probes, address(port));
            assert!(Arc::ptr_eq(&first, &remembered(&probes, address(0))));
        }
        assert_eq!(probes.lock().unwrap().len(), MAX_ADDRESSES);
    }

    #[tokio::test]
    async fn an_address_is_reached_once_a_minute_and_refuses_at_each_try() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(refusal(address(port), || false).await.is_none());
        listener.set_nonblocking(true).unwrap();
        assert!(listener.accept().is_err());
        for _ in 0..3 {
            assert!(refusal(address(port), || true).await.is_none());
        }
        assert!(listener.accept().is_ok() && listener.accept().is_err());

        let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        for _ in 0..2 {
            assert!(refusal(address(unused), || true).await.is_some());
        }
    }
}

//! Free ports on loopback.
//!
//! They are below the range that the kernel uses for outgoing connections and `:0` listeners (from 32768 on Linux), so
//! that a port stays free while its server is stopped.

use std::net::TcpListener;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering};

use crate::{BedError, random};

const FIRST: u16 = 15_000;
const COUNT: u16 = 17_000;

/// A loopback port on which no program listens, and which this process has not returned before.
///
/// # Errors
///
/// If no port is free.
///
/// ```
/// let port = testbed::unused_port().unwrap();
/// assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());
/// ```
pub fn unused_port() -> Result<u16, BedError> {
    static START: OnceLock<u64> = OnceLock::new();
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = *START.get_or_init(random::number) % u64::from(COUNT);
    (0..COUNT)
        .map(|_| {
            let step = u64::from(NEXT.fetch_add(1, Ordering::Relaxed));
            FIRST + u16::try_from((start + step) % u64::from(COUNT)).unwrap_or_default()
        })
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .ok_or_else(|| BedError::failed("no free port on loopback"))
}

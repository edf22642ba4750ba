//! Free ports on loopback.
//!
//! They lie below the range from which the kernel serves outgoing connections and `:0` listeners (32768 on Linux), so
//! that a port stays free while its server is stopped and will be started again.

use std::net::TcpListener;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering};

use crate::{BedError, random};

const FIRST: u16 = 15_000;
const COUNT: u16 = 17_000;

/// A loopback port on which nothing listens, and which this process has not handed out before.
///
/// # Errors
///
/// When no port is free.
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

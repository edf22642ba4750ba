//! Transfers the bytes of one connection.

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::watch;
use tokio::time::sleep;

use super::Fault;

const CHUNK: usize = 16 * 1024;
/// Neither HTTP nor a greeting of any server of the testbed.
const GARBAGE: &[u8] = b"\xff\x00\x13\x37 this is no protocol at all \xfe\x00\r\n\r\n";

/// Transfers bytes until either side or a fault ends the connection.
pub(super) async fn carry(mut client: TcpStream, target: SocketAddr, mut faults: watch::Receiver<Fault>) {
    match flowing(&mut faults).await {
        Fault::Garbage => return talk_nonsense(&mut client).await,
        // Closing a connection that does not linger resets it.
        Fault::Reset => return drop(client.set_zero_linger()),
        _ => {}
    }
    let Ok(server) = TcpStream::connect(target).await else { return };
    // A small chunk is passed on at once.
    if client.set_nodelay(true).and_then(|()| server.set_nodelay(true)).is_err() {
        return;
    }
    let ((client_reads, client_writes), (server_reads, server_writes)) = (client.into_split(), server.into_split());
    tokio::select! {
        _ = questions(client_reads, server_writes, faults.clone()) => {}
        _ = answers(server_reads, client_writes, faults) => {}
    }
}

async fn talk_nonsense(client: &mut TcpStream) {
    let _ = client.write_all(GARBAGE).await;
    let _ = client.shutdown().await;
    // Closing with unread bytes would reset the connection before the garbage is read.
    let mut rest = [0; CHUNK];
    while client.read(&mut rest).await.is_ok_and(|read| read > 0) {}
}

async fn questions(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut faults: watch::Receiver<Fault>,
) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = from.read(&mut chunk).await?;
        if read == 0 {
            // The client may still wait for the answer to what it sent.
            to.shutdown().await?;
            return pending().await;
        }
        flowing(&mut faults).await;
        to.write_all(&chunk[..read]).await?;
    }
}

async fn answers(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut faults: watch::Receiver<Fault>,
) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    let mut allowance = allowed(&mut faults);
    loop {
        let read = tokio::select! {
            biased;
            changed = faults.changed() => {
                if changed.is_err() { return Ok(()) }
                if *faults.borrow() == Fault::Reset { return reset(to) }
                allowance = allowed(&mut faults);
                if allowance == Some(0) { return Ok(()) }
                continue;
            }
            read = from.read(&mut chunk) => read?,
        };
        let fault = flowing(&mut faults).await;
        match fault {
            Fault::Delay(delay) => sleep(delay).await,
            Fault::Garbage => return to.write_all(GARBAGE).await,
            Fault::Reset => return reset(to),
            Fault::Trickle(pause) => {
                trickle(&chunk[..read], &mut to, pause, &faults).await?;
                if read > 0 {
                    continue;
                }
            }
            _ => {}
        }
        let passed = allowance.map_or(read, |allowance| allowance.min(read));
        to.write_all(&chunk[..passed]).await?;
        allowance = allowance.map(|allowance| allowance - passed);
        if read == 0 || allowance == Some(0) {
            return Ok(());
        }
    }
}

/// Dropping a half would close the connection in order first.
fn reset(client: OwnedWriteHalf) -> io::Result<()> {
    client.as_ref().set_zero_linger()?;
    client.forget();
    Ok(())
}

/// Passes the bytes one at a time, and what is left at once when the fault is over.
async fn trickle(
    bytes: &[u8],
    to: &mut OwnedWriteHalf,
    pause: Duration,
    faults: &watch::Receiver<Fault>,
) -> io::Result<()> {
    for (at, byte) in bytes.iter().enumerate() {
        if *faults.borrow() != Fault::Trickle(pause) {
            return to.write_all(&bytes[at..]).await;
        }
        to.write_all(&[*byte]).await?;
        sleep(pause).await;
    }
    Ok(())
}

/// How many bytes of answers may still pass; none if there is no limit.
fn allowed(faults: &mut watch::Receiver<Fault>) -> Option<usize> {
    match *faults.borrow_and_update() {
        Fault::Cut(after) => Some(after),
        _ => None,
    }
}

/// Waits while the proxy stalls, and returns the current fault.
async fn flowing(faults: &mut watch::Receiver<Fault>) -> Fault {
    let fault = faults.wait_for(|fault| *fault != Fault::Stall).await.map(|fault| *fault);
    // The proxy was dropped: this task is about to be aborted.
    fault.unwrap_or(Fault::Refuse)
}

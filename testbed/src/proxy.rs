//! A TCP proxy whose faults are switched while it runs.
//!
//! A fault holds from the moment it is switched on, for open connections too, until the next one or [`Proxy::heal`].
//! At any time there is exactly one fault or none. [`Proxy::silence`] is apart from them: it ends the connections that are
//! open, and no others, without telling anybody.

use std::future::{Future, pending};
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::sleep;

use crate::{BedError, unused_port};

const CHUNK: usize = 16 * 1024;
/// Neither HTTP nor a greeting of any server here.
const GARBAGE: &[u8] = b"\xff\x00\x13\x37 this is no protocol at all \xfe\x00\r\n\r\n";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    Delay(Duration),
    Stall,
    Cut(usize),
    Garbage,
    Refuse,
}

/// A proxy on a loopback port of its own in front of `target`, which need not be there yet.
///
/// # Errors
///
/// When no port can be had.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let http = testbed::http().await.unwrap();
/// let proxy = testbed::proxy(http.address()).await.unwrap();
/// proxy.refuse().await.unwrap();
/// assert!(tokio::net::TcpStream::connect(proxy.address()).await.is_err());
/// proxy.heal().await.unwrap();
/// assert!(tokio::net::TcpStream::connect(proxy.address()).await.is_ok());
/// # }
/// ```
pub async fn proxy(target: SocketAddr) -> Result<Proxy, BedError> {
    let address = SocketAddr::from(([127, 0, 0, 1], unused_port()?));
    let (faults, switched) = watch::channel(Fault::None);
    let (listening, listens) = watch::channel(false);
    let (silenced, silences) = watch::channel(0);
    let accepted = Arc::new(AtomicUsize::new(0));
    let front = Front { address, target, faults: switched, silences, listening, accepted: Arc::clone(&accepted) };
    let task = tokio::spawn(front.run());
    let proxy = Proxy { address, faults, silenced, listens, accepted, task };
    proxy.listens_is(true).await?;
    Ok(proxy)
}

/// A running proxy; dropping it closes its port and its connections.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    faults: watch::Sender<Fault>,
    /// How many of the accepted connections, the first ones, carry nothing any more.
    silenced: watch::Sender<usize>,
    listens: watch::Receiver<bool>,
    accepted: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// Where clients connect to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same URL, with the proxy's port in place of the server's.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let proxy = testbed::proxy(([127, 0, 0, 1], 5432).into()).await.unwrap();
    /// let url = proxy.instead_in("postgres://user:word@127.0.0.1:5432/db");
    /// assert_eq!(url, format!("postgres://user:word@{}/db", proxy.address()));
    /// # }
    /// ```
    #[must_use]
    pub fn instead_in(&self, url: &str) -> String {
        let (before, rest) = url.split_once("://").unwrap_or(("", url));
        let (authority, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
        let user = authority.rfind('@').map_or("", |at| &authority[..=at]);
        format!("{before}://{user}{}{path}", self.address)
    }

    /// How many connections it has accepted so far.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }

    /// Every chunk of an answer arrives this much later.
    ///
    /// # Errors
    ///
    /// When the proxy refused connections before and its port is taken now.
    pub async fn delay(&self, delay: Duration) -> Result<(), BedError> {
        self.switch(Fault::Delay(delay)).await
    }

    /// Connections are accepted, and nothing travels in either direction.
    ///
    /// # Errors
    ///
    /// As for [`Proxy::delay`].
    pub async fn stall(&self) -> Result<(), BedError> {
        self.switch(Fault::Stall).await
    }

    /// Every connection is closed after that many more bytes of answers.
    ///
    /// # Errors
    ///
    /// As for [`Proxy::delay`].
    pub async fn cut(&self, after: usize) -> Result<(), BedError> {
        self.switch(Fault::Cut(after)).await
    }

    /// A connection is answered with bytes of no protocol, and closed.
    ///
    /// # Errors
    ///
    /// As for [`Proxy::delay`].
    pub async fn garbage(&self) -> Result<(), BedError> {
        self.switch(Fault::Garbage).await
    }

    /// The port is closed, and so are the open connections; when this returns, a connection is refused.
    ///
    /// # Errors
    ///
    /// When the proxy has ended together with the runtime that it was made on.
    pub async fn refuse(&self) -> Result<(), BedError> {
        self.switch(Fault::Refuse).await
    }

    /// The connections that are open carry nothing from now on, in either direction, and are never closed; new ones
    /// work. This is what a firewall does that dropped its table, or a failover behind one address. It cannot be undone.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use tokio::{io::{AsyncReadExt as _, AsyncWriteExt as _}, net::TcpStream, time::timeout};
    ///
    /// async fn answers(stream: &mut TcpStream) -> bool {
    ///     stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    ///     timeout(std::time::Duration::from_millis(200), stream.read(&mut [0; 4096])).await.is_ok()
    /// }
    ///
    /// let http = testbed::http().await.unwrap();
    /// let proxy = testbed::proxy(http.address()).await.unwrap();
    /// let mut old = TcpStream::connect(proxy.address()).await?;
    /// assert!(answers(&mut old).await);
    /// proxy.silence();
    /// assert!(!answers(&mut old).await);
    /// assert!(answers(&mut TcpStream::connect(proxy.address()).await?).await);
    /// # Ok(())
    /// # }
    /// ```
    pub fn silence(&self) {
        self.silenced.send_replace(self.connections());
    }

    /// The fault is over: what was stalled goes on, and when this returns, connections are accepted.
    ///
    /// # Errors
    ///
    /// As for [`Proxy::delay`].
    pub async fn heal(&self) -> Result<(), BedError> {
        self.switch(Fault::None).await
    }

    async fn switch(&self, fault: Fault) -> Result<(), BedError> {
        self.faults.send_replace(fault);
        self.listens_is(fault != Fault::Refuse).await
    }

    async fn listens_is(&self, wanted: bool) -> Result<(), BedError> {
        let mut listens = self.listens.clone();
        let reached = listens.wait_for(|listens| *listens == wanted).await.map(|_| ());
        reached.map_err(|_| BedError::failed(format!("the proxy at {} has ended", self.address)))
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The accepting side.
struct Front {
    address: SocketAddr,
    target: SocketAddr,
    faults: watch::Receiver<Fault>,
    silences: watch::Receiver<usize>,
    listening: watch::Sender<bool>,
    accepted: Arc<AtomicUsize>,
}

impl Front {
    /// Ends when the port is taken or the proxy is dropped; either closes `listening`, which reports it.
    async fn run(mut self) {
        loop {
            let Some(listener) = listen(self.address).await else { return };
            self.listening.send_replace(true);
            let mut connections = self.serve(listener).await;
            connections.shutdown().await;
            self.listening.send_replace(false);
            if self.faults.wait_for(|fault| *fault != Fault::Refuse).await.is_err() {
                return;
            }
        }
    }

    /// Serves until connections are refused; the listener is closed when this returns.
    async fn serve(&mut self, listener: TcpListener) -> JoinSet<()> {
        let mut connections = JoinSet::new();
        let mut faults = self.faults.clone();
        loop {
            tokio::select! {
                biased;
                _ = faults.wait_for(|fault| *fault == Fault::Refuse) => return connections,
                connection = listener.accept() => {
                    let Ok((client, _)) = connection else { continue };
                    let number = self.accepted.fetch_add(1, Ordering::Relaxed);
                    let carried = carry(client, self.target, self.faults.clone());
                    connections.spawn(until_silenced(number, self.silences.clone(), carried));
                }
                Some(_) = connections.join_next() => {}
            }
        }
    }
}

/// A process that another test is starting holds a copy of this process's listeners until it runs its own program, so a
/// port may stay taken for a moment after it was closed.
async fn listen(address: SocketAddr) -> Option<TcpListener> {
    for _ in 0..100 {
        if let Ok(listener) = TcpListener::bind(address).await {
            return Some(listener);
        }
        sleep(Duration::from_millis(10)).await;
    }
    None
}

/// Carries one connection until it is silenced; from then on its sockets are only held open.
async fn until_silenced(number: usize, mut silences: watch::Receiver<usize>, carried: impl Future<Output = ()>) {
    let mut carried = pin!(carried);
    let ended = tokio::select! {
        biased;
        _ = silences.wait_for(|silenced| number < *silenced) => false,
        () = &mut carried => true,
    };
    if !ended {
        pending::<()>().await;
    }
}

/// Carries one connection until either side ends it or a fault does.
async fn carry(mut client: TcpStream, target: SocketAddr, mut faults: watch::Receiver<Fault>) {
    if flowing(&mut faults).await == Fault::Garbage {
        return talk_nonsense(&mut client).await;
    }
    let Ok(server) = TcpStream::connect(target).await else { return };
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

/// How many bytes of answers may still pass; none when there is no limit.
fn allowed(faults: &mut watch::Receiver<Fault>) -> Option<usize> {
    match *faults.borrow_and_update() {
        Fault::Cut(after) => Some(after),
        _ => None,
    }
}

/// Waits while the proxy stalls, and gives the fault that holds then.
async fn flowing(faults: &mut watch::Receiver<Fault>) -> Fault {
    let fault = faults.wait_for(|fault| *fault != Fault::Stall).await.map(|fault| *fault);
    // The proxy is gone: this task is about to be aborted.
    fault.unwrap_or(Fault::Refuse)
}

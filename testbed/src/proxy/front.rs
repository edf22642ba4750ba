//! Listens and accepts connections for the proxy.

use std::future::{Future, pending};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::Fault;
use super::carry::carry;

/// The accepting side.
pub(super) struct Front {
    pub(super) address: SocketAddr,
    pub(super) target: SocketAddr,
    pub(super) faults: watch::Receiver<Fault>,
    pub(super) silences: watch::Receiver<usize>,
    pub(super) listening: watch::Sender<bool>,
    pub(super) accepted: Arc<AtomicUsize>,
    pub(super) open: Arc<AtomicUsize>,
}

/// A connection that is open; counted until it is dropped.
struct Open(Arc<AtomicUsize>);

impl Open {
    fn count(open: &Arc<AtomicUsize>) -> Self {
        open.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(open))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Front {
    /// Ends if the port is in use or the proxy is dropped; both close `listening`, which reports it.
    pub(super) async fn run(mut self) {
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

    /// Accepts connections until they are to be refused; the listener is closed when this returns.
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
                    let carried = until_silenced(number, self.silences.clone(), carried);
                    let open = Open::count(&self.open);
                    connections.spawn(async move {
                        let _open = open;
                        carried.await;
                    });
                }
                Some(_) = connections.join_next() => {}
            }
        }
    }
}

/// A process that another test starts has a copy of this process's listeners until it executes its own program, so a
/// port may stay in use for a moment after it was closed.
async fn listen(address: SocketAddr) -> Option<TcpListener> {
    for _ in 0..100 {
        if let Ok(listener) = TcpListener::bind(address).await {
            return Some(listener);
        }
        sleep(Duration::from_millis(10)).await;
    }
    None
}

/// Transfers the bytes of one connection until it is silenced; from then on its sockets are only kept open.
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

//! An HTTP server that answers everything and counts its connections. Some it closes without an answer.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// Every so many requests of a connection, it is closed instead of answered.
const CLOSES_AFTER: usize = 50;

/// What it answers.
pub(crate) const VALUE: u64 = 7;

pub(crate) struct Http {
    pub(crate) url: String,
    open: Arc<AtomicUsize>,
    accepted: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Http {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let (open, accepted) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let counters = (Arc::clone(&open), Arc::clone(&accepted));
        let task = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let (open, accepted) = counters.clone();
                open.fetch_add(1, Ordering::SeqCst);
                accepted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(async move {
                    answer(connection).await;
                    open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Self { url, open, accepted, task }
    }

    pub(crate) fn open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }

    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

impl Drop for Http {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(mut connection: TcpStream) {
    let mut request = [0; 4096];
    for _ in 1..CLOSES_AFTER {
        if !matches!(connection.read(&mut request).await, Ok(1..)) {
            return;
        }
        let text = format!("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n{VALUE}");
        if connection.write_all(text.as_bytes()).await.is_err() {
            return;
        }
    }
    let _ = connection.read(&mut request).await;
}

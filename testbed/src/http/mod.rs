//! An HTTP server with configured replies that records its requests.
//!
//! Routes are paths without their query; a path without a route is answered with 404. [`proxy`](crate::proxy()) has the
//! faults below HTTP: a server that accepts but does not answer, bytes that are not HTTP, a connection that is cut.

mod reply;
mod seen;
mod tls;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use reply::Reply;
pub use seen::Seen;

use self::tls::{TlsListener, server_config};
use crate::{Authority, BedError};

/// The fixture on plain HTTP, at `http://127.0.0.1:<port>`.
///
/// # Errors
///
/// If no port is available.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use testbed::http::Reply;
///
/// let http = testbed::http().await.unwrap();
/// http.on("/price", Reply::json(&serde_json::json!({ "amount": 12 })));
/// assert_eq!(http.url("/price"), format!("http://{}/price", http.address()));
/// assert_eq!(http.count("/price"), 0);
/// # }
/// ```
pub async fn http() -> Result<HttpServer, BedError> {
    let (listener, address) = listen().await?;
    let routes = Arc::new(Routes::default());
    let app = app(&routes);
    let task = tokio::spawn(async move {
        let _ = axum::serve(listener, app).await;
    });
    Ok(HttpServer { address, routes, task, authority: None })
}

/// The fixture on HTTPS, for `127.0.0.1` and `localhost`, with a certificate of its own authority.
///
/// # Errors
///
/// If no port is available or no certificate can be created.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let https = testbed::https().await.unwrap();
/// assert!(https.url("/").starts_with("https://127.0.0.1:"));
/// assert!(https.authority().unwrap().starts_with("-----BEGIN CERTIFICATE-----"));
/// # }
/// ```
pub async fn https() -> Result<HttpServer, BedError> {
    over_tls(b"http/1.1").await
}

/// The fixture on HTTPS, like [`https`], with HTTP/2.
///
/// # Errors
///
/// As for [`https`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let https = testbed::http2().await.unwrap();
/// assert!(https.url("/").starts_with("https://127.0.0.1:"));
/// # }
/// ```
pub async fn http2() -> Result<HttpServer, BedError> {
    over_tls(b"h2").await
}

async fn over_tls(protocol: &[u8]) -> Result<HttpServer, BedError> {
    let (listener, address) = listen().await?;
    let authority = Authority::new()?;
    let listener = TlsListener::new(listener, server_config(&authority.server(&[])?, protocol)?);
    let routes = Arc::new(Routes::default());
    let app = app(&routes);
    let task = tokio::spawn(async move {
        let _ = axum::serve(listener, app).await;
    });
    Ok(HttpServer { address, routes, task, authority: Some(authority.pem().to_owned()) })
}

async fn listen() -> Result<(TcpListener, SocketAddr), BedError> {
    let failed = |error: std::io::Error| BedError::io("cannot listen on loopback", &error);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

/// A running fixture; it stops accepting when dropped, and its connections end with the test's runtime.
#[derive(Debug)]
pub struct HttpServer {
    address: SocketAddr,
    routes: Arc<Routes>,
    task: JoinHandle<()>,
    authority: Option<String>,
}

impl HttpServer {
    /// Sets the reply for this path, and replaces any earlier one.
    pub fn on(&self, path: &str, reply: Reply) {
        self.on_sequence(path, [reply]);
    }

    /// Sets the replies for this path: they are sent one after another, and the last one is repeated.
    pub fn on_sequence(&self, path: &str, replies: impl IntoIterator<Item = Reply>) {
        let mut replies: Vec<Reply> = replies.into_iter().collect();
        replies.reverse();
        self.routes.replies().insert(path.to_owned(), replies);
    }

    /// The URL of a path, by address.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme(), self.address)
    }

    /// The URL of a path, by the name `localhost`; for a client this is another host than that of [`HttpServer::url`].
    #[must_use]
    pub fn localhost_url(&self, path: &str) -> String {
        format!("{}://localhost:{}{path}", self.scheme(), self.address.port())
    }

    /// The address it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate of the authority that issued this server's certificate, as PEM; none for plain HTTP.
    #[must_use]
    pub fn authority(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    /// All requests so far, in the order of their arrival.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        self.routes.seen().clone()
    }

    /// The requests for one path so far.
    #[must_use]
    pub fn seen_at(&self, path: &str) -> Vec<Seen> {
        self.seen().into_iter().filter(|seen| seen.path == path).collect()
    }

    /// How many requests were sent for this path.
    #[must_use]
    pub fn count(&self, path: &str) -> usize {
        self.seen_at(path).len()
    }

    /// How many requests for this path were answered with this status.
    #[must_use]
    pub fn count_status(&self, path: &str, status: u16) -> usize {
        self.seen_at(path).iter().filter(|seen| seen.answered == Some(status)).count()
    }

    fn scheme(&self) -> &'static str {
        if self.authority.is_some() { "https" } else { "http" }
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Debug, Default)]
struct Routes {
    /// In reverse order: the next reply is at the end.
    replies: Mutex<HashMap<String, Vec<Reply>>>,
    seen: Mutex<Vec<Seen>>,
}

impl Routes {
    fn replies(&self) -> MutexGuard<'_, HashMap<String, Vec<Reply>>> {
        self.replies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn seen(&self) -> MutexGuard<'_, Vec<Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self, path: &str) -> Reply {
        let mut replies = self.replies();
        let Some(replies) = replies.get_mut(path) else { return Reply::status(404) };
        if replies.len() > 1 { replies.pop() } else { replies.last().cloned() }.unwrap_or_else(|| Reply::status(404))
    }

    fn remember(&self, seen: Seen) -> usize {
        let mut all = self.seen();
        all.push(seen);
        all.len() - 1
    }

    fn answered(&self, index: usize, status: u16) {
        if let Some(seen) = self.seen().get_mut(index) {
            seen.answered = Some(status);
        }
    }
}

fn app(routes: &Arc<Routes>) -> Router {
    Router::new().fallback(answer).with_state(Arc::clone(routes))
}

async fn answer(State(routes): State<Arc<Routes>>, request: Request) -> Response {
    let seen = Seen::read(request).await;
    let reply = routes.next(&seen.path);
    let index = routes.remember(seen.clone());
    let response = reply.answer(&seen).await;
    routes.answered(index, response.status().as_u16());
    response
}

//! Counting what a way asks: statements that sqlx runs, and round trips through a TCP proxy.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tracing::{Event, Subscriber};
use tracing_subscriber::{
    Layer,
    filter::dynamic_filter_fn,
    layer::{Context, SubscriberExt as _},
    util::{SubscriberInitExt as _, TryInitError},
};

/// A count that goes up while something runs.
pub type Counter = Arc<AtomicUsize>;

/// Whether statements are counted: describing them to a listener would slow what is timed.
static COUNTING: AtomicBool = AtomicBool::new(false);

/// Counts the statements that sqlx runs inside [`counting`], from now on and in the whole process.
///
/// # Errors
/// Where the process listens to events already.
pub fn statements() -> Result<Counter, TryInitError> {
    let counter = Counter::default();
    let ours = dynamic_filter_fn(|event, _| COUNTING.load(SeqCst) && event.target() == "sqlx::query");
    tracing_subscriber::registry().with(Count(Arc::clone(&counter)).with_filter(ours)).try_init()?;
    Ok(counter)
}

/// Runs something whose statements are counted.
pub fn counting<T>(run: impl FnOnce() -> T) -> T {
    COUNTING.store(true, SeqCst);
    let result = run();
    COUNTING.store(false, SeqCst);
    result
}

struct Count(Counter);

impl<S: Subscriber> Layer<S> for Count {
    fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// A proxy, and what has passed through it so far.
#[derive(Debug)]
pub struct Proxy {
    /// Where it listens.
    pub address: SocketAddr,
    /// A round trip is whatever a client sends until the server answers.
    pub round_trips: Counter,
    /// All connections, also those that are closed.
    pub connections: Counter,
}

/// A proxy in front of a server, whose every answer arrives `delay` later. It lives as long as the runtime.
///
/// # Errors
/// Where no port can be had.
pub async fn proxy(server: SocketAddr, delay: Duration) -> io::Result<Proxy> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let (round_trips, connections) = (Counter::default(), Counter::default());
    let proxy = Proxy { address, round_trips: Arc::clone(&round_trips), connections: Arc::clone(&connections) };
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            connections.fetch_add(1, SeqCst);
            tokio::spawn(carry(client, server, delay, Arc::clone(&round_trips)));
        }
    });
    Ok(proxy)
}

/// Carries one connection until either side ends it.
async fn carry(mut client: TcpStream, server: SocketAddr, delay: Duration, round_trips: Counter) -> io::Result<()> {
    let mut server = TcpStream::connect(server).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut question, mut answer) = (vec![0; 16 * 1024], vec![0; 16 * 1024]);
    let mut asked = false;
    loop {
        tokio::select! {
            read = client.read(&mut question) => match read? {
                0 => return Ok(()),
                read => {
                    round_trips.fetch_add(usize::from(!asked), SeqCst);
                    asked = true;
                    server.write_all(&question[..read]).await?;
                }
            },
            read = server.read(&mut answer) => match read? {
                0 => return Ok(()),
                read => {
                    if asked && !delay.is_zero() {
                        tokio::time::sleep(delay).await;
                    }
                    asked = false;
                    client.write_all(&answer[..read]).await?;
                }
            },
        }
    }
}

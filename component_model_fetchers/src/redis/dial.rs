//! Opens connections: to an address, with TLS or without it, signed in, and with a database selected.

use std::{
    fmt,
    sync::{Arc, atomic::AtomicUsize},
    time::Duration,
};

use component_model_source::{ErrorKind, SourceError};
use futures_util::future::{Either, select};
use redis::{
    AsyncConnectionConfig, ProtocolVersion, PushInfo, RedisConnectionInfo, Value,
    aio::{ConnectionLike as _, MultiplexedConnection},
};
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    task::AbortHandle,
    time::{Instant, sleep_until, timeout},
};
use tokio_rustls::TlsConnector;

use super::{
    address::{Address, Login},
    command::Commands,
    config::Config,
    failure, misconfigured, sentinel,
    wire::{Activity, Wire},
};
use crate::{
    links::{self, Dial, silent},
    trust::Tls,
};

/// How long a server may take for the handshake of TLS. One without TLS waits for more, and never answers.
const HANDSHAKE: Duration = Duration::from_millis(1500);

/// Which server a connection leads to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Node {
    At(Address),
    /// The one that the Sentinels name.
    Master,
}

/// A server, and a database of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Target {
    pub(super) node: Node,
    pub(super) db: u32,
}

/// How long a node of a cluster may say nothing: others have the rest of the keys, and one of them may have taken its place.
const SILENCE_OF_NODE: Duration = Duration::from_millis(600);

/// How long a connection to the master that Sentinels name is used, since another server may become it.
const AGE_OF_MASTER: Duration = Duration::from_secs(60);

/// Who is told what the server pushes.
pub(super) type Pushes = Arc<dyn Fn(PushInfo) + Send + Sync>;

/// Opens connections of one configuration.
pub(super) struct Dialer {
    pub(super) config: Config,
    /// None: without TLS.
    tls: Option<Tls>,
    /// The Sentinel that is asked first.
    pub(super) first_sentinel: AtomicUsize,
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl Dialer {
    pub(super) fn new(config: Config) -> Self {
        let tls = config.tls.clone().map(Tls::new);
        Self { config, tls, first_sentinel: AtomicUsize::new(0) }
    }

    /// A connection to a target; with pushes it speaks RESP3, which mixes them with replies.
    pub(super) async fn dial_with(&self, target: &Target, pushes: Option<Pushes>) -> Result<Link, SourceError> {
        match &target.node {
            Node::At(address) => self.open(address, target.db, self.config.login.as_ref(), pushes).await,
            Node::Master => sentinel::dial(self, target.db, pushes).await,
        }
    }

    pub(super) async fn open(
        &self,
        address: &Address,
        db: u32,
        login: Option<&Login>,
        pushes: Option<Pushes>,
    ) -> Result<Link, SourceError> {
        let stream = self.connect(address).await?;
        let activity = Arc::new(Activity::new());
        let protocol = if pushes.is_some() { ProtocolVersion::RESP3 } else { ProtocolVersion::RESP2 };
        // Its name is not set: a user without the permission would fill the server's log of refused commands.
        let info = RedisConnectionInfo::default().set_protocol(protocol).set_skip_set_lib_name();
        // `HELLO` needs the password; otherwise the library would take every error for a wrong one.
        let info = match login.filter(|_| pushes.is_some()) {
            None => info,
            Some(Login { user: None, password }) => info.set_password(password),
            Some(Login { user: Some(user), password }) => info.set_username(user).set_password(password),
        };
        let login = login.filter(|_| pushes.is_none());
        // The timeouts are those of the attempts.
        let settings = AsyncConnectionConfig::new().set_response_timeout(None);
        let settings = match pushes {
            None => settings,
            Some(pushes) => settings.set_push_sender(move |push| {
                pushes(push);
                Ok::<(), ()>(())
            }),
        };
        let wire = Wire::new(stream, Arc::clone(&activity));
        let opened = MultiplexedConnection::new_with_config(&info, wire, settings).await;
        let is_plain = self.config.tls.is_none() && matches!(address, Address::Tcp { .. });
        let (connection, driver) = opened.map_err(|error| reason(&activity, &error, is_plain))?;
        let driver = tokio::spawn(driver).abort_handle();
        let link = Link { connection, activity, driver, is_plain };
        sign_in(&link, login, db).await?;
        Ok(link)
    }

    async fn connect(&self, address: &Address) -> Result<Box<dyn Stream>, SourceError> {
        let refused = |error| failure::of_connecting(&error, &address.to_string());
        match address {
            Address::Tcp { host, port } => {
                let stream = TcpStream::connect((host.as_str(), *port)).await.map_err(refused)?;
                stream.set_nodelay(true).map_err(refused)?;
                let Some(tls) = &self.tls else { return Ok(Box::new(stream)) };
                let connector = TlsConnector::from(Arc::new(tls.config().await?));
                let name = ServerName::try_from(host.clone());
                let name = name.map_err(|_| misconfigured("the host has a name that no certificate has"))?;
                let secured = timeout(HANDSHAKE, connector.connect(name, stream)).await;
                let secured = secured.map_err(|_| failure::no_handshake())?.map_err(|error| failure::of_io(&error))?;
                Ok(Box::new(secured))
            }
            #[cfg(unix)]
            Address::Unix(path) => Ok(Box::new(tokio::net::UnixStream::connect(path).await.map_err(refused)?)),
            #[cfg(not(unix))]
            Address::Unix(_) => Err(misconfigured("this system has no sockets in the file system")),
        }
    }
}

async fn sign_in(link: &Link, login: Option<&Login>, db: u32) -> Result<(), SourceError> {
    let mut commands = Commands::default();
    match login {
        None => {}
        Some(Login { user: None, password }) => commands.add("AUTH", [password.as_str()]),
        Some(Login { user: Some(user), password }) => commands.add("AUTH", [user.as_str(), password]),
    }
    if db != 0 {
        commands.add("SELECT", [db.to_string().as_str()]);
    }
    if commands.len() == 0 {
        return Ok(());
    }
    for reply in link.exchange(&commands, None).await? {
        if let Value::ServerError(error) = reply {
            return Err(failure::of_server(&error));
        }
    }
    Ok(())
}

/// Why a connection failed: what was seen on it, or what the library says. A server that expects TLS closes a connection
/// without it before it says anything.
fn reason(activity: &Activity, error: &redis::RedisError, is_plain: bool) -> SourceError {
    let failure = match activity.ended() {
        Some(ended) if error.code().is_none() => ended.clone(),
        _ => failure::of_client(error),
    };
    let is_lost = failure.kind() == ErrorKind::Unreachable && failure.hint().is_none();
    if is_plain && is_lost && activity.is_mute() { failure.with_hint(failure::EXPECTS_TLS) } else { failure }
}

/// An open connection, which ends when it is dropped.
pub(super) struct Link {
    connection: MultiplexedConnection,
    activity: Arc<Activity>,
    driver: AbortHandle,
    /// Over TCP without TLS.
    is_plain: bool,
}

impl Link {
    /// Sends commands and returns a reply to each; an error of the server is a reply.
    ///
    /// With `patience`, a connection on which nothing was heard for so long is an error.
    ///
    /// # Cancel safety
    /// The replies to what was sent are read and dropped.
    pub(super) async fn exchange(
        &self,
        commands: &Commands,
        patience: Option<Duration>,
    ) -> Result<Vec<Value>, SourceError> {
        let mut connection = self.connection.clone();
        let replies = connection.req_packed_commands(commands.pipeline(), 0, commands.len());
        let replies = match patience {
            None => replies.await,
            Some(patience) => match select(replies, Box::pin(self.silence(patience))).await {
                Either::Left((replies, _)) => replies,
                Either::Right(_) => return Err(silent()),
            },
        };
        let replies = replies.map_err(|error| reason(&self.activity, &error, self.is_plain))?;
        if replies.len() == commands.len() { Ok(replies) } else { Err(failure::unexpected()) }
    }

    /// Ends when nothing was heard for a while from now on.
    async fn silence(&self, patience: Duration) {
        let since = Instant::now();
        loop {
            let until = self.activity.heard().max(since) + patience;
            if Instant::now() >= until {
                return;
            }
            sleep_until(until).await;
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Dial for Dialer {
    type Target = Target;
    type Link = Link;

    async fn dial(&self, target: &Target) -> Result<Link, SourceError> {
        self.dial_with(target, None).await
    }

    fn patience(&self, _: &Target) -> Option<Duration> {
        self.config.is_cluster().then_some(SILENCE_OF_NODE)
    }

    fn age(&self, target: &Target) -> Duration {
        if target.node == Node::Master { AGE_OF_MASTER } else { links::AGE }
    }
}

impl links::Exchange<Link> for Commands {
    type Reply = Vec<Value>;

    async fn send(&self, link: &Link, patience: Option<Duration>) -> Result<Vec<Value>, SourceError> {
        link.exchange(self, patience).await
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").finish_non_exhaustive()
    }
}

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Dialer").field(&self.config).finish()
    }
}

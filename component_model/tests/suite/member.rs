//! What a source has to offer to take part: [`Member`], and a trait for each thing that only some can do.
//!
//! What always holds: a member's source is registered as `source`, and what one test starts no other test sees.

use std::{sync::Arc, time::Duration};

use component_model::{ErrorKind, Polling, Request, RequestSpec, Source, Sources, SourcesBuilder, plan::Layer};
use testbed::{BedError, proxy::Proxy};

/// The name of every member's source.
pub(crate) const NAME: &str = "source";

/// What stands behind a key.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Content {
    Text(&'static str),
    /// A number, for sources that know types.
    Number(u64),
    /// Text of that many bytes.
    Large(usize),
}

/// A key and what stands behind it.
pub(crate) type Entry = (&'static str, Content);

/// A source under test.
pub(crate) trait Member: Sized {
    /// Starts what the source reads from, with these keys.
    async fn start(entries: &[Entry]) -> Result<Self, BedError>;

    /// The source, registered as [`NAME`].
    fn source(&self) -> SourcesBuilder;

    /// How errors call a key.
    fn locator(&self, key: &str) -> String;

    /// What no text may hold: passwords, tokens.
    fn secrets(&self) -> Vec<String> {
        Vec::new()
    }

    /// Whether the source takes a key; one that it does not take is refused before any I/O.
    fn takes(_key: &str) -> bool {
        true
    }

    /// The sources of a test.
    fn sources(&self) -> Sources {
        self.source().build()
    }
}

/// A source that knows who asks.
pub(crate) trait Authenticated: Member {
    /// The source with a password or a token that is refused.
    fn with_wrong_password(&self) -> SourcesBuilder;
}

/// A source that may know who asks and still refuse.
pub(crate) trait Guarded: Member {
    /// Whether the superuser may read everything, so that the case runs as somebody else.
    const SUPERUSER_READS_ALL: bool = false;

    /// The source for somebody who may not read.
    async fn without_permission(&self) -> SourcesBuilder;
}

/// A source whose answers are documents that may be broken.
pub(crate) trait Documented: Member {
    /// Starts with text that is no document, under every key.
    async fn broken(text: &str) -> Result<Self, BedError>;
}

/// A source that can be made to say nothing.
pub(crate) trait Hanging: Member {
    async fn hang(&mut self);
    async fn go_on(&mut self);
}

/// A source behind a proxy: every connection goes through it.
pub(crate) trait Networked: Member {
    fn proxy(&self) -> &Proxy;
}

impl<M: Networked> Hanging for M {
    async fn hang(&mut self) {
        self.proxy().stall().await.unwrap();
    }

    async fn go_on(&mut self) {
        self.proxy().heal().await.unwrap();
    }
}

/// A source that can go and come back.
pub(crate) trait Mortal: Member {
    /// What its absence is: only what is unreachable may be reached again without anybody's doing.
    const GONE: ErrorKind;

    /// As [`Member::start`], with a server that nobody else uses.
    async fn alone(entries: &[Entry]) -> Result<Self, BedError> {
        Self::start(entries).await
    }

    async fn stop(&mut self);
    async fn start_again(&mut self);
}

/// A source whose server can be killed.
pub(crate) trait Killable: Mortal {
    async fn kill(&mut self);
}

/// A source whose server counts what it is asked.
pub(crate) trait Counted: Member {
    /// How often it was asked since it was started; `sources` are no longer needed.
    async fn round_trips(&self, sources: Sources) -> usize;
}

/// A source whose changes can be told, and whose keys a test can change meanwhile, past any proxy.
///
/// The cases watch with `component_model::watch`, so that a source that cannot push is polled.
pub(crate) trait Watching: Member {
    type Source: Source;

    /// The most connections that a watch of many keys opens.
    const CONNECTIONS: usize = 4;

    /// How a source that cannot push is polled.
    fn polling() -> Polling {
        Polling::every(Duration::from_millis(50))
    }

    /// The source that [`Member::source`] registers.
    fn watchable(&self) -> Arc<Self::Source>;

    /// The request for a key.
    fn request(source: &Self::Source, key: &str) -> Request<<Self::Source as Source>::Query> {
        source.bind(&RequestSpec::new(&Layer { key: Some(key), ..Layer::NEW }, &[])).unwrap()
    }

    /// Writes texts under keys, one after another, so that each is the value for a moment.
    async fn write(&self, changes: &[(&str, &str)]);

    async fn delete(&self, key: &str);

    /// Writes what cannot be read as a number.
    async fn write_wrong(&self, key: &str) {
        self.write(&[(key, "wrong")]).await;
    }

    /// How many connections, subscriptions and the like the server has for its clients; 0 if nobody counts them.
    async fn held(&self) -> usize {
        0
    }
}

/// What a test allows beside a timeout: the machine may be busy.
pub(crate) const MARGIN: Duration = Duration::from_secs(1);

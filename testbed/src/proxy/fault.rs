//! The faults, and how to switch them.

use std::time::Duration;

use super::Proxy;
use crate::BedError;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    Delay(Duration),
    Trickle(Duration),
    Stall,
    Cut(usize),
    Garbage,
    Reset,
    Refuse,
}

impl Proxy {
    /// Delays every chunk of an answer.
    ///
    /// # Errors
    ///
    /// If the proxy refused connections before and its port is now in use.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use tokio::{io::{AsyncReadExt as _, AsyncWriteExt as _}, net::TcpStream};
    ///
    /// let http = testbed::http().await.unwrap();
    /// let proxy = testbed::proxy(http.address()).await.unwrap();
    /// proxy.delay(std::time::Duration::from_millis(100)).await.unwrap();
    /// let start = std::time::Instant::now();
    /// let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    /// stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    /// let mut answer = Vec::new();
    /// stream.read_to_end(&mut answer).await.unwrap();
    /// assert!(answer.starts_with(b"HTTP/1.1 404") && start.elapsed().as_millis() >= 100);
    /// # }
    /// ```
    pub async fn delay(&self, delay: Duration) -> Result<(), BedError> {
        self.switch(Fault::Delay(delay)).await
    }

    /// Transfers answers one byte at a time, with a pause after each.
    ///
    /// # Errors
    ///
    /// As for [`Proxy::delay`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use tokio::{io::{AsyncReadExt as _, AsyncWriteExt as _}, net::TcpStream};
    ///
    /// let http = testbed::http().await.unwrap();
    /// let proxy = testbed::proxy(http.address()).await.unwrap();
    /// proxy.trickle(std::time::Duration::from_millis(10)).await.unwrap();
    /// let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    /// stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    /// assert_eq!(stream.read(&mut [0; 4096]).await.unwrap(), 1);
    /// proxy.heal().await.unwrap();
    /// let mut rest = Vec::new();
    /// stream.read_to_end(&mut rest).await.unwrap();
    /// assert!(rest.starts_with(b"TTP/1.1 404"));
    /// # }
    /// ```
    pub async fn trickle(&self, pause: Duration) -> Result<(), BedError> {
        self.switch(Fault::Trickle(pause)).await
    }

    /// Accepts connections, but transfers nothing in either direction.
    ///
    /// # Errors
    ///
    /// As for [`Proxy::delay`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use tokio::{io::{AsyncReadExt as _, AsyncWriteExt as _}, net::TcpStream, time::timeout};
    ///
    /// let http = testbed::http().await.unwrap();
    /// let proxy = testbed::proxy(http.address()).await.unwrap();
    /// proxy.stall().await.unwrap();
    /// let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    /// stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    /// let mut answer = Vec::new();
    /// let waited = timeout(std::time::Duration::from_millis(100), stream.read_to_end(&mut answer)).await;
    /// assert!(waited.is_err() && answer.is_empty());
    /// # }
    /// ```
    pub async fn stall(&self) -> Result<(), BedError> {
        self.switch(Fault::Stall).await
    }

    /// Closes every connection after this many further bytes of answers.
    ///
    /// # Errors
    ///
    /// As for [`Proxy::delay`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use tokio::{io::{AsyncReadExt as _, AsyncWriteExt as _}, net::TcpStream};
    ///
    /// let http = testbed::http().await.unwrap();
    /// let proxy = testbed::proxy(http.address()).await.unwrap();
    /// proxy.cut(8).await.unwrap();
    /// let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    /// stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    /// let mut answer = Vec::new();
    /// let _ = stream.read_to_end(&mut answer).await;
    /// assert_eq!(answer, b"HTTP/1.1");
    /// # }
    /// ```
    pub async fn cut(&self, after: usize) -> Result<(), BedError> {
        self.switch(Fault::Cut(after)).await
    }

    /// Answers connections with bytes of no protocol, and closes them.
    ///
    /// # Errors
    ///
    /// As for [`Proxy::delay`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use tokio::{io::{AsyncReadExt as _, AsyncWriteExt as _}, net::TcpStream};
    ///
    /// let http = testbed::http().await.unwrap();
    /// let proxy = testbed::proxy(http.address()).await.unwrap();
    /// proxy.garbage().await.unwrap();
    /// let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    /// stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    /// let mut answer = Vec::new();
    /// let _ = stream.read_to_end(&mut answer).await;
    /// assert!(!answer.starts_with(b"HTTP"));
    /// # }
    /// ```
    pub async fn garbage(&self) -> Result<(), BedError> {
        self.switch(Fault::Garbage).await
    }

    /// Resets the open connections, and each new one as soon as it is accepted.
    ///
    /// # Errors
    ///
    /// As for [`Proxy::delay`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use std::io::ErrorKind;
    /// use tokio::{io::AsyncReadExt as _, net::TcpStream};
    ///
    /// let http = testbed::http().await.unwrap();
    /// let proxy = testbed::proxy(http.address()).await.unwrap();
    /// let mut open = TcpStream::connect(proxy.address()).await.unwrap();
    /// proxy.reset().await.unwrap();
    /// assert_eq!(open.read(&mut [0; 1]).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
    /// let mut new = TcpStream::connect(proxy.address()).await.unwrap();
    /// assert_eq!(new.read(&mut [0; 1]).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
    /// # }
    /// ```
    pub async fn reset(&self) -> Result<(), BedError> {
        self.switch(Fault::Reset).await
    }

    /// Closes the port and the open connections; when this returns, new connections are refused.
    ///
    /// # Errors
    ///
    /// If the proxy has ended together with the runtime on which it was created.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let http = testbed::http().await.unwrap();
    /// let proxy = testbed::proxy(http.address()).await.unwrap();
    /// proxy.refuse().await.unwrap();
    /// assert!(tokio::net::TcpStream::connect(proxy.address()).await.is_err());
    /// # }
    /// ```
    pub async fn refuse(&self) -> Result<(), BedError> {
        self.switch(Fault::Refuse).await
    }

    /// Open connections transfer nothing from now on, in either direction, and are never closed; new ones work. This is
    /// like a firewall that dropped its table, or a failover behind one address. It cannot be undone.
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

    /// Ends the fault: stalled connections continue, and when this returns, new connections are accepted.
    ///
    /// # Errors
    ///
    /// As for [`Proxy::delay`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let http = testbed::http().await.unwrap();
    /// let proxy = testbed::proxy(http.address()).await.unwrap();
    /// proxy.refuse().await.unwrap();
    /// proxy.heal().await.unwrap();
    /// assert!(tokio::net::TcpStream::connect(proxy.address()).await.is_ok());
    /// # }
    /// ```
    pub async fn heal(&self) -> Result<(), BedError> {
        self.switch(Fault::None).await
    }

    async fn switch(&self, fault: Fault) -> Result<(), BedError> {
        self.faults.send_replace(fault);
        self.listens_is(fault != Fault::Refuse).await
    }

    pub(super) async fn listens_is(&self, wanted: bool) -> Result<(), BedError> {
        let mut listens = self.listens.clone();
        let reached = listens.wait_for(|listens| *listens == wanted).await.map(|_| ());
        reached.map_err(|_| BedError::failed(format!("the proxy at {} has ended", self.address)))
    }
}

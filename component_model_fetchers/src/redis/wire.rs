//! The bytes of a connection: how large a reply may be, when the server was last heard, and why the connection ended.
//!
//! The client library reads replies whole, whatever their size. What always holds: the values of one reply that reach it
//! have at most [`limit::BYTES`] bytes and [`limit::VALUES`] elements. What is larger is read from the connection without
//! being kept, and an error of the server's protocol takes its place, so that the other requests on the connection go on.

use std::{
    io,
    pin::Pin,
    sync::{
        OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use component_model_source::{SourceError, limit};
use std::sync::Arc;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Instant,
};

use super::failure;

/// The code of the error that takes the place of what is too large.
pub(super) const TOO_LARGE: &str = "TOOLARGE";

const TOO_LARGE_LINE: &[u8] = b"-TOOLARGE the reply is larger than the limit\r\n";

/// The longest line: an error, a number, a header.
const LINE: usize = 64 * 1024;

/// How deeply a reply may be nested.
const DEPTH: usize = 32;

const CHUNK: usize = 16 * 1024;

/// What is known about a connection, shared with those who wait for it.
#[derive(Debug)]
pub(super) struct Activity {
    since: Instant,
    /// When the server was last heard, in milliseconds after `since`.
    heard: AtomicU64,
    spoke: AtomicBool,
    ended: OnceLock<SourceError>,
}

impl Activity {
    pub(super) fn new() -> Self {
        Self { since: Instant::now(), heard: AtomicU64::new(0), spoke: AtomicBool::new(false), ended: OnceLock::new() }
    }

    /// When the server was last heard.
    pub(super) fn heard(&self) -> Instant {
        self.since + Duration::from_millis(self.heard.load(Ordering::Relaxed))
    }

    /// Whether the server has not said anything yet.
    pub(super) fn is_mute(&self) -> bool {
        !self.spoke.load(Ordering::Relaxed)
    }

    /// Why the connection ended, if it did.
    pub(super) fn ended(&self) -> Option<&SourceError> {
        self.ended.get()
    }

    fn hear(&self) {
        let elapsed = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.heard.store(elapsed, Ordering::Relaxed);
        self.spoke.store(true, Ordering::Relaxed);
    }

    fn end(&self, error: &io::Error) {
        let _ = self.ended.get_or_init(|| failure::of_io(error));
    }

    /// A server that refuses a connection says why before it closes it.
    fn refused(&self, refusal: &[u8]) {
        let _ = self.ended.get_or_init(|| failure::of_line(refusal));
    }
}

/// A connection whose replies are limited.
#[derive(Debug)]
pub(super) struct Wire<S> {
    stream: S,
    activity: Arc<Activity>,
    scan: Scan,
    chunk: Box<[u8]>,
    /// What may be read, from a position on.
    passed: Vec<u8>,
    at: usize,
    broken: bool,
}

impl<S> Wire<S> {
    pub(super) fn new(stream: S, activity: Arc<Activity>) -> Self {
        let chunk = vec![0; CHUNK].into_boxed_slice();
        Self { stream, activity, scan: Scan::default(), chunk, passed: Vec::new(), at: 0, broken: false }
    }

    fn ends<T>(&self, result: io::Result<T>) -> io::Result<T> {
        result.inspect_err(|error| match self.scan.refusal() {
            Some(refusal) => self.activity.refused(refusal),
            None => self.activity.end(error),
        })
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if this.at < this.passed.len() {
                let rest = &this.passed[this.at..];
                let taken = rest.len().min(buffer.remaining());
                buffer.put_slice(&rest[..taken]);
                this.at += taken;
                return Poll::Ready(Ok(()));
            }
            if this.broken {
                return Poll::Ready(this.ends(Err(no_protocol())));
            }
            let mut chunk = ReadBuf::new(&mut this.chunk);
            let read = ready!(Pin::new(&mut this.stream).poll_read(cx, &mut chunk));
            let read = read.map(|()| chunk.filled().len());
            let read = match this.ends(read)? {
                // An end in the middle of a reply would be taken for a reply that does not parse.
                0 => return Poll::Ready(this.ends(Err(io::ErrorKind::UnexpectedEof.into()))),
                read => read,
            };
            this.activity.hear();
            this.passed.clear();
            this.at = 0;
            this.broken = this.scan.feed(&this.chunk[..read], &mut this.passed).is_err();
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = ready!(Pin::new(&mut this.stream).poll_write(cx, bytes));
        Poll::Ready(this.ends(written))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = ready!(Pin::new(&mut this.stream).poll_flush(cx));
        Poll::Ready(this.ends(flushed))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

/// What is not Redis' protocol.
#[derive(Debug)]
struct Broken;

fn no_protocol() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "not the protocol of Redis")
}

/// Follows the framing of replies (RESP2 and RESP3), and passes on what is within the limits.
#[derive(Debug, Default)]
struct Scan {
    line: Vec<u8>,
    /// The bytes of the current string that are still to come, its line end included.
    string: usize,
    /// How many elements each open list still has.
    open: Vec<usize>,
    /// The number of open lists at which what is too large began.
    skipping: Option<usize>,
    /// The current string is too large.
    skips_string: bool,
    bytes: usize,
    elements: usize,
    /// How many replies there were.
    replies: usize,
    /// The first reply, if it is an error.
    error: Vec<u8>,
}

impl Scan {
    /// The error that is all that the server said.
    fn refusal(&self) -> Option<&[u8]> {
        Some(&self.error[..]).filter(|error| self.replies == 1 && !error.is_empty())
    }

    fn feed(&mut self, mut bytes: &[u8], passed: &mut Vec<u8>) -> Result<(), Broken> {
        while !bytes.is_empty() {
            if self.string > 0 {
                let (now, later) = bytes.split_at(self.string.min(bytes.len()));
                if !self.skips_string && self.skipping.is_none() {
                    passed.extend_from_slice(now);
                }
                self.string -= now.len();
                bytes = later;
                if self.string == 0 {
                    self.skips_string = false;
                    self.element_ends();
                }
                continue;
            }
            let end = bytes.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
            let (now, later) = bytes.split_at(end.unwrap_or(bytes.len()));
            self.line.extend_from_slice(now);
            bytes = later;
            // Its first byte already tells what is another protocol, which may have no line ends.
            if self.line.len() > LINE || !self.line.first().is_some_and(|byte| b"+-:,#_($!=*~>%|".contains(byte)) {
                return Err(Broken);
            }
            if end.is_some() {
                let line = std::mem::take(&mut self.line);
                self.line_ends(&line, passed)?;
                self.line = line;
                self.line.clear();
            }
        }
        Ok(())
    }

    fn line_ends(&mut self, line: &[u8], passed: &mut Vec<u8>) -> Result<(), Broken> {
        let (kind, content) = line.strip_suffix(b"\r\n").and_then(|line| line.split_first()).ok_or(Broken)?;
        match kind {
            b'$' | b'!' | b'=' => match length(content)? {
                None => self.ends_with(line, passed),
                Some(length) => self.string_begins(line, length, passed),
            },
            b'*' | b'~' | b'>' | b'%' | b'|' => match length(content)? {
                None => self.ends_with(line, passed),
                Some(0) if *kind != b'|' => self.ends_with(line, passed),
                Some(length) => {
                    let elements = match kind {
                        b'%' => length.saturating_mul(2),
                        // The value that they are about follows.
                        b'|' => length.saturating_mul(2).saturating_add(1),
                        _ => length,
                    };
                    return self.list_begins(line, elements, passed);
                }
            },
            kind => {
                if *kind == b'-' && self.replies == 0 && self.open.is_empty() {
                    self.error = content.to_vec();
                }
                self.bytes += line.len();
                self.ends_with(line, passed);
            }
        }
        Ok(())
    }

    /// An element that is one line.
    fn ends_with(&mut self, line: &[u8], passed: &mut Vec<u8>) {
        self.pass(line, passed);
        self.element_ends();
    }

    fn string_begins(&mut self, line: &[u8], length: usize, passed: &mut Vec<u8>) {
        self.bytes = self.bytes.saturating_add(length);
        self.skips_string = self.bytes > limit::BYTES;
        self.pass(if self.skips_string { TOO_LARGE_LINE } else { line }, passed);
        self.string = length.saturating_add(2);
    }

    fn list_begins(&mut self, line: &[u8], elements: usize, passed: &mut Vec<u8>) -> Result<(), Broken> {
        if self.open.len() == DEPTH {
            return Err(Broken);
        }
        self.elements = self.elements.saturating_add(elements);
        let is_too_large = self.elements > limit::VALUES;
        self.pass(if is_too_large { TOO_LARGE_LINE } else { line }, passed);
        if is_too_large && self.skipping.is_none() {
            self.skipping = Some(self.open.len());
        }
        self.open.push(elements);
        Ok(())
    }

    fn pass(&self, line: &[u8], passed: &mut Vec<u8>) {
        if self.skipping.is_none() {
            passed.extend_from_slice(line);
        }
    }

    fn element_ends(&mut self) {
        while let Some(left) = self.open.last_mut() {
            *left -= 1;
            if *left > 0 {
                return;
            }
            self.open.pop();
            if self.skipping == Some(self.open.len()) {
                self.skipping = None;
            }
        }
        (self.bytes, self.elements) = (0, 0);
        self.replies = self.replies.saturating_add(1);
    }
}

/// A length, or none for `-1`.
fn length(text: &[u8]) -> Result<Option<usize>, Broken> {
    if text == b"-1" {
        return Ok(None);
    }
    let digits = std::str::from_utf8(text).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    digits.and_then(|digits| digits.parse().ok()).map(Some).ok_or(Broken)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is passed on, whatever the pieces in which it comes.
    fn passed(bytes: &[u8]) -> Result<Vec<u8>, Broken> {
        let whole = passed_in(bytes, bytes.len().max(1))?;
        if bytes.len() < 1000 {
            for size in 1..bytes.len() {
                assert_eq!(passed_in(bytes, size)?, whole, "{size}");
            }
        }
        Ok(whole)
    }

    fn passed_in(bytes: &[u8], size: usize) -> Result<Vec<u8>, Broken> {
        let (mut scan, mut passed) = (Scan::default(), Vec::new());
        bytes.chunks(size).try_for_each(|chunk| scan.feed(chunk, &mut passed))?;
        assert!(scan.open.is_empty() && scan.string == 0 && scan.line.is_empty() && scan.bytes == 0, "{scan:?}");
        Ok(passed)
    }

    #[test]
    fn replies_within_the_limits_are_passed_on_as_they_are() {
        let replies = b"+OK\r\n-ERR no\r\n:5\r\n$-1\r\n$0\r\n\r\n$4\r\na\r\nb\r\n*-1\r\n*0\r\n*2\r\n*1\r\n$1\r\na\r\n:1\r\n\
            %1\r\n$1\r\nk\r\n,1.5\r\n~2\r\n#t\r\n_\r\n>2\r\n+message\r\n=5\r\ntxt:a\r\n|1\r\n+a\r\n+b\r\n:1\r\n(12\r\n!2\r\nno\r\n";
        assert_eq!(passed(replies).unwrap(), replies);
    }

    #[test]
    fn a_string_that_is_too_large_becomes_an_error_and_the_next_reply_is_read() {
        let reply =
            |length: usize| [format!("${length}\r\n").into_bytes(), vec![b'x'; length], b"\r\n".into()].concat();
        let within = [reply(limit::BYTES), b"+OK\r\n".into()].concat();
        assert_eq!(passed(&within).unwrap().len(), within.len());
        let beyond = [reply(limit::BYTES + 1), b"+OK\r\n".into()].concat();
        assert_eq!(passed(&beyond).unwrap(), [TOO_LARGE_LINE, b"+OK\r\n"].concat());
    }

    #[test]
    fn a_list_is_too_large_as_a_whole_and_each_string_beyond_becomes_an_error() {
        let half = limit::BYTES / 2 + 1;
        let string = [format!("${half}\r\n").into_bytes(), vec![b'x'; half], b"\r\n".into()].concat();
        let list = [b"*3\r\n".as_slice(), &string, &string, b"$1\r\na\r\n", b"+OK\r\n"].concat();
        let expected = [b"*3\r\n".as_slice(), &string, TOO_LARGE_LINE, TOO_LARGE_LINE, b"+OK\r\n"].concat();
        assert!(passed(&list).unwrap() == expected);
    }

    #[test]
    fn a_list_of_too_many_elements_becomes_one_error_wherever_it_is() {
        let many = limit::VALUES + 1;
        let list = [format!("*{many}\r\n").into_bytes(), b":1\r\n".repeat(many)].concat();
        let reply = [list.as_slice(), b"+OK\r\n"].concat();
        assert_eq!(passed(&reply).unwrap(), [TOO_LARGE_LINE, b"+OK\r\n"].concat());
        let nested = [b"*2\r\n".as_slice(), &list, b":2\r\n", b"+OK\r\n"].concat();
        assert_eq!(passed(&nested).unwrap(), [b"*2\r\n".as_slice(), TOO_LARGE_LINE, b":2\r\n+OK\r\n"].concat());
    }

    #[test]
    fn what_is_not_the_protocol_is_found_at_its_first_byte() {
        for bytes in
            [&b"\xff\x00"[..], b"HTTP/1.1 200 OK\r\n", b"$x\r\n", b"$-2\r\n", b"*99999999999999999999999\r\n", b"+no\n"]
        {
            assert!(passed_in(bytes, bytes.len()).is_err(), "{bytes:?}");
        }
        assert!(passed_in(&[b"+".as_slice(), &vec![b'x'; LINE]].concat(), 4096).is_err());
        assert!(passed_in(&b"*1\r\n".repeat(DEPTH + 1), 4096).is_err());
    }
}

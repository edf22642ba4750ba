//! The `api` source: documents and values from HTTP APIs.
//!
//! ```
//! use component_model::{Sources, fetchers::api::Api};
//!
//! let api = Api::builder().base("https://config.service/v1")?.bearer("a-token").build()?;
//! let sources = Sources::builder().source("api", api).build();
//! # Ok::<(), component_model::SourceError>(())
//! ```
//!
//! # The options of a component
//!
//! | option | meaning |
//! | --- | --- |
//! | `url` | what is requested: an absolute URL, or one relative to the base (`prices?region=eu`; `""` is the base itself) |
//! | `key` | path segments below the base, percent-encoded for you; excludes `url`; the path of the field if neither is given, such as `shop/pool/max` |
//! | `pointer` | the part of the JSON document to read, as an RFC 6901 pointer such as `/limits/0/max` |
//!
//! All three may be templates. A value that is inserted into a `url` is percent-encoded, and one in a `pointer` is escaped.
//!
//! A relative `url` and a `key` are appended to the base, so that `/prices` and `prices` mean the same below
//! `https://config.service/v1`. One `GET` fetches all components that point into one URL. Reports show a component as
//! `https://host/path#/pointer`, without user, password and the values of the query. A part of the path or the query that
//! may be a misplaced `user:password@` is not shown either.
//!
//! # What an answer means
//!
//! * `application/json`, `…+json`, and whatever a pointer points into, is a JSON document; its values keep their types.
//!   A pointer that leads nowhere is an absent value, and one that leads through a value without members is
//!   *malformed*. If the server splits a list into pages, only the page that it sent is read.
//! * Anything else is text in the charset that it names (UTF-8 if it names none), without one line end at its end; the
//!   field's type reads it. What is not text is bytes. A page of HTML is *malformed*, since it is most likely a login or
//!   an error page; without a type, or as `text/plain`, what begins with `<!DOCTYPE html` or `<html` is one too.
//!   [`ApiBuilder::accept`] allows it, or narrows what an answer may be.
//! * A body may be compressed with gzip, which every request asks for. Any other encoding, and what does not decompress
//!   or has anything but members of gzip in it, is *malformed*. More than 1000 members are *too large*.
//! * 404, 410 and 204 mean *absent*; 401, 403, 407, 451 and 511 *denied*; 429 *throttled*; 408, 425 and other 5xx
//!   *unavailable*, with what `Retry-After` says; any other 4xx, 501 and 505 *misconfigured*. A body that does not match its
//!   type is *malformed*: the error has line and column, never the text. More than 16 MiB, counted after decompression, is
//!   *too large*.
//! * What is not HTTP, such as a body without the chunks that it announces, is *unreachable*: nothing is known of the value.
//! * A certificate that is not trusted is *misconfigured*: no retry changes it.
//!
//! # What always holds
//!
//! * Configured headers, tokens, passwords and query parameters are sent only to the base's origin (scheme, host and
//!   port) or, without a base, to the URL that the component names. A redirect to another origin is followed without
//!   any of them, and they are not sent with later redirects either. At most 10 redirects are followed, and none from
//!   https to http.
//! * An `ETag`, otherwise `Last-Modified`, is the version of a document. A request with a version is conditional, and a 304
//!   is [unchanged](crate::Reply::Unchanged). A document has no version if it was redirected, failed to parse or is marked
//!   `no-store`. `Cache-Control: max-age` and `Expires` determine how long a document stays fresh.
//! * Nothing is global: each [`Api`] has its own connections, shared by its clones, separate for each runtime and origin.
//!   No I/O happens before the first fetch; the system's certificate authorities are read, off the executor's
//!   threads, at the first https request. [`Api::close`] closes the connections.
//! * A connection idles for at most 30 s and is used for at most 10 min; HTTP/2 connections are pinged. When a request
//!   times out, is dropped after 100 ms, is the third in a row to be dropped earlier, or loses its connection, no
//!   connection to that origin that was open at the time is used again. If a connection that was used before closes
//!   without an answer, the request is sent once more, on a new one; requests that lose one HTTP/2 connection share the
//!   next one.
//! * `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` are obeyed; requests to loopback never use a proxy. A
//!   proxy that is itself reached over TLS is used for https URLs only.

mod fetcher;

pub use component_model_fetchers::api::{Api, ApiBuilder, ApiQuery};

pub use self::fetcher::ApiFetcher;

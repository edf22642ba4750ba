//! Variables of the environment, given by hand so that no test changes the process's own.

use component_model::{Sources, SourcesBuilder, fetchers::env::Env};
use testbed::BedError;

use crate::member::{Content, Entry, Member, NAME};

pub(crate) struct Environment(Env);

impl Member for Environment {
    async fn start(entries: &[Entry]) -> Result<Self, BedError> {
        Ok(Self(Env::of(entries.iter().map(|(key, content)| (*key, text(*content))))))
    }

    fn source(&self) -> SourcesBuilder {
        Sources::builder().source(NAME, self.0.clone())
    }

    fn locator(&self, key: &str) -> String {
        key.to_owned()
    }

    fn takes(key: &str) -> bool {
        !key.contains('=')
    }
}

fn text(content: Content) -> String {
    match content {
        Content::Text(text) => text.to_owned(),
        Content::Number(number) => number.to_string(),
        Content::Large(length) => "x".repeat(length),
    }
}

suite! {
    Environment, "env",
    passes [
        present, absent, malformed, secret, layered, fallback, exact_keys, odd_keys, many_keys, load, many_runtimes,
        shut_down,
    ],
    lacks {
        broken_document: "a variable is plain text; tests/env.rs breaks the lines of `.env` files",
        too_large: "the kernel bounds a variable far below 16 MiB",
        denied: "a process may read all its variables",
        wrong_password: "the environment asks for no password",
        many_keys_at_a_distance: "nothing travels over a network",
        many_keys_in_one_round_trip: "nothing travels, so nothing is counted",
        delayed: "nothing travels over a network",
        slow: "memory answers at once",
        half_open: "there is no connection",
        silent: "there is no connection",
        ended_while_idle: "there is no connection",
        cut: "there is no connection",
        garbage: "there is no protocol",
        gone_and_back: "the environment lives as long as the process",
        killed_and_back: "the environment lives as long as the process",
        watch_changes: "a variable never changes while the process lives",
        watch_from_version: "a variable never changes while the process lives",
        watch_many: "a variable never changes while the process lives",
        watch_burst: "a variable never changes while the process lives",
        watch_wrong_value: "a variable never changes while the process lives",
        watch_restart: "a variable never changes while the process lives",
        watch_cut: "a variable never changes while the process lives",
        watch_silent: "a variable never changes while the process lives",
        watch_dropped: "a variable never changes while the process lives",
        watch_shut_down: "a variable never changes while the process lives",
    }
}

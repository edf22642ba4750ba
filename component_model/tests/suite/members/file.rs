//! A JSON file.

use std::{
    os::unix::fs::PermissionsExt,
    sync::{Arc, Mutex},
};

use component_model::{ErrorKind, Sources, SourcesBuilder, fetchers::file::File};
use serde_json::{Map, Value};
use testbed::BedError;

use crate::member::{Content, Documented, Entry, Guarded, Member, Mortal, NAME, Watching};

pub(crate) struct JsonFile {
    folder: tempfile::TempDir,
    text: Mutex<String>,
}

impl JsonFile {
    fn with(text: String) -> Self {
        let file = Self { folder: tempfile::tempdir().unwrap(), text: Mutex::new(text) };
        file.create();
        file
    }

    fn create(&self) {
        std::fs::write(self.path(), &*self.text.lock().unwrap()).unwrap();
    }

    /// Replaces the file at once, as programs do that write one that others read.
    fn replace(&self, text: &str) {
        let new = self.folder.path().join("app.json.new");
        std::fs::write(&new, text).unwrap();
        std::fs::rename(new, self.path()).unwrap();
    }

    fn change(&self, change: impl FnOnce(&mut Map<String, Value>)) {
        let mut text = self.text.lock().unwrap();
        let mut members = serde_json::from_str(&text).unwrap();
        change(&mut members);
        *text = Value::from(members).to_string();
        self.replace(&text);
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("app.json")
    }
}

impl Member for JsonFile {
    async fn start(entries: &[Entry]) -> Result<Self, BedError> {
        let members: Map<_, _> = entries.iter().map(|(key, content)| ((*key).to_owned(), value(*content))).collect();
        Ok(Self::with(Value::from(members).to_string()))
    }

    fn source(&self) -> SourcesBuilder {
        Sources::builder().source(NAME, File::new(self.path()))
    }

    fn locator(&self, _key: &str) -> String {
        // As precise as the failure allows: `app.json#port` or `app.json:1:9`.
        self.path().display().to_string()
    }

    fn takes(key: &str) -> bool {
        !key.contains("..")
    }
}

fn value(content: Content) -> Value {
    match content {
        Content::Text(text) => text.into(),
        Content::Number(number) => number.into(),
        Content::Large(length) => "x".repeat(length).into(),
    }
}

impl Guarded for JsonFile {
    const SUPERUSER_READS_ALL: bool = true;

    async fn without_permission(&self) -> SourcesBuilder {
        std::fs::set_permissions(self.path(), std::fs::Permissions::from_mode(0o000)).unwrap();
        self.source()
    }
}

impl Documented for JsonFile {
    async fn broken(text: &str) -> Result<Self, BedError> {
        Ok(Self::with(text.to_owned()))
    }
}

impl Mortal for JsonFile {
    const GONE: ErrorKind = ErrorKind::Absent;

    async fn stop(&mut self) {
        std::fs::remove_file(self.path()).unwrap();
    }

    async fn start_again(&mut self) {
        self.create();
    }
}

impl Watching for JsonFile {
    type Source = File;

    fn watchable(&self) -> Arc<File> {
        Arc::new(File::new(self.path()))
    }

    async fn write(&self, changes: &[(&str, &str)]) {
        for (key, text) in changes {
            self.change(|members| drop(members.insert((*key).to_owned(), (*text).into())));
            tokio::task::yield_now().await;
        }
    }

    async fn delete(&self, key: &str) {
        self.change(|members| drop(members.remove(key)));
    }

    async fn write_wrong(&self, _key: &str) {
        self.replace("{\"a\": ");
    }
}

suite! {
    JsonFile, "file",
    passes [
        present, absent, malformed, broken_document, too_large, secret, denied, layered, fallback, exact_keys, odd_keys,
        many_keys, load, many_runtimes, gone_and_back, shut_down, watch_changes, watch_from_version, watch_many,
        watch_burst, watch_wrong_value, watch_restart, watch_dropped, watch_shut_down,
    ],
    lacks {
        wrong_password: "a file asks for no password",
        many_keys_at_a_distance: "nothing travels over a network",
        many_keys_in_one_round_trip: "nothing counts its reads",
        delayed: "nothing travels over a network",
        slow: "only regular files are read, and these answer",
        half_open: "there is no connection",
        silent: "there is no connection",
        ended_while_idle: "there is no connection",
        cut: "there is no connection",
        garbage: "there is no protocol; broken_document is similar",
        killed_and_back: "a file has no process",
        watch_cut: "there is no connection",
        watch_silent: "there is no connection",
    }
}

//! Feature flags of several projects: with options of its own, one call for all flags of a project, versions and a watch.

use std::{collections::HashMap, sync::Arc};

use component_model_source::{
    Answer, Asked, BoxStream, Change, OptionSpec, Record, Reply, Request, RequestSpec, Source, SourceError, Value,
    Version, Watched,
};
use futures_util::stream;
use tokio::sync::watch;

/// The flags, and how often they changed.
#[derive(Clone, Default)]
pub struct Flags(Arc<watch::Sender<(HashMap<Flag, bool>, u64)>>);

/// A flag of a project.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Flag {
    project: String,
    name: String,
}

impl Flags {
    /// Sets a flag.
    pub fn set(&self, project: &str, name: &str, on: bool) {
        let flag = Flag { project: project.to_owned(), name: name.to_owned() };
        self.0.send_modify(|(flags, changes)| {
            flags.insert(flag, on);
            *changes += 1;
        });
    }
}

impl Source for Flags {
    type Query = Flag;

    const OPTIONS: &'static [OptionSpec] = &[OptionSpec::KEY, OptionSpec::text("project").required()];

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<Flag>, SourceError> {
        let project = spec.option("project").unwrap_or_default().to_owned();
        let flag = Flag { project: project.clone(), name: spec.key().into_owned() };
        let locator = format!("{project}/{}", flag.name);
        Ok(Request::new(flag, locator).with_endpoint(format!("https://{project}.flags:443")).with_group(project))
    }

    async fn fetch(&self, asked: Asked<'_, Flag>) -> Answer {
        Ok(answer(&self.0.borrow(), asked))
    }

    async fn fetch_many(&self, asked: &[Asked<'_, Flag>]) -> Vec<Answer> {
        let flags = self.0.borrow();
        asked.iter().map(|asked| Ok(answer(&flags, *asked))).collect()
    }

    fn watch(&self, watched: Vec<Watched<Flag>>) -> Option<BoxStream<'static, Change>> {
        let watch = (self.0.subscribe(), watched, Vec::new());
        Some(Box::pin(stream::unfold(watch, |(mut flags, mut watched, mut changes)| async move {
            while changes.is_empty() {
                flags.changed().await.ok()?;
                let now = flags.borrow_and_update();
                for (index, watched) in watched.iter_mut().enumerate() {
                    let reply = answer(&now, Asked::new(&watched.query).unless(&watched.known));
                    if let Some(version) = reply.record().and_then(Record::version).cloned() {
                        watched.known = Some(version);
                        changes.push(Change::Answer { index, answer: Ok(reply) });
                    }
                }
            }
            Some((changes.remove(0), (flags, watched, changes)))
        })))
    }
}

fn answer((flags, changes): &(HashMap<Flag, bool>, u64), asked: Asked<'_, Flag>) -> Reply {
    let version = Version::new(changes.to_string());
    match flags.get(asked.query()) {
        None => Reply::Absent,
        Some(_) if asked.known() == Some(&version) => Reply::Unchanged { good_for: None },
        Some(on) => Record::new(Value::Bool(*on)).with_version(version).into(),
    }
}

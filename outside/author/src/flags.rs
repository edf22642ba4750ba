//! Feature flags of several projects: with options of its own, one call for all flags of a project, versions and a watch.

use std::{collections::HashMap, sync::Arc};

use component_model_source::{
    Answer, Asked, BoxStream, Change, OptionSpec, Record, Reply, Request, RequestSpec, Source, SourceError, Value,
    Version, Watched,
};
use futures_util::stream;
use tokio::sync::watch;

/// The flags, each with how often it was set.
#[derive(Clone, Default)]
pub struct Flags(Arc<watch::Sender<HashMap<Flag, (bool, u64)>>>);

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
        self.0.send_modify(|flags| {
            let (now, sets) = flags.entry(flag).or_default();
            (*now, *sets) = (on, *sets + 1);
        });
    }
}

impl Source for Flags {
    type Query = Flag;

    const OPTIONS: &'static [OptionSpec] = &[OptionSpec::KEY, OptionSpec::text("project").required()];

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<Flag>, SourceError> {
        let project = spec.option("project")?.unwrap_or_default().into_owned();
        let flag = Flag { project: project.clone(), name: spec.key()?.into_owned() };
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
        let mut flags = self.0.subscribe();
        // A watch begins with the present state.
        flags.mark_changed();
        // What was told of each: nothing yet, or a version, or that there is none.
        let told: Vec<_> = watched.iter().map(|watched| watched.known.clone().map(Some)).collect();
        let watch = (flags, watched, told, Vec::new());
        Some(Box::pin(stream::unfold(watch, |(mut flags, watched, mut told, mut changes)| async move {
            while changes.is_empty() {
                flags.changed().await.ok()?;
                let now = flags.borrow_and_update();
                for (index, (watched, told)) in watched.iter().zip(&mut told).enumerate() {
                    let reply = answer(&now, Asked::new(&watched.query));
                    let version = reply.version().cloned();
                    if told.replace(version.clone()) != Some(version) {
                        changes.push(Change::Answer { index, answer: Ok(reply) });
                    }
                }
            }
            Some((changes.remove(0), (flags, watched, told, changes)))
        })))
    }
}

fn answer(flags: &HashMap<Flag, (bool, u64)>, asked: Asked<'_, Flag>) -> Reply {
    let Some((on, sets)) = flags.get(asked.query()) else { return Reply::ABSENT };
    let version = Version::new(sets.to_string());
    if asked.known() == Some(&version) {
        return Reply::Unchanged { good_for: None };
    }
    Record::new(Value::Bool(*on)).with_version(version).into()
}

//! The contract of a source: a variable for each key, from the environment or else from the files.

use component_model_source::{
    Answer, Asked, ErrorKind, OptionSpec, Reply, Request, RequestSpec, Source, SourceError, Value,
};
use component_model_types::{built_in, plan::path::Convention, text::misspelling};

use super::{Env, dotenv};
use crate::{read, single::only};

impl Source for Env {
    /// The name of the variable.
    type Query = String;

    const OPTIONS: &'static [OptionSpec] = built_in::ENV.options;

    const BUILT_IN: bool = true;

    fn bind(&self, spec: &RequestSpec<'_>) -> Result<Request<String>, SourceError> {
        let name = spec.key_as(Convention::VARIABLE)?.into_owned();
        if name.is_empty() || name.contains(['=', '\0']) {
            let message = "the name of a variable is not empty and contains neither `=` nor a zero byte";
            return Err(SourceError::new(ErrorKind::Misconfigured, message));
        }
        let request = Request::new(name.clone(), name);
        Ok(if self.files.is_empty() { request } else { request.with_group(()) })
    }

    fn fetch_immediate(&self, asked: Asked<'_, String>) -> Option<Answer> {
        self.files.is_empty().then(|| match self.ended.error() {
            None => self.variable(asked.query()),
            Some(error) => Err(error),
        })
    }

    fn is_immediate(&self) -> bool {
        self.files.is_empty()
    }

    async fn fetch(&self, asked: Asked<'_, String>) -> Answer {
        only(self.answers(&[asked]).await)
    }

    async fn fetch_many(&self, asked: &[Asked<'_, String>]) -> Vec<Answer> {
        self.answers(asked).await
    }

    fn how_to_set(&self, name: &String) -> Option<String> {
        let set = format!("set the variable `{name}`");
        Some(match misspelling(name, self.variables.names().iter().map(String::as_str)) {
            Some(near) => format!("{set} (there is `{near}`)"),
            None => set,
        })
    }

    /// Nothing is open between two requests; later ones fail, which ends watches.
    async fn shutdown(&self) {
        self.ended.end();
    }
}

impl Env {
    fn variable(&self, name: &str) -> Answer {
        match self.variables.get(name) {
            Ok(text) => Ok(text.map(Value::Text).into()),
            Err(_) => Err(SourceError::new(ErrorKind::Malformed, "the variable is not UTF-8")),
        }
    }

    /// Answers from the environment, then from the files, which are read once and only if they are needed.
    async fn answers(&self, asked: &[Asked<'_, String>]) -> Vec<Answer> {
        if let Some(error) = self.ended.error() {
            return asked.iter().map(|_| Err(error.clone())).collect();
        }
        let mut answers: Vec<Answer> = asked.iter().map(|asked| self.variable(asked.query())).collect();
        if self.files.is_empty() || !answers.iter().any(is_absent) {
            return answers;
        }
        let (files, interpolate) = (self.files.clone(), self.interpolate.then(|| self.variables.clone()));
        let below = read::blocking(move |waiting| dotenv::load(&files, interpolate.as_ref(), waiting)).await;
        for (answer, asked) in answers.iter_mut().zip(asked).filter(|(answer, _)| is_absent(answer)) {
            let below = below.as_ref().map_err(Clone::clone);
            *answer = below.map(|below| below.get(asked.query()).map(Value::text).into());
        }
        answers
    }
}

fn is_absent(answer: &Answer) -> bool {
    answer.as_ref().is_ok_and(Reply::is_absent)
}

//! The requests of a watch that reads all of them again, and what was told of each.

#[cfg(feature = "postgres")]
use component_model_source::Asked;
use component_model_source::{Answer, Change, News, Watched};

/// A request, and what was told of it.
pub(super) struct Told<Q> {
    query: Q,
    news: News,
}

impl<Q> From<Watched<Q>> for Told<Q> {
    fn from(watched: Watched<Q>) -> Self {
        Self { query: watched.query, news: News::since(watched.known) }
    }
}

impl<Q> Told<Q> {
    /// What to ask next, for a future that outlives this.
    #[cfg(feature = "file")]
    pub(super) fn to_watched(&self) -> Watched<Q>
    where
        Q: Clone,
    {
        Watched::new(self.query.clone()).since(self.news.version().cloned())
    }

    /// What to ask next.
    #[cfg(feature = "postgres")]
    pub(super) fn asked(&self) -> Asked<'_, Q> {
        Asked::new(&self.query).unless(self.news.version())
    }
}

/// What is news of the answers to all requests.
pub(super) fn changes<Q>(told: &mut [Told<Q>], answers: Vec<Answer>) -> impl Iterator<Item = Change> {
    let news = |(index, (answer, told)): (usize, (Answer, &mut Told<Q>))| {
        told.news.tell(answer).map(|answer| Change::Answer { index, answer })
    };
    answers.into_iter().zip(told).enumerate().filter_map(news)
}

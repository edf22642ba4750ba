//! Keys: many at once, odd ones, and none that is taken for another.

use std::time::{Duration, Instant};

use component_model::{ErrorKind, prelude::*};

use super::Port;
use crate::{
    check::silent,
    member::{
        Content::{Number, Text},
        Counted, Entry, MARGIN, Member, NAME, Networked,
    },
};

/// A struct with a field for each key, and the keys.
macro_rules! many {
    ($($field:ident $key:literal),* $(,)?) => {
        #[derive(Debug, AsyncAssign)]
        struct Many {
            // Over HTTP/2 with TLS each may begin a handshake, which takes as long as the machine needs.
            $(#[component(fetch_from = "source", key = $key, timeout = "60s")] $field: u64,)*
        }

        impl Many {
            fn values(&self) -> Vec<u64> {
                vec![$(self.$field),*]
            }
        }

        const KEYS: &[&str] = &[$($key),*];
    };
}

many! {
    k00 "k00", k01 "k01", k02 "k02", k03 "k03", k04 "k04", k05 "k05", k06 "k06", k07 "k07", k08 "k08", k09 "k09",
    k10 "k10", k11 "k11", k12 "k12", k13 "k13", k14 "k14", k15 "k15", k16 "k16", k17 "k17", k18 "k18", k19 "k19",
    k20 "k20", k21 "k21", k22 "k22", k23 "k23", k24 "k24", k25 "k25", k26 "k26", k27 "k27", k28 "k28", k29 "k29",
    k30 "k30", k31 "k31", k32 "k32", k33 "k33", k34 "k34", k35 "k35", k36 "k36", k37 "k37", k38 "k38", k39 "k39",
    k40 "k40", k41 "k41", k42 "k42", k43 "k43", k44 "k44", k45 "k45", k46 "k46", k47 "k47", k48 "k48", k49 "k49",
}

fn many_entries() -> Vec<Entry> {
    KEYS.iter().zip(1000..).map(|(key, value)| (*key, Number(value))).collect()
}

fn many_values() -> Vec<u64> {
    (1000..).take(KEYS.len()).collect()
}

/// Fifty keys of one fetch are all served, each with its own value.
pub(crate) async fn many_keys<M: Member>() {
    let member = testbed::require!(M::start(&many_entries()).await);
    let many = Many::fetch_all_components_from(&member.sources()).await.unwrap();
    assert_eq!(many.values(), many_values());
}

/// Fifty keys over a slow line take the time of one: they do not wait for each other.
pub(crate) async fn many_keys_at_a_distance<M: Networked>() {
    const DELAY: Duration = Duration::from_millis(100);
    let entries: Vec<_> = many_entries().into_iter().chain([("port", Number(1))]).collect();
    let member = testbed::require!(M::start(&entries).await);
    let sources = member.sources();
    Port::fetch_all_components_from(&sources).await.unwrap();
    member.proxy().delay(DELAY).await.unwrap();
    let started = Instant::now();
    Port::fetch_all_components_from(&sources).await.unwrap();
    let one = started.elapsed();
    Many::fetch_all_components_from(&sources).await.unwrap();
    let many = started.elapsed() - one;
    assert!(one >= DELAY, "{one:?}: the line is not slow");
    assert!(many < one + MARGIN, "{many:?} for {} keys, {one:?} for one", KEYS.len());
}

/// Fifty keys are asked for at once.
pub(crate) async fn many_keys_in_one_round_trip<M: Counted>() {
    let member = testbed::require!(M::start(&many_entries()).await);
    let sources = member.sources();
    let many = Many::fetch_all_components_from(&sources).await.unwrap();
    assert_eq!(many.values(), many_values());
    assert_eq!(member.round_trips(sources).await, 1);
}

/// Asks for each key with a struct of its own, since one key that is refused fails its whole struct.
macro_rules! ask_each {
    ($sources:expr, $answers:ident, [$($key:literal),* $(,)?]) => {{
        $({
            #[derive(Debug, AsyncAssign)]
            struct Odd {
                #[component(fetch_from = "source", key = $key)]
                value: String,
            }
            $answers.push(($key, Odd::fetch_all_components_from($sources).await.map(|odd| odd.value)));
        })*
    }};
}

const ODD: &[Entry] = &[
    ("clé/ключ/鍵/🗝", Text("unicode")),
    ("two words", Text("space")),
    (" padded ", Text("padded")),
    ("it's", Text("apostrophe")),
    ("say \"hi\"", Text("quotes")),
    ("100%", Text("percent")),
    ("%41%2F", Text("encoded")),
    ("a/b/c", Text("slashes")),
    ("back\\slash", Text("backslash")),
    ("../../etc/passwd", Text("dots")),
    ("'; DROP TABLE config; --", Text("injection")),
    ("' OR '1'='1", Text("tautology")),
    ("$(id) `id` ${HOME} {{x}}", Text("interpolation")),
    ("a?b#c&d;e+f", Text("url")),
    ("line\r\nX-Injected: 1", Text("lines")),
    (LONG, Text("long")),
    ("port", Number(8080)),
];

const LONG: &str = "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk";

/// An odd key is served with exactly its value, or refused before any I/O by a source that cannot have it; either way
/// nothing else happens.
pub(crate) async fn odd_keys<M: Member>() {
    let entries: Vec<_> = ODD.iter().copied().filter(|(key, _)| M::takes(key)).collect();
    let member = testbed::require!(M::start(&entries).await);
    let sources = member.sources();
    let mut answers = Vec::new();
    ask_each!(
        &sources,
        answers,
        [
            "clé/ключ/鍵/🗝",
            "two words",
            " padded ",
            "it's",
            "say \"hi\"",
            "100%",
            "%41%2F",
            "a/b/c",
            "back\\slash",
            "../../etc/passwd",
            "'; DROP TABLE config; --",
            "' OR '1'='1",
            "$(id) `id` ${{HOME}} {{{{x}}}}",
            "a?b#c&d;e+f",
            "line\r\nX-Injected: 1",
            "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk",
        ]
    );
    assert_eq!(answers.len() + 1, ODD.len());
    for ((written, answer), (key, content)) in answers.iter().zip(ODD) {
        // A brace in a key is written twice.
        assert_eq!(&written.replace("{{", "{").replace("}}", "}"), key);
        match (M::takes(key), answer, content) {
            (true, Ok(value), Text(text)) => assert_eq!(value, text, "{key}"),
            (false, Err(errors), _) => refused_before_any_input(&member, &sources, key, errors),
            (takes, answer, _) => panic!("{key}: takes it: {takes}, answer: {answer:?}"),
        }
    }
    assert_eq!(Port::fetch_all_components_from(&sources).await.unwrap().port, 8080, "nothing was destroyed");
}

fn refused_before_any_input<M: Member>(member: &M, sources: &Sources, key: &str, errors: &ComponentErrors) {
    assert_eq!((errors.len(), errors[0].kind()), (1, ErrorKind::Misconfigured), "{key}: {errors}");
    assert!(errors.report().is_none() && !errors[0].is_transient(), "{key}: {errors}");
    assert!(errors.to_string().contains(NAME) && errors.to_string().contains("Odd.value: String"), "{errors}");
    silent(member, sources, errors);
}

/// A key is matched exactly: in its case, its spaces, and without patterns or prefixes.
pub(crate) async fn exact_keys<M: Member>() {
    let entries = [("port", Text("lower")), ("Port", Text("title")), ("app/port", Text("deep"))];
    let member = testbed::require!(M::start(&entries).await);
    let sources = member.sources();
    let mut answers = Vec::new();
    ask_each!(
        &sources,
        answers,
        ["port", "Port", "PORT", "port ", " port", "po%", "p_rt", "por?", "*", "app", "app/", "pört"]
    );
    for (key, answer) in answers {
        match (key, answer) {
            ("port", Ok(value)) => assert_eq!(value, "lower"),
            ("Port", Ok(value)) => assert_eq!(value, "title"),
            ("port" | "Port", Err(errors)) => panic!("{key}: {errors}"),
            (_, Ok(value)) => panic!("{key} was taken for the key of {value:?}"),
            (key, Err(errors)) if !M::takes(key) => refused_before_any_input(&member, &sources, key, &errors),
            (_, Err(errors)) => assert!(errors[0].is_absent(), "{key}: {errors}"),
        }
    }
}

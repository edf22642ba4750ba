//! How much memory reading a file may take, and how long after its future was dropped. Each in a process of its own.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]
#![cfg(all(feature = "file", feature = "env", target_os = "linux"))]

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use component_model::{
    fetchers::{env::Env, file::File},
    prelude::*,
};

const MIB: usize = 1 << 20;

/// How much memory a process may take in addition to that for an empty file, whatever the file holds: twelve times the largest
/// file.
const PEAK: usize = 12 * 16 * MIB;

/// The variable that names the file for the child.
const PATH: &str = "COMPONENT_MODEL_TEST_PATH";

#[derive(Debug, AsyncAssign)]
struct Port {
    #[component(fetch_from = "source", key = "port", timeout = 60)]
    port: u16,
}

#[cfg(feature = "api")]
#[derive(Debug, AsyncAssign)]
struct PortOfBody {
    #[component(fetch_from = "source", url = "body.json", pointer = "/port", timeout = 60)]
    port: u16,
}

/// The port in the body at the URL.
#[cfg(feature = "api")]
async fn port_of_body(url: &str) -> Result<u16, ComponentErrors> {
    let api = component_model::fetchers::api::Api::builder().base(url.trim_end_matches("body.json")).unwrap();
    let sources = Sources::builder().source("source", api.build().unwrap()).build();
    PortOfBody::fetch().sources(&sources).deadline(Duration::from_secs(60)).value().await.map(|fetched| fetched.port)
}

/// The test itself, in a process that [`child`] starts; nothing otherwise.
#[test]
fn in_a_child() {
    let Some(path) = std::env::var_os(PATH) else { return };
    #[cfg(feature = "api")]
    if let Some(url) = path.to_str().filter(|path| path.starts_with("http://")) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        return println!("{}", told(runtime.block_on(port_of_body(url))));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let path = Path::new(&path);
    let builder = Sources::builder();
    let sources = match path.extension().and_then(|ending| ending.to_str()) {
        Some("env") => builder.source("source", Env::of([("X", "")]).dotenv(path).interpolate()),
        _ => builder.source("source", File::new(path)),
    };
    let fetch = Port::fetch().sources(&sources.build()).deadline(Duration::from_secs(60)).value();
    let fetched = runtime.block_on(fetch).map(|fetched| fetched.port);
    drop(runtime);
    println!("{}", told(fetched));
}

/// What [`answer_and_peak`] reads.
fn told(fetched: Result<u16, ComponentErrors>) -> String {
    let answer = match fetched {
        Ok(port) => format!("port {port}"),
        Err(errors) => format!("{:?}", errors[0].kind()),
    };
    format!("answer: {answer}\npeak: {}", peak())
}

/// The largest memory that this process has had, in bytes.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<usize>().unwrap() * 1024
}

fn child(path: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "in_a_child", "--nocapture", "--test-threads", "1"]).env(PATH, path);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap()
}

/// The answer of the child for the file, and its peak.
fn answer_and_peak(path: &Path) -> (String, usize) {
    let output = child(path).wait_with_output().unwrap();
    assert!(output.status.success(), "{}: {}", path.display(), output.status);
    let text = String::from_utf8(output.stdout).unwrap();
    let after = |what: &str| text.split_once(what).unwrap().1.lines().next().unwrap().to_owned();
    (after("answer: "), after("peak: ").parse().unwrap())
}

fn repeated(unit: impl Fn(usize) -> String, size: usize) -> String {
    let mut text = String::with_capacity(size + 64);
    for number in 0.. {
        text += &unit(number);
        if text.len() >= size {
            break;
        }
    }
    text
}

/// Documents of at most 16 MiB that take little text and become large, or would, if they were read; all have a port.
fn documents() -> Vec<(&'static str, &'static str, String)> {
    let size = 16 * MIB - 128;
    let json = |inner: String| format!("{{\"port\": 80, \"x\": [{inner}0]}}");
    let toml = |inner: String| format!("port = 80\nx = [{inner}0]\n");
    let yaml = |inner: String| format!("port: 80\nx: [{inner}0]\n");
    let items = |count: usize| "0,".repeat(count);
    let bomb = |count: usize| format!("port: 80\na: &a [{}]\nb: [{}]\n", items(count), "*a,".repeat(count));
    vec![
        ("json of 16 MiB of zeros", "json", json("0,".repeat(size / 2 - 32))),
        ("json of 16 MiB of maps", "json", json(repeated(|_| "{\"a\":0},".to_owned(), size - 64))),
        ("json of a million values", "json", json(items(999_990))),
        ("json of a million values in maps", "json", json("{\"a\":0},".repeat(499_990))),
        ("json of one large map", "json", format!("{{{}\"port\": 80}}", repeated(|n| format!("\"{n}\":0,"), 9 * MIB))),
        ("json of one large text", "json", json(format!("\"{}\",", "x".repeat(size - 64)))),
        ("toml of 16 MiB of zeros", "toml", toml("0,".repeat(size / 2 - 32))),
        ("toml of a million items", "toml", toml(items(999_900))),
        ("toml of keys", "toml", repeated(|n| format!("k{n}=0\n"), size)),
        (
            "toml of as many keys as may be",
            "toml",
            format!("port = 80\n{}", (0..90_000).map(|n| format!("k{n}=0\n")).collect::<String>()),
        ),
        (
            "toml of as many tables as may be",
            "toml",
            format!("port = 80\n{}", (0..45_000).map(|n| format!("k{n}.a=0\n")).collect::<String>()),
        ),
        ("toml of inline tables", "toml", toml("{a=0},".repeat(45_000))),
        ("toml of small size and many tables", "toml", repeated(|n| format!("{n}.a=0\n"), MIB / 4 - 64)),
        ("toml of one large text", "toml", format!("port = 80\nx = '''{}'''", "a.b, ".repeat(3 * MIB))),
        ("yaml of 36 KB of aliases", "yaml", bomb(7_200)),
        ("yaml of 100 KB of aliases", "yaml", bomb(20_000)),
        (
            "yaml of a chain of aliases",
            "yaml",
            format!(
                "a0: &a0 [0]\n{}port: 80\n",
                (1..2000).map(|n| format!("a{n}: &a{n} [*a{}]\n", n - 1)).collect::<String>()
            ),
        ),
        ("yaml of 16 MiB of zeros", "yaml", yaml("0,".repeat(size / 2 - 32))),
        ("yaml of as many values as may be", "yaml", yaml(items(399_900))),
        ("yaml of a list that may begin a key", "yaml", format!("[{}0]", items(399_900))),
        (
            "yaml of a map that may begin a key",
            "yaml",
            format!("{{{}port: 80}}", repeated(|n| format!("{n}: 0,"), 3 * MIB / 2)),
        ),
        ("yaml of quoted names that may begin a key", "yaml", format!("{{{}port: 80}}", "\"\":0,".repeat(199_000))),
        ("yaml of 16 MiB of lines", "yaml", format!("port: 80\nx:\n{}", "- \n".repeat(size / 3))),
        (
            "yaml of copies of a text",
            "yaml",
            format!("port: 80\na: &a {}\nb: [{}]", "x".repeat(100_000), "*a,".repeat(9_000)),
        ),
        ("env of 16 MiB", "env", format!("port=80\n{}", repeated(|n| format!("{n}=\n"), size - 64))),
        ("env of as many variables as may be", "env", format!("port=80\n{}", repeated(|n| format!("{n}=\n"), 680_000))),
        ("env that repeats itself", "env", format!("port=80\nA={}\nB={}", "x".repeat(100_000), "${A}".repeat(90_000))),
    ]
}

#[test]
fn whatever_a_file_holds_its_memory_is_a_small_multiple_of_the_largest_file() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.json");
    std::fs::write(&empty, "{}").unwrap();
    let (_, base) = answer_and_peak(&empty);
    let mut over = Vec::new();
    for (name, ending, text) in documents() {
        assert!(text.len() <= 16 * MIB, "{name}: {}", text.len());
        let path = folder.path().join(format!("large.{ending}"));
        std::fs::write(&path, text).unwrap();
        let begun = Instant::now();
        let (answer, peak) = answer_and_peak(&path);
        println!("{name}: {answer}, {} MiB, {:?}", (peak - base) / MIB, begun.elapsed());
        assert!(
            answer == "port 80" || answer == "TooLarge" || answer == "Absent" || answer == "Malformed",
            "{name}: {answer}"
        );
        if peak > base + PEAK {
            over.push((name, (peak - base) / MIB));
        }
    }
    assert!(over.is_empty(), "{over:?}");
}

/// The same holds of a body, which is read and parsed by other code.
#[cfg(feature = "api")]
#[test]
fn whatever_a_body_holds_its_memory_is_a_small_multiple_of_the_largest_body() {
    use testbed::http::Reply;

    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let http = runtime.block_on(testbed::http()).unwrap();
    let answer_to = |text: String| {
        http.on("/body.json", Reply::bytes(text).header("content-type", "application/json"));
        answer_and_peak(Path::new(&http.url("/body.json")))
    };
    let (_, base) = answer_to("{}".to_owned());
    let names = ["json of 16 MiB of zeros", "json of a million values in maps", "json of one large text"];
    for (name, _, text) in documents().into_iter().filter(|(name, ..)| names.contains(name)) {
        let (answer, peak) = answer_to(text);
        println!("{name}: {answer}, {} MiB", (peak - base) / MIB);
        assert!(answer == "port 80" || answer == "TooLarge", "{name}: {answer}");
        assert!(peak <= base + PEAK, "{name}: {} MiB", (peak - base) / MIB);
    }
}

/// A file that claims to be regular and whose read waits for data. Only a process that may read the kernel's log can open
/// it, and no other file of this kind is open to all.
const ENDLESS: &str = "/proc/kmsg";

#[test]
fn a_process_that_read_a_file_without_an_end_ends_and_its_runtime_too() {
    let mut child = child(Path::new(ENDLESS));
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > Duration::from_secs(30) {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("the process does not end");
        }
        std::thread::yield_now();
    }
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    match std::fs::File::open(ENDLESS) {
        Ok(_) => assert!(text.contains("answer: Misconfigured"), "{text}"),
        Err(error) => {
            println!("proves only that a file that may not be read is denied: {ENDLESS}: {error}");
            assert!(text.contains("answer: Denied"), "{text}");
        }
    }
}

//! `#[derive(ComponentModel)]`: assignment by type and by name, and every conversion.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6},
    num::{NonZeroI64, NonZeroU16},
    path::PathBuf,
    time::Duration,
};

use component_model::prelude::*;

#[derive(Debug, Default, PartialEq, ComponentModel)]
struct AppConfig {
    host: String,
    port: u16,
    timeout: Duration,
    roots: Vec<PathBuf>,
}

#[test]
fn a_value_goes_to_the_field_of_its_type() {
    let mut config = AppConfig::default();
    config.assign("localhost");
    config.assign(8080u16);
    config.assign(Duration::from_secs(5));
    config.assign(["/etc"]);
    let expected =
        AppConfig { host: "localhost".into(), port: 8080, timeout: Duration::from_secs(5), roots: vec!["/etc".into()] };
    assert_eq!(config, expected);
}

#[test]
fn impute_chains() {
    let config = AppConfig::default().impute("localhost").impute(8080u16).impute(vec!["/etc"]);
    assert_eq!((config.host.as_str(), config.port, config.roots.len()), ("localhost", 8080, 1));
}

#[test]
fn the_type_can_be_named_at_the_call() {
    let mut config = AppConfig::default();
    config.assign_with_type::<u16, _>(7u8);
    config.assign_with_type::<Duration, _>(7u64);
    assert_eq!((config.port, config.timeout), (7, Duration::from_secs(7)));
}

#[test]
fn setters_take_what_the_field_takes() {
    let mut config = AppConfig::default().timeout_with(30).host_with('h').port_with(80u8);
    assert_eq!((config.host.as_str(), config.port, config.timeout.as_secs()), ("h", 80, 30));
    config.timeout_set((1, 500_000_000));
    config.port_set(81u16);
    assert_eq!((config.port, config.timeout), (81, Duration::from_millis(1500)));
}

#[test]
fn a_value_that_does_not_fit_leaves_the_struct_as_it_was() {
    let mut config = AppConfig { port: 80, ..AppConfig::default() };
    let error = TryAssign::<u16, _, _>::try_assign(&mut config, "hunter2").unwrap_err();
    assert_eq!((error.component(), error.expected()), ("AppConfig.port", "u16"));
    assert_eq!(error.to_string(), "cannot assign `AppConfig.port: u16`: invalid digit found in string");
    assert!(!format!("{error:?}").contains("hunter2"), "the value is never named");
    assert_eq!(config.port, 80);
    assert!(AppConfig::default().try_impute(70_000u128).is_err(), "`u16` is the only field that a `u128` may fit");
}

#[test]
fn a_value_that_fits_is_tried_by_type() -> Result<(), AssignError> {
    #[derive(Debug, Default, ComponentModel)]
    struct Address {
        ip: Option<IpAddr>,
        port: u16,
    }
    let mut address = Address::default().try_impute(8080)?.try_impute(Ipv4Addr::LOCALHOST.into_ip())?;
    assert_eq!((address.port, address.ip), (8080, Some(IpAddr::from(Ipv4Addr::LOCALHOST))));
    address.try_assign("81")?;
    assert_eq!(address.port, 81);
    Ok(())
}

trait IntoIp {
    fn into_ip(self) -> IpAddr;
}

impl IntoIp for Ipv4Addr {
    fn into_ip(self) -> IpAddr {
        self.into()
    }
}

#[test]
fn fields_of_one_type_are_set_by_name() {
    #[derive(Default, ComponentModel)]
    struct Credentials {
        user: String,
        password: String,
        retries: u8,
    }
    let mut credentials = Credentials::default().user_with("ada").impute(3u8);
    credentials.password_set("secret");
    assert_eq!((credentials.user.as_str(), credentials.password.as_str(), credentials.retries), ("ada", "secret", 3));
}

#[test]
fn generics_and_where_clauses_are_carried_over() {
    #[derive(Debug, Default, ComponentModel)]
    struct Limits<T, const N: usize = 2>
    where
        T: Clone,
    {
        value: T,
        name: String,
        rest: Vec<T>,
        table: std::marker::PhantomData<[u8; N]>,
    }
    let limits = Limits::<u64>::default().value_with(5u32).impute("cpu").rest_with([1, 2]);
    assert_eq!((limits.value, limits.name.as_str(), limits.rest), (5, "cpu", vec![1, 2]));
    assert_eq!(limits.table, std::marker::PhantomData::<[u8; 2]>);
}

#[test]
fn lifetimes_are_carried_over() {
    #[derive(Debug, Default, ComponentModel)]
    struct View<'a, 'b> {
        name: &'a str,
        label: &'b str,
        port: u16,
    }
    let text = String::from("local");
    let view = View::default().name_with(text.as_str()).label_with("static").impute(80u16);
    assert_eq!((view.name, view.label, view.port), ("local", "static", 80));
}

#[test]
fn raw_identifiers_lose_their_mark_in_method_names() {
    #[derive(Default, ComponentModel)]
    struct Rule {
        r#type: String,
        r#match: u8,
    }
    let rule = Rule::default().type_with("deny").match_with(1u8).impute(2u8);
    assert_eq!((rule.r#type.as_str(), rule.r#match), ("deny", 2));
}

mod shadowed {
    #![allow(dead_code)]

    use component_model::ComponentModel;

    struct Result;
    struct Option;
    struct Ok;
    struct String;

    #[derive(ComponentModel)]
    struct Odd {
        result: Result,
        option: Option,
        ok: Ok,
        string: String,
    }
}

#[derive(Debug, Default, ComponentModel)]
struct Collections {
    names: Vec<String>,
    name_set: HashSet<String>,
    names_in_order: BTreeSet<String>,
    paths: Vec<PathBuf>,
    path_set: HashSet<PathBuf>,
    paths_in_order: BTreeSet<PathBuf>,
    labels: HashMap<String, String>,
    labels_in_order: BTreeMap<String, String>,
}

#[test]
fn lists_of_text_become_collections() {
    let some = ["a", "b"];
    let from_array = Collections::default().names_with(some).name_set_with(some).names_in_order_with(some);
    let from_vec = Collections::default()
        .names_with(some.to_vec())
        .name_set_with(some.to_vec())
        .names_in_order_with(some.to_vec());
    for collections in [from_array, from_vec] {
        assert_eq!(collections.names, some);
        assert_eq!(collections.name_set, some.map(String::from).into());
        assert_eq!(collections.names_in_order, some.map(String::from).into());
    }
}

#[test]
fn lists_of_text_become_paths() {
    let some = ["/etc", "/opt"];
    let mut collections = Collections::default().paths_with(some).path_set_with(some).paths_in_order_with(some);
    assert_eq!(collections.paths, some.map(PathBuf::from));
    assert_eq!(collections.path_set, some.map(PathBuf::from).into());
    assert_eq!(collections.paths_in_order, some.map(PathBuf::from).into());
    collections.paths_set(vec!["/tmp"]);
    assert_eq!(collections.paths, [PathBuf::from("/tmp")]);
}

#[test]
fn lists_of_pairs_become_maps() {
    let pairs = [("team", "core"), ("tier", "1")];
    let collections = Collections::default().labels_with(pairs).labels_in_order_with(pairs);
    assert_eq!(collections.labels["team"], "core");
    assert_eq!(collections.labels_in_order["tier"], "1");
    assert_eq!(collections.labels.len(), 2);
}

#[test]
fn a_collection_that_is_one_already_moves_in() {
    let collections = Collections::default().names_with(vec![String::from("a")]).labels_with(HashMap::new());
    assert_eq!(collections.names, ["a"]);
    assert!(collections.labels.is_empty());
}

#[derive(Debug, ComponentModel)]
struct Parsed {
    wide: u128,
    signed: i8,
    float: f64,
    flag: bool,
    letter: char,
    ip: IpAddr,
    v4: Ipv4Addr,
    v6: Ipv6Addr,
    socket: SocketAddr,
    socket4: SocketAddrV4,
    socket6: SocketAddrV6,
    workers: NonZeroU16,
    offset: NonZeroI64,
    timeout: Duration,
}

fn parsed() -> Parsed {
    Parsed {
        wide: 0,
        signed: 0,
        float: 0.0,
        flag: false,
        letter: 'a',
        ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
        v4: Ipv4Addr::LOCALHOST,
        v6: Ipv6Addr::LOCALHOST,
        socket: SocketAddr::from(([127, 0, 0, 1], 1)),
        socket4: SocketAddrV4::new(Ipv4Addr::LOCALHOST, 1),
        socket6: SocketAddrV6::new(Ipv6Addr::LOCALHOST, 1, 0, 0),
        workers: NonZeroU16::MIN,
        offset: NonZeroI64::MIN,
        timeout: Duration::ZERO,
    }
}

#[test]
fn text_is_read_by_the_type_of_the_field() -> Result<(), AssignError> {
    let mut it = parsed();
    it.wide_try_set("340282366920938463463374607431768211455")?;
    it.signed_try_set(String::from("-7"))?;
    it.float_try_set("2.5")?;
    it.flag_try_set("true")?;
    it.letter_try_set("z")?;
    it.ip_try_set("::1")?;
    it.v4_try_set("10.0.0.1")?;
    it.v6_try_set("::2")?;
    it.socket_try_set("10.0.0.1:80")?;
    it.socket4_try_set("10.0.0.2:81")?;
    it.socket6_try_set("[::3]:82")?;
    it.workers_try_set("8")?;
    it.offset_try_set("-8")?;
    it.timeout_try_set("1h30m")?;
    assert_eq!((it.wide, it.signed, it.float, it.flag, it.letter), (u128::MAX, -7, 2.5, true, 'z'));
    assert_eq!(
        (it.ip.to_string(), it.v4.to_string(), it.v6.to_string()),
        ("::1".into(), "10.0.0.1".into(), "::2".into())
    );
    assert_eq!((it.socket.port(), it.socket4.port(), it.socket6.port()), (80, 81, 82));
    assert_eq!((it.workers.get(), it.offset.get(), it.timeout.as_secs()), (8, -8, 5400));
    Ok(())
}

#[test]
fn text_that_cannot_be_read_is_refused() {
    let mut it = parsed();
    assert!(it.workers_try_set("0").is_err());
    assert!(it.flag_try_set("yes").is_err());
    assert!(it.ip_try_set("localhost").is_err());
    assert!(it.letter_try_set("ab").is_err());
    assert!(it.timeout_try_set("1 fortnight").is_err());
}

#[test]
fn host_and_port_become_a_socket_address() -> Result<(), AssignError> {
    let mut it = parsed();
    it.socket_try_set(("::1", 443))?;
    assert_eq!(it.socket.to_string(), "[::1]:443");
    it.socket_try_set((Ipv4Addr::LOCALHOST, 80))?;
    assert_eq!(it.socket.to_string(), "127.0.0.1:80");
    assert!(it.socket_try_set(("localhost", 80)).is_err(), "names are not looked up");
    Ok(())
}

#[test]
fn seconds_become_durations_where_they_can() -> Result<(), AssignError> {
    let mut it = parsed();
    it.timeout_try_set(30)?;
    assert_eq!(it.timeout, Duration::from_secs(30));
    it.timeout_try_set(1.5)?;
    assert_eq!(it.timeout, Duration::from_millis(1500));
    it.timeout_try_set((2, 3))?;
    assert_eq!(it.timeout, Duration::new(2, 3));
    for refused in [-1.0, f64::NAN, f64::INFINITY, 1e30] {
        assert!(it.timeout_try_set(refused).is_err(), "{refused}");
    }
    assert!(it.timeout_try_set(-1).is_err());
    assert!(it.timeout_try_set((u64::MAX, u32::MAX)).is_err());
    assert_eq!(it.timeout, Duration::new(2, 3), "what was refused changed nothing");
    Ok(())
}

#[test]
fn seconds_and_nanoseconds_never_panic() {
    let mut config = AppConfig::default();
    config.timeout_set((1, 2_500_000_000));
    assert_eq!(config.timeout, Duration::from_millis(3500));
    config.timeout_set((u64::MAX, u32::MAX));
    assert_eq!(config.timeout, Duration::MAX);
}

/// Each line names the types of value and field and leaves the way to inference: two ways would not compile.
#[test]
fn there_is_one_way_from_a_value_to_a_type() {
    fn into<T, V: component_model::convert::IntoValue<T, Via>, Via>(value: V) -> T {
        value.into_value()
    }
    fn try_into<T, V: component_model::convert::TryIntoValue<T, Via>, Via>(value: V) -> T {
        value.try_into_value().unwrap()
    }
    assert_eq!(into::<String, &str, _>("a"), try_into::<String, &str, _>("a"));
    assert_eq!(into::<PathBuf, &str, _>("a"), try_into::<PathBuf, String, _>("a".into()));
    assert_eq!(into::<Option<u8>, u8, _>(1), try_into::<Option<u8>, u8, _>(1));
    assert_eq!(into::<Duration, u64, _>(1), try_into::<Duration, u64, _>(1));
    assert_eq!(into::<Duration, Duration, _>(Duration::MAX), try_into::<Duration, Duration, _>(Duration::MAX));
    assert_eq!(into::<Duration, (u64, u32), _>((1, 0)), try_into::<Duration, (u64, u32), _>((1, 0)));
    assert_eq!(into::<Vec<String>, [&str; 1], _>(["a"]), try_into::<Vec<String>, Vec<&str>, _>(vec!["a"]));
    assert_eq!(into::<Vec<&str>, [&str; 1], _>(["a"]), try_into::<Vec<&str>, Vec<&str>, _>(vec!["a"]));
    assert_eq!(into::<Vec<String>, Vec<String>, _>(vec![]), try_into::<Vec<String>, [String; 0], _>([]));
    assert_eq!(into::<char, u8, _>(97), try_into::<char, &str, _>("a"));
    assert_eq!(into::<u16, u8, _>(1), try_into::<u16, &str, _>("1"));
    assert_eq!(try_into::<u16, i64, _>(1), try_into::<u16, String, _>("1".into()));
    assert_eq!(try_into::<char, u32, _>(97), try_into::<char, String, _>("a".into()));
    assert_eq!(
        into::<SocketAddr, (Ipv4Addr, u16), _>((Ipv4Addr::LOCALHOST, 1)),
        try_into::<SocketAddr, (&str, u16), _>(("127.0.0.1", 1)),
    );
    assert_eq!(into::<IpAddr, [u8; 4], _>([127, 0, 0, 1]), try_into::<IpAddr, &str, _>("127.0.0.1"));
}

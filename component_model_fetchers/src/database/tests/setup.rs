//! URLs, and what works without a runtime.

use super::*;

#[test]
fn a_source_is_set_up_outside_of_a_runtime() {
    assert!(Database::from_url("sqlite:nowhere.db").is_ok());
    assert!(QueryReader::from_url("sqlite:nowhere.db", "SELECT 1").is_ok());
}

#[test]
fn parameters_of_a_url_are_known_ignored_or_an_error_that_names_them() {
    for url in [
        "sqlite:a.db?mode=rwc&cache=shared",
        "postgres://u:p@h/d?sslmode=require&channel_binding=require&connect_timeout=10&options[search_path]=app",
        "mysql://u:p@h/d?ssl-mode=required&charset=utf8mb4&connect_timeout=5",
    ] {
        assert!(Database::from_url(url).is_ok(), "{url}");
    }
    for url in
        ["sqlite:a.db?sslpassword=hunter2", "postgres://h/d?sslpassword=hunter2", "mariadb://h/d?sslpassword=hunter2"]
    {
        let error = Database::from_url(url).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misconfigured);
        assert!(error.to_string().contains("the parameter `sslpassword`"), "{error}");
    }
}

#[test]
fn a_url_that_cannot_be_used_is_misconfigured_and_never_repeated() {
    let urls = ["", "hunter2", "oracle://u:hunter2@db", "postgres://u:hunter2@db:99999/x", "mysql://u:hunter2@[/x"];
    for url in urls {
        let error = Database::from_url(url).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misconfigured, "{url}");
        assert!(!format!("{error} {error:?} {:?}", error.hint()).contains("hunter2"));
    }
}

#[cfg(all(feature = "postgres", feature = "mysql"))]
#[test]
fn what_may_be_a_part_of_a_password_is_not_shown_as_the_host() {
    for scheme in ["postgres", "mysql"] {
        for rest in
            ["123#hunter2@db/x", "123?hunter2@db/x", "123/x?charset=hunter2@db", "123/x?user=hunter2@db", "123#x"]
        {
            let database = Database::from_url(&format!("{scheme}://app:{rest}"));
            assert!(!format!("{database:?}").contains("123"), "{database:?}");
        }
        let database = Database::from_url(&format!("{scheme}://app:pass@host:123/x")).unwrap();
        assert!(format!("{database:?}").contains("host:123"));
    }
}

#[test]
fn the_credentials_of_a_server_are_not_the_name_of_a_file() {
    for url in ["sqlite://app:hunter2@db/x", "sqlite:app:hunter2@db/x", "sqlite://app:hun/ter2@db?mode=ro"] {
        let shown = format!("{:?}", Database::from_url(url));
        assert!(shown.contains("Misconfigured") && !shown.contains("ter2"), "{shown}");
    }
    for url in ["sqlite:./a:b@c.db", "sqlite:///data/a:b@c.db", "sqlite://a@b.db", "sqlite::memory:", "sqlite:a:b.db"] {
        assert!(Database::from_url(url).is_ok(), "{url}");
    }
}

use proptest::prelude::*;

use super::*;

const ALL: [Quoting; 3] = [Quoting::SQLITE, Quoting::POSTGRES, Quoting::MYSQL];

fn quotings() -> impl Iterator<Item = (&'static str, Quoting)> {
    ["SQLite", "PostgreSQL", "MySQL"].into_iter().zip(ALL)
}

#[test]
fn literals_are_not_shown_on_any_server() {
    for quoting in &ALL {
        let shown = |sql| masked(sql, quoting);
        assert_eq!(shown("SELECT a FROM t WHERE b = 'hunter2' AND c = 1"), "SELECT a FROM t WHERE b = '…' AND c = 1");
        assert_eq!(shown("SELECT 'it''s', x'6869' FROM t"), "SELECT '…', x'…' FROM t");
        assert_eq!(shown("SELECT 'open"), "SELECT '…'");
        assert_eq!(shown("SELECT 0xC0FFEE, 1 /* 'hunter2 */ + 2 -- it's"), "SELECT '…', 1   + 2  ");
        assert_eq!(shown("SELECT N'hunter2'"), "SELECT N'…'");
    }
}

#[test]
fn each_server_has_quotes_of_its_own() {
    let shown = |sql| masked(sql, &Quoting::POSTGRES);
    assert_eq!(shown(r#"SELECT "a'b", $$it's$$, $t$a $$ b$t$, $1 FROM t"#), r#"SELECT "a'b", '…', '…', $1 FROM t"#);
    assert_eq!(shown(r"SELECT E'it\'s', 'next'"), "SELECT '…', '…'");
    assert_eq!(shown(r"SELECT 'a\\', 'b\', 'c"), "SELECT '…', …");
    assert_eq!(shown("SELECT 1 /* a /* ' */ b' */ + 2"), "SELECT 1   + 2");
    assert_eq!(shown("SELECT a$1, b[1]"), "SELECT a$1, b[1]");

    let shown = |sql| masked(sql, &Quoting::MYSQL);
    assert_eq!(shown(r#"SELECT `a'b`, "hunter2", 5--'x' # it's"#), "SELECT `a'b`, '…', 5--'…'  ");
    assert_eq!(shown(r"SELECT 'it\'s', 'secret'"), "SELECT …");
    assert_eq!(shown("SELECT 1 /*! 'a */ secret' */"), "SELECT 1 …");

    let shown = |sql| masked(sql, &Quoting::SQLITE);
    assert_eq!(shown(r"SELECT [it's], 'a\', 'b', :name"), "SELECT [it's], '…', '…', :name");
}

#[test]
fn what_only_reads_leaves_nothing_behind() {
    for sql in [
        "SELECT 1",
        "  -- why\n select value FROM config;",
        "(SELECT 1) UNION (SELECT 2)",
        "WITH a AS (SELECT 1) SELECT * FROM a",
        "VALUES (1)",
        "SHOW server_version",
        "SELECT 'insert into', \"update\".x FROM \"update\"",
    ] {
        assert_eq!(effect(sql, &Quoting::POSTGRES), Effect::Nothing, "{sql}");
    }
}

#[test]
fn what_changes_data_or_its_session_leaves_something_behind() {
    for sql in [
        "BEGIN",
        "SET search_path = other",
        "SELECT set_config('search_path', 'other', false)",
        "SELECT pg_advisory_lock_shared(1)",
        "SELECT GET_LOCK('a', 1)",
        "SELECT @a := 1",
        "SELECT 1 INTO @a",
        "WITH a AS (INSERT INTO t VALUES (1) RETURNING 1) SELECT * FROM a",
        "SELECT 1; BEGIN",
        "SELECT * FROM t FOR UPDATE",
        "PRAGMA foreign_keys = ON",
        "ATTACH 'a' AS b",
        "'what is this'",
        "SELECT /*! SQL_NO_CACHE */ 1",
    ] {
        for (name, quoting) in quotings() {
            if sql.contains("/*!") && quoting.comments != Comments::MySql {
                continue;
            }
            assert_eq!(effect(sql, &quoting), Effect::Something, "{name}: {sql}");
        }
    }
}

#[cfg(feature = "postgres")]
#[test]
fn placeholders_are_counted_outside_of_literals_and_comments() {
    let count = |sql| numbered_placeholders(sql, &Quoting::POSTGRES);
    assert_eq!(count("SELECT 1"), Some(0));
    assert_eq!(count("SELECT $2 + $1 + $2, '$9', $$ $8 $$, a$7, \"$6\" /* $5 */ -- $4"), Some(2));
    assert_eq!(count(r"SELECT 'a\' $3'"), None);
}

/// A piece of a statement, and whether it may be shown.
fn piece() -> impl Strategy<Value = (String, bool)> {
    prop_oneof![
        "[a-z ,()=]{0,6}".prop_map(|text| (text, true)),
        Just((" -- it's \"\n".to_owned(), true)),
        Just((" /* ' \" $$ */ ".to_owned(), true)),
        "(''|[a-z\"$`]){0,4}".prop_map(|inside| (format!(" '{inside}c4nary{inside}' "), false)),
    ]
}

proptest! {
    #[test]
    fn no_literal_is_shown_whatever_stands_around_it(pieces in proptest::collection::vec(piece(), 0..8)) {
        let sql: String = pieces.iter().map(|(text, _)| text.as_str()).collect();
        for quoting in &ALL {
            prop_assert!(!masked(&sql, quoting).contains("c4nary"), "{sql}");
        }
    }

    #[test]
    fn literals_of_postgresql_are_not_shown(tag in "[a-z]{0,3}", inside in "[a-z'\"$ ]{0,6}", e in "(\\\\'|\\\\\\\\|''|[a-z]){0,6}") {
        let mark = format!("${tag}$");
        let inside = inside.replace('$', "");
        let sql = format!("SELECT {mark}{inside}c4nary{inside}{mark}, E'{e}c4nary{e}', \"n\" FROM t");
        let shown = masked(&sql, &Quoting::POSTGRES);
        prop_assert!(!shown.contains("c4nary"), "{shown}");
        prop_assert!(shown.ends_with("\"n\" FROM t"), "{shown}");
    }

    #[test]
    fn literals_of_mysql_are_not_shown_in_either_mode(inside in "(\\\\'|\\\\\\\\|''|\\\\\"|[a-z]){0,6}") {
        // With and without NO_BACKSLASH_ESCAPES.
        for sql in [format!("SELECT '{inside}c4nary', 'c4nary'"), format!("SELECT '{inside}', 'c4nary', \"c4nary\"")] {
            prop_assert!(!masked(&sql, &Quoting::MYSQL).contains("c4nary"), "{sql}");
        }
    }

    #[test]
    fn any_text_is_read_to_its_end(sql in ".{0,60}") {
        for quoting in &ALL {
            let _ = (masked(&sql, quoting), effect(&sql, quoting));
        }
    }
}

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
        "SELECT 'nextval', x FROM t WHERE x IN ('a') AND (x = 'b')",
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

#[test]
fn a_function_that_leaves_something_behind_is_found_in_quotes_too() {
    for (sql, quoting) in [
        ("SELECT \"pg_advisory_lock\"(77)", Quoting::POSTGRES),
        ("SELECT pg_catalog.\"set_config\"('search_path', 'other', false)", Quoting::POSTGRES),
        ("SELECT \"nextval\" ('tickets')", Quoting::POSTGRES),
        ("SELECT `get_lock`('a', 1)", Quoting::MYSQL),
        ("SELECT \"get_lock\" /* with ANSI_QUOTES */ ('a', 1)", Quoting::MYSQL),
        ("SELECT [load_extension]('a')", Quoting::SQLITE),
        ("SELECT \"load_extension\"('a')", Quoting::SQLITE),
    ] {
        assert_eq!(effect(sql, &quoting), Effect::Something, "{sql}");
    }
}

#[test]
fn what_must_be_sent_once_is_not_a_read() {
    for sql in ["SELECT pg_notify('changes', 'x')", "SELECT dblink_exec('other', 'x')", "SELECT dblink_connect_u('x')"]
    {
        assert_eq!(effect(sql, &Quoting::POSTGRES), Effect::Something, "{sql}");
    }
}

#[test]
fn only_what_follows_the_end_of_a_statement_makes_it_several() {
    let several = |sql| is_several(sql, &Quoting::SQLITE);
    for sql in [
        "SELECT 1",
        "SELECT 1;",
        "SELECT ';', \"a;b\", [c;d] ; ; -- ; SELECT 2",
        "/* ; */ SELECT 1 /* ; */; /* SELECT 2 */",
        "CREATE TEMP TRIGGER a AFTER INSERT ON t BEGIN DELETE FROM t; DELETE FROM u; END",
        "",
    ] {
        assert!(!several(sql), "{sql}");
    }
    for sql in
        ["SELECT 1; SELECT 2", "SELECT 1;2", "; SELECT 1; 'a'", "BEGIN; DELETE FROM t", "CREATE TABLE t (a); SELECT 1"]
    {
        assert!(several(sql), "{sql}");
    }
}

#[cfg(feature = "postgres")]
#[test]
fn placeholders_are_counted_outside_of_literals_and_comments() {
    let count = |sql| Placeholders::numbered(sql, &Quoting::POSTGRES);
    assert_eq!(count("SELECT 1"), Placeholders::Count(0));
    assert_eq!(count("SELECT $2 + $1 + $2, '$9', $$ $8 $$, a$7, \"$6\" /* $5 */ -- $4"), Placeholders::Count(2));
    assert_eq!(count(r"SELECT 'a\' $3'"), Placeholders::Unknown);
    assert_eq!(count("SELECT a FROM b WHERE c ? '?' AND d = $1"), Placeholders::Count(1));
    assert_eq!(count("SELECT '?'"), Placeholders::Count(0));
    let foreign = count("SELECT a FROM b WHERE c = ?");
    assert!(foreign.check(0).is_ok(), "it may be an operator");
    assert_eq!(foreign.check(1).unwrap_err().hint(), Some("write `$1` instead of `?`"));
}

#[test]
fn sqlite_has_placeholders_with_and_without_numbers() {
    for (sql, expected) in [
        ("SELECT 1", 0),
        ("SELECT ?,?AND ?", 3),
        ("SELECT ?2, ?1, ?2", 2),
        ("SELECT $1 WHERE 1=$3", 3),
        ("SELECT ?1, $1", 1),
        ("SELECT ':a', \"@b\", `$c`, [?9], a$7 /* :d */ -- ?", 0),
    ] {
        assert_eq!(Placeholders::of_sqlite(sql), Placeholders::Count(expected), "{sql}");
    }
    for name in [":id", "@id", "$id", "$0", "$1a", ":1", "@1"] {
        let named = Placeholders::of_sqlite(&format!("SELECT x FROM t WHERE x={name}"));
        assert_eq!(named, Placeholders::Named(name.into()));
    }
    assert_eq!(Placeholders::of_sqlite("SELECT ?, $1"), Placeholders::Mixed);
}

#[test]
fn the_name_of_a_column_may_be_of_a_literal_unless_the_statement_has_that_name() {
    let may = |name: &str, sql: &str| Literals::of(sql, &Quoting::MYSQL).may_be_in(name);
    for (name, sql) in [
        ("hunter2", "SELECT 'hunter2'"),
        ("hunter2", "SELECT '  hunter2 and what is cut off'"),
        ("HUNTER2", "SELECT \"hunter2\""),
        ("hunter2", "SELECT a AS 'hunter2' FROM t"),
        ("hunter2", r"SELECT 'hunte\r2'"),
        ("hunter2", "SELECT 1 /*! , 'hunter2' */"),
        ("0x68756e", "SELECT 0x68756e"),
        ("upper('hunter2')", "SELECT upper('hunter2')"),
        ("CONCAT('hun", "SELECT CONCAT('hunter2')"),
        ("it's", "SELECT 'it''s'"),
        ("", "SELECT ''"),
    ] {
        assert!(may(name, sql), "{name}: {sql}");
    }
    for (name, sql) in [
        ("port", "SELECT * FROM t WHERE region = 'eu'"),
        ("port", "SELECT 'x' AS port"),
        ("it's", "SELECT 'x' AS `it's`"),
        ("config", "SELECT 'config' AS Config"),
        ("COUNT(*)", "SELECT COUNT(*) FROM t"),
        ("?", "SELECT ?"),
    ] {
        assert!(!may(name, sql), "{name}: {sql}");
    }
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

use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Result<HashMap<String, String>, Broken> {
    variables(text, None)
}

fn interpolated(text: &str) -> Result<HashMap<String, String>, Broken> {
    variables(text, Some(&Variables::of([("HOME", "/home/me"), ("EMPTY", "")])))
}

fn value_of(line: &str) -> String {
    read(&format!("A={line}")).unwrap().remove("A").unwrap()
}

#[test]
fn a_value_without_quotes_is_read_as_written() {
    for value in [
        "pa$$word",
        "p4ss$HOME",
        "${HOME}",
        "{\"a\":1}",
        "a\\nb",
        "a'b\"c",
        "a#b",
        "#a",
        "a=b",
        "two words",
        "`id`",
        "%41",
        "ключ",
        "C:\\temp\\",
    ] {
        assert_eq!(value_of(value), value);
    }
}

#[test]
fn white_space_around_a_value_and_a_comment_after_white_space_are_dropped() {
    for line in ["x", " x", "x ", "\tx\t", "x # comment", "x\t# it's", "x\r", " x # \"\r", "'x'", " \"x\" # comment"] {
        assert_eq!(value_of(line), "x", "{line:?}");
    }
    for line in ["", " ", "\r", " # comment", "''", "\"\""] {
        assert_eq!(value_of(line), "", "{line:?}");
    }
}

#[test]
fn single_quotes_are_literal_and_double_quotes_have_the_usual_escapes() {
    assert_eq!(value_of(r"'a\nb \\ $x # y'"), r"a\nb \\ $x # y");
    assert_eq!(value_of(r#""a\nb\t\"c\"\\ \$x ${y} # z""#), "a\nb\t\"c\"\\ $x ${y} # z");
    assert_eq!(value_of(r#""\d\.\x41""#), r"\d\.\x41", "an escape that is not one stays");
}

#[test]
fn a_quoted_value_may_have_several_lines_and_lines_are_counted() {
    let text = "A='one\r\ntwo\n'\nB=\"three\n\nfour\" # comment\n\nC";
    assert_eq!(read(text).unwrap_err().line, 8);
    let values = read(&text[..text.len() - 1]).unwrap();
    assert_eq!((values["A"].as_str(), values["B"].as_str()), ("one\ntwo\n", "three\n\nfour"));
}

#[test]
fn names_may_be_exported_and_have_spaces_around_the_sign() {
    let values = read("export A=1\n  export\tB = 2\nexported=3\nexport=4\nspring.main-x=5\r\n#A=6\nA=7").unwrap();
    let expected = [("A", "7"), ("B", "2"), ("exported", "3"), ("export", "4"), ("spring.main-x", "5")];
    assert_eq!(values.len(), expected.len());
    assert!(expected.iter().all(|(name, value)| values[*name] == *value), "{values:?}");
}

#[test]
fn an_error_has_the_line_of_an_invalid_assignment_and_does_not_repeat_it() {
    for line in
        ["s3cret", "A B=s3cret", "=s3cret", "'A'=s3cret", "A='s3cret", "A=\"s3cret\\\"", "A='s3cret'x", "A='s'#x"]
    {
        let broken = read(&format!("X=1\n\n{line}")).unwrap_err();
        assert_eq!((broken.line, broken.kind), (3, ErrorKind::Malformed), "{line}");
        assert!(!broken.to_string().contains("s3cret"), "{broken}");
    }
}

#[test]
fn variables_are_inserted_if_interpolation_is_enabled() {
    let values = interpolated(
        "A=${HOME}/a\nB=\"${A}:${EMPTY}:\\${A}\"\nC='${A}'\nD=$HOME $$ $A {A}\nHOME=here\nE=${HOME}\nF=1\nF=${F}2",
    )
    .unwrap();
    let expected = [
        ("A", "/home/me/a"),
        ("B", "/home/me/a::${A}"),
        ("C", "${A}"),
        ("D", "$HOME $$ $A {A}"),
        ("E", "/home/me"),
        ("F", "12"),
    ];
    assert!(expected.iter().all(|(name, value)| values[*name] == *value), "{values:?}");
}

#[test]
fn inserted_text_is_not_expanded_again_and_variables_must_be_set() {
    assert_eq!(interpolated("A='${B}'\nB=${A}").unwrap()["B"], "${B}");
    for line in ["A=${MISSING}", "A=${A}", "A=${B}\nB=1", "A=${", "A=${}", "A=${A-B C}", "A=\"${PATH\""] {
        assert_eq!(interpolated(line).unwrap_err().kind, ErrorKind::Malformed, "{line}");
    }
}

#[test]
fn an_expansion_bomb_is_too_large() {
    let lines: String = (1..60).map(|line| format!("A{line}=${{A{}}}${{A{}}}\n", line - 1, line - 1)).collect();
    assert_eq!(interpolated(&format!("A0=xxxxxxxx\n{lines}")).unwrap_err().kind, ErrorKind::TooLarge);
}

proptest! {
    #[test]
    fn no_text_causes_a_panic(text in "(?s).{0,200}", marks in "[A=\"'\\\\${}# \t\r\n]{0,60}") {
        for text in [text, marks] {
            let _ = read(&text);
            let _ = interpolated(&text);
        }
    }

    #[test]
    fn a_value_written_in_quotes_is_read_back(value in "(?s)[^\r]{0,60}", before in "[^\r\n'\"]{0,9}") {
        let escaped = value.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$");
        let double = format!("#{before}\nA=\"{escaped}\" # {before}\n");
        prop_assert_eq!(&read(&double).unwrap()["A"], &value);
        prop_assert_eq!(&interpolated(&double).unwrap()["A"], &value);
        if !value.contains('\'') {
            prop_assert_eq!(&interpolated(&format!("A='{value}'")).unwrap()["A"], &value);
        }
    }

    #[test]
    fn a_value_written_without_quotes_is_read_back(value in "[^\\s'\"#][^\\n\\r#]{0,40}[^\\s#]") {
        prop_assert_eq!(&read(&format!("A={value}\nB=")).unwrap()["A"], &value);
    }
}

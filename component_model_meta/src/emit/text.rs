//! Types as text.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// The tokens as a user would write them: `HashMap<String, Vec<u8>>`.
pub(super) fn written(tokens: TokenStream) -> String {
    let mut text = String::new();
    write(tokens, &mut text);
    text
}

fn write(tokens: TokenStream, text: &mut String) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = delimiters(group.delimiter());
                // `&mut (u8, u8)`, but `fn(u8)`.
                if group.delimiter() == Delimiter::Bracket
                    || ["mut", "const", "dyn"].iter().any(|word| text.ends_with(word))
                {
                    separate(text);
                }
                text.push_str(open);
                write(group.stream(), text);
                text.push_str(close);
            }
            TokenTree::Punct(punct) => write_punct(punct.as_char(), punct.spacing(), text),
            TokenTree::Ident(_) | TokenTree::Literal(_) => {
                separate(text);
                text.push_str(&token.to_string());
            }
        }
    }
}

fn write_punct(punct: char, spacing: Spacing, text: &mut String) {
    match punct {
        ',' | ';' => text.extend([punct, ' ']),
        '+' | '=' => text.extend([' ', punct, ' ']),
        '-' if spacing == Spacing::Joint => text.push_str(" -"),
        '>' if text.ends_with('-') => text.push_str("> "),
        '\'' => {
            separate(text);
            text.push('\'');
        }
        _ => text.push(punct),
    }
}

/// Two words in a row need a space between them.
fn separate(text: &mut String) {
    if text.ends_with(|last: char| last.is_alphanumeric() || last == '_') {
        text.push(' ');
    }
}

fn delimiters(delimiter: Delimiter) -> (&'static str, &'static str) {
    match delimiter {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => ("", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_written_as_a_user_would() {
        for text in [
            "HashMap<String, Vec<&'static [u8; 4]>>",
            "Option<fn(u8, &u8) -> u8>",
            "std::net::IpAddr",
            "Box<dyn Fn(u8) -> u8 + Send>",
            "&'a mut [T; N]",
            "(u8, String)",
            "<T as Iterator>::Item",
        ] {
            assert_eq!(written(text.parse::<TokenStream>().unwrap()), text);
        }
    }
}

//! Expressions as people write them, for messages.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use quote::ToTokens;

/// The tokens of an expression as people write them.
pub(crate) fn shown(tokens: impl ToTokens) -> String {
    let mut line = Line::default();
    line.write(tokens.to_token_stream());
    line.text.trim_end().to_string()
}

#[derive(Default)]
struct Line {
    text: String,
    /// Whether an operand ends here, so that an operator is one between two.
    is_operand: bool,
    /// How many lists of generic arguments are open.
    generics: usize,
}

impl Line {
    fn write(&mut self, tokens: TokenStream) {
        let mut operator = String::new();
        for token in tokens {
            match token {
                TokenTree::Punct(punct) => {
                    operator.push(punct.as_char());
                    if punct.spacing() == Spacing::Alone || "',;".contains(punct.as_char()) {
                        self.operator(&std::mem::take(&mut operator));
                    }
                }
                TokenTree::Group(group) => self.group(group.delimiter(), group.stream()),
                token => self.word(&token.to_string()),
            }
        }
    }

    fn word(&mut self, word: &str) {
        if self
            .text
            .ends_with(|last: char| last.is_alphanumeric() || "_)]}>".contains(last))
        {
            self.text.push(' ');
        }
        self.text.push_str(word);
        self.is_operand = !matches!(
            word,
            "as" | "else" | "if" | "in" | "match" | "mut" | "const"
        );
        if !self.is_operand {
            self.text.push(' ');
        }
    }

    fn group(&mut self, delimiter: Delimiter, inner: TokenStream) {
        let (open, close) = match delimiter {
            Delimiter::Parenthesis => ("(", ")"),
            Delimiter::Bracket => ("[", "]"),
            Delimiter::Brace if inner.is_empty() => (" {", "}"),
            Delimiter::Brace => (" { ", " }"),
            Delimiter::None => ("", ""),
        };
        self.text.push_str(match self.is_operand {
            true => open,
            false => open.trim_start(),
        });
        let generics = std::mem::take(&mut self.generics);
        self.is_operand = false;
        self.write(inner);
        self.text.truncate(self.text.trim_end().len());
        self.text.push_str(close);
        (self.is_operand, self.generics) = (true, generics);
    }

    fn operator(&mut self, operator: &str) {
        let was_operand = std::mem::take(&mut self.is_operand);
        let is_between = match operator {
            "," | ";" | ":" => {
                self.text.push_str(operator);
                self.text.push(' ');
                return;
            }
            "<" if self.generics > 0 || self.text.ends_with("::") || !was_operand => {
                self.generics += 1;
                false
            }
            ">" if self.generics > 0 => {
                self.generics -= 1;
                self.is_operand = true;
                false
            }
            "?" => {
                self.is_operand = true;
                false
            }
            "::" | "." | ".." | "..=" | "'" | "!" => false,
            _ => was_operand,
        };
        match is_between {
            true => self.text.push_str(&format!(" {operator} ")),
            false => self.text.push_str(operator),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_read_as_they_are_written() {
        for text in [
            "LOW - 1",
            "-1.5",
            "-LOW * (2 + -3)",
            "1..=HIGH - 3",
            "ARR[0]",
            "a::b::C",
            "size_of::<u8>()",
            "pick::<f64, 3>(&RATES, 2)",
            "<Net as Limits>::MOST",
            "usize::MAX as u64",
            "{ LOW }",
            "if HIGH > 3 { 2 } else { 1 }",
            "vec![1, 2]",
            "Some(\"a\".to_string())",
            "[0.1; 3]",
            "!FLAG && LOW < 3",
            "In { u: 33 }",
        ] {
            let expr: syn::Expr = syn::parse_str(text).unwrap();
            assert_eq!(shown(&expr), text);
        }
    }
}

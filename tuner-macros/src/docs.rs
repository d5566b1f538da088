//! The user's docs, as they stand at what is generated beside the item.

use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Ident};

use crate::check::text;

/// The docs for what is generated beside the item, where `Self` is another type.
pub(crate) fn docs(attributes: &[Attribute], item: &Ident) -> Vec<Attribute> {
    let docs = attributes.iter();
    let docs = docs.filter(|attribute| attribute.path().is_ident("doc"));
    docs.map(|doc| of_item(doc, item).unwrap_or_else(|| doc.clone()))
        .collect()
}

/// The doc with the item's name for `Self`; `None` where that word does not occur.
fn of_item(doc: &Attribute, item: &Ident) -> Option<Attribute> {
    let text = text(&doc.meta.require_name_value().ok()?.value)?;
    let named = renamed(&text, &item.unraw().to_string());
    let span = doc.span();
    (named != text).then(|| syn::parse_quote_spanned!(span=> #[doc = #named]))
}

/// The text with the item's name for `Self` where code or a link begins with that word.
fn renamed(text: &str, name: &str) -> String {
    const OWN: &str = "Self";
    let (mut named, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once(OWN) {
        let is_word = !after.starts_with(|next: char| next.is_alphanumeric() || next == '_');
        let is_own = is_word && before.ends_with(['`', '[', '(']);
        named.push_str(before);
        named.push_str(if is_own { name } else { OWN });
        rest = after;
    }
    named + rest
}

#[cfg(test)]
mod tests {
    use super::renamed;

    #[test]
    fn only_the_word_self_in_code_and_links_is_the_item() {
        let text = "Self, [`Self::new`], `Self` and [it](Self::it); [SelfTest], `SelfAttention`";
        let named = "Self, [`Net::new`], `Net` and [it](Net::it); [SelfTest], `SelfAttention`";
        assert_eq!(renamed(text, "Net"), named);
    }
}

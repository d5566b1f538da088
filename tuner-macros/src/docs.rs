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

/// The doc with the item's name for `Self`; `None` where that word is not.
fn of_item(doc: &Attribute, item: &Ident) -> Option<Attribute> {
    let text = text(&doc.meta.require_name_value().ok()?.value)?;
    let (mut named, name) = (text.clone(), item.unraw());
    for before in ['`', '[', '('] {
        named = named.replace(&format!("{before}Self"), &format!("{before}{name}"));
    }
    let span = doc.span();
    (named != text).then(|| syn::parse_quote_spanned!(span=> #[doc = #named]))
}

//! One error for programs: whatever went wrong, shown as a sentence.

use std::error::Error as StdError;
use std::fmt;

/// Any error, for `main` and for the closure of a search.
///
/// Every error turns into it by `?`. Where `main` returns it, the message is shown as it is, with its
/// causes. Like other errors of this kind it is none itself ([`std::error::Error`]), since then it
/// could not take in every one.
///
/// ```
/// # use tuner_runtime as tuner;
/// fn digits(text: &str) -> tuner::Result<u32> {
///     Ok(text.parse()?)
/// }
/// assert_eq!(digits("x").unwrap_err().to_string(), "invalid digit found in string");
///
/// // `?` also turns it into the error of functions that know nothing of this crate.
/// fn boxed(text: &str) -> Result<u32, Box<dyn std::error::Error>> {
///     Ok(digits(text)?)
/// }
/// assert!(boxed("x").unwrap_err().is::<std::num::ParseIntError>());
/// ```
pub struct Error(Box<dyn StdError + Send + Sync>);

/// A result with any error.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error that says this.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into().into())
    }

    /// The error that went wrong first.
    pub fn get(&self) -> &(dyn StdError + Send + Sync + 'static) {
        &*self.0
    }
}

impl<E: StdError + Send + Sync + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        Self(Box::new(error))
    }
}

/// The error that went wrong first, with its causes as its sources.
impl From<Error> for Box<dyn StdError + Send + Sync> {
    fn from(error: Error) -> Self {
        error.0
    }
}

/// The error that went wrong first, with its causes as its sources.
impl From<Error> for Box<dyn StdError> {
    fn from(error: Error) -> Self {
        error.0
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = self.0.to_string();
        out.write_str(&shown)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            // Many errors show their cause themselves.
            let text = error.to_string();
            if !shown.contains(&text) {
                write!(out, ": {text}")?;
                shown = text;
            }
            cause = error.source();
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the file cannot be read")]
    struct Outer(#[source] std::io::Error);

    #[test]
    fn causes_are_shown_once() {
        let inner = std::io::Error::other("the disk is gone");
        assert_eq!(
            Error::from(Outer(inner)).to_string(),
            "the file cannot be read: the disk is gone"
        );
        let inner = std::io::Error::other("plain");
        assert_eq!(format!("{:?}", Error::from(inner)), "plain");
    }
}

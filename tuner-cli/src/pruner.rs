//! Pruners by the names that the command line gives them: `median`, `percentile:25`.

use std::str::FromStr;
use std::sync::Arc;

use tuner_runtime::pruner::{
    Asha, Hyperband, Median, Patience, Percentile, Pruner, Threshold, Wilcoxon,
};

/// The pruner with this name, which some follow with a number.
pub(crate) fn parse(text: &str) -> Result<Arc<dyn Pruner>, String> {
    let (name, number) = match text.split_once(':') {
        Some((name, number)) => (name, Some(number)),
        None => (text, None),
    };
    Ok(match (name, number) {
        ("median", None) => Arc::new(Median::new()),
        ("asha", None) => Arc::new(Asha::new()),
        ("median" | "asha", Some(_)) => {
            return Err(format!("`{name}` takes no number; write {name}"));
        }
        ("percentile", number) => {
            let words = "the best percentage to keep, above 0 and at most 100, as 25";
            let percent = within(name, number, words, f64::MIN_POSITIVE..=100.0)?;
            Arc::new(Percentile::new(percent))
        }
        ("hyperband", number) => {
            let words = "the most steps of a trial, as 81";
            // The protocol knows no trial that waits.
            let pruner = Hyperband::new(within(name, number, words, 1..=u64::MAX)?);
            Arc::new(pruner.stopping())
        }
        ("patience", number) => {
            let words = "how many reports to bear without a better one, as 5";
            Arc::new(Patience::new(within(name, number, words, 1..=usize::MAX)?))
        }
        ("threshold", number) => {
            let bounds = number.and_then(bounds).ok_or(
                "`threshold` needs what values may be after a colon, the lower bound or the upper \
                 one or both: threshold:..100 or threshold:0..100",
            )?;
            let pruner = Threshold::new().lower(bounds.0).upper(bounds.1);
            Arc::new(pruner)
        }
        ("wilcoxon", number) => {
            let words = "the probability of error, from 0 to 1, as 0.05";
            Arc::new(Wilcoxon::new(within(name, number, words, 0.0..=1.0)?))
        }
        _ => {
            return Err(
                "there is no such pruner; write one of median, asha, percentile:25, hyperband:81, \
                 patience:5, threshold:..100, wilcoxon:0.05"
                    .to_owned(),
            );
        }
    })
}

/// The bounds in `LOW..HIGH`, of which one may be left out.
fn bounds(text: &str) -> Option<(f64, f64)> {
    let (low, high) = text.split_once("..")?;
    let bound = |text: &str, without: f64| match text {
        "" => Some(without),
        _ => text.parse().ok().filter(|bound: &f64| !bound.is_nan()),
    };
    let bounds = (bound(low, f64::NEG_INFINITY)?, bound(high, f64::INFINITY)?);
    (bounds.0 <= bounds.1 && text != "..").then_some(bounds)
}

/// The number after the name, which must lie within a range.
fn within<N: FromStr + PartialOrd>(
    name: &str,
    number: Option<&str>,
    words: &str,
    range: std::ops::RangeInclusive<N>,
) -> Result<N, String> {
    let found = number.and_then(|text| text.parse().ok());
    found
        .filter(|number| range.contains(number))
        .ok_or_else(|| format!("`{name}` needs a number after a colon: {words}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_make_pruners() {
        for (text, name) in [
            ("median", "median("),
            ("asha", "asha("),
            ("percentile:25", "percentile(25,"),
            ("hyperband:81", "hyperband(1..=81,"),
            ("patience:5", "patience(5,"),
            ("wilcoxon:0.05", "wilcoxon(p = 0.05,"),
            ("threshold:..100", "threshold(-inf..=100,"),
            ("threshold:-1e-3..", "threshold(-0.001..=inf,"),
        ] {
            let pruner = parse(text).unwrap_or_else(|fault| panic!("{text}: {fault}"));
            assert!(pruner.name().starts_with(name), "{}", pruner.name());
        }
    }

    #[test]
    fn faults_say_what_to_write() {
        for (text, says) in [
            ("media", "write one of median"),
            ("median:3", "takes no number"),
            ("percentile", "needs a number"),
            ("percentile:0", "above 0 and at most 100"),
            ("percentile:101", "above 0 and at most 100"),
            ("percentile:NaN", "above 0 and at most 100"),
            ("hyperband:0", "as 81"),
            ("patience:-1", "as 5"),
            ("wilcoxon:x", "as 0.05"),
            ("wilcoxon:7", "from 0 to 1"),
            ("threshold", "threshold:..100"),
            ("threshold:..", "threshold:..100"),
            ("threshold:5..1", "threshold:..100"),
            ("threshold:0..NaN", "threshold:..100"),
        ] {
            let fault = parse(text).err().unwrap_or_default();
            assert!(fault.contains(says), "{text}: {fault}");
        }
    }
}

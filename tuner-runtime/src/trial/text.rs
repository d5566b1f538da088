//! Numbers, configurations and durations as people read them: short. What is stored stays exact.

use std::fmt::Write as _;

use super::metrics::Metrics;
use crate::space::{Point, Value};

/// The digits of a number that people compare.
const DIGITS: i32 = 6;

/// A number to six significant digits, without zeros at its end.
///
/// ```
/// # use tuner_runtime as tuner;
/// use tuner::trial::text::number;
/// assert_eq!(number(0.26827695767378845), "0.268277");
/// assert_eq!(number(1e-4), "1e-4");
/// ```
pub fn number(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return value.to_string();
    }
    // Rounded first: 999999.7 has one digit more before the point than it seems.
    let exact = format!("{value:.*e}", DIGITS as usize - 1);
    let (mantissa, exponent) = exact.split_once('e').unwrap_or((&exact, "0"));
    let size: i32 = exponent.parse().unwrap_or(0);
    if (-3..DIGITS).contains(&size) {
        let places = (DIGITS - 1 - size).max(0) as usize;
        return trimmed(&format!("{value:.places$}")).to_owned();
    }
    format!("{}e{exponent}", trimmed(mantissa))
}

fn trimmed(digits: &str) -> &str {
    match digits.contains('.') {
        true => digits.trim_end_matches('0').trim_end_matches('.'),
        false => digits,
    }
}

/// So many of something, whose name takes an `s` where there is not one.
///
/// ```
/// # use tuner_runtime as tuner;
/// use tuner::trial::text::counted;
/// assert_eq!((counted(1, "trial"), counted(2, "trial")), ("1 trial".into(), "2 trials".into()));
/// ```
pub fn counted(count: usize, name: &str) -> String {
    match count {
        1 => format!("1 {name}"),
        _ => format!("{count} {name}s"),
    }
}

/// The head of a table of so many trials of a front, and of how many it has.
///
/// ```
/// # use tuner_runtime as tuner;
/// use tuner::trial::text::front_head;
/// assert_eq!(front_head(7, 7), "no trial beats these 7 in all objectives:");
/// assert_eq!(front_head(40, 10), "no trial beats these 40 in all objectives, 10 of which are shown:");
/// ```
pub fn front_head(size: usize, shown: usize) -> String {
    let which = match size {
        1 => "this one".to_owned(),
        size => format!("these {size}"),
    };
    let part = match shown < size {
        true => format!(", {shown} of which are shown"),
        false => String::new(),
    };
    format!("no trial beats {which} in all objectives{part}:")
}

/// The parameters and their values in one line, floats as [`number`] writes them.
pub fn configuration(point: &Point) -> String {
    let pairs = point.iter().map(|(name, value)| (name, param(value)));
    line(pairs, " = ")
}

/// The value of a parameter in one line: a float as [`number`] writes it, a text in quotes where it
/// would read as something else.
pub fn param(value: &Value) -> String {
    match value {
        Value::Float(value) => number(*value),
        other => other.quoted().to_string(),
    }
}

/// The metrics in one line, each as [`number`] writes it.
pub fn metrics(metrics: &Metrics) -> String {
    let pairs = metrics.iter().map(|(name, value)| (name, number(value)));
    line(pairs, " ")
}

/// The text with line ends and other controls as escapes.
///
/// ```
/// # use tuner_runtime as tuner;
/// use tuner::trial::text::one_line;
/// assert_eq!(one_line("two\nlines"), "two\\nlines");
/// ```
pub fn one_line(text: &str) -> String {
    let escaped = |letter: char| match letter.is_control() {
        true => letter.escape_default().to_string(),
        false => letter.to_string(),
    };
    text.chars().map(escaped).collect()
}

fn line<'a>(pairs: impl Iterator<Item = (&'a str, String)>, between: &str) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        let comma = if text.is_empty() { "" } else { ", " };
        let _ = write!(text, "{comma}{}{between}{value}", one_line(name));
    }
    text
}

/// The first line of a message, with a mark where there is more.
pub fn first_line(message: &str) -> String {
    let mut lines = message.lines().filter(|line| !line.trim().is_empty());
    let first = one_line(lines.next().unwrap_or("no reason given").trim());
    match lines.next() {
        Some(_) => format!("{first} ..."),
        None => first,
    }
}

/// Seconds as a plain number for columns, to milliseconds.
pub fn seconds(value: f64) -> String {
    number((value * 1e3).round() / 1e3)
}

/// Seconds as people say them.
///
/// ```
/// # use tuner_runtime as tuner;
/// use tuner::trial::text::duration;
/// assert_eq!(duration(3_725.0), "1 h 2 min");
/// ```
pub fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 0.01 => format!("{:.1} ms", s * 1e3),
        s if s < 0.95 => format!("{s:.2} s"),
        s if s < 59.95 => format!("{s:.1} s"),
        s if s < 3599.5 => {
            let whole = s.round();
            format!("{} min {} s", (whole / 60.0).floor(), whole % 60.0)
        }
        s => format!(
            "{} h {} min",
            (s / 3600.0).floor(),
            (s % 3600.0 / 60.0).floor()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_naturally() {
        for (value, text) in [
            (0.98071234, "0.980712"),
            (0.894, "0.894"),
            (1234.5678, "1234.57"),
            (999_999.7, "1e6"),
            (123_456.0, "123456"),
            (123_456_789.0, "1.23457e8"),
            (-3.25, "-3.25"),
            (100.0, "100"),
            (0.001, "0.001"),
            (0.000_123_456_789, "1.23457e-4"),
            (1e-7, "1e-7"),
            (0.0, "0"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::MAX, "1.79769e308"),
        ] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn durations_read_naturally() {
        for (seconds, text) in [
            (0.0, "0.0 ms"),
            (0.0042, "4.2 ms"),
            (0.25, "0.25 s"),
            (4.25, "4.2 s"),
            (59.96, "1 min 0 s"),
            (61.0, "1 min 1 s"),
            (3_725.0, "1 h 2 min"),
        ] {
            assert_eq!(duration(seconds), text);
        }
    }

    #[test]
    fn a_configuration_is_one_line() {
        let point: Point = [
            ("rate".into(), Value::Float(0.26827695767378845)),
            ("units[0]".into(), Value::Int(1_234_567_890)),
            ("kind".into(), Value::from("adam")),
            ("note".into(), Value::from("two\nlines")),
        ]
        .into_iter()
        .collect();
        assert_eq!(
            configuration(&point),
            "rate = 0.268277, units[0] = 1234567890, kind = adam, note = \"two\\nlines\""
        );
        let measured = Metrics::new().with("loss", 1.0 / 3.0).with("mae", 2.0);
        assert_eq!(metrics(&measured), "loss 0.333333, mae 2");
        assert_eq!(seconds(0.0894166), "0.089");
        assert_eq!(first_line("\nno room \n  at line 3"), "no room ...");
        assert_eq!(first_line(""), "no reason given");
        assert_eq!(first_line("\u{1b}[2J gone\r"), "\\u{1b}[2J gone");
    }
}

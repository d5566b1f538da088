//! `int`, `float` and `len`: ranges, steps and scales, as far as literals show what is wrong.

use syn::{Expr, RangeLimits, Type};

use crate::ast::Reader;
use crate::attr::{Key, Keys};
use crate::literal::{Number, powers};
use crate::shown::shown;
use crate::types::{Shape, spelled};

/// A grid that numbers of its type cannot tell apart.
pub(crate) const TOO_FINE: &str = "the step is too fine: neighbours would be one and the same number; write a larger one, or none";

/// A range with its grid and scale.
pub(crate) struct Range {
    pub(crate) low: Bound,
    pub(crate) high: Bound,
    pub(crate) step: Option<Bound>,
    pub(crate) scale: Scale,
    /// Whether the numbers are `f32`.
    is_single: bool,
}

/// A number in the source.
pub(crate) struct Bound {
    pub(crate) expr: Expr,
    /// Its value, when the source shows it.
    pub(crate) number: Option<Number>,
}

impl Bound {
    pub(crate) fn of(expr: &Expr) -> Self {
        Self {
            expr: expr.clone(),
            number: Number::of(expr),
        }
    }

    pub(crate) fn shown(&self) -> String {
        shown(&self.expr)
    }
}

/// How a range is spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scale {
    Linear,
    Log,
    ReverseLog,
}

impl Range {
    /// Whether the step is a factor.
    pub(crate) fn is_geometric(&self) -> bool {
        self.scale == Scale::Log
    }

    /// The range as it is written.
    pub(crate) fn shown(&self) -> String {
        format!("{}..={}", self.low.shown(), self.high.shown())
    }

    /// Whether the step leads from `low` to this number.
    fn reaches(&self, number: Number, low: Number, step: Number) -> bool {
        match self.is_geometric() {
            true => number.is_power(low, step, self.is_single),
            false => number.is_on_grid(low, step, self.is_single),
        }
    }

    /// Why a number does not belong to the range, as far as literals show.
    pub(crate) fn refuses(&self, number: Number) -> Option<String> {
        let (low, high) = (self.low.number?, self.high.number?);
        if number.is_below(low) || high.is_below(number) {
            return Some(format!("is outside of `{}`", self.shown()));
        }
        let step = self.step.as_ref()?;
        let is_on_grid = self.reaches(number, low, step.number?);
        (!is_on_grid).then(|| {
            format!(
                "is not on the grid of `{}` with step `{}`",
                self.shown(),
                step.shown()
            )
        })
    }
}

/// Reads `len = low..=high`.
pub(crate) fn len(reader: &Reader<'_>, value: &Expr) -> Option<Range> {
    let (low, high) = bounds(reader, Key::Len, value)?;
    let range = Range {
        low,
        high,
        step: None,
        scale: Scale::Linear,
        is_single: false,
    };
    let checker = Checker {
        reader,
        key: Key::Len,
        limits: Some((0, u64::MAX.into(), "usize".to_string())),
        is_single: false,
    };
    let literals = checker.literals([&range.low, &range.high], value);
    checker.order(&range, value).and(literals)?;
    Some(range)
}

/// Reads `int` or `float` with `step`, `log` and `reverse_log`.
pub(crate) fn range(
    reader: &Reader<'_>,
    keys: &Keys,
    key: Key,
    value: &Expr,
    leaf: &Type,
) -> Option<Range> {
    let bounds = bounds(reader, key, value);
    let step = keys
        .get(Key::Step)
        .and_then(|entry| entry.value.as_ref())
        .map(Bound::of);
    let limits = match Shape::of(leaf) {
        Shape::Int { low, high } => Some((low, high, spelled(leaf))),
        _ => None,
    };
    let checker = Checker {
        reader,
        key,
        limits,
        is_single: spelled(leaf) == "f32",
    };
    // Each of these is a mistake of its own, so all are looked at.
    let literals = match &bounds {
        Some((low, high)) => checker.literals([low, high], value),
        None => Some(()),
    };
    let scale = match (keys.get(Key::Log), keys.get(Key::ReverseLog)) {
        (Some(_), _) => Scale::Log,
        (_, Some(_)) => Scale::ReverseLog,
        _ => Scale::Linear,
    };
    let leads = step.as_ref().map(|step| checker.leads(step, scale));
    let leads = leads.unwrap_or(Some(()));
    let (low, high) = bounds?;
    let range = Range {
        low,
        high,
        step,
        scale,
        is_single: checker.is_single,
    };
    let (order, log) = (checker.order(&range, value), checker.log(&range));
    let grid = || {
        order.and(log).and(leads).and_then(|()| match literals {
            Some(()) => checker.reaches(&range),
            None => Some(()),
        })
    };
    let is_gridded = range.step.is_none() || grid().is_some();
    // What is wrong has been noted; a default can still be held against a range that is in order.
    (order.is_some() && is_gridded).then_some(range)
}

/// The two ends of a range that is closed.
fn bounds(reader: &Reader<'_>, key: Key, value: &Expr) -> Option<(Bound, Bound)> {
    let example = if key == Key::Float {
        "0.0..=1.0"
    } else {
        "1..=10"
    };
    let range = match value {
        Expr::Group(group) => return bounds(reader, key, &group.expr),
        Expr::Paren(paren) => return bounds(reader, key, &paren.expr),
        Expr::Range(range) => range,
        _ => {
            let message = format!("`{key}` asks for a range: write `{key} = {example}`");
            reader.errors.on(value, message);
            return None;
        }
    };
    match (&range.start, &range.limits, &range.end) {
        (Some(low), RangeLimits::Closed(_), Some(high)) => Some((Bound::of(low), Bound::of(high))),
        (Some(low), RangeLimits::HalfOpen(dots), Some(high)) => {
            let (low, high) = (Bound::of(low), Bound::of(high));
            let is_reversed = low
                .number
                .zip(high.number)
                .is_some_and(|(low, high)| high.is_below(low));
            let (low, high) = if is_reversed {
                (high, low)
            } else {
                (low, high)
            };
            let written = format!("{}..={}", low.shown(), high.shown());
            let is_real = |bound: &Bound| bound.number.is_some_and(|number| number.is_float);
            let written = match key {
                Key::Float => real_numbers(&written),
                _ if is_real(&low) || is_real(&high) => whole_numbers(&written),
                _ => written,
            };
            let message = format!("both ends of a range belong to it: write `{written}`");
            reader.errors.on(dots, message);
            None
        }
        _ => {
            let message = format!("a range needs both ends: write `{key} = {example}`");
            reader.errors.on(value, message);
            None
        }
    }
}

/// What is known of the numbers of one field.
struct Checker<'a> {
    reader: &'a Reader<'a>,
    key: Key,
    /// The smallest and largest number of the field's type, and its name.
    limits: Option<(i128, i128, String)>,
    /// Whether the field is an `f32`.
    is_single: bool,
}

impl Checker<'_> {
    /// Whether literals are of the right kind and fit the type.
    fn literals<const N: usize>(&self, bounds: [&Bound; N], whole: &Expr) -> Option<()> {
        for bound in bounds {
            let Some(number) = bound.number else { continue };
            let is_float = self.key == Key::Float;
            if number.is_float != is_float {
                self.reader
                    .errors
                    .on(&bound.expr, self.wrong_literal(bound, whole));
                return None;
            }
            if is_float && !number.rounded(self.is_single).is_finite() {
                let name = if self.is_single { "f32" } else { "f64" };
                let message = format!("`{}` does not fit `{name}`", bound.shown());
                self.reader.errors.on(&bound.expr, message);
                return None;
            }
            let Some((low, high, name)) = &self.limits else {
                continue;
            };
            if number.is_below(Number::whole(*low)) || Number::whole(*high).is_below(number) {
                let message = format!(
                    "`{}` does not fit `{name}`, which holds {low} to {high}",
                    bound.shown()
                );
                self.reader.errors.on(&bound.expr, message);
                return None;
            }
        }
        Some(())
    }

    fn wrong_literal(&self, bound: &Bound, whole: &Expr) -> String {
        let text = shown(whole);
        if self.key == Key::Float {
            format!(
                "`{}` is a whole number: write `{}`",
                bound.shown(),
                real_numbers(&text)
            )
        } else {
            // A type that hides behind an alias may be a real number after all.
            let or = match self.limits {
                None => ", or use `float`",
                Some(_) => "",
            };
            format!(
                "`{}` takes whole numbers, and `{}` is none: write `{}`{or}",
                self.key,
                bound.shown(),
                whole_numbers(&text)
            )
        }
    }

    fn order(&self, range: &Range, whole: &Expr) -> Option<()> {
        if let (Some(low), Some(high)) = (range.low.number, range.high.number)
            && high.is_below(low)
        {
            let message = format!(
                "the range is empty: write the smaller end first, `{}..={}`",
                range.high.shown(),
                range.low.shown()
            );
            self.reader.errors.on(whole, message);
            return None;
        }
        Some(())
    }

    fn log(&self, range: &Range) -> Option<()> {
        let low = range.low.number.filter(|_| range.scale != Scale::Linear);
        let is_above = |low: Number| match self.key {
            Key::Float => low.rounded(self.is_single) > 0.0,
            _ => Number::zero().is_below(low),
        };
        let Some(low) = low.filter(|&low| !is_above(low)) else {
            return Some(());
        };
        let (scale, key, least) = match (range.scale, self.key) {
            (Scale::ReverseLog, Key::Float) => (
                "`reverse_log`",
                Key::ReverseLog,
                "the smallest distance from the upper end that matters, such as 1e-3",
            ),
            (Scale::ReverseLog, _) => ("`reverse_log`", Key::ReverseLog, "1"),
            (_, Key::Float) => ("a log scale", Key::Log, "a small number such as 1e-6"),
            _ => ("a log scale", Key::Log, "1"),
        };
        let start = range.low.shown();
        let is_hopeless = range.high.number.is_some_and(|high| !is_above(high));
        let message = if is_hopeless {
            let shown = range.shown();
            format!("{scale} needs numbers above 0, and `{shown}` holds none; remove `{key}`")
        } else if Number::zero().is_below(low) {
            let name = if self.is_single { "f32" } else { "f64" };
            format!("{scale} cannot start at {start}, which is 0 in `{name}`; begin at {least}")
        } else {
            format!("{scale} cannot start at {start}; begin above 0, at {least}")
        };
        self.reader.errors.on(&range.low.expr, message);
        None
    }

    /// Whether the step leads upwards, and is of the right kind.
    fn leads(&self, step: &Bound, scale: Scale) -> Option<()> {
        let is_factor = scale == Scale::Log;
        let least = if is_factor {
            Number::one()
        } else {
            Number::zero()
        };
        if step.number.is_none_or(|number| least.is_below(number)) {
            return self.literals([step], &step.expr);
        }
        let message = match is_factor {
            true => format!(
                "on a log scale `step` is a factor, and {} leads nowhere; write one above 1",
                step.shown()
            ),
            false => format!(
                "a step of {} leads nowhere; write one above 0",
                step.shown()
            ),
        };
        self.reader.errors.on(&step.expr, message);
        None
    }

    /// Whether the step leads to the end of a range.
    fn reaches(&self, range: &Range) -> Option<()> {
        let numbers = (range.low.number, range.high.number);
        let (Some(step), (Some(low), Some(high))) = (&range.step, numbers) else {
            return Some(());
        };
        let Some(number) = step.number else {
            return Some(());
        };
        if self.key == Key::Float && !self.parts(range, low, high, number) {
            self.reader.errors.on(&step.expr, TOO_FINE);
            return None;
        }
        if range.reaches(high, low, number) {
            return Some(());
        }
        let message = format!(
            "the step does not reach the end of `{}`: {}",
            range.shown(),
            self.nearest(range, low, high, number)
        );
        self.reader.errors.on(&step.expr, message);
        None
    }

    /// Whether each value of the grid is a number of its own, as the runtime asks of constants.
    fn parts(&self, range: &Range, low: Number, high: Number, step: Number) -> bool {
        let [low, high, step] = [low, high, step].map(|number| number.rounded(self.is_single));
        if low >= high {
            return true;
        }
        if range.is_geometric() {
            return low >= f64::MIN_POSITIVE && step - 1.0 > 1e-12;
        }
        let differ = |left: f64, right: f64| match self.is_single {
            true => left as f32 != right as f32,
            false => left != right,
        };
        let parted = |number: f64, step: f64| {
            let next = number + step;
            let is_own = !self.is_single || f64::from(next as f32) == next;
            let is_exact = is_own && next - number == step;
            differ(number, number + step / 2.0) || (is_exact && differ(number, next))
        };
        (high / 2.0 - low / 2.0) / (step / 2.0) <= (1u64 << 53) as f64
            && parted(low, step)
            && parted(high, -step)
    }

    /// Which ends the step would reach.
    fn nearest(&self, range: &Range, low: Number, high: Number, step: Number) -> String {
        let ends = match self.key {
            Key::Float => self.real_ends(range, low, high, step),
            _ => self.whole_ends(range, low, high, step).unwrap_or_default(),
        };
        let start = range.low.shown();
        let written: Vec<String> = ends
            .iter()
            .map(|end| format!("`{start}..={end}`"))
            .collect();
        match written.is_empty() {
            true => "write a smaller step".to_string(),
            false => format!("write {}, or another step", written.join(" or ")),
        }
    }

    fn whole_ends(
        &self,
        range: &Range,
        low: Number,
        high: Number,
        step: Number,
    ) -> Option<Vec<String>> {
        let (low, high, step) = (low.to_whole()?, high.to_whole()?, step.to_whole()?);
        let next = |end: i128| match range.is_geometric() {
            true => end.checked_mul(step),
            false => end.checked_add(step),
        };
        let mut below = low;
        if !range.is_geometric() {
            below = high.checked_sub(high.checked_sub(low)? % step)?;
        }
        while let Some(end) = next(below).filter(|&end| end < high) {
            below = end;
        }
        let most = self.limits.as_ref().map_or(i128::MAX, |limits| limits.1);
        let ends = [Some(below), next(below)].into_iter().flatten();
        let ends = ends.filter(|&end| end > low && end <= most);
        Some(ends.map(|end| end.to_string()).collect())
    }

    fn real_ends(&self, range: &Range, low: Number, high: Number, step: Number) -> Vec<String> {
        let [from, to, by] = [low, high, step].map(Number::to_f64);
        let (below, above) = if range.is_geometric() {
            let below = from * by.powf(powers(from, to, by).floor());
            (below, below * by)
        } else {
            let steps = ((to - from) / by).floor();
            (from + steps * by, from + (steps + 1.0) * by)
        };
        // Few digits hide what binary sums add to a decimal; as many are written as the grid asks for.
        let written = |end: f64| {
            let texts = (9..=16).filter_map(|digits| {
                let number = format!("{end:.digits$e}").parse::<f64>().ok()?;
                Some(format!("{number:?}"))
            });
            let is_reached = |text: &String| {
                let number = syn::parse_str(text).ok().and_then(|end| Number::of(&end));
                number.is_some_and(|number| {
                    let is_new = number.compare(high).is_ne();
                    let is_finite = number.rounded(self.is_single).is_finite();
                    is_new && is_finite && range.reaches(number, low, step)
                })
            };
            texts.into_iter().find(is_reached)
        };
        let ends = [below, above].into_iter().filter(|&end| end > from);
        ends.filter_map(written).collect()
    }
}

/// The same range with a fraction behind whole numbers.
fn real_numbers(text: &str) -> String {
    let real = |part: &str| match part.trim() {
        part if part.contains(['.', 'e']) || part.parse::<i128>().is_err() => part.to_string(),
        part => format!("{part}.0"),
    };
    let parts: Vec<String> = text.split("..=").map(real).collect();
    parts.join("..=")
}

/// The same range with the fractions left out, or an example where that would say something else.
fn whole_numbers(text: &str) -> String {
    let whole = |part: &str| match part.trim().parse::<f64>() {
        Ok(number) if number.fract() == 0.0 => Some(format!("{number}")),
        _ => None,
    };
    let parts: Option<Vec<String>> = text.split("..=").map(whole).collect();
    let example = if text.contains("..=") { "1..=10" } else { "1" };
    parts.map_or_else(|| example.to_string(), |parts| parts.join("..="))
}

//! What is counted for a metric over the batches of an epoch.

use super::data::BatchTargets;
use super::metric::Metric;

/// A metric that grows batch by batch.
#[derive(Debug)]
pub(crate) struct Tally {
    metric: Metric,
    counts: Counts,
}

#[derive(Debug)]
enum Counts {
    /// The sum over the examples.
    Sum(f64),
    /// Answers of yes that were right and wrong, and those of no that were wrong.
    Answers { hits: u64, alarms: u64, misses: u64 },
    /// How much each example looks like a yes, and whether it is one.
    Scores(Vec<(f32, bool)>),
}

impl Tally {
    pub(crate) fn new(metric: Metric) -> Self {
        let counts = match metric {
            Metric::Accuracy | Metric::Mae | Metric::Mse | Metric::Rmse => Counts::Sum(0.0),
            Metric::Precision | Metric::Recall | Metric::F1 => Counts::Answers {
                hits: 0,
                alarms: 0,
                misses: 0,
            },
            Metric::Auc => Counts::Scores(Vec::new()),
        };
        Self { metric, counts }
    }

    pub(crate) fn metric(&self) -> Metric {
        self.metric
    }

    /// Adds a batch.
    pub(crate) fn add(&mut self, outputs: &[f32], columns: usize, targets: &BatchTargets) {
        match &mut self.counts {
            Counts::Sum(sum) => *sum += sum_of(self.metric, outputs, columns, targets),
            Counts::Answers {
                hits,
                alarms,
                misses,
            } => {
                for (score, is_yes) in scores(outputs, columns, targets) {
                    match (score > 0.0, is_yes) {
                        (true, true) => *hits += 1,
                        (true, false) => *alarms += 1,
                        (false, true) => *misses += 1,
                        (false, false) => {}
                    }
                }
            }
            Counts::Scores(all) => all.extend(scores(outputs, columns, targets)),
        }
    }

    /// The metric of so many examples.
    pub(crate) fn finish(self, examples: usize) -> f64 {
        match (self.metric, self.counts) {
            (Metric::Rmse, Counts::Sum(sum)) => (sum / examples as f64).sqrt(),
            (_, Counts::Sum(sum)) => sum / examples as f64,
            (Metric::Precision, Counts::Answers { hits, alarms, .. }) => share(hits, hits + alarms),
            (Metric::Recall, Counts::Answers { hits, misses, .. }) => share(hits, hits + misses),
            (
                _,
                Counts::Answers {
                    hits,
                    alarms,
                    misses,
                },
            ) => share(2 * hits, 2 * hits + alarms + misses),
            (_, Counts::Scores(scores)) => area(scores),
        }
    }
}

/// 0 where there is nothing to have a share of, as in Keras and scikit-learn.
fn share(part: u64, whole: u64) -> f64 {
    match whole {
        0 => 0.0,
        _ => part as f64 / whole as f64,
    }
}

/// The share of pairs of a yes and a no in which the yes has the larger score, equal ones counted half: the area under the
/// curve of true over false positives (J. Hanley and B. McNeil, "The meaning and use of the area under a receiver operating
/// characteristic (ROC) curve", 1982).
fn area(mut scores: Vec<(f32, bool)>) -> f64 {
    scores.sort_unstable_by(|(a, _), (b, _)| a.total_cmp(b));
    // In halves of a pair.
    let (mut won, mut yes, mut no) = (0u64, 0u64, 0u64);
    for equal in scores.chunk_by(|(a, _), (b, _)| a == b) {
        let more = equal.iter().filter(|(_, is_yes)| *is_yes).count() as u64;
        let less = equal.len() as u64 - more;
        won += more * (2 * no + less);
        yes += more;
        no += less;
    }
    share(won, 2 * yes * no)
}

/// How much each answer is a yes, above 0 where it is one, and whether it should be.
fn scores<'a>(
    outputs: &'a [f32],
    columns: usize,
    targets: &'a BatchTargets,
) -> impl Iterator<Item = (f32, bool)> + 'a {
    let (classes, values) = match targets {
        BatchTargets::Classes(labels) => (&labels[..], &[][..]),
        BatchTargets::Values(values) => (&[][..], &values[..]),
    };
    let rows = outputs.chunks_exact(columns).zip(classes);
    let of_classes = rows.map(|(row, &label)| (margin(row), label == 1));
    let numbers = outputs.iter().zip(values);
    of_classes.chain(numbers.map(|(&y, &t)| (y, t > 0.5)))
}

/// By how much the output of class 1 is above the others.
fn margin(row: &[f32]) -> f32 {
    match row {
        [single] => *single,
        [no, yes, others @ ..] => yes - others.iter().fold(*no, |most, y| most.max(*y)),
        [] => f32::NAN,
    }
}

/// What examples of a batch add to a metric that is a mean.
fn sum_of(metric: Metric, outputs: &[f32], columns: usize, targets: &BatchTargets) -> f64 {
    match (metric, targets) {
        (Metric::Accuracy, BatchTargets::Classes(labels)) if columns == 1 => {
            let right = |(y, label): &(&f32, &u32)| {
                (**y > 0.0 && **label == 1) || (**y <= 0.0 && **label == 0)
            };
            outputs.iter().zip(labels).filter(right).count() as f64
        }
        (Metric::Accuracy, BatchTargets::Classes(labels)) => {
            let rows = outputs.chunks_exact(columns).zip(labels);
            rows.filter(|(row, label)| largest(row) == **label as usize)
                .count() as f64
        }
        (Metric::Accuracy, BatchTargets::Values(values)) => {
            let right =
                |(y, t): &(&f32, &f32)| (**y > 0.0 && **t > 0.5) || (**y <= 0.0 && **t <= 0.5);
            let count = outputs.iter().zip(values.iter()).filter(right).count();
            count as f64 / columns as f64
        }
        (_, BatchTargets::Values(values)) => {
            let pairs = outputs.iter().zip(values.iter());
            let differences = pairs.map(|(y, t)| (f64::from(*y) - f64::from(*t)).abs());
            let sum: f64 = match metric {
                Metric::Mae => differences.sum(),
                _ => differences.map(|difference| difference * difference).sum(),
            };
            sum / columns as f64
        }
        // Refused by `Metric::check` before training.
        (_, BatchTargets::Classes(_)) => f64::NAN,
    }
}

/// The position of the largest number, the first of equals; `usize::MAX` when there is none.
fn largest(row: &[f32]) -> usize {
    let mut best = (usize::MAX, f32::NEG_INFINITY);
    for (index, &value) in row.iter().enumerate() {
        if value > best.1 {
            best = (index, value);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(metric: Metric, outputs: &[f32], columns: usize, targets: &BatchTargets) -> f64 {
        let mut tally = Tally::new(metric);
        tally.add(outputs, columns, targets);
        tally.finish(outputs.len() / columns)
    }

    #[test]
    fn accuracy_counts_and_nan_is_never_right() {
        let targets = BatchTargets::Classes(vec![1, 0, 0]);
        let outputs = [0.0, 1.0, 0.0, 1.0, f32::NAN, f32::NAN];
        assert_eq!(of(Metric::Accuracy, &outputs, 2, &targets), 1.0 / 3.0);
        let single = [2.0, -1.0, f32::NAN];
        assert_eq!(of(Metric::Accuracy, &single, 1, &targets), 2.0 / 3.0);
        let several = BatchTargets::Values(vec![1.0, 0.0, 0.9, 0.1].into());
        let outputs = [0.3, 0.0, -2.0, f32::NAN];
        assert_eq!(of(Metric::Accuracy, &outputs, 2, &several), 0.5);
    }

    #[test]
    fn errors_are_means_over_the_columns() {
        let targets = BatchTargets::Values(vec![1.0, 2.0, 3.0, 4.0].into());
        let outputs = [1.0, 0.0, 3.5, 4.0];
        assert_eq!(of(Metric::Mae, &outputs, 2, &targets), 0.625);
        assert_eq!(of(Metric::Mse, &outputs, 2, &targets), 1.0625);
        assert_eq!(of(Metric::Rmse, &outputs, 2, &targets), 1.0625f64.sqrt());
    }

    /// The same answers as one output, as two, and as numbers for targets.
    fn in_each_form(metric: Metric, scores: &[f32], is_yes: &[bool]) -> f64 {
        let labels: Vec<u32> = is_yes.iter().map(|&yes| u32::from(yes)).collect();
        let values: Vec<f32> = labels.iter().map(|&label| label as f32).collect();
        let classes = BatchTargets::Classes(labels);
        let two: Vec<f32> = scores.iter().flat_map(|y| [-y / 2.0, y / 2.0]).collect();
        let one = of(metric, scores, 1, &classes);
        assert_eq!(of(metric, &two, 2, &classes), one);
        let numbers = BatchTargets::Values(values.into());
        assert_eq!(of(metric, scores, 1, &numbers), one);
        one
    }

    #[test]
    fn answers_are_judged_by_hits_alarms_and_misses() {
        let scores = [1.0, 2.0, -1.0, 0.5, -0.5, -3.0];
        let is_yes = [true, false, true, true, true, false];
        // Two hits, one alarm, two misses.
        assert_eq!(in_each_form(Metric::Precision, &scores, &is_yes), 2.0 / 3.0);
        assert_eq!(in_each_form(Metric::Recall, &scores, &is_yes), 0.5);
        assert_eq!(in_each_form(Metric::F1, &scores, &is_yes), 4.0 / 7.0);
        // Nobody said yes.
        for metric in [Metric::Precision, Metric::Recall, Metric::F1] {
            assert_eq!(in_each_form(metric, &[-1.0, -1.0], &[true, false]), 0.0);
        }
    }

    #[test]
    fn an_area_counts_pairs_and_half_of_the_equal_ones() {
        let is_yes = [true, false, true, false];
        assert_eq!(
            in_each_form(Metric::Auc, &[4.0, 3.0, 2.0, 1.0], &is_yes),
            0.75
        );
        assert_eq!(
            in_each_form(Metric::Auc, &[1.0, 1.0, 1.0, 1.0], &is_yes),
            0.5
        );
        assert_eq!(
            in_each_form(Metric::Auc, &[2.0, 2.0, 3.0, 1.0], &is_yes),
            0.875
        );
        assert_eq!(
            in_each_form(Metric::Auc, &[0.0, 1.0, -0.0, 2.0], &is_yes),
            0.0
        );
    }

    #[derive(serde::Deserialize)]
    struct Case {
        scores: Vec<f32>,
        labels: Vec<u32>,
        #[serde(flatten)]
        metrics: std::collections::BTreeMap<String, f64>,
    }

    #[test]
    fn metrics_of_two_classes_are_those_of_scikit_learn() {
        let text = include_str!("../../tests/reference/metrics.json");
        let cases: Vec<Case> = serde_json::from_str(text).unwrap();
        for case in cases {
            assert_eq!(case.metrics.len(), 4);
            let is_yes: Vec<bool> = case.labels.iter().map(|&label| label == 1).collect();
            for (name, expected) in case.metrics {
                let found = in_each_form(name.parse().unwrap(), &case.scores, &is_yes);
                assert!(
                    (found - expected).abs() < 1e-14,
                    "{name}: {found}, {expected}"
                );
            }
        }
    }

    #[test]
    fn batches_add_up() {
        let scores = [0.4, -1.0, 3.0, 0.2, -0.1, 0.3, -2.0];
        let labels = [1, 0, 1, 0, 1, 0, 0];
        for &metric in Metric::ALL {
            let targets = |part: std::ops::Range<usize>| match metric {
                Metric::Mae | Metric::Mse | Metric::Rmse => {
                    let part = &labels[part];
                    let values: Vec<f32> = part.iter().map(|&label| label as f32).collect();
                    BatchTargets::Values(values.into())
                }
                _ => BatchTargets::Classes(labels[part].to_vec()),
            };
            let mut tally = Tally::new(metric);
            for part in [0..3, 3..7] {
                tally.add(&scores[part.clone()], 1, &targets(part));
            }
            let whole = of(metric, &scores, 1, &targets(0..7));
            assert!((tally.finish(7) - whole).abs() < 1e-15, "{metric:?}");
        }
    }
}
